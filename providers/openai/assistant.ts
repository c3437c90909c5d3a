/** Earlier answers as an OpenAI-shaped server takes them: a result's message can be pushed back as it is. */
import type { JsonObject, Warning } from '../../src/core/spec.js';
import { foreignFields, hasThoughtSignatures, isSealed } from '../shared/foreign.js';
import { isNothing, isObject } from './answer.js';
import type { MessageRules } from './messages.js';

/** Fields of our results that no request may hold. */
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

const isFilled = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** Writes what differs into the copy that `edit` gives. `ids` are those of the message's calls, fit to be sent. */
export function cleanAssistant(
  message: JsonObject,
  edit: () => JsonObject,
  rules: MessageRules,
  ids: readonly string[],
  warn: (warning: Warning) => void,
  at: number,
): void {
  const calls = message['tool_calls'];
  const { back, cut } = sentBack(message, rules);
  if (rules.reasoning_required && isFilled(calls) && !('reasoning_content' in back)) {
    // An empty one is refused like none.
    back['reasoning_content'] = ' ';
    const told = 'a turn that calls tools must bear reasoning here: a blank is sent in place of what there is not';
    warn({ type: 'repair', param: `messages[${at}].reasoning_content`, message: told });
  }
  const marked = Array.isArray(calls) && calls.some((call) => isObject(call) && 'cache_control' in call);
  const lost = [...new Set([...lostFields(message, back, rules), ...cut])];
  if (marked && rules.cache_control !== 'keep') lost.push('cache_control of tool_calls');
  for (const field of answerFields) if (field in message && !(field in back)) delete edit()[field];
  for (const field of optionalFields) {
    if (!(field in message)) continue;
    const value = message[field];
    if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) delete edit()[field];
  }
  for (const field in back) if (back[field] !== message[field]) edit()[field] = back[field];
  if (isObject(message['audio'])) cleanAudio(message['audio'], message, edit, lost);
  if (!rules.refusal && typeof message['refusal'] === 'string') sayRefusal(message, edit, warn, at);
  if (lost.length > 0)
    warn({ type: 'drop', param: `messages[${at}]`, message: `not taken back here, and not sent: ${lost.join(', ')}` });

  if (Array.isArray(calls) && calls.length > 0) {
    const cleaned = calls.map((call: unknown, i) => (isObject(call) ? cleanToolCall(call, ids[i], rules) : call));
    if (cleaned.some((call, i) => call !== calls[i])) edit()['tool_calls'] = cleaned;
    if (Array.isArray(message['content']) && message['content'].length === 0 && !('content' in back))
      edit()['content'] = null;
    if (rules.content_required && isNothing(message['content']) && !('content' in back)) edit()['content'] = '';
  } else keepContent(message, edit, warn, at);
}

/** What of an answer the vendor wants back; `cut` names what is left of it here, since another sealed it. */
function sentBack(message: JsonObject, rules: MessageRules): { back: JsonObject; cut: string[] } {
  const reasoning = message['reasoning_content'] ?? message['reasoning'];
  const held = message['provider_specific_fields'];
  const back: JsonObject = {};
  const cut: string[] = [];
  for (const field of rules.send_back) {
    const value = message[field] ?? (isObject(held) ? held[field] : undefined);
    if (value === undefined || value === null) continue;
    const own = rules.seals !== undefined && Array.isArray(value) ? ownSeals(value, message, rules.seals) : value;
    if (own !== value) cut.push(field);
    if (own === value || isFilled(own)) back[field] = own;
  }
  if (typeof reasoning === 'string' && rules.reasoning_back && !('reasoning_details' in back)) {
    if (rules.reasoning_back !== 'thinking_part') back[rules.reasoning_back] = reasoning;
    else if (reasoning !== '') back['content'] = withThinking(reasoning, message['content']);
  }
  return { back, cut };
}

/** Those of the pieces of reasoning that the vendor's models sealed, or nobody; the list itself if that is all. */
function ownSeals(pieces: unknown[], message: JsonObject, seals: RegExp): unknown[] {
  const blocks = hasThoughtSignatures(message) ? 'google-gemini-v1' : 'anthropic-claude-v1';
  const own = pieces.filter((piece) => {
    if (!isObject(piece)) return false;
    const { type, signature, data, format } = piece;
    // Blocks are taken as they were signed, and not at all without it.
    if (type === 'thinking' || type === 'redacted_thinking') return Boolean(signature) && seals.test(blocks);
    return (!signature && !data) || (typeof format === 'string' && seals.test(format));
  });
  return own.length === pieces.length ? pieces : own;
}

