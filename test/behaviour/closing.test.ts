/** Answers that are whole while facts about them may still follow, and events that are no JSON. */
import { expect, test } from 'vitest';
import { client, collect, failure, sendEvents, serve, sleep } from './server.js';

const messages = [{ role: 'user' as const, content: 'hi' }];
const event = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const piece = (text: string, finishReason?: string) => ({
  candidates: [{ content: { role: 'model', parts: [{ text }] }, ...(finishReason !== undefined && { finishReason }) }],
});
const usageMetadata = { promptTokenCount: 3, candidatesTokenCount: 2, totalTokenCount: 5 };

test('a whole answer on a connection kept open ends shortly, without usage', async () => {
  const server = await serve((res) => sendEvents(res, event(piece('all', 'STOP'))));
  const stream = await client().completion({
    model: 'gemini/gemini-2.5-flash',
    messages,
    api_base: `${server.url}/v1beta`,
    stream: true,
  });
  const begun = performance.now();
  const { chunks, error } = await collect(stream);
  expect(error).toBeUndefined();
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
  expect(performance.now() - begun).toBeLessThan(3000);
});

test('usage that follows soon is read', async () => {
  const server = await serve(async (res) => {
    sendEvents(res, event(piece('all', 'STOP')));
    await sleep(50);
    res.write(event({ usageMetadata }));
  });
  const stream = await client().completion({
    model: 'gemini/gemini-2.5-flash',
    messages,
    api_base: `${server.url}/v1beta`,
    stream: true,
  });
  expect((await stream.final()).usage?.total_tokens).toBe(5);
});

test('broken JSON in an event is told with its beginning, but not with a piece of a secret', async () => {
  const key = 'sk-live-abcdefghijklmnop';
  const server = await serve((res) => sendEvents(res, `data: {"a": ${key} }\n\n`));
  const error = await failure(
    client({ api_key: key }).completion({ model: 'openai/m', messages, api_base: `${server.url}/v1`, stream: true }),
  );
  expect(error.name).toBe('APIResponseValidationError');
  expect(error.message).toContain('{"a": <redacted> }');
  expect(error.message).not.toContain('sk-live');
});
