import { expect, test } from 'vitest';
import { at, messages, rig, type Step } from './rig.js';

const once = { num_retries: 0 };
const checked = { ...once, enable_pre_call_checks: true };
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An answer that took three requests. */
function ofThree(answer: object): object {
  const { attempts } = (answer as { _hidden_params: { attempts: object[] } })._hidden_params;
  attempts.push({ ...attempts[0] }, { ...attempts[0] });
  return answer;
}

test('rpm and tpm are no limits by default', async () => {
  const { ask } = rig([at('g', 'a', { rpm: 1, tpm: 1 })], once);
  for (let turn = 0; turn < 3; turn++) expect(await ask()).toBe('a');
});

test.each([
  ['checks before calls', { enable_pre_call_checks: true }],
  ['usage-based-routing', { routing_strategy: 'usage-based-routing' }],
  ['usage-based-routing-v2', { routing_strategy: 'usage-based-routing-v2' }],
])('with %s rpm holds, one after another and at once', async (_, options) => {
  const made = rig([at('g', 'a', { rpm: 3 })], { ...once, ...options } as never);
  const outcomes = await Promise.all(Array.from({ length: 10 }, () => made.ask()));
  expect(outcomes.filter((outcome) => outcome === 'a')).toHaveLength(3);
  expect(new Set(outcomes)).toEqual(new Set(['a', 'NoDeploymentError']));
  expect(made.runner.hits).toHaveLength(3);
  made.clock.pass(60);
  expect(await made.ask()).toBe('a');
});

test('nothing free: at once, when, and a reason for each', async () => {
  const made = rig([at('g', 'a', { rpm: 1 }), at('g', 'b', { rpm: 2 })], checked);
  for (let turn = 0; turn < 3; turn++) await made.ask();
  made.clock.pass(12);
  const error = await made.fail();
  expect(error).toMatchObject({ name: 'NoDeploymentError', retry_after: 48, attempts: [] });
  expect(error['reasons']).toEqual({ a: 'its limit of rpm 1 is reached', b: 'its limit of rpm 2 is reached' });
  expect(error.message).toContain('its limit of rpm 1 is reached');
});

test('tokens are reserved before, and settled after', async () => {
  const made: ReturnType<typeof rig> = rig([at('g', 'a', { tpm: 1000 })], checked, {
    a: ({ to }) => made.runner.answer(to, { tokens: 400 }),
  });
  const hello = 'x'.repeat(1200);
  const call = { messages: [{ role: 'user', content: hello }] };
  expect(await made.ask('g', call)).toBe('a');
  await settle();
  expect(await made.ask('g', call)).toBe('a');
  await settle();
  // 800 are used: what this one reserves does not fit.
  expect((await made.fail('g', call))['reasons']).toEqual({ a: 'its limit of tpm 1000 is reached' });
});

test.each(['max_tokens', 'max_completion_tokens'])(
  '%s is reserved, too: calls at once never use more',
  async (name) => {
    const made: ReturnType<typeof rig> = rig([at('g', 'a', { tpm: 1000 })], checked, {
      a: async ({ to }) => {
        await settle();
        return made.runner.answer(to, { tokens: 100 });
      },
    });
    const outcomes = await Promise.all(Array.from({ length: 50 }, () => made.ask('g', { [name]: 95 })));
    const served = outcomes.filter((outcome) => outcome === 'a').length;
    expect(served).toBeGreaterThan(5);
    expect(served * 100).toBeLessThanOrEqual(1000);
    expect(new Set(outcomes)).toEqual(new Set(['a', 'NoDeploymentError']));
  },
);

test.each([
  ['rpm', { rpm: 4 }, 'rpm 4'],
  ['tpm', { tpm: 180 }, 'tpm 180'],
])('a call of several requests counts with all of them: %s', async (_, limits, told) => {
  const made: ReturnType<typeof rig> = rig([at('g', 'a', limits)], checked, {
    a: [({ to }) => ofThree(made.runner.answer(to, { tokens: 50 })), 'ok'],
  });
  expect(await made.ask('g', { max_tokens: 1 })).toBe('a');
  await settle();
  expect((await made.router.health())['a']).toMatchObject({ requests: 3, tokens: 150 });
  expect(await made.ask('g', { max_tokens: 1 })).toBe('a');
  await settle();
  expect((await made.fail('g', { max_tokens: 50 }))['reasons']).toEqual({ a: `its limit of ${told} is reached` });
});

