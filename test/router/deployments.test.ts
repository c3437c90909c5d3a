import { afterEach, expect, test, vi } from 'vitest';
import { Router } from '../../src/index.js';
import { at, messages, rig } from './rig.js';

afterEach(() => vi.unstubAllEnvs());

const entry = (model_name: string, params: Record<string, unknown> = {}) => ({
  model_name,
  litellm_params: { model: 'openai/x', ...params },
});
const ids = async (router: Router, group?: string): Promise<(string | undefined)[]> =>
  (await router.getModelList(group)).map(({ model_info }) => model_info?.id);

test('ids are given, or a stable hash of what the deployment is', async () => {
  const list = [entry('g'), entry('g', { api_base: 'https://one.example' }), at('g', 'mine'), entry('h')];
  const first = await ids(rig(list).router);
  expect(await ids(rig(list).router)).toEqual(first);
  expect(new Set(first).size).toBe(4);
  expect(first[2]).toBe('mine');
  expect(await ids(rig([list[3]!, list[0]!]).router)).toEqual([first[3], first[0]]);
});

test('two entries that are the same to the letter are two deployments', async () => {
  const found = await ids(rig([entry('g'), entry('g')]).router);
  expect(new Set(found).size).toBe(2);
});

test('an id that is a number counts', async () => {
  const { router, ask } = rig([{ ...at('g', 'a'), model_info: { id: 7 as unknown as string } }]);
  expect(await ids(router)).toEqual(['7']);
  expect(await ask('7')).toBe('a');
});

test.each([
  ['openai/gpt-x', 'exact'],
  ['openai/gpt-y', 'gpt-y'],
  ['openai/o1', 'o1'],
  ['mistral/small', 'any-mistral/small'],
])('%s goes to %s: an exact group before a pattern, a longer one before a shorter', async (model, to) => {
  const { ask, runner } = rig([
    at('*', 'star', { model: 'openai/any-*' }),
    at('openai/*', 'wide', { model: 'openai/*' }),
    at('openai/gpt-*', 'long', { model: 'openai/gpt-*' }),
    at('openai/gpt-x', 'exact'),
  ]);
  await ask(model);
  expect(runner.hits).toEqual([to]);
});

test('a pattern of several stars fills those of the model, to the letter', async () => {
  const { ask, runner } = rig([at('*/team-*', 'x', { model: 'openai/*--*' })]);
  await ask('eu/team-$&');
  expect(runner.hits).toEqual(['eu--$&']);
});

test('a pattern with a fixed model; what is no pattern is taken to the letter', async () => {
  const { ask, runner } = rig([at('team-*', 'fixed'), at('a.b*', 'dot')]);
  await ask('team-red');
  expect(runner.hits).toEqual(['fixed']);
  expect(await ask('axb')).toBe('BadRequestError');
});

test('an alias, hidden or not, one over another, and one that runs in a circle', async () => {
  const model_group_alias = {
    nick: 'g',
    secret: { model: 'g', hidden: true },
    double: 'nick',
    h: 'g',
    round: 'about',
    about: 'round',
  };
  const { ask, router } = rig([at('g', 'a'), at('h', 'b')], { model_group_alias });
  for (const name of ['g', 'nick', 'secret', 'double', 'h']) expect(await ask(name)).toBe('a');
  expect(await ask('round')).toBe('BadRequestError');
  const names = (await router.getModelList()).map(({ model_name }) => model_name);
  expect(names).toEqual(expect.arrayContaining(['g', 'h', 'nick', 'double']));
  expect(names).not.toContain('secret');
  expect(await router.getModelList('secret')).toMatchObject([{ model_name: 'secret', model_info: { id: 'a' } }]);
});

test('an id, or the model of a deployment, stands for it', async () => {
  const { ask, runner } = rig([at('g', 'a'), at('g', 'b')]);
  await ask('b');
  await ask('openai/b');
  expect(runner.hits).toEqual(['b', 'b']);
});

