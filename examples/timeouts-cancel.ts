// Time limits and cancelling. Run: npm run build && npx tsx examples/timeouts-cancel.ts
import { APIUserAbortError, type CallOptions, createCallm, Timeout } from 'callm';
import { startProvider } from 'callm/testing';

// A slow provider: a word every 50 ms, and no answer at all to who asks it to sleep.
const server = await startProvider({
  delay: 0.05,
  script: ({ body }) => (JSON.stringify(body).includes('sleep') ? { hang: true } : undefined),
});
const { completion, close } = createCallm({
  api_base: `${server.url}/openai/v1`,
  api_key: 'demo-key',
  num_retries: 0,
});
const ask = (content: string, options: CallOptions & { stream?: boolean } = {}) =>
  completion({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }], ...options });

async function report(what: string, call: () => Promise<unknown>): Promise<void> {
  const start = performance.now();
  try {
    await call();
    console.log(`${what}: done`);
  } catch (error) {
    if (!(error instanceof Timeout || error instanceof APIUserAbortError)) throw error;
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    console.log(`${what}: ${error.name} after ${seconds} s and ${error.attempts.length} attempt(s)`);
  }
}

// Seconds, everywhere. `timeout` bounds one attempt; `deadline` the whole call with its retries and waits.
await report('timeout', () => ask('sleep', { timeout: 0.2 }));
await report('deadline', () => ask('sleep', { timeout: 0.1, num_retries: 5, deadline: 1 }));

// A stream has limits of its own: until the first content, and between two pieces of it.
const messages = [{ role: 'user' as const, content: 'Say: one two three four five six' }];
await report('first token', () => ask('sleep', { stream: true, timeout: { first_token: 0.2 } }));
await report('slow, but never idle', async () => {
  const stream = await completion({ model: 'openai/gpt-4o-mini', messages, stream: true, timeout: { idle: 0.5 } });
  await stream.final();
});

// Any AbortSignal ends a call at once, in every phase, and closes its connection.
const controller = new AbortController();
setTimeout(() => controller.abort(), 100);
await report('abort', () => ask('sleep', { signal: controller.signal }));

// Within a stream: leave the loop, or abort its controller.
const stream = await completion({ model: 'openai/gpt-4o-mini', messages, stream: true });
let heard = '';
for await (const chunk of stream) {
  heard += chunk.choices[0]?.delta.content ?? '';
  if (heard.includes('two')) stream.controller.abort();
}
console.log(`stopped after: ${heard}`);

await close();
await server.close();
