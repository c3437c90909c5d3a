import { expect, test } from 'vitest';
import { BudgetExceededError, createCallm, type Callm } from '../../src/index.js';
import { budget, type BudgetOptions } from '../../src/middleware/budget.js';
import { MemoryStore } from '../../src/store/memory.js';
import { call, cost, prices } from './penny.js';

function client(options: BudgetOptions): Callm {
  return createCallm({ prices, api_key: 'k', use: [budget({ prices, ...options })] });
}

const refused = async (promise: Promise<unknown>): Promise<BudgetExceededError> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BudgetExceededError);
  return error as BudgetExceededError;
};

test('calls are settled at what they cost', async () => {
  const spender = client({ max: 0.15 });
  // The most a call may cost is a little more than 0.1; each really costs 0.02.
  for (const _ of [1, 2]) expect((await spender.completion(call))._hidden_params.response_cost).toBeCloseTo(cost, 9);
  await spender.completion(call);
  const error = await refused(spender.completion(call));
  expect(error.current_cost).toBeCloseTo(3 * cost, 9);
  expect(error.max_budget).toBe(0.15);
  expect(error.needed).toBeGreaterThan(0.1);
  expect(error.message).toMatch(/budget "default": \$0\.0603 of \$0\.15 are spent or reserved/);
});

test('what would have fitted does fit', async () => {
  const spender = client({ max: 0.05 });
  const { fitting_max_tokens: fits } = await refused(spender.completion(call));
  expect(fits).toBeGreaterThan(10);
  await expect(refused(spender.completion({ ...call, max_tokens: (fits as number) + 2 }))).resolves.toBeDefined();
  await expect(spender.completion({ ...call, max_tokens: fits as number })).resolves.toBeDefined();
});

test('200 calls at once never spend more than there is', async () => {
  const spender = client({ max: 1 });
  const spent = await Promise.all(
    Array.from({ length: 200 }, async (_, at) => {
      try {
        const output = await spender.completion({ ...call, mock_delay: (at % 5) / 1000 });
        return output._hidden_params.response_cost as number;
      } catch (error) {
        expect(error).toBeInstanceOf(BudgetExceededError);
        return 0;
      }
    }),
  );
  const total = spent.reduce((sum, each) => sum + each, 0);
  expect(total).toBeLessThanOrEqual(1);
  expect(spent.filter((each) => each > 0).length).toBeGreaterThanOrEqual(9);
});

const event = (data: unknown): string => `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
const delta = (content: string): object => ({
  id: 'c',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const ending = {
  id: 'c',
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 20, total_tokens: 30 },
};

test('a stream is settled when it ends, and one that is left by what had come', async () => {
  const store = new MemoryStore();
  const spent = (): number => (store.count([{ key: 'budget:default', by: 0, ttl: 100 }]).values[0] as number) / 1e9;
  let proceed = (): void => {};
  const spender = createCallm({
    prices,
    api_key: 'k',
    use: [budget({ prices, max: 1, store })],
    transport: () => {
      const body = new ReadableStream({
        async start(controller) {
          const send = (text: string): void => controller.enqueue(new TextEncoder().encode(text));
          send(event(delta('Too ')));
          await new Promise<void>((resolve) => (proceed = resolve));
          send(event(ending) + event('[DONE]'));
          controller.close();
        },
      });
      return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }));
    },
  });
  const { mock_response: _, ...live } = call;
  const stream = await spender.completion({ ...live, stream: true });
  expect(spent()).toBeGreaterThan(0.1);
  proceed();
  for await (const _ of stream);
  await stream.finished();
  expect(stream._hidden_params.response_cost).toBeCloseTo(cost, 9);
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(spent()).toBeCloseTo(cost, 9);

  const cut = await spender.completion({ ...live, stream: true });
  for await (const _ of cut) break;
  await cut.finished();
  await new Promise((resolve) => setTimeout(resolve, 0));
  const partial = cut._hidden_params.response_cost as number;
  expect(partial).toBeGreaterThan(0);
  expect(partial).toBeLessThan(cost);
  expect(spent()).toBeCloseTo(cost + partial, 9);
  expect(cut._hidden_params.attempts[0]).toMatchObject({ billing: 'estimated', usage: { estimated: true } });
});

test('a failed call gives its reservation back', async () => {
  const spender = client({ max: 0.11 });
  for (const _ of [1, 2, 3])
    await expect(spender.completion({ ...call, mock_response: new Error('no') })).rejects.toThrow('no');
  await expect(spender.completion(call)).resolves.toBeDefined();
});

test('each scope has its own budget; without one a call is free', async () => {
  const spender = client({ max: 0.11, scope: (_, input) => (input as { user?: string }).user });
  await spender.completion({ ...call, user: 'ada' });
  await refused(spender.completion({ ...call, user: 'ada' }));
  await spender.completion({ ...call, user: 'bob' });
  for (const _ of [1, 2, 3]) await spender.completion(call);
});

test('a window starts anew', async () => {
  let now = 1_000_000;
  const store = new MemoryStore({ now: () => now });
  const spender = client({ max: 0.11, window: '1m', store });
  await spender.completion(call);
  const { retry_after } = await refused(spender.completion(call));
  expect(retry_after).toBe(60 - (1000 % 60));
  now += (retry_after as number) * 1000;
  await spender.completion(call);
});

test('two budgets at once, and two processes with one store', async () => {
  const store = new MemoryStore();
  const [one, two] = [client({ max: 0.11, store }), client({ max: 0.11, store })];
  await one.completion(call);
  await refused(two.completion(call));
});

test('an unknown price is refused, or let through', async () => {
  const unknown = { ...call, model: 'openai/nobody-knows' };
  expect((await refused(client({ max: 1 }).completion(unknown))).message).toMatch(
    /price of openai\/nobody-knows is not known/,
  );
  await expect(client({ max: 1, unknown_price: 'allow' }).completion(unknown)).resolves.toBeDefined();
});

test('a store that is away refuses, or lets through', async () => {
  const away = { count: () => Promise.reject(new Error('away')) };
  const store = Object.assign(new MemoryStore(), away);
  expect((await refused(client({ max: 1, store }).completion(call))).cause).toEqual(new Error('away'));
  await expect(client({ max: 1, store, store_failure: 'allow' }).completion(call)).resolves.toBeDefined();
});

test.each([
  [{ max: -1 }, /max/],
  [{ max: NaN }, /max/],
  [{ max: 1, window: '1 week' }, /window/],
  [{ max: 1, window: 0 }, /window/],
])('%o is refused', (options, message) => {
  expect(() => budget(options)).toThrow(message);
});
