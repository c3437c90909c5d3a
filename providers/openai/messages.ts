/** Makes of the caller's messages what an OpenAI-shaped server takes. The caller's objects are never changed. */
import type { JsonObject, Warning } from '../../src/core/spec.js';
import { plainId } from '../shared/foreign.js';
import { digest, type IdRule, linkTools, type ToolLinks } from '../shared/tool-links.js';
import { isNothing } from './answer.js';
import { cleanAssistant } from './assistant.js';
import type { CallIds, Roles } from './quirks.js';

export interface MessageRules {
  roles: Roles;
  cache_control: 'keep' | 'drop' | 'breakpoint';
  content_as_string: boolean;
  message_name: false | 'user' | undefined;
  drop_empty: boolean;
  content_required: boolean;
  refusal: boolean;
  file_as: 'document_url' | undefined;
  tool_media: boolean;
  reasoning_back: 'reasoning_content' | 'reasoning' | 'thinking_part' | undefined;
  /** A turn that calls tools must bear reasoning. */
  reasoning_required: boolean;
  send_back: readonly string[];
  seals: RegExp | undefined;
  call_ids: CallIds | undefined;
  after_tools: 'assistant' | undefined;
}

type Warn = (warning: Warning) => void;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same array when nothing needs to change, else a copy that shares the untouched messages. */
export function cleanMessages(messages: readonly unknown[], rules: MessageRules, warn: Warn): readonly unknown[] {
  const links = messages.some(callsTools) ? linkTools(messages, idRule(rules.call_ids), warn) : undefined;
  let out: unknown[] | undefined;
  let media: unknown[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (rules.drop_empty && isObject(message) && isEmptyTurn(message)) {
      out ??= messages.slice(0, i);
      warn({ type: 'drop', param: `messages[${i}]`, message: 'an assistant turn without content' });
      continue;
    }
    if (links !== undefined && roleOf(message) === 'tool' && links.result(i) === undefined) {
      out ??= messages.slice(0, i);
      continue;
    }
    let cleaned = isObject(message) ? cleanMessage(message, rules, links, warn, i) : message;
    if (isObject(cleaned) && cleaned['role'] === 'tool') {
      if (!rules.tool_media && Array.isArray(cleaned['content'])) cleaned = withoutMedia(cleaned, media, warn, i);
    } else if (media.length > 0) {
      out?.push({ role: 'user', content: media });
      media = [];
    }
    if (out) out.push(cleaned);
    else if (cleaned !== message) out = [...messages.slice(0, i), cleaned];
  }
  if (media.length > 0) out?.push({ role: 'user', content: media });
  return rules.after_tools === 'assistant' ? withAnswers(out ?? messages, warn) : (out ?? messages);
}

const roleOf = (message: unknown): unknown => (isObject(message) ? message['role'] : undefined);
const callsTools = (message: unknown): boolean =>
  isObject(message) && (Array.isArray(message['tool_calls']) || message['role'] === 'tool');

function idRule(ids: CallIds | undefined): IdRule {
  const { longest = Infinity, exactly } = ids ?? {};
  if (exactly === undefined) {
    const fits = (id: string): boolean => id.length <= longest;
    return { fit: (id) => [id, plainId(id)].find(fits) ?? `call_${digest(id, 12)}`, tools_only: true };
  }
  const plain = /^[a-zA-Z0-9]+$/;
  return {
    fit: (id) => (id.length === exactly && plain.test(id) ? id : digest(id, exactly)),
    unique: true,
    tools_only: true,
  };
}

/** Puts a turn of the assistant between tool results and a message of the user, with as little in it as can be. */
function withAnswers(messages: readonly unknown[], warn: Warn): readonly unknown[] {
  const after = (i: number): boolean => roleOf(messages[i]) === 'user' && roleOf(messages[i - 1]) === 'tool';
  if (!messages.some((_, i) => after(i))) return messages;
  warn({
    type: 'repair',
    param: 'messages',
    message: 'no message of the user may follow tool results here: an assistant turn "OK." is sent between them',
  });
  return messages.flatMap((message, i) => (after(i) ? [{ role: 'assistant', content: 'OK.' }, message] : [message]));
}

function isEmptyTurn(message: JsonObject): boolean {
  const { role, content, tool_calls: calls, function_call: legacy, refusal, audio } = message;
  if (role !== 'assistant' || (Array.isArray(calls) && calls.length > 0) || isObject(legacy)) return false;
  // Both may become the content.
  if ((typeof refusal === 'string' && refusal !== '') || isObject(audio)) return false;
  return isNothing(content) || (typeof content === 'string' && content.trim() === '');
}

