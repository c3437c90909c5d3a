import { expect, test } from 'vitest';
import type { Middleware, Seen } from './rig.js';
import { at, messages, rig, steered } from './rig.js';

const once = { num_retries: 0 };

test('the call’s parameters beat the deployment’s, but for model, key and address', async () => {
  const params = { api_key: 'its-key', api_base: 'https://its.example', temperature: 0.1, top_p: 0.5, timeout: 7 };
  const { ask, runner } = rig([at('g', 'a', params), at('h', 'b')], { timeout: 3, stream_timeout: 2 });
  await ask('g', { temperature: 0.9, api_key: 'my-key', api_base: 'https://my.example', seed: undefined, top_p: null });
  await ask('h', { api_key: 'my-key', base_url: 'https://my.example', timeout: 5 });
  expect(runner.seen[0]?.input).toEqual({
    model: 'openai/a',
    messages,
    temperature: 0.9,
    top_p: 0.5,
    api_key: 'its-key',
    api_base: 'https://its.example',
    timeout: 7,
    stream_timeout: 2,
    num_retries: 0,
  });
  expect(runner.seen[1]?.input).toEqual({ model: 'openai/b', messages, timeout: 5, stream_timeout: 2, num_retries: 0 });
});

test('no option of the router is handed on', async () => {
  const params = {
    rpm: 9,
    tpm: 90_000,
    weight: 1,
    order: 1,
    max_parallel_requests: 3,
    tags: ['x'],
    cooldown_time: 1,
    allowed_fails: 2,
    num_retries: 1,
    max_budget: 5,
    budget_duration: '1d',
  };
  const { ask, runner } = rig([at('g', 'a', params)]);
  await ask('g', {
    fallbacks: [],
    context_window_fallbacks: [],
    content_policy_fallbacks: [],
    disable_fallbacks: true,
    max_fallbacks: 1,
    num_retries: 1,
    retry_policy: {},
    max_retry_delay: 1,
    priority: 1,
    mid_stream: 'raise',
    tags: ['x'],
    metadata: { tags: ['x'], session_id: 's' },
    user: 'me',
  });
  expect(runner.seen[0]?.input).toEqual({ model: 'openai/a', messages, user: 'me', num_retries: 0 });
});

test('metadata of the deployment and the call come together', async () => {
  const { ask, runner } = rig([at('g', 'a', { metadata: { team: 'red', kind: 'x' } })]);
  await ask('g', { metadata: { kind: 'y', tags: ['t'] } });
  expect(runner.seen[0]?.input['metadata']).toEqual({ team: 'red', kind: 'y' });
});

test('the deadline is handed on as what is left of it', async () => {
  const { ask, runner } = rig([at('g', 'a')], { deadline: 30 }, { a: [500, 'ok'] });
  await ask('g', { deadline: 20 });
  await ask();
  const [first, , second] = runner.seen.map(({ input }) => input['deadline'] as number);
  expect(first).toBeLessThanOrEqual(20);
  expect(first).toBeGreaterThan(10);
  expect(second).toBeGreaterThan(20);
});

const frozen = <T>(value: T): T => {
  if (typeof value !== 'object' || value === null) return value;
  for (const each of Object.values(value)) frozen(each);
  return Object.freeze(value);
};

test('what the caller gave is not changed; frozen objects work', async () => {
  const list = frozen([at('g', 'a', { temperature: 0.1, tags: ['x'] }), at('h', 'b')]);
  const options = frozen({
    num_retries: 1,
    fallbacks: [{ g: [{ model: 'h', top_p: 1 }] }],
    default_litellm_params: { seed: 1 },
    model_group_alias: { nick: 'g' },
    routing_strategy_args: { ttl: 5 },
  });
  const made = rig(list, options, { a: 500 });
  const input = frozen({
    model: 'nick',
    messages: [{ role: 'user' as const, content: 'Hello' }],
    metadata: { tags: ['x'], team: 'red' },
    fallbacks: [{ g: [{ model: 'h', top_p: 1 }] }],
  });
  const answer = await made.router.completion(input as never);
  expect(answer).toMatchObject({ choices: [{ message: { content: 'from b' } }] });
  await made.router.updateSettings(frozen({ num_retries: 0 }));
  await made.router.upsertDeployment(frozen(at('h', 'b', { seed: 2 })));
  await made.router.setModelList(list);
  await made.router.plan('chat', input as never);
});

