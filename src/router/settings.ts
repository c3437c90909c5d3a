/** Checks a Router's options, synchronously: one error names each wrong path. */
import { BadRequestError } from '../core/errors.js';
import type { RouterOptions } from './types.js';

type Check = (value: unknown) => string | undefined;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const number: Check = (value) =>
  typeof value === 'number' && value >= 0 && value < Infinity ? undefined : 'must be a number of at least 0';
const whole: Check = (value) => number(value) ?? (Number.isInteger(value) ? undefined : 'must be a whole number');
const seconds: Check = (value) =>
  number(value) ?? ((value as number) > 3600 ? 'is in seconds, at most 3,600' : undefined);
const timeout: Check = (value) => (isObject(value) ? undefined : seconds(value));
const truth: Check = (value) => (typeof value === 'boolean' ? undefined : 'must be true or false');
const list: Check = (value) => (Array.isArray(value) ? undefined : 'must be an array');
const object: Check = (value) => (isObject(value) ? undefined : 'must be an object');
const func: Check = (value) => (typeof value === 'function' ? undefined : 'must be a function');

const oneOf =
  (names: string): Check =>
  (value) =>
    names.split(', ').includes(value as string) ? undefined : `must be one of ${names}`;
const named = oneOf(
  'simple-shuffle, least-busy, latency-based-routing, usage-based-routing, usage-based-routing-v2, cost-based-routing',
);
const strategy: Check = (value) => func(value) && named(value);

const classes =
  /^(?:BadRequestError|AuthenticationError|TimeoutError|RateLimitError|ContentPolicyViolationError|InternalServerError)(?:Retries|AllowedFails)$/;
const policy: Check = (value) => {
  if (!isObject(value)) return 'must be an object';
  const wrong = Object.entries(value).find(([name, count]) => !classes.test(name) || whole(count) !== undefined);
  return wrong && `has ${wrong[0]}, which is no class with Retries or AllowedFails, or no whole number`;
};
const policies: Check = (value) =>
  isObject(value) ? Object.values(value).map(policy).find(Boolean) : 'must be an object';
const fallbacks: Check = (value) =>
  Array.isArray(value) &&
  value.every(
    (entry) =>
      typeof entry === 'string' || (isObject(entry) && Object.values(entry).every((targets) => Array.isArray(targets))),
  )
    ? undefined
    : 'must be a list of { group: [targets] }';

const checks: Readonly<Record<string, Check>> = {
  model_list: list,
  routing_strategy: strategy,
  routing_strategy_args: object,
  num_retries: whole,
  retry_policy: policy,
  model_group_retry_policy: policies,
  retry_after: number,
  max_retry_delay: number,
  allowed_fails: whole,
  allowed_fails_policy: policy,
  cooldown_time: number,
  disable_cooldowns: truth,
  fallbacks,
  default_fallbacks: list,
  context_window_fallbacks: fallbacks,
  content_policy_fallbacks: fallbacks,
  max_fallbacks: whole,
  timeout,
  stream_timeout: seconds,
  deadline: seconds,
  default_litellm_params: object,
  default_max_parallel_requests: whole,
  default_priority: number,
  model_group_alias: object,
  enable_pre_call_checks: truth,
  enable_tag_filtering: truth,
  tag_filtering_match_any: truth,
  credential_list: list,
  deployment_affinity_ttl_seconds: number,
  mid_stream: oneOf('raise, restart, resume'),
  hedge: object,
  client: object,
  clock: object,
  random: func,
  store: object,
  use: list,
};
const redis = /^redis_(?:url|host|port|password)$/;
/** LiteLLM's options that mean nothing here. */
const meaningless =
  /^(?:set_verbose|debug_level|cach\w+|client_ttl|polling_interval|redis_db|\w*(?:_config|tools|pre_call_checks|fallback_continuation|_list|health_check\w*|invalid_deployments|general_settings|weighted_failover))$/;

const params: Readonly<Record<string, Check>> = {
  rpm: number,
  tpm: number,
  weight: number,
  order: number,
  max_parallel_requests: whole,
  tags: list,
  cooldown_time: number,
  num_retries: whole,
  max_retries: whole,
  timeout,
  stream_timeout: seconds,
};

/** What is wrong with one entry of `model_list`. */
function entryProblems(entry: unknown, path: string, credentials?: readonly unknown[]): string[] {
  if (!isObject(entry)) return [`${path} must be an object`];
  const { model_name, litellm_params: given } = entry;
  const wrong: string[] = [];
  if (typeof model_name !== 'string' || model_name === '') wrong.push(`${path}.model_name must be a text`);
  if (!isObject(given)) return [...wrong, `${path}.litellm_params.model must be a text`];
  if (typeof given['model'] !== 'string' || given['model'] === '')
    wrong.push(`${path}.litellm_params.model must be a text`);
  const credential = given['litellm_credential_name'];
  if (
    credential != null &&
    credentials?.some((each) => isObject(each) && each['credential_name'] === credential) === false
  )
    wrong.push(`${path}.litellm_params.litellm_credential_name "${String(credential)}" is not in credential_list`);
  for (const [name, check] of Object.entries(params)) {
    const value = given[name];
    const absent = value === undefined || value === null || String(value).startsWith('os.environ/');
    const problem = absent ? undefined : check(value);
    if (problem !== undefined) wrong.push(`${path}.litellm_params.${name} ${problem}`);
  }
  return wrong;
}

const idOf = (entry: unknown): unknown =>
  isObject(entry) && isObject(entry['model_info']) ? entry['model_info']['id'] : undefined;

function refuse(problems: string[]): void {
  if (problems.length === 0) return;
  const param = problems[0]?.split(' ')[0] as string;
  throw new BadRequestError(`Router: ${problems.join('; ')}`, { param, code: 'invalid_configuration' });
}

/** @throws {BadRequestError} naming each wrong path */
export function checkEntry(entry: unknown, path: string): void {
  refuse(entryProblems(entry, path));
}

/**
 * The options that say something.
 *
 * @throws {BadRequestError} naming each wrong path; warns of options without a meaning
 */
export function checkSettings(options: RouterOptions): RouterOptions {
  if (!isObject(options)) refuse(['options must be one object']);
  const problems: string[] = [];
  const said: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const check = checks[name] ?? (redis.test(name) ? () => undefined : undefined);
    if (check !== undefined) {
      said[name] = value;
      const problem = check(value);
      if (problem !== undefined) problems.push(`${name} ${problem}`);
    } else if (meaningless.test(name))
      globalThis.process?.emitWarning?.(`Router: ${name} has no meaning here`, { code: 'CALLM_ROUTER' });
    else problems.push(`${name} is not an option of a Router`);
  }
  const seen = new Set<unknown>();
  const { model_list, credential_list = [] } = said as { model_list?: unknown; credential_list?: unknown };
  (Array.isArray(model_list) ? (model_list as unknown[]) : []).forEach((entry, at) => {
    const path = `model_list[${at}]`;
    problems.push(...entryProblems(entry, path, Array.isArray(credential_list) ? credential_list : []));
    const id = idOf(entry);
    if (id !== undefined && seen.has(id)) problems.push(`${path}.model_info.id "${String(id)}" is taken`);
    seen.add(id);
  });
  refuse(problems);
  return said;
}
