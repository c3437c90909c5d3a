/** Tells our own options from the parameters of an endpoint. */
import type { Options, JsonObject } from './spec.js';
import { refuse } from './validate.js';

/** Options that the library reads, and LiteLLM's that have their place in a call but never in a request body. */
const names = new Set([
  'api_key',
  'api_base',
  'base_url',
  'api_version',
  'organization',
  'project',
  'custom_llm_provider',
  'headers',
  'extra_headers',
  'extra_body',
  'extra_query',
  'deadline',
  'signal',
  'num_retries',
  'max_retries',
  'max_retry_delay',
  'drop_params',
  'additional_drop_params',
  'allowed_openai_params',
  'modify_params',
  'media',
  'retry_policy',
  'model_info',
  'base_model',
  'region_name',
  'tags',
  'caching',
  'cache',
  'no-log',
  'use',
  'transport',
  'dispatcher',
  'providers',
  'prices',
  'strict_lifecycle',
  'as_of',
  'cost_discount',
  'cost_margin',
  'tenant_id',
  'account_id',
  'project_id',
  'space_id',
  'zen_api_key',
  'client_id',
  'client_secret',
  'hf_model_name',
  'token',
  'rpm',
  'tpm',
  'weight',
  'order',
  'max_parallel_requests',
  'supports_system_message',
  'ensure_alternating_roles',
  'model_list',
  'mid_stream',
  'hedge',
  'cooldown_time',
  'allowed_fails',
  'allowed_fails_policy',
  'tag_regex',
  'max_budget',
  'budget_duration',
  'request_options',
]);
const prefixes =
  /^(?:aws|vertex|azure|litellm|mock|snowflake|databricks|watsonx)_|^(?:input|output|cache|explicit_cache)\w*_cost(?:_|$)|(?:^|_)cost_per_|(?:^|_)(?:fallbacks|timeout)$/;

const reference = 'os.environ/';
/** Of tokens, characters, seconds … */
const price = /^(?:in|out)put_cost_per_/;

/** Answers by name; bounded, since names come from callers. */
const answers = new Map<string, boolean>();

export function isOption(name: string): boolean {
  let answer = answers.get(name);
  if (answer === undefined) {
    answer = names.has(name) || prefixes.test(name);
    if (answers.size < 500) answers.set(name, answer);
  }
  return answer;
}

export interface SplitInput {
  params: JsonObject;
  options: Options;
}

/** Separates a call's input into the endpoint's parameters and our options; absent and null values are left out. */
export function splitInput(defaults: JsonObject | undefined, input: JsonObject): SplitInput {
  const params: JsonObject = {};
  const options: Options = {};
  if (defaults !== undefined) sort(defaults, params, options);
  sort(input, params, options);
  return { params, options };
}

/** Other names of an option. */
const aliases = [
  ['base_url', 'api_base'],
  ['request_timeout', 'timeout'],
  ['max_retries', 'num_retries'],
] as const;
const merged = new Set(['headers', 'extra_headers', 'extra_body', 'extra_query']);

function sort(input: JsonObject, params: JsonObject, options: Options): void {
  for (const name in input) {
    const value = input[name];
    if (value === undefined || value === null) continue;
    if (!isOption(name)) params[name] = value;
    else if (typeof value === 'string' && price.test(name) && !value.startsWith(reference))
      refuse(name, value, 'must be USD, a number');
    else if (merged.has(name) && options[name] !== undefined && typeof value === 'object')
      options[name] = { ...(options[name] as JsonObject), ...(value as JsonObject) };
    else options[name] = value;
  }
  // Within one layer the plain name wins; over two layers the later one, by whichever name.
  for (const [alias, name] of aliases)
    if (input[alias] !== undefined && input[alias] !== null)
      (options as JsonObject)[name] = input[name] ?? input[alias];
}

/** Replaces LiteLLM's `os.environ/NAME` strings by the variable's value. */
export function resolveReferences(options: Options, env: (name: string) => string | undefined): void {
  for (const name in options) {
    const value = options[name];
    if (typeof value === 'string' && value.startsWith(reference)) options[name] = env(value.slice(reference.length));
  }
}

export const isMocked = (options: Options): boolean =>
  options.mock_response !== undefined || options.mock_tool_calls !== undefined || options.mock_timeout === true;
