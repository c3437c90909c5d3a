import { expect, test, vi } from 'vitest';
import { BadRequestError, Router, type RouterOptions } from '../../src/index.js';
import { at, Scripted } from './rig.js';

const made =
  (options: object): (() => Router) =>
  () =>
    new Router({ client: new Scripted({}, Date.now), ...options });

test.each<[string, object]>([
  ['routing_strategy', { routing_strategy: 'fastest-please' }],
  ['model_list', { model_list: {} }],
  ['model_list[0]', { model_list: ['g'] }],
  ['model_list[0].model_name', { model_list: [{ litellm_params: { model: 'openai/x' } }] }],
  ['model_list[1].litellm_params.model', { model_list: [at('g', 'a'), { model_name: 'g', litellm_params: {} }] }],
  ['model_list[0].litellm_params.model', { model_list: [{ model_name: 'g' }] }],
  ['model_list[0].litellm_params.weight', { model_list: [at('g', 'a', { weight: -1 })] }],
  ['model_list[0].litellm_params.rpm', { model_list: [at('g', 'a', { rpm: 'many' })] }],
  ['model_list[0].litellm_params.tpm', { model_list: [at('g', 'a', { tpm: NaN })] }],
  ['model_list[0].litellm_params.timeout', { model_list: [at('g', 'a', { timeout: 30_000 })] }],
  ['model_list[0].litellm_params.tags', { model_list: [at('g', 'a', { tags: 'paid' })] }],
  [
    'model_list[0].litellm_params.max_parallel_requests',
    { model_list: [at('g', 'a', { max_parallel_requests: 1.5 })] },
  ],
  ['model_list[1].model_info.id', { model_list: [at('g', 'a'), at('h', 'a')] }],
  ['fallbacks', { fallbacks: { g: ['h'] } }],
  ['fallbacks', { fallbacks: [{ g: 'h' }] }],
  ['context_window_fallbacks', { context_window_fallbacks: 'h' }],
  ['content_policy_fallbacks', { content_policy_fallbacks: [3] }],
  ['default_fallbacks', { default_fallbacks: 'h' }],
  ['num_retries', { num_retries: -1 }],
  ['num_retries', { num_retries: 1.5 }],
  ['cooldown_time', { cooldown_time: '5' }],
  ['allowed_fails', { allowed_fails: -1 }],
  ['timeout', { timeout: 3601 }],
  ['stream_timeout', { stream_timeout: 60_000 }],
  ['deadline', { deadline: -1 }],
  ['retry_policy', { retry_policy: { ServerErrorRetries: 3 } }],
  ['retry_policy', { retry_policy: { BadRequestErrorRetries: -1 } }],
  ['allowed_fails_policy', { allowed_fails_policy: { RateLimitError: 3 } }],
  ['model_group_retry_policy', { model_group_retry_policy: { g: { Nothing: 1 } } }],
  ['retry_after', { retry_after: '1' }],
  ['max_retry_delay', { max_retry_delay: Infinity }],
  ['max_fallbacks', { max_fallbacks: '2' }],
  ['disable_cooldowns', { disable_cooldowns: 'yes' }],
  ['enable_pre_call_checks', { enable_pre_call_checks: 1 }],
  ['enable_tag_filtering', { enable_tag_filtering: 'on' }],
  ['tag_filtering_match_any', { tag_filtering_match_any: 0 }],
  ['mid_stream', { mid_stream: 'splice' }],
  ['hedge', { hedge: 2 }],
  ['hedge', { hedge: {} }],
  ['hedge', { hedge: { after: -1 } }],
  ['hedge', { hedge: { after: 'p9' } }],
  ['hedge', { hedge: { after: 1, most: 2 } }],
  ['timeout', { timeout: { foo: 1 } }],
  ['timeout', { timeout: { idle: -1 } }],
  ['model_list[0].litellm_params.timeout', { model_list: [at('g', 'a', { timeout: { total: 5000 } })] }],
  ['model_list[0].litellm_params.max_parallel_requests', { model_list: [at('g', 'a', { max_parallel_requests: 0 })] }],
  ['model_list[0].litellm_params.tags', { model_list: [at('g', 'a', { tags: [5] })] }],
  ['model_list[0].litellm_params.allowed_fails', { model_list: [at('g', 'a', { allowed_fails: -1 })] }],
  ['model_list[0].litellm_params.budget_duration', { model_list: [at('g', 'a', { budget_duration: 'week' })] }],
  ['model_list[0].model_info', { model_list: [{ ...at('g', 'a'), model_info: 5 }] }],
  ['model_list[1].model_info.id', { model_list: [at('g', 'a', {}, { id: 1 }), at('g', 'b', {}, { id: '1' })] }],
  ['default_litellm_params.num_retries', { default_litellm_params: { num_retries: -1 } }],
  ['default_max_parallel_requests', { default_max_parallel_requests: 0 }],
  ['default_fallbacks', { default_fallbacks: [5] }],
  ['fallbacks', { fallbacks: [{ g: [5] }] }],
  ['fallbacks', { fallbacks: [{}] }],
  ['fallbacks', { fallbacks: [null] }],
  ['model_group_alias', { model_group_alias: { nick: 5 } }],
  ['model_group_alias', { model_group_alias: { nick: { hidden: true } } }],
  ['credential_list', { credential_list: [{}] }],
  ['provider_budget_config', { provider_budget_config: { openai: { max_budget: -1 } } }],
  ['provider_budget_config', { provider_budget_config: { openai: { limit: 1 } } }],
  ['retry_policy', { retry_policy: { RateLimitErrorAllowedFails: 1 } }],
  ['allowed_fails_policy', { allowed_fails_policy: { RateLimitErrorRetries: 1 } }],
  ['use', { use: [5] }],
  ['clock', { clock: {} }],
  ['store', { store: {} }],
  ['client', { client: {} }],
  ['env', { env: 5 }],
  ['redis_url', { redis_url: 5 }],
  ['modle_list', { modle_list: [] }],
  ['constructor', { ['constructor']: 1 }],
  ['default_litellm_params', { default_litellm_params: [] }],
  ['default_max_parallel_requests', { default_max_parallel_requests: -1 }],
  ['default_priority', { default_priority: 'high' }],
  ['model_group_alias', { model_group_alias: ['g'] }],
  ['credential_list', { credential_list: {} }],
  ['deployment_affinity_ttl_seconds', { deployment_affinity_ttl_seconds: '60' }],
  ['routing_strategy_args', { routing_strategy_args: 1 }],
  ['use', { use: () => undefined }],
  ['random', { random: 0.5 }],
  [
    'model_list[0].litellm_params.litellm_credential_name',
    { model_list: [at('g', 'a', { litellm_credential_name: 'gone' })] },
  ],
  ['clock', { clock: 0 }],
  ['store', { store: 'redis://localhost' }],
  ['num_retires', { num_retires: 3 }],
])('%s is refused: %o', (path, options) => {
  expect(made(options)).toThrow(BadRequestError);
  expect(made(options)).toThrow(expect.objectContaining({ param: path, code: 'invalid_configuration' }));
});

