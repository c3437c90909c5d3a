/** Earlier answers as they go back: text, thinking and the tool calls. Source: https://docs.ollama.com/api/chat */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { foreignFields, isSealed } from '../shared/foreign.js';
import { asText, isBlank, isObject } from '../shared/messages.js';
import { transcript } from '../shared/transcript.js';

/**
 * The message in Ollama's shape; undefined for one that says nothing. `said` is what its content holds, `ids` are those
 * of its calls, as they are sent.
 */
export function readAssistant(
  message: JsonObject,
  path: string,
  said: { content: string; images?: string[] },
  ids: readonly string[],
  call: Call<'chat'>,
): JsonObject | undefined {
  noteForeign(message, path, call);
  const content = said.content || asText(message['refusal']) || transcript(message, path, call);
  const thinking = thinkingOf(message, path, call);
  const calls = readCalls(message, path, ids, call);
  if (Array.isArray(message['images']) && message['images'].length > 0)
    call.warn({ type: 'drop', param: `${path}.images`, message: "images in the assistant's messages are not sent" });
  const { images = [] } = said;
  if (isBlank(content) && thinking === '' && calls.length === 0 && images.length === 0) {
    call.warn({ type: 'repair', param: path, message: 'an empty message of the assistant was left out' });
    return undefined;
  }
  return {
    role: 'assistant',
    content,
    ...(images.length > 0 && { images }),
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

/** Notes what another provider hid in the message; it is not sent. */
function noteForeign(message: JsonObject, path: string, call: Call<'chat'>): void {
  const foreign = foreignFields(message, [], []);
  if (foreign.length > 0)
    call.warn({ type: 'drop', param: path, message: `means nothing to Ollama and is not sent: ${foreign.join(', ')}` });
}

/** Thinking as text; what only another vendor can read is left out. */
function thinkingOf(message: JsonObject, path: string, call: Call<'chat'>): string {
  const given = message['thinking_blocks'];
  const blocks = Array.isArray(given) ? given.filter(isObject) : [];
  if (blocks.some(isSealed))
    call.warn({ type: 'drop', param: `${path}.thinking_blocks`, message: 'signed thinking is sent as its text alone' });
  return asText(message['reasoning_content']) || blocks.map((block) => asText(block['thinking'])).join('');
}

function readCalls(message: JsonObject, path: string, ids: readonly string[], call: Call<'chat'>): JsonObject[] {
  const { tool_calls: given, function_call: legacy } = message;
  const calls = (Array.isArray(given) ? (given as unknown[]) : []).flatMap((each, index) => {
    if (!isObject(each)) return [];
    const { function: called, custom } = each;
    const made = isObject(custom)
      ? { name: custom['name'], arguments: { input: custom['input'] } }
      : readFunction(isObject(called) ? called : {}, `${path}.tool_calls[${index}].function`, call);
    return [toolCall(ids[index], index, made)];
  });
  if (isObject(legacy))
    calls.push(toolCall(ids.at(-1), calls.length, readFunction(legacy, `${path}.function_call`, call)));
  return calls;
}

interface Called {
  name: unknown;
  arguments: JsonObject;
}

const toolCall = (id: string | undefined, index: number, called: Called): JsonObject => ({
  ...(id && { id }),
  function: { index, ...called },
});

/** Arguments are an object; what is none is passed on under a name. */
function readFunction({ name, arguments: given }: JsonObject, path: string, call: Call<'chat'>): Called {
  if (isObject(given)) return { name, arguments: given };
  const written = asText(given);
  if (isBlank(written)) return { name, arguments: {} };
  try {
    const value: unknown = JSON.parse(written);
    if (isObject(value)) return { name, arguments: value };
    if (value === null) return { name, arguments: {} };
  } catch {
    // told below
  }
  const message = 'arguments that are no JSON object are sent as the argument "arguments"';
  call.warn({ type: 'repair', param: `${path}.arguments`, message });
  return { name, arguments: { arguments: written } };
}