test('several groups share a deployment’s place', async () => {
  const shared = { api_base: 'https://one.example', api_key: 'k' };
  const { ask, runner } = rig([
    at('g', 'a', shared),
    { ...at('h', 'b', shared), litellm_params: { model: 'openai/a', ...shared } },
  ]);
  await ask('g');
  await ask('h');
  expect(runner.seen.map(({ input }) => [input['model'], input['api_base']])).toEqual([
    ['openai/a', 'https://one.example'],
    ['openai/a', 'https://one.example'],
  ]);
});

test('credentials by name: the entry over them, they over the defaults', async () => {
  const { ask, runner } = rig([at('g', 'a', { litellm_credential_name: 'mine', organization: 'entry' })], {
    credential_list: [
      { credential_name: 'mine', credential_values: { api_key: 'key', organization: 'list', project: 'list' } },
    ],
    default_litellm_params: { project: 'default', temperature: 0.5 },
  });
  await ask();
  expect(runner.seen[0]?.input).toMatchObject({
    api_key: 'key',
    organization: 'entry',
    project: 'list',
    temperature: 0.5,
  });
  expect(runner.seen[0]?.input).not.toHaveProperty('litellm_credential_name');
});

test('a credential that is not there is named', () => {
  expect(() => rig([at('g', 'a', { litellm_credential_name: 'gone' })])).toThrow('"gone" is not in credential_list');
});

test('os.environ/NAME is the variable’s value, of figures too', async () => {
  vi.stubEnv('ROUTER_KEY', 'key-of-env');
  vi.stubEnv('ROUTER_RPM', '3');
  const { ask, runner, router } = rig([
    at('g', 'a', { api_key: 'os.environ/ROUTER_KEY', rpm: 'os.environ/ROUTER_RPM' }),
  ]);
  await ask();
  expect(runner.seen[0]?.input['api_key']).toBe('key-of-env');
  expect((await router.getModelGroupInfo('g'))?.['rpm']).toBe(3);
});

test('add, upsert, delete', async () => {
  const { router, ask } = rig([at('g', 'a')]);
  expect(await router.addDeployment(at('h', 'b'))).toBe('b');
  expect(await ask('h')).toBe('b');
  await expect(router.addDeployment(at('h', 'b'))).rejects.toThrow('"b" is taken');
  expect(await router.upsertDeployment({ ...at('h', 'b'), litellm_params: { model: 'openai/c' } })).toBe('b');
  expect(await ask('h')).toBe('c');
  expect(await router.upsertDeployment(at('new-*', 'd'))).toBe('d');
  expect(await ask('new-1')).toBe('d');
  expect(await router.deleteDeployment('d')).toBe(true);
  expect(await router.deleteDeployment('d')).toBe(false);
  expect(await ask('new-1')).toBe('BadRequestError');
});

test('what is refused changes nothing', async () => {
  const { router, ask } = rig([at('g', 'a')]);
  const wrong = at('g', 'a', { litellm_credential_name: 'gone' });
  await expect(router.upsertDeployment(wrong)).rejects.toThrow('gone');
  await expect(router.setModelList([at('h', 'b'), wrong])).rejects.toThrow('gone');
  await expect(router.setModelList([at('h', 'b'), at('h', 'b')])).rejects.toThrow('taken');
  await expect(router.addDeployment({ litellm_params: {} } as never)).rejects.toThrow('deployment.model_name');
  await expect(router.updateSettings({ default_litellm_params: { litellm_credential_name: 'gone' } })).rejects.toThrow(
    'gone',
  );
  expect(await ask()).toBe('a');
  expect(await ids(router)).toEqual(['a']);
});

test('another list: those that stay keep their figures', async () => {
  const { router, ask } = rig([at('g', 'a'), at('h', 'b')]);
  await ask('g');
  await ask('h');
  await router.setModelList([at('g', 'a'), at('i', 'c')]);
  const health = await router.health();
  expect(Object.keys(health)).toEqual(['a', 'c']);
  expect(health['a']).toMatchObject({ requests: 1, tokens: 10 });
  expect(await ask('h')).toBe('BadRequestError');
  await router.setModelList([at('h', 'b')]);
  expect((await router.health())['b']).toMatchObject({ requests: 0 });
});

