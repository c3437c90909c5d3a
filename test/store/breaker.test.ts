/** What the store does when its server fails, with a client that fails as it is told. */
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { CallmError } from '../../src/index.js';
import { redisStore, type RedisStoreOptions } from '../../src/store/redis.js';

let asked = 0;
let now = 0;
let answer: () => Promise<unknown>;
beforeEach(() => {
  asked = 0;
  now = 0;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  const left = vi.getTimerCount();
  vi.useRealTimers();
  if (left > 0) throw new Error(`${left} timers are left`);
});

const broken = (): Promise<never> => Promise.reject(new Error('broken'));
const works = (): Promise<string> => Promise.resolve('[1]');
const silent = (): Promise<never> => new Promise(() => {});

function store(options: RedisStoreOptions = {}) {
  const client = {
    eval: (): Promise<unknown> => {
      asked++;
      return answer();
    },
  };
  return redisStore(client, { now: () => now, ...options });
}

test('opens after failures in a row, and closes when a single operation succeeds', async () => {
  const tried = store();
  answer = broken;
  for (const _ of [1, 2]) await expect(tried.get('a')).rejects.toThrow(/^redis: broken$/);
  answer = works;
  await tried.get('a');
  answer = broken;
  for (const _ of [1, 2, 3]) await expect(tried.get('a')).rejects.toThrow(/^redis: broken$/);
  expect(asked).toBe(6);

  now = 4999;
  await expect(tried.get('a')).rejects.toThrow(/^redis: broken; not asked again for 0\.1 s$/);
  now = 5000;
  const both = await Promise.all([tried.get('a'), tried.get('a')].map((each) => each.catch((error: Error) => error)));
  expect(both).toMatchObject([
    { message: 'redis: broken' },
    { message: 'redis: broken; not asked again while another operation tries' },
  ]);
  expect(asked).toBe(7);
  now = 9999;
  await expect(tried.get('a')).rejects.toThrow('not asked again');

  now = 10_000;
  answer = works;
  expect(await tried.get('a')).toBe(1);
  await Promise.all([tried.get('a'), tried.get('a')]);
  expect(asked).toBe(10);
});

test('operations under way when it opens do not prolong the rest', async () => {
  const tried = store({ breaker: { failures: 1, retry_after: 10 } });
  answer = silent;
  const early = tried.get('a').catch((error: unknown) => error);
  answer = broken;
  await expect(tried.get('a')).rejects.toThrow('broken');
  now = 9000;
  await vi.advanceTimersByTimeAsync(500);
  expect(await early).toMatchObject({ message: 'redis: no answer within 0.5 s' });
  now = 10_000;
  answer = works;
  expect(await tried.get('a')).toBe(1);
});

test('a single operation without an answer is a failure like others', async () => {
  const tried = store({ timeout: 2, breaker: { failures: 1, retry_after: 1 } });
  answer = silent;
  for (const start of [0, 1000, 2000]) {
    now = start;
    const failed = tried.get('a').catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await failed).toMatchObject({ message: 'redis: no answer within 2 s' });
  }
  expect(asked).toBe(3);
});

test('without it every operation tries', async () => {
  const tried = store({ breaker: false });
  answer = broken;
  for (let at = 0; at < 10; at++) await expect(tried.get('a')).rejects.toThrow('broken');
  expect(asked).toBe(10);
});

test('what was wrong before anything was sent is no failure of the server', async () => {
  const tried = store({ breaker: { failures: 1 } });
  answer = works;
  await expect(tried.set('a', undefined)).rejects.toThrow('undefined is not JSON');
  await expect(tried.count([{ key: 'a', by: 0.5, ttl: 1 }])).rejects.toThrow('whole numbers');
  expect(asked).toBe(0);
  expect(await tried.get('a')).toBe(1);
});

test('errors tell why, but not what was asked', async () => {
  const tried = store({ breaker: false });
  const refusal = Object.assign(
    new Error("ERR unknown command 'EVAL', with args beginning with: 'return' '1' 'callm:value:ada' 'private'"),
    { command: { name: 'eval', args: ['private'] } },
  );
  for (const [reason, message] of [
    [refusal, "redis: ERR unknown command 'EVAL'"],
    [Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'redis: ECONNREFUSED'],
    ['odd', 'redis: odd'],
  ] as const) {
    answer = () => Promise.reject(reason);
    const error: unknown = await tried.set('ada', 'private').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CallmError);
    expect((error as Error).message).toBe(message);
    expect(inspect(error, { depth: 9 })).not.toContain('private');
  }
});

test('replies may come as bytes, or decoded', async () => {
  const tried = store();
  for (const reply of ['["x"]', new TextEncoder().encode('["x"]'), ['x']]) {
    answer = () => Promise.resolve(reply);
    expect(await tried.get('a')).toBe('x');
  }
});

test('options that cannot be are refused', () => {
  const client = { eval: works };
  for (const timeout of [0, -1, NaN, 5000]) expect(() => redisStore(client, { timeout })).toThrow('in seconds');
  for (const breaker of [{ failures: 0 }, { failures: NaN }, { retry_after: -1 }])
    expect(() => redisStore(client, { breaker })).toThrow('at least 1');
  const error = (() => {
    try {
      return redisStore({ url: '//:hunter2@host' });
    } catch (thrown) {
      return thrown;
    }
  })();
  expect(error).toBeInstanceOf(CallmError);
  expect(inspect(error)).not.toContain('hunter2');
});
