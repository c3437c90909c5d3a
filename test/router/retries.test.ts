import { describe, expect, test } from 'vitest';
import { APIResponseValidationError, APIUserAbortError, ContentPolicyViolationError } from '../../src/core/errors.js';
import { errorFor, quota, told } from './faults.js';
import { createCallm, Router, type DeploymentEntry, type RouterOptions } from '../../src/index.js';
import { at, messages, rig, steered } from './rig.js';

const one = [at('g', 'a')];
const pair = [at('g', 'a'), at('g', 'b')];
const calm = { disable_cooldowns: true };

test('a call is made once and twice again by default', async () => {
  const { ask, runner, clock } = rig(one, {}, { a: 500 });
  expect(await ask()).toBe('InternalServerError');
  expect(runner.hits).toEqual(['a', 'a', 'a']);
  expect(clock.slept).toEqual([0.5, 1]);
});

test.each([
  ['the router', { num_retries: 1 }, {}, {}, 2],
  ['the deployment over the router', { num_retries: 3 }, { num_retries: 1 }, {}, 2],
  ['max_retries of the deployment', { num_retries: 3 }, { max_retries: 0 }, {}, 1],
  ['the call over both', { num_retries: 3 }, { num_retries: 2 }, { num_retries: 1 }, 2],
  ['max_retries of the call', {}, {}, { max_retries: 0 }, 1],
  ['none', { num_retries: 0 }, {}, {}, 1],
])('the count of %s', async (_, options, params, call, requests) => {
  const { ask, runner } = rig([at('g', 'a', params)], options, { a: 503 });
  await ask('g', call);
  expect(runner.hits).toHaveLength(requests);
});

test.each([
  [400, 1],
  [401, 1],
  [403, 1],
  [404, 1],
  [413, 1],
  [422, 1],
  [408, 3],
  [409, 3],
  [429, 3],
  [500, 3],
  [502, 3],
  [503, 3],
  [529, 3],
])('status %i alone: %i requests', async (status, requests) => {
  const { ask, runner } = rig(one, {}, { a: status });
  await ask();
  expect(runner.hits).toHaveLength(requests);
});

test.each([
  ['a wrong key', () => errorFor(401)],
  ['a quota that is used up', quota],
  ['a refusal', () => errorFor(403)],
  ['an answer of the wrong shape', () => new APIResponseValidationError('no completion', { status: 200 })],
])('%s: a sibling serves, the same deployment is not asked again', async (_, error) => {
  const both = rig(steered, calm, { a: error() });
  expect(await both.ask()).toBe('b');
  expect(both.runner.hits).toEqual(['a', 'b']);
  const alone = rig(one, calm, { a: error() });
  expect(await alone.ask()).not.toBe('a');
  expect(alone.runner.hits).toEqual(['a']);
});

test('the caller’s fault is nobody else’s either', async () => {
  const { ask, runner } = rig(pair, {}, { a: 400 });
  expect(await ask()).toBe('BadRequestError');
  expect(runner.hits).toEqual(['a']);
});

test('siblings that were not tried come first, without a wait', async () => {
  const { ask, runner, clock } = rig([...pair, at('g', 'c')], calm, { a: 500, b: 500, c: 500 });
  expect(await ask()).toBe('InternalServerError');
  expect(runner.hits.toSorted()).toEqual(['a', 'b', 'c']);
  expect(clock.slept).toEqual([]);
});

test('the last error counts', async () => {
  const { fail } = rig(one, { num_retries: 1 }, { a: [500, 503] });
  expect((await fail())['status']).toBe(503);
});

test.each([
  ['overrides the count', { InternalServerErrorRetries: 4 }, 500, 5],
  ['overrides the veto', { BadRequestErrorRetries: 1 }, 400, 2],
  ['of a wrong key', { AuthenticationErrorRetries: 1 }, 401, 2],
  ['of rates', { RateLimitErrorRetries: 0 }, 429, 1],
  ['of timeouts', { TimeoutErrorRetries: 1 }, 408, 2],
  ['of another class', { TimeoutErrorRetries: 5 }, 500, 3],
  ['of what is not there', { NotFoundErrorRetries: 1 }, 404, 2],
  ['of what is not served', { ServiceUnavailableErrorRetries: 0, InternalServerErrorRetries: 4 }, 503, 1],
  ['of its class’s class', { InternalServerErrorRetries: 4 }, 503, 5],
  ['of all classes', { DefaultRetries: 1 }, 422, 2],
  ['of all classes but one', { DefaultRetries: 5, RateLimitErrorRetries: 0 }, 429, 1],
  ['that says nothing of a class', { InternalServerErrorRetries: null, DefaultRetries: 1 }, 500, 2],
])('a policy %s', async (_, retry_policy, status, requests) => {
  const { ask, runner } = rig(one, { retry_policy }, { a: status });
  await ask();
  expect(runner.hits).toHaveLength(requests);
});