test('a call under way goes on when its deployment is deleted, and leaves nothing behind', async () => {
  let answer: (value: unknown) => void = () => undefined;
  const { router, ask } = rig(
    [at('g', 'a', { max_parallel_requests: 1 }), at('g', 'b')],
    {},
    {
      a: () => new Promise((resolve) => (answer = resolve)),
    },
  );
  const call = ask();
  while ((await router.health())['a']?.['in_flight'] !== 1) await new Promise((resolve) => setImmediate(resolve));
  await router.deleteDeployment('a');
  answer('ok');
  expect(await call).toBe('a');
  await router.addDeployment(at('h', 'a', { max_parallel_requests: 1 }));
  expect((await router.health())['a']).toMatchObject({ in_flight: 0, requests: 0 });
});

test('settings change at once, for the deployments too', async () => {
  const { router, ask, runner } = rig([at('g', 'a')], { num_retries: 0 }, { a: [500, 500, 'ok'] });
  await ask();
  await router.updateSettings({ num_retries: 1, default_litellm_params: { temperature: 0.2 } });
  expect(await ask()).toBe('a');
  expect(runner.seen.map(({ input }) => input['temperature'])).toEqual([undefined, 0.2, 0.2]);
  await router.updateSettings({ model_group_alias: { nick: 'g' }, routing_strategy: () => undefined });
  expect(await ask('nick')).toBe('NoDeploymentError');
  await expect(router.updateSettings({ num_retries: -1 })).rejects.toThrow('num_retries');
  await expect(router.updateSettings({ random: Math.random } as object)).rejects.toThrow('random cannot be changed');
});

test('options are taken back by null', async () => {
  const made = rig(
    [at('g', 'a'), at('h', 'b')],
    { num_retries: 0, fallbacks: [{ g: ['h'] }], default_litellm_params: { temperature: 0.2 } },
    { a: 500 },
  );
  expect(await made.ask()).toBe('b');
  await made.router.updateSettings({ fallbacks: null, num_retries: null, default_litellm_params: null });
  made.runner.seen.length = 0;
  expect(await made.ask()).toBe('InternalServerError');
  expect(made.runner.hits).toEqual(['a', 'a', 'a']);
  expect(made.runner.seen[0]?.input).not.toHaveProperty('temperature');
});

test('the life of affinity changes, and how many latencies count', async () => {
  let turn = 0;
  const made = rig([at('g', 'a'), at('g', 'b')], { random: () => (turn++ % 2) / 2 });
  await made.router.updateSettings({ deployment_affinity_ttl_seconds: 5 });
  const bond = { prompt_cache_key: 'k' };
  expect(await made.ask('g', bond)).toBe('a');
  await new Promise((resolve) => setImmediate(resolve));
  made.clock.pass(6);
  expect(await made.ask('g', bond)).toBe('b');

  await made.router.updateSettings({ routing_strategy_args: { max_latency_list_size: 1 } });
  for (const seconds of [1, 9]) {
    made.runner.script('a', ({ to }) => (made.clock.pass(seconds), made.runner.answer(to)));
    await made.ask('a');
  }
  expect((await made.router.health())['a']?.['latency']).toBe(9 / 4);
});

test.each<object>([
  { redis_url: 'redis://elsewhere' },
  { redis_host: 'elsewhere' },
  { redis_password: null },
  { store: null },
  { model_list: [] },
])('what a router has for good is refused: %o', async (changes) => {
  const { router, ask } = rig([at('g', 'a')]);
  await expect(router.updateSettings({ num_retries: 0, ...changes })).rejects.toThrow('cannot be changed');
  expect(await ask()).toBe('a');
});

test('a call that waited for a deployment that is taken out, or in vain, is told so', async () => {
  let answer: (value: unknown) => void = () => undefined;
  const made = rig(
    [at('g', 'a', { max_parallel_requests: 1 })],
    {},
    { a: () => new Promise((resolve) => (answer = resolve)) },
  );
  const first = made.ask();
  while (made.runner.hits.length === 0) await new Promise((resolve) => setImmediate(resolve));
  expect(await made.fail('g', { deadline: 0.02 })).toMatchObject({
    name: 'Timeout',
    message: 'the call did not end within 0.02 s (option deadline; g)',
  });
  const waiting = made.fail();
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  await made.router.deleteDeployment('a');
  answer('ok');
  expect(await waiting).toMatchObject({
    name: 'NoDeploymentError',
    message: 'no deployment of "g" can take the call now (it has none)',
  });
  expect(await first).toBe('a');
});

