/** Earlier answers as they go back: thinking, text, the plan and the tool calls. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, contentText, isBlank, isObject } from '../shared/messages.js';
import { thinks } from './models.js';
import { type Block, noMark } from './parts.js';

/** Fields of an answer of Cohere's that stand in `provider_specific_fields`. */
const own = new Set(['tool_plan', 'citations']);

/** The message in Cohere's shape; undefined for one that says nothing. */
export function readAssistant(message: JsonObject, at: number, call: Call<'chat'>): JsonObject | undefined {
  const path = `messages[${at}]`;
  const plan = planOf(message, path, call);
  const thinking = thinkingOf(message, plan, path, call);
  const text = textOf(message, path, call);
  const calls = readCalls(message, at, path, call);
  if (plan === '' && thinking === '' && isBlank(text) && calls.length === 0) {
    call.warn({ type: 'repair', param: path, message: 'an empty message of the assistant was left out' });
    return undefined;
  }
  const blocks: Block[] = [];
  if (thinking !== '') blocks.push({ type: 'thinking', thinking });
  if (!isBlank(text)) blocks.push({ type: 'text', text });
  return {
    role: 'assistant',
    ...(blocks.length > 0 && { content: thinking === '' ? text : blocks }),
    ...(plan !== '' && { tool_plan: plan }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function planOf(message: JsonObject, path: string, call: Call<'chat'>): string {
  const fields = message['provider_specific_fields'];
  if (!isObject(fields)) return '';
  dropForeign(fields, `${path}.provider_specific_fields`, call);
  return asText(fields['tool_plan']);
}

function dropForeign(fields: JsonObject, path: string, call: Call<'chat'>): void {
  for (const name of Object.keys(fields))
    if (!own.has(name)) call.warn({ type: 'drop', param: `${path}.${name}`, message: 'it means nothing to Cohere' });
}

/** Thinking as text; what only another vendor can read is left out. The plan may stand in for it, and goes back as itself. */
function thinkingOf(message: JsonObject, plan: string, path: string, call: Call<'chat'>): string {
  const given = message['thinking_blocks'];
  const blocks = Array.isArray(given) ? given.filter(isObject) : [];
  if (blocks.some(({ type, signature }) => type !== 'thinking' || asText(signature) !== ''))
    call.warn({ type: 'drop', param: `${path}.thinking_blocks`, message: 'signed thinking is sent as its text alone' });
  const thinking =
    asText(message['reasoning_content']) || blocks.map((block) => asText(block['thinking'])).join('');
  if (thinking === '' || thinking === plan) return '';
  if (thinks(call.model)) return thinking;
  const param = `${path}.reasoning_content`;
  call.warn({ type: 'drop', param, message: `${call.model} does not think; earlier thinking is not sent` });
  return '';
}

function textOf(message: JsonObject, path: string, call: Call<'chat'>): string {
  const content = message['content'];
  if (Array.isArray(content))
    content.forEach((part: unknown, at) => isObject(part) && noMark(part, `${path}.content[${at}]`, call));
  if (Array.isArray(message['images']) && message['images'].length > 0)
    call.warn({ type: 'drop', param: `${path}.images`, message: "images in the assistant's messages are not sent" });
  const text = contentText(content) || asText(message['refusal']);
  const audio = message['audio'];
  if (text !== '' || !isObject(audio)) return text;
  const transcript = asText(audio['transcript']);
  if (transcript === '') call.unsupported(`${path}.audio`, 'spoken answers cannot be referred to');
  else call.warn({ type: 'rewrite', param: `${path}.audio`, message: 'a spoken answer is sent as its transcript' });
  return transcript;
}

/** The id of a call in OpenAI's older form, which has none. */
export const legacyId = (at: number): string => `call_${at}`;

function readCalls(message: JsonObject, at: number, path: string, call: Call<'chat'>): JsonObject[] {
  const given = message['tool_calls'];
  const calls = (Array.isArray(given) ? given.filter(isObject) : []).map((each, index) => {
    const fields = each['provider_specific_fields'];
    if (isObject(fields)) dropForeign(fields, `${path}.tool_calls[${index}].provider_specific_fields`, call);
    const { id, function: called, custom } = each;
    return isObject(custom)
      ? toolCall(id, custom['name'], JSON.stringify({ input: custom['input'] }))
      : toolCall(id, isObject(called) ? called['name'] : undefined, isObject(called) ? called['arguments'] : undefined);
  });
  const legacy = message['function_call'];
  if (isObject(legacy)) calls.push(toolCall(legacyId(at), legacy['name'], legacy['arguments']));
  return calls;
}

function toolCall(id: unknown, name: unknown, args: unknown): JsonObject {
  const written = typeof args === 'string' ? args : JSON.stringify(args ?? {});
  return { id, type: 'function', function: { name, arguments: isBlank(written) ? '{}' : written } };
}
