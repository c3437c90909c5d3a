/** Checks a Router's options, synchronously: one error names each wrong path. */
import { BadRequestError } from '../core/errors.js';
import type { RouterOptions } from './types.js';

/** What is wrong with a value. */
type Check = (value: unknown) => string | undefined;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
/** By one of a table's own names: `constructor` is none. */
const at = <T>(table: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(table, name) ? table[name] : undefined;

const when =
  (fits: (value: unknown) => boolean, else_: string): Check =>
  (value) =>
    fits(value) ? undefined : else_;
const number = when((value) => typeof value === 'number' && value >= 0 && value < Infinity, 'must be a number of at least 0'); // prettier-ignore
const whole = when(
  (value) => Number.isInteger(value) && (value as number) >= 0,
  'must be a whole number of at least 0',
);
const count = when((value) => Number.isInteger(value) && (value as number) > 0, 'must be a whole number of at least 1');
const seconds: Check = (value) =>
  number(value) ?? ((value as number) > 3600 ? 'is in seconds, at most 3,600' : undefined);
const truth = when((value) => typeof value === 'boolean', 'must be true or false');
const object = when(isObject, 'must be an object');
const func = when((value) => typeof value === 'function', 'must be a function');
const text = when((value) => typeof value === 'string' && value !== '', 'must be a text');
const having = (name: string): Check =>
  when((value) => isObject(value) && typeof value[name] === 'function', `must have a method ${name}`);
const oneOf = (...names: string[]): Check =>
  when((value) => names.includes(value as string), `must be one of ${names.join(', ')}`);
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) ? (value as unknown[]).map(check).find(Boolean) : 'must be an array';
const either =
  (one: Check, other: Check): Check =>
  (value) =>
    one(value) && other(value);
/** Fields by name; absent ones are fine but for the first so many. */
const fields =
  (table: Readonly<Record<string, Check>>, ...needed: string[]): Check =>
  (value) => {
    if (!isObject(value)) return 'must be an object';
    for (const name of needed) if (value[name] == null) return `needs ${name}`;
    for (const [name, given] of Object.entries(value)) {
      const problem = given == null ? undefined : (at(table, name) ?? (() => 'is unknown'))(given);
      if (problem !== undefined) return `has ${name}, which ${problem}`;
    }
    return undefined;
  };

const period: Check = (value) =>
  typeof value === 'string' && /^\d+(?:\.\d+)?(?:s|m|h|d|w|mo)$/.test(value)
    ? undefined
    : count(value) && 'must be seconds, or like 30s, 12h, 7d, 1mo';
const timeout: Check = (value) =>
  isObject(value) ? fields({ total: seconds, first_token: seconds, idle: seconds })(value) : seconds(value);
const strategy = either(
  when((value) => typeof value === 'function', ' '),
  oneOf('simple-shuffle', 'least-busy', 'latency-based-routing', 'usage-based-routing', 'usage-based-routing-v2', 'cost-based-routing'), // prettier-ignore
);
const classes =
  /^(?:(?:BadRequest|Authentication|Timeout|RateLimit|ContentPolicyViolation|InternalServer|ServiceUnavailable|NotFound|BadGateway)Error|Default)(\w+)$/;
const policy =
  (suffix: string): Check =>
  (value) => {
    if (!isObject(value)) return 'must be an object';
    const wrong = Object.entries(value).find(
      ([name, times]) => classes.exec(name)?.[1] !== suffix || (times !== null && whole(times) !== undefined),
    );
    return wrong && `has ${wrong[0]}, which is no class with ${suffix}, or no whole number`;
  };
const retryPolicy = policy('Retries');
const group: Check = (value) =>
  text(isObject(value) ? value['model'] : value) && 'must be the name of a group, or an object with its model';