test('requests of a failed call count, all of them', async () => {
  const made: ReturnType<typeof rig> = rig([at('g', 'a', { rpm: 4 })], checked, {
    a: [
      ({ to }) => {
        const error = made.runner.failed(to, 500) as unknown as { attempts: object[] };
        error.attempts.push({ ...error.attempts[0] }, { ...error.attempts[0] });
        throw error as unknown as Error;
      },
      'ok',
    ],
  });
  expect(await made.ask()).toBe('InternalServerError');
  await settle();
  expect(await made.ask()).toBe('a');
  expect(await made.ask()).toBe('NoDeploymentError');
});

test('a failed call gives its tokens back, its request not', async () => {
  const made = rig([at('g', 'a', { tpm: 60, rpm: 3 })], checked, { a: [500, 500, 'ok'] });
  expect(await made.ask()).toBe('InternalServerError');
  await settle();
  expect(await made.ask()).toBe('InternalServerError');
  await settle();
  expect(await made.ask()).toBe('a');
  await settle();
  expect((await made.fail())['reasons']).toEqual({ a: 'its limit of rpm 3 is reached' });
});

test('without usage what was reserved stands', async () => {
  const made: ReturnType<typeof rig> = rig([at('g', 'a', { tpm: 30 })], checked, {
    a: ({ to }) => {
      const answer = made.runner.answer(to) as { _hidden_params: { attempts: { usage?: unknown }[] } };
      delete answer._hidden_params.attempts[0]?.usage;
      return answer;
    },
  });
  const outcomes: string[] = [];
  for (let turn = 0; turn < 30; turn++) outcomes.push(await made.ask());
  expect(outcomes).toContain('NoDeploymentError');
});

test('a call larger than the minute runs alone', async () => {
  const made = rig([at('g', 'a', { tpm: 10 })], checked);
  expect(await made.ask('g', { messages: [{ role: 'user', content: 'word '.repeat(400) }] })).toBe('a');
});

test('one sibling full: the other, without a word', async () => {
  const made = rig([at('g', 'a', { rpm: 1, weight: 1 }), at('g', 'b', { weight: 0 })], checked);
  expect([await made.ask(), await made.ask(), await made.ask()]).toEqual(['a', 'b', 'b']);
});

test('a fallback comes before a wait', async () => {
  const made = rig([at('g', 'a', { rpm: 1 }), at('h', 'b')], { ...checked, fallbacks: [{ g: ['h'] }] });
  expect([await made.ask(), await made.ask('g', { deadline: 100 })]).toEqual(['a', 'b']);
  expect(made.clock.slept).toEqual([]);
});

test('with a deadline a call waits for room, and says so; beyond it, it does not', async () => {
  const made = rig([at('g', 'a', { rpm: 1 })], checked);
  const heard: unknown[] = [];
  await made.router.on('limit_wait', (event) => heard.push(event));
  await made.ask();
  made.clock.pass(50);
  expect(await made.fail('g', { deadline: 5 })).toMatchObject({ name: 'NoDeploymentError', retry_after: 10 });
  expect(await made.ask('g', { deadline: 30 })).toBe('a');
  expect(heard).toEqual([{ type: 'limit_wait', model_name: 'g', seconds: 10 }]);
  expect(made.clock.slept[0]).toBeGreaterThanOrEqual(10);
});

test('after the wait a call is what it was, whatever its fallbacks changed', async () => {
  const { ask, runner } = rig([at('g', 'a', { rpm: 1, tags: ['free'] }), at('h', 'b', { rpm: 1, tags: ['paid'] })], {
    enable_pre_call_checks: true,
    enable_tag_filtering: true,
    fallbacks: [{ g: [{ model: 'h', tags: ['paid'], temperature: 0.5 }] }],
  });
  const more = { tags: ['free'], deadline: 120 };
  expect([await ask('g', more), await ask('g', more), await ask('g', more)]).toEqual(['a', 'b', 'a']);
  expect(runner.seen.map(({ input }) => input['temperature'])).toEqual([undefined, 0.5, undefined]);
});

test('a call waits for the group that will have room, though its fallback has none to come', async () => {
  const { ask } = rig(
    [at('g', 'a', { rpm: 1 }), at('h', 'b', { cooldown_time: 600 })],
    { enable_pre_call_checks: true, allowed_fails: 0, num_retries: 0, fallbacks: [{ g: ['h'] }] },
    { b: 429 },
  );
  expect(await ask()).toBe('a');
  expect(await ask()).toBe('NoDeploymentError');
  expect(await ask('g', { deadline: 120 })).toBe('a');
});