/** A tool result with its texts alone; what else it holds goes to `media`, for a user message after the results. */
function withoutMedia(message: JsonObject, media: unknown[], warn: Warn, at: number): JsonObject {
  const content = message['content'] as unknown[];
  const other = content.filter((part) => isObject(part) && part['type'] !== 'text');
  if (other.length === 0) return message;
  const texts = content.filter((part) => !other.includes(part));
  media.push(
    { type: 'text', text: `Attached to the result of tool call ${String(message['tool_call_id'])}:` },
    ...other,
  );
  warn({
    type: 'repair',
    param: `messages[${at}].content`,
    message: 'tool results hold text only here; the other parts follow in a user message',
  });
  return { ...message, content: texts.length > 0 ? texts : 'See the attachment in the next message.' };
}

function cleanMessage(
  message: JsonObject,
  rules: MessageRules,
  links: ToolLinks | undefined,
  warn: Warn,
  at: number,
): JsonObject {
  let copy = message;
  const edit = (): JsonObject => (copy === message ? (copy = { ...message }) : copy);

  const role = message['role'];
  const renamed = role === 'developer' ? rules.roles.developer : role === 'system' ? rules.roles.system : undefined;
  if (renamed !== undefined && renamed !== role) {
    edit()['role'] = renamed;
    warn({ type: 'rewrite', param: `messages[${at}].role`, message: `role ${role as string} is sent as ${renamed}` });
  }
  if (rules.cache_control !== 'keep' && 'cache_control' in message) {
    delete edit()['cache_control'];
    warn({
      type: 'drop',
      param: `messages[${at}].cache_control`,
      message: 'cache marks stand on content parts, if anywhere',
    });
  }
  if ('name' in message && !mayBeNamed(role, rules)) {
    delete edit()['name'];
    warn({
      type: 'drop',
      param: `messages[${at}].name`,
      message: `this provider takes no name on messages of ${String(role)}`,
    });
  }
  const content = message['content'];
  if (Array.isArray(content)) {
    const cleaned = cleanContent(content, rules, warn, at);
    if (cleaned !== content) edit()['content'] = cleaned;
  }
  if (role === 'assistant') cleanAssistant(message, edit, rules, links?.ids(at) ?? [], warn, at);
  else if (role === 'tool') {
    const id = links?.result(at)?.id;
    if (id !== undefined && id !== message['tool_call_id']) edit()['tool_call_id'] = id;
    if (isNothing(content)) edit()['content'] = '';
  }
  return copy;
}

function mayBeNamed(role: unknown, rules: MessageRules): boolean {
  if (rules.message_name === undefined) return true;
  return rules.message_name === 'user' ? role === 'user' : role === 'tool' || role === 'function';
}

function cleanContent(content: unknown[], rules: MessageRules, warn: Warn, at: number): unknown {
  let out: unknown[] | undefined;
  for (let i = 0; i < content.length; i++) {
    const part: unknown = content[i];
    const cleaned = isObject(part) ? cleanPart(part, rules, warn, `messages[${at}].content[${i}]`) : part;
    if (out) out.push(cleaned);
    else if (cleaned !== part) out = [...content.slice(0, i), cleaned];
  }
  const parts = out ?? content;
  if (!rules.content_as_string || !parts.every((part) => isObject(part) && part['type'] === 'text')) return parts;
  return parts.map((part) => String((part as JsonObject)['text'])).join('\n');
}

function cleanPart(part: JsonObject, rules: MessageRules, warn: Warn, path: string): JsonObject {
  let copy = part;
  if (rules.cache_control !== 'keep' && 'cache_control' in part) {
    const { cache_control: mark, ...rest } = part;
    const breakpoint = rules.cache_control === 'breakpoint' && isObject(mark);
    copy = breakpoint ? { ...rest, prompt_cache_breakpoint: { mode: 'explicit' } } : rest;
    warn({
      type: breakpoint ? 'rename' : 'drop',
      param: `${path}.cache_control`,
      message: breakpoint ? 'cache_control is sent as prompt_cache_breakpoint' : 'this provider has no cache marks',
    });
  }
  const file = part['file'];
  if (rules.file_as && isObject(file)) {
    if (typeof file['file_id'] === 'string') return { type: 'file', file_id: file['file_id'] };
    if (typeof file['file_data'] === 'string') {
      const name = file['filename'];
      return {
        type: 'document_url',
        document_url: file['file_data'],
        ...(name === undefined ? {} : { document_name: name }),
      };
    }
  }
  const image = part['image_url'];
  if (typeof image === 'string') copy = { ...copy, image_url: { url: image } };
  // The MIME type stands in the data URL, or the server finds out.
  for (const kind of ['image_url', 'file', 'video_url'] as const) {
    const media = copy[kind];
    if (isObject(media) && 'format' in media) {
      const { format: _, ...rest } = media;
      copy = { ...copy, [kind]: rest };
    }
  }
  return copy;
}
