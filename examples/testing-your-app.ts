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

test('a fixed answer needs no server at all', async () => {
  const client = createCallm({ mock_response: 'A fox jumps.' });
  assert.equal(await summarise('The quick brown fox …', client), 'A fox jumps.');
});

test('over real sockets: what was sent, what came back', async () => {
  const server = await startProvider();
  const client = createCallm({ api_base: `${server.url}/openai/v1`, api_key: 'test-key' });
  assert.match(await summarise('A fox.', client), /Summarise: A fox\./);
  const { model } = server.requests[0]?.body as { model: string };
  assert.equal(model, 'gpt-4o-mini');
  assert.equal(server.requests.length, 1);
  await client.close();
  await server.close();
});

test('a provider that is down, then up again', async () => {
  let calls = 0;
  const down = { status: 503, headers: { 'retry-after-ms': '10' }, body: { error: { message: 'overloaded' } } };
  const server = await startProvider({ script: () => (++calls < 3 ? down : undefined) });
  const client = createCallm({ api_base: `${server.url}/openai/v1`, api_key: 'test-key' });
  assert.match(await summarise('A fox.', client), /fox/);
  assert.equal(server.requests.length, 3);
  calls = 0;
  const impatient = createCallm({ api_base: `${server.url}/openai/v1`, api_key: 'test-key', num_retries: 0 });
  await assert.rejects(summarise('A fox.', impatient), ServiceUnavailableError);
  await client.close();
  await impatient.close();
  await server.close();
});

test('a stream that breaks off', async () => {
  const chunk = { id: '1', object: 'chat.completion.chunk', created: 1, model: 'm' };
  const piece = sseEvent({ ...chunk, choices: [{ index: 0, delta: { content: 'Half an' }, finish_reason: null }] });
  const server = await startProvider({
    script: () => ({ headers: { 'content-type': 'text/event-stream' }, chunks: [piece], cut: true }),
  });
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
  await server.close();
});