test('a policy of refused content is not that of bad requests', async () => {
  const policy = { BadRequestErrorRetries: 3, ContentPolicyViolationErrorRetries: 1 };
  const { ask, runner } = rig(
    one,
    { retry_policy: policy },
    { a: new ContentPolicyViolationError('no', { status: 400 }) },
  );
  await ask();
  expect(runner.hits).toHaveLength(2);
});

test('the policy of the call beats the group’s, which beats the router’s', async () => {
  const options = {
    retry_policy: { InternalServerErrorRetries: 0 },
    model_group_retry_policy: { g: { InternalServerErrorRetries: 1 } },
  };
  const { ask, runner } = rig([...one, at('h', 'b')], options, { a: 500, b: 500 });
  await ask('g');
  await ask('h');
  await ask('g', { retry_policy: { InternalServerErrorRetries: 2 } });
  expect(runner.hits).toEqual(['a', 'a', 'b', 'a', 'a', 'a']);
});

test('a Retry-After is never undercut', async () => {
  const { ask, runner, clock } = rig(one, {}, { a: [told(429, 7), told(503, 3), 'ok'] });
  expect(await ask()).toBe('a');
  expect(runner.hits).toHaveLength(3);
  expect(clock.slept).toEqual([7, 3]);
});

test('a Retry-After of a deployment holds after the failure of its sibling, too', async () => {
  const times: [string, number][] = [];
  const { ask, clock } = rig(
    steered,
    { ...calm, num_retries: 3 },
    {
      a: () => (times.push(['a', clock.at]), times.length === 1 ? told(429, 20) : 'ok'),
      b: () => (times.push(['b', clock.at]), 500),
    },
  );
  await ask();
  const [first, ...later] = times.filter(([to]) => to === 'a').map(([, time]) => time);
  for (const time of later) expect(time - (first as number)).toBeGreaterThanOrEqual(20_000);
  expect(times.length).toBe(4);
});

test.each([
  ['the router', { max_retry_delay: 5 }, {}],
  ['the call', {}, { max_retry_delay: 5 }],
  ['the default', {}, {}],
])('a Retry-After beyond max_retry_delay of %s fails at once', async (_, options, call) => {
  const { fail, runner, clock } = rig(one, options, { a: told(429, 61) });
  expect(await fail('g', call)).toMatchObject({ name: 'RateLimitError', retry_after: 61 });
  expect(runner.hits).toHaveLength(1);
  expect(clock.slept).toEqual([]);
});

test('retry_after is the least wait, whatever max_retry_delay', async () => {
  const { ask, clock } = rig(one, { retry_after: 4, max_retry_delay: 1 }, { a: [500, 'ok'] });
  expect(await ask()).toBe('a');
  expect(clock.slept).toEqual([4]);
});

test('a wait beyond the deadline fails at once with the error', async () => {
  const { fail, runner } = rig(one, {}, { a: told(503, 30) });
  expect((await fail('g', { deadline: 5 })).name).toBe('ServiceUnavailableError');
  expect(runner.hits).toHaveLength(1);
});

test('an abort ends the call, in a wait as well', async () => {
  const controller = new AbortController();
  const { fail, runner } = rig(one, { clock: { now: () => Date.now() } }, { a: told(503, 30) });
  const failed = fail('g', { signal: controller.signal });
  while (runner.hits.length === 0) await new Promise((resolve) => setImmediate(resolve));
  controller.abort();
  const error = await failed;
  expect(error).toBeInstanceOf(APIUserAbortError);
  expect(error.attempts).toHaveLength(1);
  expect(await rig(one).fail('g', { signal: controller.signal })).toMatchObject({
    name: 'APIUserAbortError',
    attempts: [],
  });
});

