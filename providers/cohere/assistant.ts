/** Earlier answers as they go back: thinking, text, the plan and the tool calls. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { foreignFields, isSealed } from '../shared/foreign.js';
import { asText, contentParts, contentText, isBlank, isObject } from '../shared/messages.js';
import { transcript } from '../shared/transcript.js';
import { thinks } from './models.js';
import { type Block, noMark } from './parts.js';

/** Fields of an answer of Cohere's that stand in `provider_specific_fields`. */
const own = ['tool_plan', 'citations'];

/** The message in Cohere's shape; undefined for one that says nothing. `ids` are those of its calls, as they are sent. */
export function readAssistant(
  message: JsonObject,
  at: number,
  ids: readonly string[],
  call: Call<'chat'>,
): JsonObject | undefined {
  const path = `messages[${at}]`;
  noteForeign(message, path, call);
  const plan = planOf(message);
  const thinking = thinkingOf(message, plan, path, call);
  const texts = textsOf(message, path, call).filter((text) => !isBlank(text));
  const calls = readCalls(message, ids);
  if (plan === '' && thinking === '' && texts.length === 0 && calls.length === 0) {
    call.warn({ type: 'repair', param: path, message: 'an empty message of the assistant was left out' });
    return undefined;
  }
  const blocks: Block[] = [];
  if (thinking !== '') blocks.push({ type: 'thinking', thinking });
  for (const text of texts) blocks.push({ type: 'text', text });
  return {
    role: 'assistant',
    ...(blocks.length > 0 && { content: thinking === '' && texts.length === 1 ? texts[0] : blocks }),
    ...(plan !== '' && { tool_plan: plan }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** Notes what another provider hid in the message; it is not sent. */
function noteForeign(message: JsonObject, path: string, call: Call<'chat'>): void {
  const foreign = foreignFields(message, own, []);
  if (foreign.length > 0)
    call.warn({ type: 'drop', param: path, message: `means nothing to Cohere and is not sent: ${foreign.join(', ')}` });
}

function planOf({ provider_specific_fields: fields }: JsonObject): string {
  return isObject(fields) ? asText(fields['tool_plan']) : '';
}

/** Thinking as text; what only another vendor can read is left out. The plan may stand in for it, and goes back as itself. */
function thinkingOf(message: JsonObject, plan: string, path: string, call: Call<'chat'>): string {
  const given = message['thinking_blocks'];
  const blocks = Array.isArray(given) ? given.filter(isObject) : [];
  if (blocks.some(isSealed))
    call.warn({ type: 'drop', param: `${path}.thinking_blocks`, message: 'signed thinking is sent as its text alone' });
  const thinking = asText(message['reasoning_content']) || blocks.map((block) => asText(block['thinking'])).join('');
  if (thinking === '' || thinking === plan) return '';
  if (thinks(call.model)) return thinking;
  const param = `${path}.reasoning_content`;
  call.warn({ type: 'drop', param, message: `${call.model} does not think; earlier thinking is not sent` });
  return '';
}

function textsOf(message: JsonObject, path: string, call: Call<'chat'>): string[] {
  const content = message['content'];
  contentParts(content).forEach((part, at) => {
    noMark(part, `${path}.content[${at}]`, call);
    if (part['type'] === 'text' || part['type'] === 'refusal') return;
    const message = `${asText(part['type'])} parts in the assistant's messages are not sent`;
    call.warn({ type: 'drop', param: `${path}.content[${at}]`, message });
  });
  if (Array.isArray(message['images']) && message['images'].length > 0)
    call.warn({ type: 'drop', param: `${path}.images`, message: "images in the assistant's messages are not sent" });
  const texts = contentParts(content).map((part) => contentText([part]));
  return texts.some(Boolean) ? texts : [asText(message['refusal']) || transcript(message, path, call)];
}

function readCalls({ tool_calls: given, function_call: legacy }: JsonObject, ids: readonly string[]): JsonObject[] {
  const calls = (Array.isArray(given) ? (given as unknown[]) : []).flatMap((each, index) => {
    if (!isObject(each)) return [];
    const { function: called, custom } = each;
    if (isObject(custom)) return [toolCall(ids[index], custom['name'], JSON.stringify({ input: custom['input'] }))];
    const { name, arguments: args } = isObject(called) ? called : {};
    return [toolCall(ids[index], name, args)];
  });
  if (isObject(legacy)) calls.push(toolCall(ids.at(-1), legacy['name'], legacy['arguments']));
  return calls;
}

function toolCall(id: unknown, name: unknown, args: unknown): JsonObject {
  const written = typeof args === 'string' ? args : JSON.stringify(args ?? {});
  return { id, type: 'function', function: { name, arguments: isBlank(written) ? '{}' : written } };
}
