import { afterEach, describe, expect, test, vi } from 'vitest';
import { Router } from '../../src/index.js';
import { messages, Scripted } from './rig.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const model_list = [
  { model_name: 'g', litellm_params: { model: 'openai/a', api_key: 'os.environ/CONFIG_KEY', rpm: 60 } },
  {
    model_name: 'h',
    litellm_params: { model: 'openai/b', organization: 'os.environ/CONFIG_REGION' },
    model_info: { id: 'mine', mode: 'chat' },
  },
];

test('a whole configuration: deployments, settings, credentials, references', async () => {
  vi.stubEnv('CONFIG_KEY', 'key-of-env');
  vi.stubEnv('CONFIG_STRATEGY', 'least-busy');
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const client = new Scripted({ a: 500, b: 'ok' }, Date.now);
  const router = await Router.fromConfig(
    {
      model_list,
      router_settings: {
        routing_strategy: 'os.environ/CONFIG_STRATEGY',
        num_retries: 0,
        model_group_alias: { nick: 'g' },
        cache_responses: true,
        retry_policy: null,
      },
      litellm_settings: {
        num_retries: 5,
        request_timeout: 30,
        drop_params: true,
        fallbacks: [{ g: ['h'] }],
        success_callback: ['langfuse'],
      },
      general_settings: { master_key: 'sk-1234' },
      credential_list: [{ credential_name: 'x', credential_values: { api_key: 'k' }, credential_info: {} }],
      environment_variables: { CONFIG_REGION: 'eu' },
    },
    { client },
  );
  const answer = await router.completion({ model: 'nick', messages });
  expect(answer.choices[0]?.message.content).toBe('from b');
  expect(client.hits).toEqual(['a', 'b']);
  expect(client.seen[0]?.input).toMatchObject({ api_key: 'key-of-env', timeout: 30, drop_params: true });
  expect(client.seen[1]?.input).toMatchObject({ organization: 'eu' });
  expect((await router.getModelList('h'))[0]?.model_info).toMatchObject({ id: 'mine', mode: 'chat' });
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'Router.fromConfig: litellm_settings.success_callback without a meaning for a router',
    'Router: cache_responses has no meaning here',
  ]);
});

test.each([
  ['model_list[0].model_name', { model_list: [{ litellm_params: { model: 'x' } }] }],
  ['model_list[1].litellm_params.model', { model_list: [model_list[0], { model_name: 'g', litellm_params: {} }] }],
  ['model_list', { model_list: {} }],
  ['router_settings', { router_settings: [] }],
  ['credential_list[0].credential_values', { credential_list: [{ credential_name: 'x' }] }],
  ['the configuration', 'a text'],
])('%s is named', async (path, config) => {
  await expect(Router.fromConfig(config as object)).rejects.toMatchObject({
    param: path,
    code: 'invalid_configuration',
  });
});

test('every wrong path in one error; what a router would refuse, too', async () => {
  const wrong = { model_list: [{ model_name: '' }, { litellm_params: { model: 'x' } }] };
  await expect(Router.fromConfig(wrong)).rejects.toThrow(/model_list\[0\]\.model_name.*model_list\[1\]\.model_name/);
  await expect(Router.fromConfig({ model_list, router_settings: { num_retries: -1 } })).rejects.toThrow('num_retries');
});

test('nothing but nulls is a router without deployments', async () => {
  const router = await Router.fromConfig({ model_list: null, router_settings: null, litellm_settings: null });
  expect(await router.getModelList()).toEqual([]);
  await router.close();
});

