/** Makes of the caller's messages what an OpenAI-shaped server takes. The caller's objects are never changed. */
import type { JsonObject, Warning } from '../../src/core/spec.js';
import type { Roles } from './quirks.js';

export interface MessageRules {
  roles: Roles;
  cache_control: 'keep' | 'drop' | 'breakpoint';
  content_as_string: boolean;
  message_name: boolean;
  drop_empty: boolean;
  file_as: 'document_url' | undefined;
  tool_media: boolean;
  reasoning_back: 'reasoning_content' | 'reasoning' | 'thinking_part' | undefined;
  send_back: readonly string[];
}

type Warn = (warning: Warning) => void;

/** Fields of our results that no request may hold; a result's message can be pushed back as it is. */
const answerFields = [
  'thinking_blocks',
  'provider_specific_fields',
  'annotations',
  'images',
  'reasoning_content',
  'reasoning',
  'reasoning_details',
  'parsed',
] as const;
/** Fields that servers refuse as null or empty. */
const optionalFields = ['refusal', 'audio', 'function_call', 'tool_calls', 'name'] as const;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The same array when nothing needs to change, else a copy that shares the untouched messages. */
export function cleanMessages(messages: readonly unknown[], rules: MessageRules, warn: Warn): readonly unknown[] {
  let out: unknown[] | undefined;
  let media: unknown[] = [];
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i];
    if (rules.drop_empty && isObject(message) && isEmptyTurn(message)) {
      out ??= messages.slice(0, i);
      warn({ type: 'drop', param: `messages[${i}]`, message: 'an assistant turn without content' });
      continue;
    }
    let cleaned = isObject(message) ? cleanMessage(message, rules, warn, i) : message;
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
  return out ?? messages;
}

function isEmptyTurn(message: JsonObject): boolean {
  const { role, content, tool_calls: calls } = message;
  if (role !== 'assistant' || (Array.isArray(calls) && calls.length > 0)) return false;
  return (
    content === undefined ||
    content === null ||
    (Array.isArray(content) && content.length === 0) ||
    (typeof content === 'string' && content.trim() === '')
  );
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

function cleanMessage(message: JsonObject, rules: MessageRules, warn: Warn, at: number): JsonObject {
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
  if (!rules.message_name && role !== 'tool' && role !== 'function' && 'name' in message) {
    delete edit()['name'];
    warn({ type: 'drop', param: `messages[${at}].name`, message: 'this provider takes no name on messages' });
  }
  const content = message['content'];
  if (Array.isArray(content)) {
    const cleaned = cleanContent(content, rules, warn, at);
    if (cleaned !== content) edit()['content'] = cleaned;
  }
  if (role === 'assistant') cleanAssistant(message, edit, rules);
  return copy;
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

function cleanAssistant(message: JsonObject, edit: () => JsonObject, rules: MessageRules): void {
  const reasoning = message['reasoning_content'] ?? message['reasoning'];
  const held = message['provider_specific_fields'];
  const back: JsonObject = {};
  for (const field of rules.send_back) {
    const value = message[field] ?? (isObject(held) ? held[field] : undefined);
    if (value !== undefined && value !== null) back[field] = value;
  }
  if (typeof reasoning === 'string' && rules.reasoning_back && !('reasoning_details' in back)) {
    if (rules.reasoning_back !== 'thinking_part') back[rules.reasoning_back] = reasoning;
    else if (reasoning !== '') back['content'] = withThinking(reasoning, message['content']);
  }
  for (const field of answerFields) if (field in message && !(field in back)) delete edit()[field];
  for (const field of optionalFields) {
    if (!(field in message)) continue;
    const value = message[field];
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) delete edit()[field];
  }
  for (const field in back) if (back[field] !== message[field]) edit()[field] = back[field];

  const audio = message['audio'];
  if (isObject(audio) && typeof audio['id'] === 'string' && Object.keys(audio).length > 1)
    edit()['audio'] = { id: audio['id'] };

  const calls = message['tool_calls'];
  if (!Array.isArray(calls) || calls.length === 0) return;
  const cleaned = calls.map((call: unknown) => (isObject(call) ? cleanToolCall(call, rules) : call));
  if (cleaned.some((call, i) => call !== calls[i])) edit()['tool_calls'] = cleaned;
}

function withThinking(reasoning: string, content: unknown): unknown[] {
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: reasoning }] };
  if (Array.isArray(content)) return [thinking, ...content];
  return typeof content === 'string' && content !== '' ? [thinking, { type: 'text', text: content }] : [thinking];
}

function cleanToolCall(call: JsonObject, rules: MessageRules): JsonObject {
  const held = call['provider_specific_fields'];
  const fn = call['function'];
  const args = isObject(fn) ? fn['arguments'] : undefined;
  const written = typeof args === 'object' && args !== null;
  if (!('index' in call) && !('provider_specific_fields' in call) && !written) return call;
  const { index: _, provider_specific_fields: __, ...copy } = call;
  if (written) copy['function'] = { ...(fn as JsonObject), arguments: JSON.stringify(args) };
  if (isObject(held)) for (const field of rules.send_back) if (field in held) copy[field] = held[field];
  return copy;
}
