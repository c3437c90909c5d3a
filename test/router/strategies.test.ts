import { expect, test } from 'vitest';
import { createCallm, Router, type RouterOptions, type Strategy } from '../../src/index.js';
import { errorFor } from './faults.js';
import { at, messages, rig, type Step } from './rig.js';

const once = { num_retries: 0 };
const pair = [at('g', 'a'), at('g', 'b')];

/** Chance that goes evenly through the numbers from 0 to 1. */
const even = (): (() => number) => {
  let turn = 0;
  return () => (turn++ % 100) / 100 + 0.005;
};

/** How many of a hundred calls each deployment gets. */
async function shares(list: typeof pair, options: RouterOptions = {}): Promise<Record<string, number>> {
  const { ask, runner } = rig(list, { random: even(), ...options });
  for (let turn = 0; turn < 100; turn++) await ask();
  return Object.fromEntries(
    list.map(({ model_info }) => model_info?.id ?? '').map((id) => [id, runner.hits.filter((to) => to === id).length]),
  );
}

test.each([
  ['evenly', {}, {}, 50],
  ['by weight', { weight: 3 }, { weight: 1 }, 75],
  ['by rpm', { rpm: 9 }, { rpm: 1 }, 90],
  ['by tpm', { tpm: 200 }, { tpm: 800 }, 20],
  ['by weight over rpm', { weight: 1, rpm: 900 }, { weight: 1, rpm: 100 }, 50],
  ['by rpm over tpm', { rpm: 1, tpm: 900 }, { rpm: 1, tpm: 100 }, 50],
  ['nothing is no share', { weight: 1 }, {}, 100],
  ['nothing on the first', {}, { weight: 1 }, 0],
  ['all of them 0', { weight: 0 }, { weight: 0 }, 50],
])('simple-shuffle: %s', async (_, first, second, share) => {
  expect(await shares([at('g', 'a', first), at('g', 'b', second)])).toEqual({ a: share, b: 100 - share });
});

test('a weight of 0 serves when nobody else can', async () => {
  const { ask } = rig([at('g', 'a', { weight: 1 }), at('g', 'b', { weight: 0 })], once, { a: 429 });
  await ask();
  expect(await ask()).toBe('b');
});

test('least-busy: calls of one moment are spread; those that ended do not count', async () => {
  const answers: ((_: unknown) => void)[] = [];
  const held: Step = () => new Promise((resolve) => answers.push(resolve));
  const { ask, runner, router } = rig(
    [...pair, at('g', 'c')],
    { routing_strategy: 'least-busy' },
    { a: held, b: held, c: held },
  );
  const calls = Array.from({ length: 6 }, () => ask());
  while (runner.hits.length < 6) await new Promise((resolve) => setImmediate(resolve));
  expect(runner.hits.toSorted()).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  expect((await router.health())['b']).toMatchObject({ in_flight: 2 });
  for (const answer of answers) answer('ok');
  await Promise.all(calls);
  expect((await router.health())['b']).toMatchObject({ in_flight: 0 });
});

/** Answers after so many seconds of the injected clock. */
const timed =
  (made: () => ReturnType<typeof rig>, seconds: number): Step =>
  ({ to }) => (made().clock.pass(seconds), made().runner.answer(to));

test('latency-based-routing: the untried first, then the fastest, within a buffer', async () => {
  const options = { routing_strategy: 'latency-based-routing', random: () => 0.999 } as const;
  const make = (args: object) => {
    const made: ReturnType<typeof rig> = rig(
      [...pair, at('g', 'c')],
      { ...options, routing_strategy_args: { ...args } },
      {
        a: timed(() => made, 4),
        b: timed(() => made, 2),
        c: timed(() => made, 2.2),
      },
    );
    return made;
  };
  const strict = make({});
  for (let turn = 0; turn < 5; turn++) await strict.ask();
  expect(strict.runner.hits.slice(0, 3).toSorted()).toEqual(['a', 'b', 'c']);
  expect(strict.runner.hits.slice(3)).toEqual(['b', 'b']);
  const wide = make({ lowest_latency_buffer: 0.2 });
  for (let turn = 0; turn < 5; turn++) await wide.ask();
  expect(wide.runner.hits.slice(3)).toEqual(['c', 'c']);
});

