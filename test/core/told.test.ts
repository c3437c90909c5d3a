/** What a provider said stays with the error, or with the part that came. */
import { expect, test } from 'vitest';
import { createCallm } from '../../src/index.js';

const messages = [{ role: 'user' as const, content: 'Hello' }];
const sse = (...events: object[]): Response =>
  new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });
const answering = (response: () => Response) =>
  createCallm({ transport: async () => response(), api_key: 'secret-key', num_retries: 0 });
const chunk = (delta: object, finish_reason: string | null = null): object => ({
  id: '1',
  object: 'chat.completion.chunk',
  created: 1,
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
});
const error = { message: 'no more with secret-key', code: 'overloaded', hint: 'later' };
const told = { error: { ...error, message: 'no more with <redacted>' } };

test('an error within a stream has the event that told it', async () => {
  const stream = await answering(() => sse(chunk({ content: 'a' }), { error })).completion({
    model: 'openai/m',
    messages,
    stream: true,
  });
  await expect(stream.final()).rejects.toMatchObject({ code: 'overloaded', error: told });
});

test('an error in a success has the body that told it', async () => {
  const call = answering(() => Response.json({ error })).completion({ model: 'openai/m', messages });
  await expect(call).rejects.toMatchObject({ code: 'overloaded', error: told });
});

test('a stream that broke off has at least the tokens that came', async () => {
  const usage = { input_tokens: 10, output_tokens: 1 };
  const text = 'These are a good many words of an answer that never came to its end. '.repeat(5);
  const stream = await answering(() =>
    sse(
      { type: 'message_start', message: { id: 'm', type: 'message', role: 'assistant', content: [], usage } },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } },
    ),
  ).completion({ model: 'anthropic/claude-haiku-4-5', messages, stream: true });
  const failure = (await stream.final().catch((reason: unknown) => reason)) as { partial: { usage: object } };
  expect(failure.partial.usage).toMatchObject({ prompt_tokens: 10, estimated: true });
  const { completion_tokens, total_tokens } = failure.partial.usage as Record<string, number>;
  expect(completion_tokens).toBeGreaterThan(50);
  expect(total_tokens).toBe(10 + (completion_tokens as number));
  expect(stream._hidden_params.attempts[0]).toMatchObject({ billing: 'estimated' });
});

test('what a provider adds to a function stays in the assembled call', async () => {
  const call = { index: 0, id: 'c', type: 'function', function: { name: 'f', arguments: '{}', hint: 'x' } };
  const stream = await answering(() => sse(chunk({ tool_calls: [call] }), chunk({}, 'tool_calls'))).completion({
    model: 'openai/m',
    messages,
    stream: true,
  });
  const { choices } = await stream.final();
  expect(choices[0]?.message.tool_calls?.[0]).toMatchObject({ function: { name: 'f', arguments: '{}', hint: 'x' } });
});
