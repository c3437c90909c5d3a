/** A whole answer as the same vendor would have streamed it. */
import type { Written } from '../usage/replay.js';

type Fields = { readonly [field: string]: unknown };
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? (value as unknown[]).filter(isFields) : []);

const event = (type: string, data: object): { event: string; data: string } => ({
  event: type,
  data: JSON.stringify({ type, ...data }),
});

/** OpenAI's wire: the message is one delta, the usage comes after it. */
function openai(answer: Fields): Written {
  const { choices, usage, ...head } = answer;
  const pieces = listOf(choices).map(({ message, ...choice }) => ({ ...choice, delta: message }));
  const chunks = [
    { ...head, object: 'chat.completion.chunk', choices: pieces },
    { ...head, object: 'chat.completion.chunk', choices: [], usage },
  ];
  return { events: [...chunks.map((chunk) => JSON.stringify(chunk)), '[DONE]'] };
}

/** Anthropic tells the input's counts first, with few of the output's, and all of them at the end. */
function anthropic(answer: Fields): Written {
  const usage = isFields(answer['usage']) ? answer['usage'] : {};
  const { stop_reason, stop_sequence } = answer;
  return {
    events: [
      event('message_start', {
        message: { ...answer, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
      }),
      event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } }),
      event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'Noon.' } }),
      event('content_block_stop', { index: 0 }),
      event('message_delta', { delta: { stop_reason, stop_sequence }, usage }),
      event('message_stop', {}),
    ],
  };
}

function converse({ output, stopReason, usage, serviceTier, additionalModelResponseFields }: Fields): Written {
  const said = isFields(output) && isFields(output['message']) ? output['message']['content'] : undefined;
  const tools = listOf(said).filter(({ toolUse }) => isFields(toolUse) && toolUse['type'] === 'server_tool_use');
  const message = (type: string, payload: object) => ({
    headers: { ':message-type': 'event', ':event-type': type, ':content-type': 'application/json' },
    payload,
  });
  return {
    eventstream: [
      message('messageStart', { role: 'assistant' }),
      message('contentBlockDelta', { contentBlockIndex: 0, delta: { text: 'Noon.' } }),
      message('contentBlockStop', { contentBlockIndex: 0 }),
      ...tools.flatMap(({ toolUse }, at) => [
        message('contentBlockStart', { contentBlockIndex: at + 1, start: { toolUse } }),
        message('contentBlockStop', { contentBlockIndex: at + 1 }),
      ]),
      message('messageStop', { stopReason, additionalModelResponseFields }),
      message('metadata', { usage, serviceTier }),
    ],
  };
}

function cohere({ id, finish_reason, usage, message }: Fields): Written {
  const text = listOf(isFields(message) ? message['content'] : undefined)
    .map((part) => part['text'])
    .join('');
  return {
    events: [
      event('message-start', { id, delta: { message: { role: 'assistant' } } }),
      event('content-start', { index: 0, delta: { message: { content: { type: 'text', text: '' } } } }),
      event('content-delta', { index: 0, delta: { message: { content: { text: text || 'Noon.' } } } }),
      event('content-end', { index: 0 }),
      event('message-end', { id, delta: { finish_reason, usage } }),
    ],
  };
}

/** Told by its shape; undefined for answers of other protocols, and those that tell no usage. */
export function asStream(answer: unknown): Written | undefined {
  if (!isFields(answer)) return undefined;
  if (Array.isArray(answer['choices']) && isFields(answer['usage'])) return openai(answer);
  if (Array.isArray(answer['candidates'])) return { events: [JSON.stringify(answer)] };
  if (answer['type'] === 'message' && isFields(answer['usage'])) return anthropic(answer);
  if (isFields(answer['output']) && answer['stopReason'] !== undefined) return converse(answer);
  if (isFields(answer['message']) && isFields(answer['usage'])) return cohere(answer);
  if (answer['done'] === true && isFields(answer['message'])) return { lines: [answer] };
  return undefined;
}