test('latency-based-routing: a timeout is remembered, for an hour or a ttl', async () => {
  const make = (args: object) =>
    rig(
      pair,
      { ...once, ...args, routing_strategy: 'latency-based-routing', disable_cooldowns: true },
      { a: [errorFor(408), 'ok'] },
    );
  const hour = make({});
  await hour.ask();
  for (let turn = 0; turn < 3; turn++) expect(await hour.ask()).toBe('b');
  hour.clock.pass(3599);
  expect(await hour.ask()).toBe('b');
  hour.clock.pass(2);
  expect(await hour.ask()).toBe('a');
  const short = make({ routing_strategy_args: { ttl: 10 } });
  await short.ask();
  await short.ask();
  short.clock.pass(11);
  expect(await short.ask()).toBe('a');
});

test('latency-based-routing: only the last samples count', async () => {
  const made: ReturnType<typeof rig> = rig(
    [at('g', 'a')],
    { routing_strategy: 'latency-based-routing', routing_strategy_args: { max_latency_list_size: 1 } },
    { a: [timed(() => made, 40), timed(() => made, 4)] },
  );
  await made.ask();
  expect((await made.router.health())['a']).toMatchObject({ latency: 10 });
  await made.ask();
  expect((await made.router.health())['a']).toMatchObject({ latency: 1 });
});

test('latency-based-routing: streams by their first token', async () => {
  const made: ReturnType<typeof rig> = rig(
    pair,
    { routing_strategy: 'latency-based-routing' },
    {
      a: ({ to }) => made.runner.stream(to),
      b: ({ to }) => made.runner.stream(to),
    },
  );
  for (let turn = 0; turn < 2; turn++) {
    const stream = await made.router.completion({ model: 'g', messages, stream: true });
    for await (const _ of stream);
  }
  expect(made.runner.hits).toEqual(['a', 'b']);
  expect((await made.router.health())['a']).toMatchObject({ first_token: 0.1 });
});

test.each(['usage-based-routing', 'usage-based-routing-v2'] as const)(
  '%s: the fewest tokens this minute',
  async (routing_strategy) => {
    const made: ReturnType<typeof rig> = rig(
      pair,
      { routing_strategy },
      {
        a: ({ to }) => made.runner.answer(to, { tokens: 100 }),
        b: ({ to }) => made.runner.answer(to, { tokens: 1000 }),
      },
    );
    for (let turn = 0; turn < 10; turn++) await made.ask();
    expect(made.runner.hits.filter((to) => to === 'b')).toHaveLength(1);
    made.clock.pass(60);
    await made.ask();
    await made.ask();
    expect(made.runner.hits.slice(-2).toSorted()).toEqual(['a', 'b']);
  },
);

test('cost-based-routing: the cheapest; a price unknown is the last', async () => {
  const price = (usd: number) => ({ input_cost_per_token: usd, output_cost_per_token: usd });
  const list = [
    at('g', 'nobody-knows'),
    at('g', 'dear', price(3e-5)),
    at('g', 'cheap', price(1e-6)),
    at('h', 'x1'),
    at('h', 'gpt-4o'),
  ];
  const made = rig(list, { ...once, routing_strategy: 'cost-based-routing' });
  expect(await made.ask('g')).toBe('cheap');
  expect(await made.ask('h')).toBe('gpt-4o');
  await made.router.upsertDeployment(at('g', 'cheap', price(1e-4)));
  expect(await made.ask('g')).toBe('dear');
  // What cannot be a price is none.
  await made.router.upsertDeployment(at('g', 'dear', price(20)));
  expect(await made.ask('g')).toBe('cheap');
});

test('a function is given candidates, figures and the context', async () => {
  const heard: unknown[] = [];
  const routing_strategy: Strategy = (candidates, stats, context) => {
    heard.push([
      candidates.map(({ id, model, rpm, weight }) => [id, model, rpm, weight]),
      candidates.map((candidate) => stats(candidate).requests),
      context.model,
      context.endpoint,
      context.stream,
      context.args,
    ]);
    (candidates as unknown[]).reverse();
    return candidates[0];
  };
  const list = [at('g', 'a', { rpm: 7 }), at('g', 'b', { weight: 2 }), at('g', 'c')];
  const { ask } = rig(list, { routing_strategy, routing_strategy_args: { hint: 1 }, ...once }, { c: 429 });
  expect(await ask()).toBe('RateLimitError');
  expect(await ask()).toBe('b');
  expect(heard).toEqual([
    [
      [
        ['a', 'openai/a', 7, undefined],
        ['b', 'openai/b', undefined, 2],
        ['c', 'openai/c', undefined, undefined],
      ],
      [0, 0, 0],
      'g',
      'chat',
      false,
      { hint: 1 },
    ],
    [
      [
        ['a', 'openai/a', 7, undefined],
        ['b', 'openai/b', undefined, 2],
      ],
      [0, 0],
      'g',
      'chat',
      false,
      { hint: 1 },
    ],
  ]);
});

