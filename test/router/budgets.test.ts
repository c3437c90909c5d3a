/** What deployments and providers may cost in a period. */
import { describe, expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory.js';
import { at, messages, rig, type Rig } from './rig.js';

const daily = { max_budget: 1, budget_duration: '1d' };
const two = [at('g', 'a', { weight: 1, ...daily }), at('g', 'b', { weight: 0 })];
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** Each answer costs 0.5 USD. */
const ask = async ({ ask: asked }: Rig, times: number, model = 'g'): Promise<string[]> => {
  const by: string[] = [];
  for (let turn = 0; turn < times; turn++) {
    by.push(await asked(model));
    await settle();
  }
  return by;
};

test('who has spent its budget is left alone until the next period', async () => {
  const made = rig(two);
  expect(await ask(made, 4)).toEqual(['a', 'a', 'b', 'b']);
  made.clock.pass(86_400);
  expect(await ask(made, 1)).toEqual(['a']);
});

test('nobody left: named, with the time of the next period, and no wait', async () => {
  const made = rig([at('g', 'a', { max_budget: 0.6, budget_duration: '12h' })]);
  await ask(made, 2);
  made.clock.pass(3600);
  const error = await made.fail('g', { deadline: 3600 });
  expect(error).toMatchObject({ name: 'NoDeploymentError', retry_after: 11 * 3600, attempts: [] });
  expect(error['reasons']).toEqual({ a: 'it has spent its budget of 0.6 USD' });
  expect(made.clock.slept).toEqual([]);
});

test.each([
  ['30s', 29, 1],
  [120, 119, 1],
  ['2h', 7199, 1],
  ['1w', 7 * 86_400 - 1, 1],
  [undefined, 86_399, 1],
])('a period of %s', async (budget_duration, within, more) => {
  const made = rig([at('g', 'a', { max_budget: 0.5, ...(budget_duration !== undefined && { budget_duration }) })]);
  const seconds = typeof budget_duration === 'string' && budget_duration.endsWith('w') ? 7 * 86_400 : 0;
  // Weeks begin with the epoch's first day.
  if (seconds > 0) made.clock.pass(seconds - ((made.clock.at / 1000) % seconds));
  expect(await ask(made, 1)).toEqual(['a']);
  made.clock.pass(within);
  expect(await ask(made, 1)).toEqual(['NoDeploymentError']);
  made.clock.pass(more);
  expect(await ask(made, 1)).toEqual(['a']);
});

test('what failed attempts and streams cost counts, too', async () => {
  const made: Rig = rig(
    [at('g', 'a', daily)],
    { num_retries: 0 },
    {
      a: [
        ({ to }) => made.runner.stream(to),
        ({ to }) => {
          const error = made.runner.failed(to, 500);
          (error as unknown as { attempts: { cost: number }[] }).attempts[0]!.cost = 0.5;
          throw error;
        },
        'ok',
      ],
    },
  );
  const stream = await made.router.completion({ model: 'g', messages, stream: true });
  for await (const _ of stream);
  await settle();
  expect(await ask(made, 2)).toEqual(['InternalServerError', 'NoDeploymentError']);
});

describe('of providers', () => {
  const list = [
    at('g', 'a', { weight: 1 }),
    at('g', 'b', { weight: 0 }),
    at('h', 'c'),
    at('h', 'd', { model: 'anthropic/d' }),
  ];

  test.each([
    { max_budget: 1, budget_duration: '1d' },
    { budget_limit: 1, time_period: '1d' },
  ])('hold over all of their deployments: %o', async (openai) => {
    const made = rig(list, { provider_budget_config: { openai } });
    expect(await ask(made, 2)).toEqual(['a', 'a']);
    const error = await made.fail('g');
    expect(error['reasons']).toEqual({
      a: 'openai has spent its budget of 1 USD',
      b: 'openai has spent its budget of 1 USD',
    });
    expect(await made.router.plan('chat', { model: 'h', messages })).toMatchObject({
      deployments: [
        { deployment: 'd', model: 'anthropic/d' },
        { deployment: 'c', excluded: 'openai has spent its budget of 1 USD' },
      ],
    });
  });

  test('also for a model without its provider’s name, once its provider is known', async () => {
    const made = rig([at('g', 'a', { model: 'a' })], { provider_budget_config: { openai: daily } });
    expect(await ask(made, 3)).toEqual(['a', 'a', 'NoDeploymentError']);
  });

  test('may be changed and taken back', async () => {
    const made = rig(list, { provider_budget_config: { openai: daily } });
    await ask(made, 2);
    expect(await ask(made, 1)).toEqual(['NoDeploymentError']);
    await made.router.updateSettings({ num_retries: 1, provider_budget_config: { openai: { max_budget: 0.9 } } });
    expect(await ask(made, 1)).toEqual(['NoDeploymentError']);
    await made.router.updateSettings({ provider_budget_config: { openai: { max_budget: 1.4 } } });
    expect(await ask(made, 1)).toEqual(['a']);
    await made.router.updateSettings({ provider_budget_config: null });
    expect(await ask(made, 3)).toEqual(['a', 'a', 'a']);
  });
});

test('routers with one store spend one budget', async () => {
  const one = rig(two);
  const store = memoryStore({ now: one.clock.now });
  const [first, second] = [rig(two, { store, clock: one.clock }), rig(two, { store, clock: one.clock })];
  expect(await ask(first, 1)).toEqual(['a']);
  // The other learns with what it spends itself.
  expect(await ask(second, 2)).toEqual(['a', 'b']);
  expect(await ask(first, 2)).toEqual(['a', 'b']);
});

test('a store that is away stops no call; what is known here counts', async () => {
  const away = (): Promise<never> => Promise.reject(new Error('away'));
  const made = rig(two, { store: { get: away, set: away, delete: away, count: away } });
  expect(await ask(made, 3)).toEqual(['a', 'a', 'b']);
});