/** A group, or one with options of a call. */
const target: Check = (value) => {
  const problem = group(value);
  if (problem !== undefined || !isObject(value)) return problem;
  for (const [name, given] of Object.entries(value)) {
    const wrong = given == null ? undefined : at(ofCalls, name)?.(given);
    if (wrong !== undefined) return `has ${name}, which ${wrong}`;
  }
  return undefined;
};
const targets = listOf(target);
/** LiteLLM's `{ group: [targets] }`, as against a target with parameters. */
export const isMap = (entry: unknown): entry is Readonly<Record<string, readonly never[]>> =>
  isObject(entry) && Object.values(entry).length > 0 && Object.values(entry).every((value) => Array.isArray(value));
const fallbacks = listOf((entry) =>
  isMap(entry)
    ? Object.values(entry).map(targets).find(Boolean)
    : group(entry) !== undefined
      ? 'must be a list of { group: [targets] }'
      : target(entry),
);
const hedge = fields({ after: either(oneOf('p95'), number), max_extra_cost: number, tools: truth }, 'after');
const midStream = oneOf('raise', 'restart', 'resume');

const checks: Readonly<Record<string, Check>> = {
  routing_strategy: strategy,
  routing_strategy_args: object,
  num_retries: whole,
  max_retries: whole,
  retry_policy: retryPolicy,
  model_group_retry_policy: (value) =>
    isObject(value) ? Object.values(value).map(retryPolicy).find(Boolean) : 'must be an object',
  retry_after: number,
  max_retry_delay: number,
  allowed_fails: whole,
  allowed_fails_policy: policy('AllowedFails'),
  cooldown_time: number,
  disable_cooldowns: truth,
  fallbacks,
  default_fallbacks: targets,
  context_window_fallbacks: fallbacks,
  content_policy_fallbacks: fallbacks,
  max_fallbacks: whole,
  timeout,
  stream_timeout: seconds,
  deadline: seconds,
  default_max_parallel_requests: count,
  default_priority: number,
  model_group_alias: (value) =>
    isObject(value) ? targets(Object.values(value)) : 'must be an object of names and groups',
  enable_pre_call_checks: truth,
  enable_tag_filtering: truth,
  tag_filtering_match_any: truth,
  credential_list: listOf(
    when(
      (value) => isObject(value) && !text(value['credential_name']) && isObject(value['credential_values']),
      'must have objects with credential_name and credential_values',
    ),
  ),
  provider_budget_config: (value) =>
    isObject(value)
      ? listOf(fields({ max_budget: number, budget_limit: number, budget_duration: period, time_period: period }))(
          Object.values(value),
        )
      : 'must be an object',
  deployment_affinity_ttl_seconds: number,
  mid_stream: midStream,
  hedge,
  client: having('run'),
  clock: having('now'),
  random: func,
  env: either(func, object),
  store: having('count'),
  use: listOf(func),
  redis_url: text,
  redis_host: text,
  redis_port: either(number, text),
  redis_password: when((value) => typeof value === 'string', 'must be a text'),
};
/** LiteLLM's options that mean nothing here. */
const meaningless =
  /^(?:set_verbose|debug_level|client_ttl|polling_interval|redis_db|cache_(?:responses|kwargs)|caching_groups|assistants_config|search_tools|guardrail_list|alerting_config|router_general_settings|model_group_affinity_config|optional_pre_call_checks|ignore_invalid_deployments|\w*health_check_\w+|enable_(?:weighted_failover|mid_stream_fallback_continuation)|fallback_(?:on_unsupported_params|access_check|budget_check)|tag_routing_prefix|plugins|routing_groups|auto_router_capability_limit|session_affinity_repin_on_failover|weights)$/;

const params: Readonly<Record<string, Check>> = {
  rpm: number,
  tpm: number,
  weight: number,
  order: number,
  max_parallel_requests: count,
  tags: listOf(text),
  cooldown_time: number,
  allowed_fails: whole,
  num_retries: whole,
  max_retries: whole,
  timeout,
  stream_timeout: seconds,
  max_budget: number,
  budget_duration: period,
};

/** What is wrong with parameters of deployments; references to the environment are looked at later. */
function paramProblems(given: Record<string, unknown>, path: string): string[] {
  const wrong: string[] = [];
  for (const name in params) {
    const value = given[name];
    const problem =
      value === undefined || value === null || String(value).startsWith('os.environ/')
        ? undefined
        : params[name]?.(value);
    if (problem !== undefined) wrong.push(`${path}.${name} ${problem}`);
  }
  return wrong;
}

