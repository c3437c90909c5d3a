import { afterEach, expect, test, vi } from 'vitest';
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
