/** `max_parallel_requests` and limits under load: never exceeded, in order, nobody forgotten. */
import { beforeAll, describe, expect, test } from 'vitest';
import { type Answer, failure, sendJson, sleep, warmUp, within } from '../../behaviour/server.js';
import { openai } from '../../behaviour/wires.js';
import { field, said, whole } from './field.js';

beforeAll(warmUp);

const fine: Answer = (res) => sendJson(res, openai.whole('ab'));

/** Answers after some milliseconds and notes how many were under way at once. */
function watched(ms: number, then: Answer = fine) {
  const seen = { now: 0, most: 0, order: [] as string[] };
  const answer: Answer = async (res, request, index) => {
    seen.now++;
    seen.most = Math.max(seen.most, seen.now);
    seen.order.push(/call (\w+)/.exec(request.text)?.[1] ?? '');
    await sleep(ms);
    seen.now--;
    await then(res, request, index);
  };
  return { seen, answer };
}

const ask = (name: string | number, more: object = {}) => ({
  messages: [{ role: 'user', content: `call ${name}` }],
  ...more,
});

describe('slots', () => {
  test('three hundred calls over seven slots: never more at once, none lost', async () => {
    const one = watched(3);
    const two = watched(3);
    const slots: Record<string, number> = { one: 4, two: 3 };
    const made = await field(
      { one: one.answer, two: two.answer },
      { routing_strategy: 'simple-shuffle' },
      openai,
      (id) => ({ max_parallel_requests: slots[id] }),
    );
    const got = await Promise.all(Array.from({ length: 300 }, (_, at) => whole(made.router, ask(at))));
    expect(got.map(said)).toEqual(got.map(() => 'ab'));
    expect([one.seen.most, two.seen.most]).toEqual([4, 3]);
    expect(one.seen.order.length + two.seen.order.length).toBe(300);
    await made.close();
  });

  test('go to those who waited, in their order, the lower priority number first', async () => {
    const { seen, answer } = watched(15);
    const made = await field({ one: answer }, {}, openai, () => ({ max_parallel_requests: 1 }));
    const first = whole(made.router, ask('first'));
    await made.servers['one']?.received(1);
    const waiting = [
      whole(made.router, ask('low1', { priority: 5 })),
      whole(made.router, ask('low2', { priority: 5 })),
      whole(made.router, ask('high', { priority: 1 })),
    ];
    await sleep(5);
    // Who comes just when a slot is free does not push in.
    const late = first.then(() => whole(made.router, ask('late', { priority: 5 })));
    await Promise.all([...waiting, late]);
    expect(seen.order).toEqual(['first', 'high', 'low1', 'low2', 'late']);
    await made.close();
  });

  test('nobody is forgotten when the deployment begins to cool down, or is taken out', async () => {
    const ill: Answer = (res) => sendJson(res, { error: { message: 'no' } }, 429, { 'retry-after': '30' });
    const made = await field({ one: watched(60, ill).answer }, { num_retries: 0, allowed_fails: 0 }, openai, () => ({
      max_parallel_requests: 1,
    }));
    const calls = Array.from({ length: 20 }, (_, at) => whole(made.router, ask(at)));
    const errors = await within(3000, Promise.all(calls.map((call) => call.catch((error: Error) => error.name))));
    expect(errors.filter((name) => name === 'RateLimitError')).toHaveLength(1);
    expect(errors.filter((name) => name === 'NoDeploymentError')).toHaveLength(19);
    expect(made.servers['one']?.requests).toHaveLength(1);
    await made.close();

    const other = await field({ one: watched(60).answer, two: watched(60).answer }, {}, openai, () => ({
      max_parallel_requests: 1,
    }));
    const held = [whole(other.router, ask('a')), whole(other.router, ask('b'))];
    await other.servers['two']?.received(1);
    const queued = Array.from({ length: 6 }, (_, at) => whole(other.router, ask(at)));
    await sleep(5);
    await other.router.deleteDeployment('one');
    const got = await within(3000, Promise.all([...held, ...queued]));
    expect(got.map(said)).toEqual(got.map(() => 'ab'));
    expect(other.servers['one']?.requests).toHaveLength(1);
    await other.close();
  });

  test('a call that is ended while it waits leaves its place to the next', async () => {
    const made = await field({ one: watched(40).answer }, {}, openai, () => ({ max_parallel_requests: 1 }));
    const controllers = Array.from({ length: 30 }, () => new AbortController());
    const calls = controllers.map(({ signal }, at) =>
      whole(made.router, ask(at, { signal })).then(said, (error: Error) => error.name),
    );
    await sleep(20);
    controllers.forEach((controller, at) => at % 10 !== 0 && controller.abort());
    const outcomes = await within(3000, Promise.all(calls));
    expect(outcomes.filter((outcome) => outcome === 'ab')).toHaveLength(3);
    expect(outcomes.filter((outcome) => outcome === 'APIUserAbortError')).toHaveLength(27);
    expect(said(await whole(made.router, ask('after')))).toBe('ab');
    await made.close();
  });

  test('the deadline ends the wait', async () => {
    const made = await field({ one: () => {} }, {}, openai, () => ({ max_parallel_requests: 1 }));
    const controller = new AbortController();
    const holding = whole(made.router, ask('a', { signal: controller.signal }));
    await made.servers['one']?.received(1);
    expect(await failure(whole(made.router, ask('b', { deadline: 0.05 })))).toMatchObject({
      name: 'Timeout',
      attempts: [],
    });
    controller.abort();
    await failure(holding);
    await made.close();
  });
});

test('requests a minute are never overshot by calls at once', async () => {
  const { seen, answer } = watched(2);
  const before = Math.floor(Date.now() / 60_000);
  const made = await field({ one: answer }, { enable_pre_call_checks: true }, openai, () => ({ rpm: 40 }));
  const outcomes = await Promise.all(
    Array.from({ length: 400 }, (_, at) => whole(made.router, ask(at)).then(said, (error: Error) => error)),
  );
  const windows = Math.floor(Date.now() / 60_000) - before + 1;
  expect(seen.order.length).toBeGreaterThanOrEqual(40);
  expect(seen.order.length).toBeLessThanOrEqual(40 * windows);
  for (const refused of outcomes.filter((outcome) => outcome !== 'ab'))
    expect(refused).toMatchObject({ name: 'NoDeploymentError', retry_after: expect.any(Number) as number });
  await made.close();
});
