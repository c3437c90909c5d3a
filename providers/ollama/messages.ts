/** The conversation in Ollama's shape: https://docs.ollama.com/api/chat. The caller's objects are never changed. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, isBlank, isObject } from '../shared/messages.js';
import { noMark, readContent } from './parts.js';

/** Names of the functions called so far, by the id of the call: results name the function. */
type Called = Map<string, string>;

export function readMessages(call: Call<'chat'>): JsonObject[] {
  const called: Called = new Map();
  const messages: JsonObject[] = [];
  (call.params.messages as unknown as JsonObject[]).forEach((message, at) => {
    const made = readMessage(message, `messages[${at}]`, called, call);
    if (made !== undefined) messages.push(made);
  });
  return messages;
}

function readMessage(message: JsonObject, path: string, called: Called, call: Call<'chat'>): JsonObject | undefined {
  noMark(message, path, call);
  const { role, name } = message;
  if (typeof name === 'string' && role !== 'tool' && role !== 'function')
    call.warn({ type: 'drop', param: `${path}.name`, message: 'Ollama takes no name on messages' });
  const said = readContent(message['content'], `${path}.content`, call);
  switch (role) {
    case 'assistant':
      return readAssistant(message, path, said.content, called, call);
    case 'tool':
    case 'function': {
      const id = asText(message['tool_call_id']);
      const tool = called.get(id) ?? asText(name);
      return { role: 'tool', ...said, ...(tool !== '' && { tool_name: tool }), ...(id !== '' && { tool_call_id: id }) };
    }
    case 'developer':
      call.warn({ type: 'rewrite', param: `${path}.role`, message: 'role developer is sent as system' });
      return { role: 'system', ...said };
    default:
      return { role, ...said };
  }
}

function readAssistant(
  message: JsonObject,
  path: string,
  said: string,
  called: Called,
  call: Call<'chat'>,
): JsonObject | undefined {
  const content = said || asText(message['refusal']) || transcript(message, path, call);
  const thinking = thinkingOf(message, path, call);
  const calls = readCalls(message, path, called, call);
  dropForeign(message, path, call);
  if (Array.isArray(message['images']) && message['images'].length > 0)
    call.warn({ type: 'drop', param: `${path}.images`, message: "images in the assistant's messages are not sent" });
  if (isBlank(content) && thinking === '' && calls.length === 0) {
    call.warn({ type: 'repair', param: path, message: 'an empty message of the assistant was left out' });
    return undefined;
  }
  return {
    role: 'assistant',
    content,
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  };
}

function transcript(message: JsonObject, path: string, call: Call<'chat'>): string {
  const audio = message['audio'];
  if (!isObject(audio)) return '';
  const text = asText(audio['transcript']);
  if (text === '') call.unsupported(`${path}.audio`, 'spoken answers cannot be referred to');
  else call.warn({ type: 'rewrite', param: `${path}.audio`, message: 'a spoken answer is sent as its transcript' });
  return text;
}

/** Thinking as text; what only another vendor can read is left out. */
function thinkingOf(message: JsonObject, path: string, call: Call<'chat'>): string {
  const given = message['thinking_blocks'];
  const blocks = Array.isArray(given) ? given.filter(isObject) : [];
  if (blocks.some(({ type, signature }) => type !== 'thinking' || asText(signature) !== ''))
    call.warn({ type: 'drop', param: `${path}.thinking_blocks`, message: 'signed thinking is sent as its text alone' });
  return asText(message['reasoning_content']) || blocks.map((block) => asText(block['thinking'])).join('');
}

function dropForeign(owner: JsonObject, path: string, call: Call<'chat'>): void {
  const held = owner['provider_specific_fields'];
  if (!isObject(held)) return;
  for (const name of Object.keys(held)) {
    const param = `${path}.provider_specific_fields.${name}`;
    call.warn({ type: 'drop', param, message: 'it means nothing to Ollama' });
  }
}

function readCalls(message: JsonObject, path: string, called: Called, call: Call<'chat'>): JsonObject[] {
  const given = message['tool_calls'];
  const calls = (Array.isArray(given) ? given.filter(isObject) : []).map((each, index) => {
    const at = `${path}.tool_calls[${index}]`;
    dropForeign(each, at, call);
    const { id, function: definition, custom } = each;
    const made = isObject(custom)
      ? { name: custom['name'], arguments: { input: custom['input'] } }
      : readFunction(isObject(definition) ? definition : {}, `${at}.function`, call);
    if (typeof id === 'string') called.set(id, asText(made.name));
    return { ...(typeof id === 'string' && id !== '' && { id }), function: { index, ...made } };
  });
  const legacy = message['function_call'];
  if (isObject(legacy)) calls.push({ function: { index: calls.length, ...readFunction(legacy, `${path}.function_call`, call) } });
  return calls;
}

/** Arguments are an object; what is none is passed on under a name. */
function readFunction(
  { name, arguments: given }: JsonObject,
  path: string,
  call: Call<'chat'>,
): { name: unknown; arguments: JsonObject } {
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
