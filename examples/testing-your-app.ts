// Testing an application without a network. Run: npm run build && npx tsx --test examples/testing-your-app.ts
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { completion, createCallm, ServiceUnavailableError, StreamIncompleteError } from 'callm';
import { sseEvent, startProvider } from 'callm/testing';

/** The code under test: it takes its client, so that a test can give another one. */
async function summarise(text: string, client = createCallm()): Promise<string> {
  const { choices } = await client.completion({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: `Summarise: ${text}` }],
  });
  return choices[0]?.message.content ?? '';
}

await test('a fixed answer needs no server at all', async () => {
  const client = createCallm({ mock_response: 'A fox jumps.' });
  assert.equal(await summarise('The quick brown fox …', client), 'A fox jumps.');
});

await test('over real sockets: what was sent, what came back', async (t) => {
  const server = await startProvider();
  t.after(() => server.close());
  const client = createCallm({ api_base: `${server.url}/openai/v1`, api_key: 'test-key' });
  assert.match(await summarise('A fox.', client), /Summarise: A fox\./);
  assert.equal(server.requests.length, 1);
  assert.deepEqual(server.requests[0]?.body, {
    model: 'gpt-4o-mini',
    messages: [{ role: 'user', content: 'Summarise: A fox.' }],
  });
});

await test('a provider that is down, then up again', async (t) => {
  const down = { status: 503, headers: { 'retry-after-ms': '10' }, body: { error: { message: 'overloaded' } } };
  let calls = 0;
  const server = await startProvider({ script: () => (++calls < 3 ? down : undefined) });
  t.after(() => server.close());
  const options = { api_base: `${server.url}/openai/v1`, api_key: 'test-key' };
  assert.match(await summarise('A fox.', createCallm(options)), /A fox/);
  assert.equal(calls, 3);
  calls = 0;
  await assert.rejects(summarise('A fox.', createCallm({ ...options, num_retries: 0 })), ServiceUnavailableError);
});

await test('a stream that breaks off', async (t) => {
  const chunk = { id: '1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const piece = sseEvent({ ...chunk, choices: [{ index: 0, delta: { content: 'Half an' }, finish_reason: null }] });
  const server = await startProvider({
    script: () => ({ headers: { 'content-type': 'text/event-stream' }, chunks: [piece], cut: true }),
  });
  t.after(() => server.close());
  const stream = await completion({
    model: 'openai/gpt-4o-mini',
    messages: [{ role: 'user', content: 'Tell me something.' }],
    stream: true,
    api_base: `${server.url}/openai/v1`,
    api_key: 'test-key',
  });
  await assert.rejects(stream.final(), (error) => {
    assert.ok(error instanceof StreamIncompleteError);
    assert.match(JSON.stringify(error.partial), /Half an/);
    return true;
  });
});
