/**
 * Errors, by the exception's name in `x-amzn-errortype`, in the body, or on an event of a stream.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html
 */
import { readErrorBody } from '../../src/core/error-body.js';
import { ProviderFault } from '../../src/core/errors.js';
import type { ErrorFacts, ErrorKind, WireEvent } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** Names in lower case, without `exception` at the end. */
const byName: Readonly<Record<string, ErrorKind>> = {
  accessdenied: 'permission',
  notauthorized: 'permission',
  optinrequired: 'permission',
  expiredtoken: 'authentication',
  incompletesignature: 'authentication',
  invalidclienttokenid: 'authentication',
  invalidsignature: 'authentication',
  missingauthenticationtoken: 'authentication',
  requestexpired: 'authentication',
  requesttimetooskewed: 'authentication',
  unrecognizedclient: 'authentication',
  conflict: 'conflict',
  internalfailure: 'server',
  internalserver: 'server',
  modelnotready: 'overloaded',
  modeltimeout: 'timeout',
  resourcenotfound: 'not_found',
  servicequotaexceeded: 'rate_limit',
  serviceunavailable: 'overloaded',
  throttling: 'rate_limit',
  toomanyrequests: 'rate_limit',
  validation: 'bad_request',
};

/** Causes that share a name; only the text tells them. Models word them each in their own way. */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [
    /input is too long|prompt is too long|prompt: length|too many (?:input |total )?(?:tokens|text bytes)|maximum context length|context (?:limit|window|length)|expected maxlength|exceeds? the (?:model's )?maximum (?:input )?(?:tokens|length)/i,
    'context_window',
  ],
  [/content filtering policy|blocked by (?:our |the )?content filter/i, 'content_policy'],
  [/model identifier is invalid/i, 'not_found'],
  [
    /security token|signature (?:we calculated|expired|not yet current)|api key (?:is )?(?:invalid|not valid|expired)/i,
    'authentication',
  ],
];

/** `ValidationException`, of `ValidationException:http://…`, `com.amazon…#ValidationException`, `validationException`. */
function nameOf(told: unknown): string | undefined {
  const name = typeof told === 'string' ? told.split(':', 1)[0]?.split('#').at(-1) : undefined;
  return name && name.charAt(0).toUpperCase() + name.slice(1);
}

function factsOf(name: string | undefined, status: number | undefined, body: unknown): ErrorFacts {
  const facts = readErrorBody(status, body);
  const fields = isObject(body) ? body : {};
  if (name !== undefined) facts.code = facts.type = name;
  const kind = name === undefined ? undefined : byName[name.replace(/(?:Exception|Error)$/i, '').toLowerCase()];
  const refused = kind === undefined || kind === 'bad_request' || kind === 'permission';
  const inRange = status === undefined || (status >= 400 && status < 500 && status !== 429);
  const told = refused && inRange ? byText.find(([text]) => text.test(facts.message))?.[1] : undefined;
  const original = fields['originalStatusCode'];
  if (told !== undefined) facts.kind = told;
  else if (kind !== undefined) facts.kind = kind;
  // The model failed, not the request, unless it says so itself.
  else if (status === 424 || status === undefined)
    facts.kind = typeof original === 'number' && original >= 400 && original < 500 ? 'bad_request' : 'server';
  const message = fields['originalMessage'];
  if (original !== undefined || message !== undefined)
    facts.provider_specific_fields = { originalStatusCode: original, originalMessage: message };
  return facts;
}

export function bedrockError(status: number, body: unknown, headers: Record<string, string>): ErrorFacts {
  const fields = isObject(body) ? body : {};
  return factsOf(nameOf(headers['x-amzn-errortype'] ?? fields['__type'] ?? fields['code']), status, body);
}

/** An error told inside a 200. */
export const faultOf = (body: unknown): ProviderFault =>
  new ProviderFault(factsOf(isObject(body) ? nameOf(body['__type']) : undefined, undefined, body));

/** The fields of an event; throws for one that tells an error. */
export function readEvent({ data, event, headers }: WireEvent): unknown {
  const type = headers?.[':message-type'];
  if (type !== 'exception' && type !== 'error') return data === '' ? {} : JSON.parse(data);
  let body: unknown = data;
  try {
    body = JSON.parse(data);
  } catch {
    // Errors of the protocol itself have a text, or nothing.
  }
  const text = headers?.[':error-message'];
  if (text !== undefined && !isObject(body)) body = { message: text };
  throw new ProviderFault(factsOf(nameOf(event), undefined, body));
}