test('who cools down is not waited for, whatever the deadline', async () => {
  const made = rig([at('g', 'a'), at('g', 'b')], { num_retries: 1, cooldown_time: 5 }, { a: 429, b: 429 });
  await made.ask();
  expect(await made.fail('g', { deadline: 60 })).toMatchObject({
    name: 'NoDeploymentError',
    retry_after: 5,
    attempts: [],
  });
  expect(made.clock.slept).toEqual([]);
});

test('max_parallel_requests waits, the lower priority number first, and is never exceeded', async () => {
  let flying = 0;
  let most = 0;
  const answers: (() => void)[] = [];
  const order: unknown[] = [];
  const step: Step = ({ input }) => {
    most = Math.max(most, ++flying);
    order.push(input['user']);
    return new Promise((resolve) => answers.push(() => (flying--, resolve('ok'))));
  };
  const made = rig([at('g', 'a', { max_parallel_requests: 2 })], once, { a: step });
  const calls = [5, 5, 3, 1, 2].map((priority, at) => made.ask('g', { priority, user: `${priority}-${at}` }));
  for (let turn = 0; turn < 30; turn++) await settle();
  while (answers.length > 0 || flying > 0) {
    answers.shift()?.();
    for (let turn = 0; turn < 10; turn++) await settle();
  }
  expect(await Promise.all(calls)).toEqual(Array(5).fill('a'));
  expect(most).toBe(2);
  expect(order).toEqual(['5-0', '5-1', '1-3', '2-4', '3-2']);
});

test('default_max_parallel_requests, and a wait that ends with the signal', async () => {
  let answer: (value: unknown) => void = () => undefined;
  const made = rig(
    [at('g', 'a')],
    { ...once, default_max_parallel_requests: 1 },
    {
      a: [() => new Promise((resolve) => (answer = resolve)), 'ok'],
    },
  );
  const first = made.ask();
  while (made.runner.hits.length === 0) await settle();
  const controller = new AbortController();
  const second = made.ask('g', { signal: controller.signal });
  const third = made.ask();
  for (let turn = 0; turn < 10; turn++) await settle();
  controller.abort();
  expect(await second).toBe('APIUserAbortError');
  answer('ok');
  expect(await Promise.all([first, third])).toEqual(['a', 'a']);
  expect(made.runner.hits).toHaveLength(2);
});

test('rpm is no bound on calls at one moment', async () => {
  const answers: ((_: unknown) => void)[] = [];
  const made = rig([at('g', 'a', { rpm: 2 })], once, { a: () => new Promise((resolve) => answers.push(resolve)) });
  const calls = Array.from({ length: 6 }, () => made.ask());
  while (answers.length < 6) await settle();
  for (const answer of answers) answer('ok');
  expect(await Promise.all(calls)).toHaveLength(6);
});

test.each([
  ['requests in OpenAI’s form', { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '30s' }, true],
  ['tokens in OpenAI’s form', { 'x-ratelimit-remaining-tokens': '0', 'x-ratelimit-reset-tokens': '30000ms' }, true],
  [
    'a date',
    { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': '2030-01-01T00:00:30Z' },
    true,
  ],
  ['some are left', { 'x-ratelimit-remaining-requests': '1', 'x-ratelimit-reset-requests': '30s' }, false],
  ['no word on when', { 'x-ratelimit-remaining-requests': '0' }, false],
])('headers tell that nothing is left: %s', async (_, headers, expected) => {
  const list = [at('g', 'a', { weight: 1 }), at('g', 'b', { weight: 0 })];
  const made: ReturnType<typeof rig> = rig(list, once, { a: [({ to }) => made.runner.answer(to, { headers }), 'ok'] });
  await made.ask();
  expect(await made.ask()).toBe(expected ? 'b' : 'a');
  made.clock.pass(31);
  expect(await made.ask()).toBe('a');
});

test('headers do not stop a group of one', async () => {
  const headers = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '30s' };
  const made: ReturnType<typeof rig> = rig([at('g', 'a')], once, {
    a: ({ to }) => made.runner.answer(to, { headers }),
  });
  expect([await made.ask(), await made.ask()]).toEqual(['a', 'a']);
});

test('a stream holds its slot until it ends', async () => {
  const made: ReturnType<typeof rig> = rig([at('g', 'a', { max_parallel_requests: 1 })], once, {
    a: [({ to }) => made.runner.stream(to), 'ok'],
  });
  const stream = await made.router.completion({ model: 'g', messages, stream: true });
  const next = made.ask();
  for (let turn = 0; turn < 10; turn++) await settle();
  expect(made.runner.hits).toHaveLength(1);
  for await (const _ of stream);
  expect(await next).toBe('a');
});
