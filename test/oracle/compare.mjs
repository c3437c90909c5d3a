// Compares requests by what they mean, and lists by path what differs.

/** Headers that mean something to the vendor; the others tell of the client. */
const meaningful = [
  'anthropic-beta',
  'anthropic-version',
  'api-key',
  'authorization',
  'content-type',
  'prefer',
  'x-api-key',
  'x-goog-api-key',
];

/** Ids of calls are made up: they need only link the same things. */
const idNames = new Set(['id', 'tool_call_id', 'tool_use_id', 'toolUseId', 'toolCallId']);

/**
 * A request reduced to its meaning. `defaults`: values by path (`body.tools[*].type`) that mean the same as nothing.
 */
export function meaning({ method, url, headers, body }, defaults = {}) {
  const { pathname, searchParams } = new URL(url, 'http://recorder');
  const sent = {};
  for (const name of meaningful)
    if (headers[name] !== undefined) sent[name] = name === 'content-type' ? headers[name].split(';')[0] : headers[name];
  const ids = new Map();
  return {
    method,
    path: decodeURIComponent(pathname),
    query: Object.fromEntries(searchParams),
    headers: sent,
    body: reduce(body, 'body', '', { defaults, ids }),
  };
}

function reduce(value, path, name, context) {
  if (Array.isArray(value)) {
    if ((name === 'content' || name === 'system') && value.length === 1 && isBareText(value[0])) return value[0].text;
    return value.map((entry) => reduce(entry, `${path}[*]`, '', context));
  }
  if (typeof value === 'string') {
    if (name === 'arguments') return parsed(value);
    if (!idNames.has(name)) return value;
    if (!context.ids.has(value)) context.ids.set(value, `<id ${context.ids.size + 1}>`);
    return context.ids.get(value);
  }
  if (typeof value !== 'object' || value === null) return value;
  const kept = {};
  for (const [key, entry] of Object.entries(value)) {
    const at = `${path}.${key}`;
    if (entry === null || entry === undefined) continue;
    if (at in context.defaults && same(entry, context.defaults[at])) continue;
    kept[key] = reduce(entry, at, key, context);
  }
  return kept;
}

const isBareText = (part) => part?.type === 'text' && typeof part.text === 'string' && Object.keys(part).length === 2;

/** JSON in a string means what it holds, however it is spaced; it is still a string. */
function parsed(text) {
  try {
    return { '<text>': JSON.parse(text) };
  } catch {
    return text;
  }
}

/** Where two values differ: `{ path, callm, sdk }`; what is absent is undefined. */
export function differences(callm, sdk, path = '') {
  if (isTree(callm) && isTree(sdk) && Array.isArray(callm) === Array.isArray(sdk)) {
    const keys = new Set([...Object.keys(callm), ...Object.keys(sdk)]);
    return [...keys].flatMap((key) => differences(callm[key], sdk[key], join(path, key, Array.isArray(callm))));
  }
  return callm === sdk ? [] : [{ path, callm, sdk }];
}

export const same = (one, other) => differences(one, other).length === 0;

const isTree = (value) => typeof value === 'object' && value !== null;
const join = (path, key, inList) => (inList ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`);