test('an abort of the client’s is followed by nothing', async () => {
  const { ask, runner } = rig(
    [...pair, at('h', 'c')],
    { fallbacks: [{ g: ['h'] }] },
    { a: new APIUserAbortError('left') },
  );
  expect(await ask()).toBe('APIUserAbortError');
  expect(runner.hits).toEqual(['a']);
});

test('each request is told to make no retries of its own', async () => {
  const { ask, runner } = rig(one, { num_retries: 2 });
  await ask();
  expect(runner.seen[0]?.input['num_retries']).toBe(0);
});

describe('what one provider lacks another may have', () => {
  const answer = { id: '1', object: 'chat.completion', created: 1, model: 'm', choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }] }; // prettier-ignore
  const over = (list: DeploymentEntry[], options: RouterOptions = {}) => {
    const sent: string[] = [];
    const transport = async (request: { url: string }): Promise<Response> => {
      sent.push(request.url);
      return Response.json(answer);
    };
    const router = new Router({ client: createCallm({ transport }), num_retries: 0, model_list: list, ...options });
    return { sent, router };
  };
  const good = at('g', 'gpt-4o', { weight: 0, api_key: 'k' });

  test.each<[string, DeploymentEntry, object]>([
    ['a parameter', at('g', 'x', { weight: 1, api_key: 'k', model: 'anthropic/claude-haiku-4-5' }), { logprobs: true }],
    ['a provider that is none', at('g', 'x', { weight: 1, api_key: 'k', model: 'nobody/m' }), {}],
  ])('%s: the sibling is asked, and the attempt is none', async (_, lacking, more) => {
    const { router, sent } = over([lacking, good]);
    const { _hidden_params } = await router.completion({ model: 'g', messages, ...more });
    expect(_hidden_params.model_id).toBe('gpt-4o');
    expect(_hidden_params.attempts).toHaveLength(1);
    expect(sent).toHaveLength(1);
    expect((await router.health())['x']).toMatchObject({ healthy: true, failures: 0 });
  });

  test('nobody has it: its error, and nothing is sent', async () => {
    const { router, sent } = over([at('g', 'x', { api_key: 'k', model: 'anthropic/claude-haiku-4-5' })]);
    await expect(router.completion({ model: 'g', messages, logprobs: true })).rejects.toMatchObject({
      name: 'UnsupportedParamsError',
    });
    expect(sent).toEqual([]);
  });
});

test.each<[string, DeploymentEntry[], RouterOptions, string[]]>([
  ['two that were refused', [at('g', 'a'), at('g', 'b')], { num_retries: 4 }, ['a', 'b']],
  ['one with allowed_fails', [at('g', 'a')], { num_retries: 4, allowed_fails: 0 }, ['a']],
])('a group that has cooled down is not slept for: %s', async (_, list, options, hits) => {
  const made = rig([...list, at('h', 'c')], options, { a: 429, b: 429 });
  expect(await made.ask('g')).toBe('RateLimitError');
  expect(made.runner.hits).toEqual(hits);
  const falling = rig([...list, at('h', 'c')], { ...options, fallbacks: [{ g: ['h'] }] }, { a: 429, b: 429 });
  expect(await falling.ask('g')).toBe('c');
  expect([...made.clock.slept, ...falling.clock.slept]).toEqual([]);
});

describe('orders', () => {
  const list = [at('g', 'a', { order: 1 }), at('g', 'b', { order: 2 }), at('g', 'c', { order: 3 })];

  test('the next is asked at once, whatever the retries', async () => {
    const made = rig(list, { num_retries: 5 }, { a: 500, b: 500 });
    expect(await made.ask()).toBe('c');
    expect(made.runner.hits).toEqual(['a', 'b', 'c']);
    expect(made.clock.slept).toEqual([]);
  });

  test('all fail: within num_retries + 1, or one of each, and the first order’s error', async () => {
    const made = rig(list.slice(0, 2), { num_retries: 3 }, { a: 500, b: 503 });
    expect(await made.ask()).toBe('InternalServerError');
    expect(made.runner.hits).toHaveLength(4);
    expect(made.runner.hits.slice(0, 2)).toEqual(['a', 'b']);
    const few = rig(list, { num_retries: 0 }, { a: 500, b: 503, c: 502 });
    expect(await few.ask()).toBe('InternalServerError');
    expect(few.runner.hits).toEqual(['a', 'b', 'c']);
    expect(few.clock.slept).toEqual([]);
  });
});
