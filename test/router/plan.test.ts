import { expect, test } from 'vitest';
import { Router } from '../../src/index.js';
import { at, messages, rig } from './rig.js';

const list = [
  at('g', 'gpt-4o', { order: 2, api_key: 'sk-secret-secret', temperature: 0.5 }),
  at('g', 'gpt-4o-mini', { order: 1, api_key: 'sk-secret-secret' }),
  at('g', 'tiny', { api_key: 'sk-secret-secret' }, { max_input_tokens: 1 }),
  at('h', 'claude', { model: 'anthropic/claude-sonnet-4-5', api_key: 'sk-secret-secret' }),
  at('i', 'unused', { api_key: 'sk-secret-secret' }),
];

test('groups, candidates in their order, why others are none, and the redacted requests', async () => {
  const router = new Router({
    model_list: list,
    enable_pre_call_checks: true,
    fallbacks: [{ g: ['h'] }, { h: ['g'] }],
  });
  const plan = await router.plan('chat', { model: 'g', messages, max_tokens: 100, top_p: 0.5 });
  expect(plan).toMatchObject({ model: 'g', groups: ['g', 'h'] });
  expect(plan.estimated_tokens).toBeGreaterThan(0);
  expect(plan.deployments.map(({ deployment, excluded }) => [deployment, excluded])).toEqual([
    ['gpt-4o-mini', undefined],
    ['gpt-4o', undefined],
    ['tiny', expect.stringContaining('more than its 1')],
    ['claude', undefined],
  ]);
  const [mini, large, , claude] = plan.deployments;
  expect(mini?.request).toMatchObject({ method: 'POST', body: { model: 'gpt-4o-mini', max_tokens: 100, top_p: 0.5 } });
  expect(large?.request).toMatchObject({ body: { temperature: 0.5 } });
  expect(claude?.request).toMatchObject({ provider: 'anthropic', body: { max_tokens: 100 } });
  expect(mini?.worst_case_cost).toBeGreaterThan(0);
  expect(large?.worst_case_cost).toBeGreaterThan(mini?.worst_case_cost ?? Infinity);
  expect(JSON.stringify(plan)).not.toContain('sk-secret');
  await router.close();
});

test('what is wrong with a call for one deployment is told there', async () => {
  const router = new Router({
    model_list: [at('g', 'x', { model: 'no-such-provider/x' }), at('g', 'gpt-4o', { api_key: 'k' })],
  });
  const { deployments } = await router.plan('chat', { model: 'g', messages });
  expect(deployments[0]?.error).toContain('no-such-provider');
  expect(deployments[1]?.request).toBeDefined();
});

test('nothing is sent, taken or counted; cooldowns show; an unknown group is named', async () => {
  const made = rig(
    [at('g', 'a', { rpm: 1 }), at('g', 'b')],
    { num_retries: 0, enable_pre_call_checks: true },
    { b: 429 },
  );
  await made.ask('b');
  const plan = await made.router.plan('chat', { model: 'g', messages });
  expect(plan.deployments.map(({ deployment, excluded }) => [deployment, excluded])).toEqual([
    ['a', undefined],
    ['b', 'it is cooling down after RateLimitError'],
  ]);
  expect(made.runner.hits).toEqual(['b']);
  expect((await made.router.health())['a']).toMatchObject({ requests: 0, in_flight: 0 });
  expect(await made.ask()).toBe('a');
  await expect(made.router.plan('chat', { model: 'x', messages })).rejects.toMatchObject({ code: 'unknown_group' });
});

test('spent limits and taken slots are told, and nothing is taken by looking', async () => {
  let answer: (value: unknown) => void = () => undefined;
  const made = rig(
    [
      at('g', 'a', { rpm: 1 }),
      at('g', 'b', { tpm: 300 }),
      at('g', 'c', { max_parallel_requests: 1 }),
      at('g', 'd', { rpm: 2 }),
    ],
    { num_retries: 0, enable_pre_call_checks: true },
    { c: () => new Promise((resolve) => (answer = resolve)) },
  );
  await made.ask('a');
  await made.ask('d');
  const call = made.ask('c');
  while (made.runner.hits.length < 3) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 3; turn++) {
    const { deployments } = await made.router.plan('chat', { model: 'g', messages, max_tokens: 200 });
    expect(deployments.map(({ deployment, excluded }) => [deployment, excluded])).toEqual([
      ['b', undefined],
      ['d', undefined],
      ['a', 'its limit of rpm 1 is reached'],
      ['c', 'all its slots are taken'],
    ]);
  }
  expect(await made.ask('b', { max_tokens: 280 })).toBe('b');
  const used = await made.router.plan('chat', { model: 'g', messages, max_tokens: 295 });
  expect(used.deployments.find(({ deployment }) => deployment === 'b')?.excluded).toBe(
    'its limit of tpm 300 is reached',
  );
  answer('ok');
  expect([await call, await made.ask('d')]).toEqual(['c', 'd']);
});

test('a fallback is planned with the parameters of its own', async () => {
  const router = new Router({
    model_list: list,
    fallbacks: [{ h: [{ model: 'i', temperature: 0.25 }] }],
  });
  const { deployments } = await router.plan('chat', { model: 'h', messages, temperature: 1 });
  expect(deployments).toMatchObject([
    { deployment: 'claude', request: { body: { temperature: 1 } } },
    { deployment: 'unused', request: { body: { temperature: 0.25 } } },
  ]);
  await router.close();
});

test('the cost at the most is by a deployment’s own prices', async () => {
  const price = (usd: number) => ({ input_cost_per_token: 0, output_cost_per_token: usd });
  const made = rig([at('g', 'a', price(2 ** -20)), at('g', 'b', {}, price(2 ** -19)), at('g', 'c')]);
  const { deployments } = await made.router.plan('chat', { model: 'g', messages, max_tokens: 10 });
  expect(deployments.map(({ worst_case_cost }) => worst_case_cost)).toEqual([10 * 2 ** -20, 10 * 2 ** -19, null]);
});