describe('variables', () => {
  const entry = (params: object) => ({ model_name: 'g', litellm_params: { model: 'openai/a', ...params } });

  test('of the configuration stand before those of the process, also in what lies deeper, and in credentials', async () => {
    vi.stubEnv('CONFIG_KEY', 'of-the-process');
    vi.stubEnv('CONFIG_OTHER', 'other');
    const client = new Scripted({}, Date.now);
    const router = await Router.fromConfig(
      {
        model_list: [
          entry({ litellm_credential_name: 'ours', extra_headers: { 'x-one': 'os.environ/CONFIG_KEY' }, stop: ['os.environ/CONFIG_OTHER'] }), // prettier-ignore
        ],
        credential_list: [{ credential_name: 'ours', credential_values: { api_key: 'os.environ/CONFIG_KEY' } }],
        router_settings: { num_retries: 'os.environ/CONFIG_RETRIES', fallbacks: [{ g: ['os.environ/CONFIG_OTHER'] }] },
        environment_variables: {
          CONFIG_KEY: 'of-the-configuration',
          CONFIG_RETRIES: 0,
          CONFIG_OTHER: 'os.environ/CONFIG_OTHER',
        },
      },
      { client },
    );
    await router.completion({ model: 'g', messages });
    expect(client.seen[0]?.input).toMatchObject({
      api_key: 'of-the-configuration',
      extra_headers: { 'x-one': 'of-the-configuration' },
      stop: ['other'],
    });
  });

  test('of the configuration are those that providers look for, too', async () => {
    vi.stubEnv('GROQ_API_KEY', undefined);
    const model_list = [entry({ model: 'groq/llama-3.3-70b-versatile' })];
    const plan = async (config: object) => {
      const router = await Router.fromConfig({ model_list, ...config });
      const [planned] = (await router.plan('chat', { model: 'g', messages })).deployments;
      await router.close();
      return planned;
    };
    expect((await plan({}))?.error).toContain('GROQ_API_KEY');
    expect(await plan({ environment_variables: { GROQ_API_KEY: 'k' } })).toMatchObject({
      request: { url: 'https://api.groq.com/openai/v1/chat/completions' },
    });
  });

  test('that are missing: of a setting at once, of a deployment when it is asked', async () => {
    vi.stubEnv('CONFIG_NOWHERE', undefined);
    const wrong = { model_list: [], router_settings: { redis_host: 'os.environ/CONFIG_NOWHERE', num_retries: 'os.environ/CONFIG_NEITHER' } }; // prettier-ignore
    await expect(Router.fromConfig(wrong)).rejects.toMatchObject({
      param: 'router_settings.redis_host',
      message: expect.stringMatching(/"CONFIG_NOWHERE" is not set; router_settings\.num_retries: .*"CONFIG_NEITHER"/),
    });
    const client = new Scripted({}, Date.now);
    const router = await Router.fromConfig(
      { model_list: [entry({ api_base: 'os.environ/CONFIG_NOWHERE' }), entry({ model: 'openai/b' })] },
      { client, routing_strategy: ([first]) => first },
    );
    await router.completion({ model: 'g', messages });
    expect(client.hits).toEqual(['b']);
  });

  test('texts of variables are numbers and truths where those belong, and texts elsewhere', async () => {
    vi.stubEnv('CONFIG_FIGURE', '7');
    vi.stubEnv('CONFIG_TRUTH', 'True');
    const client = new Scripted({}, Date.now);
    const params = { rpm: 'os.environ/CONFIG_FIGURE', temperature: 'os.environ/CONFIG_FIGURE', user: 'os.environ/CONFIG_FIGURE', drop_params: 'os.environ/CONFIG_TRUTH' }; // prettier-ignore
    const router = await Router.fromConfig(
      { model_list: [entry(params)], router_settings: { enable_pre_call_checks: 'os.environ/CONFIG_TRUTH' } },
      { client },
    );
    await router.completion({ model: 'g', messages });
    expect(client.seen[0]?.input).toMatchObject({ temperature: 7, user: '7', drop_params: true });
    expect(await router.getModelGroupInfo('g')).toMatchObject({ rpm: 7 });
  });
});

test('what a router has no use for is told by its path, and options given beside stand against all', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const client = new Scripted({ b: [500, 'ok'] }, Date.now);
  const router = await Router.fromConfig(
    {
      model_list: [{ model_name: 'g', litellm_params: { model: 'openai/b' } }],
      guardrails: [],
      include: ['more.yaml'],
      litellm_settings: { max_budget: 5, num_retries: 0 },
      router_settings: { num_retries: 0, optional_pre_call_checks: ['prompt_caching'] },
      general_settings: {},
    },
    { client, num_retries: 1, ...({ model_list: undefined } as object) },
  );
  await router.completion({ model: 'g', messages });
  expect(client.hits).toEqual(['b', 'b']);
  expect(warn.mock.calls.map(([message]) => message)).toEqual([
    'Router.fromConfig: guardrails, include, litellm_settings.max_budget without a meaning for a router',
    'Router: optional_pre_call_checks has no meaning here',
  ]);
});