test('the ledger: a row for each request, in order, with its deployment; its costs add up', async () => {
  const list = [...steered, at('h', 'c')];
  const made: ReturnType<typeof rig> = rig(
    list,
    { num_retries: 1, disable_cooldowns: true, fallbacks: [{ g: ['h'] }] },
    {
      a: ({ to }) => withCost(made.runner.failed(to, 500), 0.25),
      b: ({ to }) => withCost(made.runner.failed(to, 503), 0.125),
    },
  );
  const { _hidden_params: hidden } = await made.router.completion({ model: 'g', messages });
  expect(made.runner.hits).toEqual(['a', 'b', 'c']);
  expect(hidden.attempts.map(({ deployment, error, status }) => [deployment, error ?? status])).toEqual([
    ['a', 'InternalServerError'],
    ['b', 'ServiceUnavailableError'],
    ['c', 200],
  ]);
  expect(hidden.response_cost).toBe(0.875);
  expect(hidden.attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0)).toBe(0.875);
  expect(hidden.model_id).toBe('c');
});

/** Fails with a request that cost something. */
function withCost(error: Error, cost: number): never {
  const [row] = (error as unknown as { attempts: { cost?: number }[] }).attempts;
  if (row !== undefined) row.cost = cost;
  throw error;
}

test('errors carry the ledger, of refusals before any request an empty one', async () => {
  const { fail } = rig(steered, { num_retries: 3, disable_cooldowns: true }, { a: 500, b: 503 });
  const error = await fail();
  expect(error.attempts.map(({ deployment }) => deployment)).toEqual(['a', 'b', 'a', 'a']);
  expect((await fail('nobody')).attempts).toEqual([]);
});

test('a stream: attempts before it are told, and those of its own', async () => {
  const made: ReturnType<typeof rig> = rig(
    steered,
    { disable_cooldowns: true },
    { a: 500, b: ({ to }) => made.runner.stream(to) },
  );
  const stream = await made.router.completion({ model: 'g', messages, stream: true });
  for await (const _ of stream);
  expect(stream._hidden_params.attempts.map(({ deployment }) => deployment)).toEqual(['a', 'b']);
  expect(stream._hidden_params.model_id).toBe('b');
});

test('embeddings and rerank go the same way', async () => {
  const { router, runner } = rig([...steered, at('h', 'c')], { ...once, fallbacks: [{ g: ['h'] }] }, { a: 500 });
  const embedded = await router.embedding({ model: 'g', input: ['x'] });
  const ranked = await router.rerank({ model: 'g', query: 'q', documents: ['d'] });
  const run = await router.run('chat', { model: 'g', messages });
  expect(runner.seen.map(({ endpoint, to }) => [endpoint, to])).toEqual([
    ['embeddings', 'a'],
    ['embeddings', 'c'],
    ['rerank', 'a'],
    ['rerank', 'c'],
    ['chat', 'a'],
    ['chat', 'c'],
  ]);
  expect(runner.seen[0]?.input).toEqual({ model: 'openai/a', input: ['x'], num_retries: 0 });
  for (const answer of [embedded, ranked, run]) expect(answer._hidden_params.model_id).toBe('c');
});

test('several models: an answer or an error for each, in order', async () => {
  const { router } = rig([at('g', 'a'), at('h', 'b')], once, { b: 400 });
  const all = await router.batchCompletion({ models: ['g', 'h', 'nobody', 'g'], messages });
  expect(all.map((each) => (each instanceof Error ? each.name : 'ok'))).toEqual([
    'ok',
    'BadRequestError',
    'BadRequestError',
    'ok',
  ]);
  const commas = await router.batchCompletion({ model: 'g, h', messages });
  expect(commas).toHaveLength(2);
  await expect(router.batchCompletion({ models: [], messages })).rejects.toMatchObject({ param: 'models' });
});