test('what a function does with its candidates changes none of them, and figures are plain values', async () => {
  const seen: unknown[] = [];
  const routing_strategy: Strategy = (candidates, stats) => {
    seen.push(candidates.map((candidate) => ({ ...stats(candidate) })));
    for (const candidate of candidates) {
      const { litellm_params, model_info } = candidate as unknown as Record<string, Record<string, unknown>>;
      Object.assign(litellm_params!, { api_key: 'stolen', model: 'openai/other' });
      Object.assign(model_info!, { id: 'other' });
      expect(Object.keys(candidate)).toEqual(['id', 'model_name', 'model', 'litellm_params', 'model_info', 'rpm', 'tpm', 'weight', 'order']); // prettier-ignore
      expect(() => Object.assign(candidate, { id: 'z' })).toThrow(TypeError);
      expect(() => Object.assign(stats(candidate), { in_flight: -1 })).not.toThrow();
    }
    // A copy means the one that it is a copy of.
    return { ...candidates[0]! };
  };
  const made = rig([at('g', 'a', { api_key: 'of-a' })], { ...once, routing_strategy });
  expect([await made.ask(), await made.ask()]).toEqual(['a', 'a']);
  expect(made.runner.seen.map(({ input }) => input['api_key'])).toEqual(['of-a', 'of-a']);
  const figures = { in_flight: 0, latency: 0, first_token: 0, tokens: 0, failures: 0, price: undefined };
  expect(seen).toEqual([[{ ...figures, requests: 0 }], [{ ...figures, requests: 1, tokens: 10 }]]);
});

test('prices of model_info count, in a strategy, in its figures and in the bill', async () => {
  const price = (usd: number) => ({ input_cost_per_token: usd, output_cost_per_token: usd });
  const list = [at('g', 'dear', price(3e-5)), at('g', 'cheap', {}, price(1e-6))];
  const made = rig(list, { ...once, routing_strategy: 'cost-based-routing' });
  expect(await made.ask()).toBe('cheap');
  expect(made.runner.seen[0]?.input).toMatchObject(price(1e-6));
  const told: unknown[] = [];
  const routing_strategy: Strategy = (candidates, stats) => {
    told.push(...candidates.map((candidate) => stats(candidate).price));
    return candidates[0];
  };
  await rig(list, { ...once, routing_strategy }).ask();
  expect(told).toEqual([6e-5, 2e-6]);

  const transport = async (): Promise<Response> =>
    Response.json({
      id: '1',
      object: 'chat.completion',
      created: 1,
      model: 'cheap',
      choices: [{ index: 0, message: { role: 'assistant', content: 'hi' }, finish_reason: 'stop' }],
      usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
    });
  const billed = new Router({
    client: createCallm({ transport }),
    model_list: [at('g', 'cheap', { api_key: 'k' }, price(2 ** -20))],
  });
  const { _hidden_params } = await billed.completion({ model: 'g', messages });
  expect(_hidden_params.response_cost).toBe(15 * 2 ** -20);
});

test('a function that throws, or picks nobody or somebody else, rejects the call without a request', async () => {
  const thrown = rig(pair, {
    routing_strategy: () => {
      throw new RangeError('no idea');
    },
  });
  expect(await thrown.ask()).toBe('RangeError');
  const none = rig(pair, { routing_strategy: () => undefined });
  expect(await none.ask()).toBe('NoDeploymentError');
  const other = rig(pair, { routing_strategy: ([first]) => ({ ...first!, id: 'stranger' }) });
  expect(await other.ask()).toBe('NoDeploymentError');
  const alone = rig([at('g', 'a')], { routing_strategy: () => undefined });
  expect(await alone.ask()).toBe('NoDeploymentError');
  for (const { runner, router } of [thrown, none, other, alone]) {
    expect(runner.hits).toEqual([]);
    expect((await router.health())['a']).toMatchObject({ in_flight: 0, requests: 0 });
  }
});