/** What is wrong with one entry of `model_list`. */
function entryProblems(entry: unknown, path: string, credentials?: readonly unknown[]): string[] {
  if (!isObject(entry)) return [`${path} must be an object`];
  const { model_name, litellm_params: given, model_info } = entry;
  const wrong: string[] = [];
  if (text(model_name)) wrong.push(`${path}.model_name must be a text`);
  if (model_info != null && !isObject(model_info)) wrong.push(`${path}.model_info must be an object`);
  const inside = `${path}.litellm_params`;
  if (!isObject(given) || text(given['model'])) wrong.push(`${inside}.model must be a text`);
  if (!isObject(given)) return wrong;
  const credential = given['litellm_credential_name'];
  if (
    credential != null &&
    credentials?.some((each) => isObject(each) && each['credential_name'] === credential) === false
  )
    wrong.push(`${inside}.litellm_credential_name "${String(credential)}" is not in credential_list`);
  return [...wrong, ...paramProblems(given, inside)];
}

function refuse(problems: string[], what = 'Router'): void {
  if (problems.length === 0) return;
  const param = problems[0]?.split(' ')[0] as string;
  throw new BadRequestError(`${what}: ${problems.join('; ')}`, { param, code: 'invalid_configuration' });
}

/** @throws {BadRequestError} naming each wrong path */
export function checkEntry(entry: unknown, path: string): void {
  refuse(entryProblems(entry, path));
}

/** Options of a call that a router reads. */
const ofCalls: Readonly<Record<string, Check>> = {
  ...checks,
  priority: number,
  disable_fallbacks: truth,
  tags: either(text, listOf(text)),
  allowed_model_region: either(text, listOf(text)),
};

/** @throws {BadRequestError} for an option of a call that is none */
export function checkCallOption(name: string, value: unknown): void {
  const problem = at(ofCalls, name)?.(value);
  if (problem !== undefined) throw new BadRequestError(`${name}: ${problem}`, { param: name, code: 'invalid_input' });
}

/**
 * The options that say something. Entries are copied: what is changed in them later changes nothing here.
 *
 * @throws {BadRequestError} naming each wrong path; warns of options without a meaning
 */
export function checkSettings(options: RouterOptions): RouterOptions {
  if (!isObject(options)) refuse(['options must be one object']);
  const problems: string[] = [];
  const said: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined || value === null) continue;
    const check = name === 'model_list' ? listOf(() => undefined) : name === 'default_litellm_params' ? object : at(checks, name); // prettier-ignore
    if (check !== undefined) {
      said[name] = value;
      const problem = check(value);
      if (problem !== undefined) problems.push(`${name} ${problem}`);
    } else if (meaningless.test(name))
      globalThis.process?.emitWarning?.(`Router: ${name} has no meaning here`, { code: 'CALLM_ROUTER' });
    else problems.push(`${name} is not an option of a Router`);
  }
  const { model_list, credential_list, default_litellm_params: defaults } = said;
  if (isObject(defaults)) problems.push(...paramProblems(defaults, 'default_litellm_params'));
  const credentials = Array.isArray(credential_list) ? (credential_list as unknown[]) : [];
  const seen = new Set<string>();
  if (Array.isArray(model_list))
    said['model_list'] = (model_list as unknown[]).map((entry, place) => {
      const path = `model_list[${place}]`;
      problems.push(...entryProblems(entry, path, credentials));
      if (!isObject(entry)) return entry;
      const { litellm_params, model_info } = entry;
      const id = isObject(model_info) && model_info['id'] != null ? String(model_info['id']) : undefined;
      if (id !== undefined && seen.has(id)) problems.push(`${path}.model_info.id "${id}" is taken`);
      if (id !== undefined) seen.add(id);
      return isObject(litellm_params) ? { ...entry, litellm_params: { ...litellm_params } } : entry;
    });
  refuse(problems);
  if (said['max_retries'] !== undefined) said['num_retries'] ??= said['max_retries'];
  return said;
}
