/** What a caller gives: refused by name, never blamed on deployments, and never a way to their keys. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/spec.js';
import { createCallm, Router } from '../../src/index.js';
import { errorFor } from './faults.js';
import { at, messages, rig } from './rig.js';

describe('options of a call are refused by name, before any request', () => {
  test.each<[string, unknown]>([
    ['num_retries', NaN],
    ['num_retries', -1],
    ['num_retries', Infinity],
    ['max_retries', 1.5],
    ['deadline', -1],
    ['deadline', 'x'],
    ['mid_stream', 'resum'],
    ['mid_stream', true],
    ['hedge', {}],
    ['hedge', true],
    ['hedge', { after: -1 }],
    ['tags', 5],
    ['allowed_model_region', 5],
    ['priority', 'x'],
    ['max_fallbacks', -1],
    ['max_retry_delay', -1],
    ['disable_fallbacks', 'yes'],
    ['retry_policy', { Foo: 1 }],
    ['fallbacks', [null]],
    ['fallbacks', [{ temperature: 1 }]],
    ['fallbacks', 'h'],
    ['signal', {}],
  ])('%s: %o', async (param, value) => {
    const { fail, runner } = rig([at('g', 'a')]);
    expect(await fail('g', { [param]: value })).toMatchObject({ name: 'BadRequestError', param });
    expect(runner.hits).toEqual([]);
  });

  test('no input at all', async () => {
    const { router } = rig([at('g', 'a')]);
    await expect(router.completion(undefined as never)).rejects.toMatchObject({
      name: 'BadRequestError',
      param: 'model',
    });
    await expect(router.fastest(undefined as never)).rejects.toMatchObject({
      name: 'BadRequestError',
      param: 'models',
    });
  });
});

describe('no deployment is blamed', () => {
  const two = [at('g', 'a'), at('g', 'b')];
  const healthy = async (router: Router): Promise<unknown[]> =>
    Object.values(await router.health()).map(({ healthy, failures }) => [healthy, failures]);

  test('for what this library refused', async () => {
    const client = createCallm({ transport: () => Promise.reject(new Error('nothing is sent')) });
    const router = new Router({
      client,
      num_retries: 0,
      model_list: two.map((entry) => ({ ...entry, litellm_params: { ...entry.litellm_params, api_key: 'k' } })),
    });
    for (let n = 0; n < 12; n++)
      await expect(router.completion({ model: 'g', messages, temperature: NaN })).rejects.toThrow('temperature');
    expect(await healthy(router)).toEqual([[true, 0], [true, 0]]); // prettier-ignore
  });

  test('for a refusal in a stream that began well', async () => {
    const refused = Object.assign(errorFor(400), { status: 200 });
    const made = rig(two, { num_retries: 0 }, { a: refused, b: refused });
    for (let n = 0; n < 12; n++) await made.ask();
    expect(await healthy(made.router)).toEqual([[true, 0], [true, 0]]); // prettier-ignore
  });

  test('for the deadline of a call', async () => {
    const send = async (_: unknown, signal: AbortSignal): Promise<Response> =>
      new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
    const router = new Router({
      client: createCallm({ transport: send }),
      model_list: two.map((entry) => ({ ...entry, litellm_params: { ...entry.litellm_params, api_key: 'k' } })),
    });
    const calls = Array.from({ length: 12 }, () => router.completion({ model: 'g', messages, deadline: 0.05 }));
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({
        reason: { name: 'Timeout', message: 'the call did not end within 0.05 s (option deadline; g)' },
      });
    expect(await healthy(router)).toEqual([[true, 0], [true, 0]]); // prettier-ignore
    expect(Object.values(await router.health()).map(({ latency }) => latency)).toEqual([0, 0]);
  });
});

test('a call cannot have a deployment’s key sent elsewhere', async () => {
  const { ask, runner } = rig([at('g', 'a', { api_key: 'of-a', api_base: 'https://a.example' })]);
  await ask('g', {
    api_key: 'other',
    api_base: 'https://evil.example',
    base_url: 'https://evil.example',
    custom_llm_provider: 'groq',
    aws_bedrock_runtime_endpoint: 'https://evil.example',
    watsonx_iam_url: 'https://evil.example',
    account_id: 'evil.example/',
    image_url: 'kept, for it is a parameter',
  });
  expect(JSON.stringify(runner.seen)).not.toMatch(/evil|groq|other/);
  expect(runner.seen[0]?.input).toMatchObject({ api_key: 'of-a', image_url: 'kept, for it is a parameter' });
});

describe('nor by a fallback of the call’s own', () => {
  const list = [at('g', 'a'), at('h', 'b', { api_key: 'of-b', extra_headers: { 'x-key': 'of-b' }, top_p: 0.5 })];
  const elsewhere = { model: 'h', api_base: 'https://evil.example' };

  test.each<[string, object]>([
    ['fallbacks', { fallbacks: [elsewhere] }],
    ['fallbacks', { fallbacks: [{ g: [elsewhere] }] }],
    ['fallbacks', { fallbacks: ['i', { model: 'h', fallbacks: [elsewhere] }] }],
    ['context_window_fallbacks', { context_window_fallbacks: [{ g: [elsewhere] }] }],
    ['fallbacks', { fallbacks: [{ model: 'h', azure_ad_token: 'x', base_url: 'https://evil.example' }] }],
  ])('%s: %o', async (param, more) => {
    const { fail, runner } = rig(list, { num_retries: 0 }, { a: 500 });
    expect(await fail('g', more as JsonObject)).toMatchObject({ name: 'BadRequestError', param });
    expect(runner.hits).toEqual([]);
  });

  test('with a key of its own it gets nothing of the deployment’s account', async () => {
    const { ask, runner } = rig(list, { num_retries: 0 }, { a: 500 });
    expect(await ask('g', { fallbacks: [{ ...elsewhere, api_key: 'mine' }] })).toBe('b');
    expect(runner.seen[1]?.input).toMatchObject({ api_key: 'mine', api_base: 'https://evil.example', top_p: 0.5 });
    expect(JSON.stringify(runner.seen[1])).not.toContain('of-b');
  });

  test('what the router’s own list says holds', async () => {
    const moved = { model: 'h', api_base: 'https://b.example' };
    const { ask, runner } = rig(list, { num_retries: 0, fallbacks: [{ g: [moved] }] }, { a: 500 });
    expect(await ask('g')).toBe('b');
    expect(runner.seen[1]?.input).toMatchObject({ api_key: 'of-b', api_base: 'https://b.example' });
  });
});

test('LiteLLM’s own parameters of a deployment reach no provider', async () => {
  const { ask, runner } = rig([
    at('g', 'a', {
      langfuse_secret_key: 's',
      s3_secret_access_key: 's',
      use_in_pass_through: true,
      merge_reasoning_content_in_choices: true,
      silent_model: 'x',
      itpm: 5,
      guardrails: ['x'],
      tag_regex: ['x'],
      _hidden: 1,
      temperature: 0.5,
      prompt_cache_key: 'kept',
      input_cost_per_token: 1,
      tiered_pricing: [{}],
      regional_processing_uplift_multiplier_eu: 1.1,
    }),
  ]);
  await ask();
  expect(Object.keys(runner.seen[0]?.input ?? {}).toSorted()).toEqual(
    ['input_cost_per_token', 'messages', 'model', 'num_retries', 'prompt_cache_key', 'temperature'].toSorted(),
  );
});

test('a deployment’s tools come before those of the call', async () => {
  const tool = (name: string) => ({ type: 'function', function: { name } });
  const { ask, runner } = rig([at('g', 'a', { tools: [tool('one')] })]);
  await ask('g', { tools: [tool('two')] });
  await ask();
  expect(runner.seen.map(({ input }) => input['tools'])).toEqual([[tool('one'), tool('two')], [tool('one')]]);
});

describe('variables of the environment', () => {
  const env = { RPM: '60', LIMIT: '2.5', KEY: 'secret', LOUD: 'True' };

  test('numbers are numbers, however deep, and a configuration has variables of its own', async () => {
    const { runner, router } = rig(
      [
        at('g', 'a', {
          rpm: 'os.environ/RPM',
          timeout: 'os.environ/LIMIT',
          api_key: 'os.environ/KEY',
          drop_params: 'os.environ/LOUD',
          extra_headers: { 'x-key': 'os.environ/KEY' },
        }),
      ],
      { env },
    );
    await router.completion({ model: 'g', messages });
    expect(await router.getModelGroupInfo('g')).toMatchObject({ rpm: 60 });
    expect(runner.seen[0]?.input).toMatchObject({
      timeout: 2.5,
      api_key: 'secret',
      drop_params: true,
      extra_headers: { 'x-key': 'secret' },
    });
  });

  test('one that is missing is told, and a sibling serves the call', async () => {
    const list = [at('g', 'a', { weight: 1, api_base: 'os.environ/NOWHERE' }), at('g', 'b', { weight: 0 })];
    const made = rig(list, { env });
    expect(await made.ask()).toBe('b');
    expect(made.runner.hits).toEqual(['b']);
    const alone = rig([at('g', 'a', { api_key: 'os.environ/NOWHERE' })], { env });
    expect((await alone.fail()).message).toBe('api_key: the environment variable "NOWHERE" is not set');
    expect(alone.runner.hits).toEqual([]);
  });
});

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['facts that are none', { choices: [], _hidden_params: {} }],
  ['facts that are frozen', { choices: [], _hidden_params: Object.freeze({ attempts: [], headers: {}, latency: {} }) }],
])('a client that answers with %s keeps no slot', async (_, answer) => {
  const { router, ask } = rig([at('g', 'a', { max_parallel_requests: 1 })], {}, { a: [() => answer, 'ok'] });
  expect(await ask()).toBe('TypeError');
  expect(await ask()).toBe('a');
  expect((await router.health())['a']).toMatchObject({ in_flight: 0 });
});