test('one error names every wrong path', () => {
  const wrong = {
    num_retries: -1,
    cooldown_time: 'x',
    nonsense: 1,
    model_list: [{ model_name: '' }, at('g', 'a', { weight: -1 })],
  };
  for (const path of [
    'num_retries',
    'cooldown_time',
    'nonsense is not an option',
    'model_list[0].model_name',
    'model_list[0].litellm_params.model',
    'model_list[1].litellm_params.weight',
  ])
    expect(made(wrong)).toThrow(path);
  expect(() => new Router(7 as never)).toThrow(BadRequestError);
});

test('a strategy that is not known is told which are', () => {
  expect(made({ routing_strategy: 'x' })).toThrow('simple-shuffle, least-busy');
});

test.each([
  'set_verbose',
  'debug_level',
  'cache_responses',
  'caching_groups',
  'client_ttl',
  'polling_interval',
  'alerting_config',
  'router_general_settings',
  'enable_health_check_routing',
  'health_check_staleness_threshold',
  'health_check_ignore_transient_errors',
  'ignore_invalid_deployments',
  'optional_pre_call_checks',
  'assistants_config',
  'search_tools',
  'guardrail_list',
  'enable_weighted_failover',
  'enable_mid_stream_fallback_continuation',
])('LiteLLM’s %s is taken with a warning', (name) => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  try {
    expect(made({ [name]: true })).not.toThrow();
    expect(warn.mock.calls.map(([message]) => message)).toEqual([`Router: ${name} has no meaning here`]);
  } finally {
    warn.mockRestore();
  }
});

test('null and undefined say nothing', async () => {
  const runner = new Scripted({ a: [500, 'ok'] }, Date.now);
  const nothing = Object.fromEntries(
    ['fallbacks', 'use', 'timeout', 'num_retries', 'store', 'clock', 'default_fallbacks', 'hedge', 'mid_stream'].map(
      (name) => [name, null],
    ),
  );
  const router = new Router({
    model_list: [{ ...at('g', 'a', { rpm: null, timeout: null }), model_info: null }],
    client: runner,
    ...nothing,
  } as unknown as RouterOptions);
  const answer = await router.completion({ model: 'g', messages: [{ role: 'user', content: 'Hello' }] });
  expect(answer.choices[0]?.message.content).toBe('from a');
  expect(runner.seen[0]?.input).not.toHaveProperty('timeout');
});

test('a router without deployments may be made, and says so at a call', async () => {
  const router = new Router({ client: new Scripted({}, Date.now) });
  await expect(router.completion({ model: 'g', messages: [] })).rejects.toThrow('it has none');
  await expect(router.completion({ messages: [] } as never)).rejects.toMatchObject({ param: 'model' });
});

test('LiteLLM’s policies are taken with all their fields', () => {
  const retry_policy = { DefaultRetries: 1, NotFoundErrorRetries: 2, ServiceUnavailableErrorRetries: null };
  const allowed_fails_policy = { BadGatewayErrorAllowedFails: 3, NotFoundErrorAllowedFails: 0 };
  expect(made({ retry_policy, allowed_fails_policy })).not.toThrow();
});

test('what is changed in an entry later changes nothing', async () => {
  const entry = at('g', 'a', { temperature: 0.5 });
  const runner = new Scripted({}, Date.now);
  const router = new Router({ client: runner, model_list: [entry] });
  entry.litellm_params.model = 'openai/other';
  await router.completion({ model: 'g', messages: [{ role: 'user', content: 'Hello' }] });
  expect(runner.hits).toEqual(['a']);
});