function withThinking(reasoning: string, content: unknown): unknown[] {
  const thinking = { type: 'thinking', thinking: [{ type: 'text', text: reasoning }] };
  if (Array.isArray(content)) return [thinking, ...content];
  return typeof content === 'string' && content !== '' ? [thinking, { type: 'text', text: content }] : [thinking];
}

/** Names of the fields whose content the request does without. Annotations and `parsed` only tell of the content. */
function lostFields(message: JsonObject, back: JsonObject, rules: MessageRules): string[] {
  const lost: string[] = [];
  const reasoning = message['reasoning_content'] ?? message['reasoning'];
  const told = typeof reasoning === 'string' && reasoning !== '';
  const kept = rules.reasoning_back !== undefined || 'reasoning_details' in back || 'thinking_blocks' in back;
  if (told && !kept) lost.push('reasoning_content' in message ? 'reasoning_content' : 'reasoning');
  const blocks = message['thinking_blocks'];
  if (!('thinking_blocks' in back) && Array.isArray(blocks) && blocks.length > 0 && (!told || blocks.some(isSealed)))
    lost.push('thinking_blocks');
  for (const field of ['images', 'reasoning_details'] as const)
    if (!(field in back) && isFilled(message[field])) lost.push(field);
  lost.push(...foreignFields(message, rules.send_back, rules.send_back));
  return lost;
}

/** An audio answer is named by its id; one that cannot be named (it has no lease of life) is its transcript. */
function cleanAudio(audio: JsonObject, message: JsonObject, edit: () => JsonObject, lost: string[]): void {
  if (typeof audio['id'] === 'string' && audio['expires_at'] !== 0) {
    if (Object.keys(audio).length > 1) edit()['audio'] = { id: audio['id'] };
    return;
  }
  delete edit()['audio'];
  lost.push('audio');
  if (typeof audio['transcript'] === 'string' && audio['transcript'] !== '' && !message['content'])
    edit()['content'] = audio['transcript'];
}

/** What the model refused to do is the text of its turn, where the vendor has no field for it. */
function sayRefusal(message: JsonObject, edit: () => JsonObject, warn: (warning: Warning) => void, at: number): void {
  const copy = edit();
  delete copy['refusal'];
  if (message['refusal'] === '' || (!isNothing(message['content']) && message['content'] !== '')) return;
  copy['content'] = message['refusal'];
  warn({ type: 'rewrite', param: `messages[${at}].refusal`, message: 'a refusal is sent as the text of its turn' });
}

/** Content may be missing only where something else is said. */
function keepContent(message: JsonObject, edit: () => JsonObject, warn: (warning: Warning) => void, at: number): void {
  if (!isNothing(message['content'])) return;
  const copy = edit();
  if (!isNothing(copy['content'])) return;
  copy['content'] = null;
  if (['function_call', 'audio', 'refusal'].some((field) => field in copy)) return;
  copy['content'] = '';
  // Reasoning alone is a turn, yet content must not be missing.
  if (['reasoning_content', 'reasoning', 'reasoning_details', 'thinking_blocks'].some((field) => field in copy)) return;
  warn({ type: 'repair', param: `messages[${at}].content`, message: 'nothing is left of the turn; it is sent empty' });
}

function cleanToolCall(call: JsonObject, id: string | undefined, rules: MessageRules): JsonObject {
  const held = call['provider_specific_fields'];
  const { index: _, provider_specific_fields: __, ...copy } = call;
  if (rules.cache_control !== 'keep') delete copy['cache_control'];
  if (id !== undefined) copy['id'] = id;
  const fn = call['function'];
  if (isObject(fn)) copy['function'] = cleanFunction(fn);
  if (isObject(held)) for (const field of rules.send_back) if (field in held) copy[field] = held[field];
  const same = Object.keys(copy).length === Object.keys(call).length && copy['function'] === fn;
  return same && copy['id'] === call['id'] ? call : copy;
}

/** Arguments are text; LiteLLM keeps thought signatures beside them. */
function cleanFunction(fn: JsonObject): JsonObject {
  const args = fn['arguments'];
  const written = typeof args === 'object' && args !== null;
  if (!written && !('provider_specific_fields' in fn)) return fn;
  const { provider_specific_fields: _, ...copy } = fn;
  return written ? { ...copy, arguments: JSON.stringify(args) } : copy;
}
