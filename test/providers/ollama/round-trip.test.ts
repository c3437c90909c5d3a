import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/spec.js';
import type { ChatCompletion } from '../../../src/types/chat.js';
import { clientFor } from './client.js';

const call = (port: string, id?: string): JsonObject => ({
  ...(id !== undefined && { id }),
  function: { name: 'get_depth', arguments: { port } },
});

/** Messages as Ollama answers them. */
const answers: Record<string, JsonObject> = {
  text: { content: 'Sines is deep.' },
  'thinking and text': { content: 'Sines.', thinking: 'Sines or Faro?' },
  'a call': { content: '', tool_calls: [call('Sines', 'call_a')] },
  'text and calls': { content: 'I ask.', tool_calls: [call('Sines', 'call_a'), call('Faro', 'call_b')] },
  'thinking and calls without ids': { content: '', thinking: 'Hm.', tool_calls: [call('Sines'), call('Faro')] },
  'calls without arguments': { content: '', tool_calls: [{ function: { name: 'ping', arguments: {} } }] },
};

const created_at = '2026-02-11T09:15:42.125Z';
const bodyOf = (message: JsonObject): JsonObject => ({
  model: 'qwen3:8b',
  created_at,
  message: { role: 'assistant', ...message },
  done: true,
  done_reason: 'stop',
  total_duration: 1_250_000_000,
  prompt_eval_count: 20,
  eval_count: 10,
});

const pieces = (value: unknown): string[] => (typeof value === 'string' ? (value.match(/[^]{1,4}/g) ?? []) : []);

/** The same answer as a stream: text in small pieces, each call in a line of its own. */
function linesOf(message: JsonObject): JsonObject[] {
  const line = (said: JsonObject): JsonObject => ({
    model: 'qwen3:8b',
    created_at,
    message: { role: 'assistant', content: '', ...said },
    done: false,
  });
  const calls = (message['tool_calls'] ?? []) as JsonObject[];
  return [
    ...pieces(message['thinking']).map((thinking) => line({ thinking })),
    ...pieces(message['content']).map((content) => line({ content })),
    ...calls.map((each) => line({ tool_calls: [each] })),
    bodyOf({ content: '' }),
  ];
}

const model = 'ollama/qwen3:8b';
const ask = { role: 'user' as const, content: 'Which port is deepest?' };
const plain = (answer: ChatCompletion): unknown => JSON.parse(JSON.stringify({ ...answer, id: '' }));

test("fields of the message's own are kept, streamed and whole", async () => {
  const own = { depth: { metres: 27 } };
  const body = bodyOf({ content: 'Sines.', ...own });
  const { client } = clientFor((request) => (request['stream'] ? [body] : body));
  const stream = await client.completion({ model, messages: [ask], stream: true });
  const whole = await client.completion({ model, messages: [ask] });
  expect(whole.choices[0]?.message.provider_specific_fields).toEqual(own);
  expect(plain(await stream.final())).toEqual(plain(whole));
});

describe.each(Object.entries(answers))('%s', (_, message) => {
  test('is the same streamed and whole', async () => {
    const { client } = clientFor((request) => (request['stream'] ? linesOf(message) : bodyOf(message)));
    const whole = await client.completion({ model, messages: [ask] });
    const stream = await client.completion({ model, messages: [ask], stream: true });
    expect(plain(await stream.final())).toEqual(plain(whole));
  });

  test('goes back as it came, with results that name their tools', async () => {
    const { client, sent } = clientFor(() => bodyOf(message));
    const first = await client.completion({ model, messages: [ask] });
    const said = first.choices[0]?.message;
    const results = (said?.tool_calls ?? []).map(({ id }, at) => ({
      role: 'tool',
      tool_call_id: id,
      content: `result ${at}`,
    }));
    await client.completion({ model, messages: [ask, said, ...results.toReversed()] as never });
    const calls = ((message['tool_calls'] ?? []) as JsonObject[]).map((each, index) => ({
      id: each['id'] ?? `call_20260211T091542125Z_${index}`,
      function: { index, ...(each['function'] as JsonObject) },
    }));
    expect(sent[1]?.body['messages']).toEqual([
      ask,
      { role: 'assistant', ...message, ...(calls.length > 0 && { tool_calls: calls }) },
      ...calls
        .map((each, at) => ({
          role: 'tool',
          content: `result ${at}`,
          tool_name: each.function['name' as keyof typeof each.function],
          tool_call_id: each.id,
        }))
        .toReversed(),
    ]);
  });
});

test('two calls in lines of their own stay two, whatever the server numbers them', async () => {
  const lines = linesOf({ content: '', tool_calls: [call('Sines'), call('Faro')] }).map((line) =>
    JSON.parse(JSON.stringify(line).replaceAll('{"name":"get_depth"', '{"index":0,"name":"get_depth"')),
  ) as JsonObject[];
  const { client } = clientFor(() => lines);
  const stream = await client.completion({ model, messages: [ask], stream: true });
  const { choices } = await stream.final();
  const made = choices[0]?.message.tool_calls ?? [];
  expect(made.map((each) => each.type === 'function' && each.function.arguments)).toEqual([
    '{"port":"Sines"}',
    '{"port":"Faro"}',
  ]);
  expect(new Set(made.map(({ id }) => id)).size).toBe(2);
  expect(choices[0]?.finish_reason).toBe('tool_calls');
});

test('thinking counts as content: the stream is handed over with its first piece', async () => {
  const { client } = clientFor(() => linesOf(answers['thinking and text'] as JsonObject));
  const stream = await client.completion({ model, messages: [ask], stream: true });
  const { value } = await stream.next();
  expect(value?.choices[0]?.delta.reasoning_content).toBe('Sine');
});
