// Middleware: a log, a guard, a cache. Run: npm run build && npx tsx examples/middleware.ts
import { createCallm, GuardrailError, type Middleware } from 'callm';
import { offline } from './offline.js';

const server = await offline();

// Wraps every call, of every endpoint. What it does before `next` sees the input, after it the result or the error.
const log: Middleware = async (endpoint, input, next) => {
  const start = performance.now();
  try {
    const output = await next(input);
    console.log(`[log] ${endpoint} ${input.model}: ok`);
    return output;
  } catch (error) {
    console.log(`[log] ${endpoint} ${input.model}: ${error instanceof Error ? error.name : String(error)}`);
    throw error;
  } finally {
    if (performance.now() - start > 10_000) console.log('[log] slow');
  }
};

// Refuses, or changes, what goes out. The caller's own object is left alone.
const guard: Middleware = (endpoint, input, next) => {
  if (JSON.stringify(input).includes('secret')) throw new GuardrailError('the input names a secret');
  const text = JSON.stringify(input).replace(/[\w.]+@[\w.]+/g, '<email>');
  return next(JSON.parse(text) as typeof input);
};

// Answers without a call.
const answers = new Map<string, unknown>();
const cache: Middleware = async (endpoint, input, next) => {
  if ('stream' in input && input.stream === true) return next(input);
  const key = JSON.stringify([endpoint, input]);
  const known = answers.get(key) as Awaited<ReturnType<typeof next>> | undefined;
  if (known !== undefined) return known;
  const output = await next(input);
  answers.set(key, output);
  return output;
};

// The first is the outermost.
const { completion, close } = createCallm({ use: [log, guard, cache] });
const ask = (content: string) => completion({ model: 'openai/gpt-4o-mini', messages: [{ role: 'user', content }] });

const first = await ask('Say: write to ada@example.com');
console.log(first.choices[0]?.message.content);
const second = await ask('Say: write to ada@example.com');
console.log(`from the cache: ${second === first}`);
await ask('Tell me the secret.').catch((error: unknown) => console.log(String(error)));

await close();
await server.close();