test('the fastest counts, the others are ended; all failed, the first error', async () => {
  const ended: string[] = [];
  const hang = ({ to, input }: Seen): Promise<unknown> =>
    new Promise((_, reject) => {
      const signal = input['signal'] as AbortSignal;
      signal.addEventListener('abort', () => {
        ended.push(to);
        reject(signal.reason as Error);
      });
    });
  const made = rig([at('g', 'a'), at('h', 'b'), at('i', 'c')], once, { a: hang, c: 500 });
  const answer = await made.router.fastest({ model: 'g,h,i', messages });
  expect(answer).toMatchObject({ choices: [{ message: { content: 'from b' } }] });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toEqual(['a']);
  await expect(made.router.fastest({ models: ['i', 'i'], messages })).rejects.toMatchObject({ status: 500 });
  await expect(made.router.fastest({ messages })).rejects.toMatchObject({ param: 'models' });
});

test('a stream that won the race ends with the caller’s signal', async () => {
  const made: ReturnType<typeof rig> = rig([at('g', 'a'), at('h', 'b')], once, {
    a: ({ to, input }) => {
      signal = input['signal'] as AbortSignal;
      return made.runner.stream(to);
    },
    b: 500,
  });
  let signal: AbortSignal | undefined;
  const controller = new AbortController();
  await made.router.fastest({ models: ['g', 'h'], messages, stream: true, signal: controller.signal });
  expect(signal?.aborted).toBe(false);
  controller.abort();
  expect(signal?.aborted).toBe(true);
});

test('a second answer does not end the first', async () => {
  let late: (value: unknown) => void = () => undefined;
  const signals: AbortSignal[] = [];
  const made: ReturnType<typeof rig> = rig([at('g', 'a'), at('h', 'b')], once, {
    a: ({ to, input }) => (signals.push(input['signal'] as AbortSignal), made.runner.stream(to)),
    b: () => new Promise((resolve) => (late = resolve)),
  });
  await made.router.fastest({ models: ['g', 'h'], messages, stream: true });
  late('ok');
  await new Promise((resolve) => setImmediate(resolve));
  expect(signals[0]?.aborted).toBe(false);
});

test('middleware stands around every call', async () => {
  const seen: string[] = [];
  const outer: Middleware = async (endpoint, input, next) => {
    seen.push(`${endpoint} ${(input as { model: string }).model}`);
    return next({ ...input, temperature: 0.3 } as typeof input);
  };
  const { router, runner } = rig([at('g', 'a')], { use: [outer], ...once }, { a: [500, 'ok'] });
  await expect(router.completion({ model: 'g', messages })).rejects.toMatchObject({ status: 500 });
  await router.embedding({ model: 'g', input: 'x' });
  expect(seen).toEqual(['chat g', 'embeddings g']);
  expect(runner.seen[1]?.input['temperature']).toBe(0.3);
});

test('listeners disturb nothing, end when told, and hear every request', async () => {
  const { router, ask } = rig(steered, { disable_cooldowns: true }, { a: 500 });
  const rows: unknown[] = [];
  await router.on('*', () => {
    throw new Error('broken');
  });
  await router.on('attempt', async () => {
    await Promise.resolve();
    throw new Error('broken later');
  });
  const off = await router.on('attempt', (event) => rows.push(event));
  expect(await ask()).toBe('b');
  expect(rows).toMatchObject([
    { type: 'attempt', deployment: 'a', model_name: 'g', row: { error: 'InternalServerError' } },
    { type: 'attempt', deployment: 'b', model_name: 'g', row: { status: 200 } },
  ]);
  off();
  await ask();
  expect(rows).toHaveLength(2);
});

test('an error that is not ours comes through as it is', async () => {
  const error = new TypeError('a fault of the client');
  const { router } = rig([at('g', 'a')], {}, { a: error });
  await expect(router.completion({ model: 'g', messages })).rejects.toBe(error);
});
