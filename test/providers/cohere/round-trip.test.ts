import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/spec.js';
import type { ChatCompletion } from '../../../src/types/chat.js';
import { clientFor } from './client.js';

const call = (id: string, args: string): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'get_depth', arguments: args },
});
const text = (value: string): JsonObject => ({ type: 'text', text: value });
const thinking = (value: string): JsonObject => ({ type: 'thinking', thinking: value });
const citation = (index: number): JsonObject => ({
  start: 0,
  end: 5,
  text: 'Sines',
  type: 'TEXT_CONTENT',
  content_index: index,
  sources: [{ type: 'document', id: 'd1', document: { id: 'd1', url: 'https://ports.example.com/', title: 'Ports' } }],
});

/** Messages as Cohere answers them. */
const answers: Record<string, JsonObject> = {
  text: { content: [text('Sines is deep.')] },
  'several texts, cited': { content: [text('Indeed: '), text('Sines.')], citations: [citation(1)] },
  'thinking and text': { content: [thinking('Sines or Faro?'), text('Sines.')], citations: [citation(1)] },
  'thinking and calls': { content: [thinking('I must ask.')], tool_calls: [call('c1', '{"port":"Sines"}')] },
  'a plan and calls': {
    tool_plan: 'I will ask twice.',
    tool_calls: [call('c1', '{"port":"Sines"}'), call('c2', '{}')],
  },
  'thinking, a plan and calls': {
    content: [thinking('Hm.')],
    tool_plan: 'I will ask.',
    tool_calls: [call('c1', '{"port":"Sines"}')],
  },
};

const usage = { billed_units: { input_tokens: 1, output_tokens: 2 }, tokens: { input_tokens: 3, output_tokens: 4 } };
const bodyOf = (message: JsonObject): JsonObject => ({
  id: 'a1',
  finish_reason: message['tool_calls'] ? 'TOOL_CALL' : 'COMPLETE',
  message: { role: 'assistant', ...message },
  usage,
});

/** The same answer as a stream, in small pieces. */
function streamOf(body: JsonObject): string {
  const message = body['message'] as JsonObject;
  const events: JsonObject[] = [{ type: 'message-start', id: body['id'], delta: { message: { role: 'assistant' } } }];
  const send = (type: string, index: number, said: JsonObject): number =>
    events.push({ type, index, delta: { message: said } });
  const pieces = (value: unknown): string[] => String(value).match(/[^]{1,4}/g) ?? [];
  ((message['content'] ?? []) as JsonObject[]).forEach((block, index) => {
    const field = block['type'] as string;
    send('content-start', index, { content: { type: field, [field]: '' } });
    for (const piece of pieces(block[field])) send('content-delta', index, { content: { [field]: piece } });
    events.push({ type: 'content-end', index });
  });
  for (const piece of pieces(message['tool_plan'] ?? '')) send('tool-plan-delta', 0, { tool_plan: piece });
  ((message['citations'] ?? []) as JsonObject[]).forEach((each, index) => {
    send('citation-start', index, { citations: each });
    events.push({ type: 'citation-end', index });
  });
  ((message['tool_calls'] ?? []) as JsonObject[]).forEach((each, index) => {
    const called = each['function'] as JsonObject;
    send('tool-call-start', index, { tool_calls: { ...each, function: { ...called, arguments: '' } } });
    for (const piece of pieces(called['arguments']))
      send('tool-call-delta', index, { tool_calls: { function: { arguments: piece } } });
    events.push({ type: 'tool-call-end', index });
  });
  events.push({ type: 'message-end', delta: { finish_reason: body['finish_reason'], usage: body['usage'] } });
  return events.map((event) => `event: ${String(event['type'])}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

const model = 'cohere/command-a-reasoning-08-2025';
const ask = { role: 'user' as const, content: 'Which port is deepest?' };
const plain = (answer: ChatCompletion): unknown => JSON.parse(JSON.stringify({ ...answer, created: 0 }));

describe.each(Object.entries(answers))('%s', (_, message) => {
  test('is the same streamed and whole', async () => {
    const body = bodyOf(message);
    const { client } = clientFor((request) => (request['stream'] ? streamOf(body) : body));
    const whole = await client.completion({ model, messages: [ask] });
    const stream = await client.completion({ model, messages: [ask], stream: true });
    expect(plain(await stream.final())).toEqual(plain(whole));
  });

  test('goes back as it came, but for citations', async () => {
    const { client, sent } = clientFor(() => bodyOf(message));
    const first = await client.completion({ model, messages: [ask] });
    const answer = first.choices[0]?.message;
    await client.completion({ model, messages: [ask, answer as never] });
    const { content, citations: __, ...rest } = message;
    const blocks = (content ?? []) as JsonObject[];
    const said = blocks.map((block) => block['text'] ?? '').join('');
    const thought = blocks.filter(({ type }) => type === 'thinking');
    const back = thought.length > 0 ? [...thought, ...(said === '' ? [] : [text(said)])] : said;
    expect((sent[1]?.body['messages'] as unknown[] | undefined)?.[1]).toEqual({
      role: 'assistant',
      ...(back !== '' && { content: back }),
      ...rest,
    });
  });
});

test('tool plans and citations stand whole in one chunk', async () => {
  const { client } = clientFor(() => streamOf(bodyOf(answers['a plan and calls'] as JsonObject)));
  const told: unknown[] = [];
  for await (const { choices } of await client.completion({ model, messages: [ask], stream: true }))
    told.push(...choices.map(({ delta }) => delta.provider_specific_fields?.['tool_plan']));
  expect(told.filter(Boolean)).toEqual(['I will ask twice.']);
});

test('a plan counts as content: the stream is handed over with its first piece', async () => {
  const { client } = clientFor(() => streamOf(bodyOf(answers['a plan and calls'] as JsonObject)));
  const stream = await client.completion({ model, messages: [ask], stream: true });
  const chunks = [(await stream.next()).value, (await stream.next()).value];
  expect(chunks[1]?.choices[0]?.delta.reasoning_content).toBe('I wi');
});