test('a group’s prices are those of its deployments, wherever they stand', async () => {
  const { router } = rig([
    at('g', 'a', { input_cost_per_token: 2, output_cost_per_token: 3 }),
    at('g', 'b', {}, { input_cost_per_token: 4 }),
    at('h', 'gpt-4o', { input_cost_per_token: 0.5 }),
    at('i', 'mine', { model: 'azure/mine' }, { base_model: 'azure/gpt-4o' }),
  ]);
  expect(await router.getModelGroupInfo('g')).toMatchObject({ input_cost_per_token: 4, output_cost_per_token: 3 });
  expect(await router.getModelGroupInfo('h')).toMatchObject({ input_cost_per_token: 0.5, max_input_tokens: 128_000 });
  expect(await router.getModelGroupInfo('i')).toMatchObject({ max_input_tokens: 128_000 });
});

test('what a group is: providers, figures added up, null for none', async () => {
  const { router } = rig([
    at('g', 'gpt-4o', { rpm: 10, tpm: 100 }),
    at(
      'g',
      'b',
      { model: 'anthropic/some', rpm: 5 },
      { max_input_tokens: 999_999_999, supports_vision: true, mode: 'chat' },
    ),
  ]);
  expect(await router.getModelGroupInfo('g')).toMatchObject({
    model_group: 'g',
    providers: ['openai', 'anthropic'],
    deployments: ['gpt-4o', 'b'],
    mode: 'chat',
    rpm: 15,
    tpm: 100,
    max_input_tokens: 999_999_999,
    supports_vision: true,
  });
  expect(await router.getModelGroupInfo('nobody')).toBeNull();
});

test('the deployment that is available: nothing of it is taken', async () => {
  const made = rig([at('g', 'a', { rpm: 1, weight: 1 }), at('g', 'b', { rpm: 1, weight: 0 })], {
    enable_pre_call_checks: true,
  });
  for (let turn = 0; turn < 3; turn++)
    expect((await made.router.getAvailableDeployment({ model: 'g', messages })).model_info?.id).toBe('a');
  expect((await made.router.health())['a']).toMatchObject({ in_flight: 0, requests: 0 });
  expect(await made.ask()).toBe('a');
  expect((await made.router.getAvailableDeployment({ model: 'g', messages })).model_info?.id).toBe('b');
  expect(await made.ask()).toBe('b');
  await expect(made.router.getAvailableDeployment({ model: 'g', messages })).rejects.toThrow('limit of rpm 1');
  await expect(made.router.getAvailableDeployment({ model: 'x', messages })).rejects.toThrow('no group "x"');
  await expect(made.router.getAvailableDeployment(undefined as never)).rejects.toMatchObject({ param: 'model' });
});

test('live figures', async () => {
  const { router, ask, clock } = rig([at('g', 'a')], { num_retries: 0 }, { a: ['ok', 500] });
  await ask();
  await ask();
  expect((await router.health())['a']).toEqual({
    model_name: 'g',
    model: 'openai/a',
    healthy: true,
    in_flight: 0,
    requests: 2,
    tokens: 10,
    failures: 1,
    latency: 0,
    first_token: 0,
  });
  clock.pass(60);
  expect((await router.health())['a']).toMatchObject({ requests: 0, tokens: 0, failures: 0 });
});

test('close may be called twice, before a call too; a client that was given stays open', async () => {
  const made = rig([at('g', 'a')]);
  await made.router.close();
  await made.ask();
  await made.router.close();
  await made.router.close();
  const own = new Router({ model_list: [at('g', 'a', { mock_response: 'hi' })] });
  const answer = await own.completion({ model: 'g', messages });
  expect(answer.choices[0]?.message.content).toBe('hi');
  await own.close();
  await own.close();
});

test('two routers of one list share nothing', async () => {
  const list = [at('g', 'a', { rpm: 1 })];
  const one = rig(list, { enable_pre_call_checks: true });
  const two = rig(list, { enable_pre_call_checks: true });
  expect(await one.ask()).toBe('a');
  expect(await two.ask()).toBe('a');
});
