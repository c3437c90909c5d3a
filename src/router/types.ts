/** What the rooms of the router share. Types only. */
import type { Callm } from '../core/client.js';
import type { Variables } from '../core/io.js';
import type { AttemptRow, CallOptions, Endpoint, JsonObject, Middleware, Runner, Store } from '../core/spec.js';

/** LiteLLM's deployment: a group's name, how to call the model, and what is known of it. */
export interface DeploymentEntry {
  /** The group: what callers write as `model`. May hold `*`. */
  model_name: string;
  litellm_params: DeploymentParams;
  model_info?: ModelFacts;
}

export interface DeploymentParams extends CallOptions {
  /** `provider/model`, as in a plain call. */
  model: string;
  /** Requests and tokens a minute: weights, and with usage-based routing or pre-call checks limits. */
  rpm?: number;
  tpm?: number;
  weight?: number;
  /** Lower orders are used first. */
  order?: number;
  max_parallel_requests?: number;
  tags?: readonly string[];
  /** USD in each `budget_duration` (`1d`, `12h` …; a day by default); then it is left alone. */
  max_budget?: number;
  budget_duration?: string | number;
  /** Seconds. */
  cooldown_time?: number;
  litellm_credential_name?: string;
  region_name?: string;
  [name: string]: unknown;
}

export interface ModelFacts {
  id?: string;
  base_model?: string;
  mode?: string;
  max_input_tokens?: number;
  [name: string]: unknown;
}

type PolicyClass =
  | 'BadRequestError'
  | 'AuthenticationError'
  | 'NotFoundError'
  | 'TimeoutError'
  | 'RateLimitError'
  | 'ContentPolicyViolationError'
  | 'InternalServerError'
  | 'ServiceUnavailableError'
  | 'BadGatewayError'
  | 'Default';
/** How often an error class is retried. LiteLLM's names. */
export type RetryPolicy = Readonly<Partial<Record<`${PolicyClass}Retries`, number | null>>>;
/** How often an error class may fail before the deployment is left alone. */
export type AllowedFailsPolicy = Readonly<Partial<Record<`${PolicyClass}AllowedFails`, number | null>>>;

/** LiteLLM's names, both of each. */
export interface ProviderBudget {
  /** USD. */
  max_budget?: number;
  budget_limit?: number;
  /** `30s`, `12h`, `7d`, `1mo`, or seconds; a day by default. */
  budget_duration?: string | number;
  time_period?: string | number;
}

/** A group, or a group with parameters of its own. */
export type FallbackTarget = string | ({ model: string } & JsonObject);
/** LiteLLM's form: a list of `{ group: [targets] }`. */
export type FallbackList = readonly Readonly<Record<string, readonly FallbackTarget[] | undefined>>[];

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Seconds. */
  sleep?(seconds: number): Promise<void>;
}

/** A deployment as strategies see it. */
export interface Deployment {
  readonly id: string;
  readonly model_name: string;
  /** `provider/model`. */
  readonly model: string;
  readonly litellm_params: Readonly<DeploymentParams>;
  readonly model_info: Readonly<ModelFacts & { id: string }>;
  readonly rpm: number | undefined;
  readonly tpm: number | undefined;
  readonly weight: number | undefined;
  readonly order: number | undefined;
}

/** Live figures of a deployment. */
export interface Stats {
  /** Calls under way. */
  readonly in_flight: number;
  /** Seconds per output token, the mean of the last calls; 0 while unknown. */
  readonly latency: number;
  /** Seconds to the first token of streams; 0 while unknown. */
  readonly first_token: number;
  /** This minute. */
  readonly requests: number;
  readonly tokens: number;
  readonly failures: number;
  /** USD for a token in and a token out; undefined while unknown. */
  readonly price: number | undefined;
}

export interface RouteContext {
  readonly endpoint: Endpoint;
  readonly model: string;
  readonly stream: boolean;
  /** Between 0 and 1. */
  readonly random: () => number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Estimated tokens of the input. */
  readonly tokens: number;
  /** `routing_strategy_args`. */
  readonly args: JsonObject;
}

/** Picks one of the candidates. Pure and synchronous. */
export type Strategy = (
  candidates: readonly Deployment[],
  stats: (deployment: Deployment) => Stats,
  context: RouteContext,
) => Deployment | undefined;

export type StrategyName =
  | 'simple-shuffle'
  | 'least-busy'
  | 'latency-based-routing'
  | 'usage-based-routing'
  | 'usage-based-routing-v2'
  | 'cost-based-routing';

export type MidStream = 'raise' | 'restart' | 'resume';

export interface HedgeOptions {
  /** Seconds, or the 95th percentile of the group's first tokens. */
  after: number | 'p95';
  /** USD that the second request may cost at the most. */
  max_extra_cost?: number;
  /** Calls with tools too. */
  tools?: boolean;
}

export interface RouterOptions {
  model_list?: readonly DeploymentEntry[];
  routing_strategy?: StrategyName | Strategy;
  routing_strategy_args?: JsonObject;
  /** Attempts after the first, in one group; 2 by default. */
  num_retries?: number;
  /** Same as `num_retries`. */
  max_retries?: number;
  retry_policy?: RetryPolicy;
  model_group_retry_policy?: Readonly<Record<string, RetryPolicy>>;
  /** Seconds at the least before the same deployment is tried again. */
  retry_after?: number;
  /** Seconds; a longer Retry-After is not waited for. 60 by default. */
  max_retry_delay?: number;
  /** Failures within `cooldown_time` that a deployment is forgiven. */
  allowed_fails?: number;
  allowed_fails_policy?: AllowedFailsPolicy;
  /** Seconds; 5 by default. */
  cooldown_time?: number;
  disable_cooldowns?: boolean;
  fallbacks?: FallbackList;
  default_fallbacks?: readonly FallbackTarget[];
  context_window_fallbacks?: FallbackList;
  content_policy_fallbacks?: FallbackList;
  max_fallbacks?: number;
  /** Seconds, as in a call. */
  timeout?: CallOptions['timeout'];
  stream_timeout?: number;
  deadline?: number;
  default_litellm_params?: Partial<DeploymentParams>;
  default_max_parallel_requests?: number;
  default_priority?: number;
  model_group_alias?: Readonly<Record<string, string | { model: string; hidden?: boolean }>>;
  enable_pre_call_checks?: boolean;
  enable_tag_filtering?: boolean;
  tag_filtering_match_any?: boolean;
  credential_list?: readonly { credential_name: string; credential_values: JsonObject }[];
  /** USD that calls of a provider may cost in a period: `{ openai: { max_budget: 10, budget_duration: '1d' } }`. */
  provider_budget_config?: Readonly<Record<string, ProviderBudget>>;
  deployment_affinity_ttl_seconds?: number;
  mid_stream?: MidStream;
  hedge?: HedgeOptions;
  /** A client, or anything that answers calls. */
  client?: Runner | Callm;
  clock?: Clock;
  random?: () => number;
  /** For state that several processes share. */
  store?: Store;
  /** In place of `process.env`. */
  env?: Variables;
  /** Around every call of the router. */
  use?: readonly Middleware[];
  /** Makes a Redis store, where no store is given. */
  redis_url?: string;
  redis_host?: string;
  redis_port?: number | string;
  redis_password?: string;
}

/** What a call through a Router may carry beside its parameters. */
export interface RoutedOptions {
  /** Groups, or parameters in place of the call's; `[]` is none. Replaces those of the router. */
  fallbacks?: readonly FallbackTarget[] | FallbackList;
  context_window_fallbacks?: FallbackList;
  content_policy_fallbacks?: FallbackList;
  disable_fallbacks?: boolean;
  max_fallbacks?: number;
  retry_policy?: RetryPolicy;
  /** Lower numbers go first where calls wait. */
  priority?: number;
  tags?: readonly string[];
  allowed_model_region?: string | readonly string[];
  mid_stream?: MidStream;
  hedge?: HedgeOptions;
}

/** What happened, for observers. Times are seconds since the epoch. */
export type RouterEvent =
  | { type: 'attempt'; deployment: string; model_name: string; row: AttemptRow }
  | { type: 'cooldown'; deployment: string; model_name: string; seconds: number; error: string }
  | { type: 'recovered'; deployment: string; model_name: string }
  | { type: 'fallback'; from: string; to: string; error: string }
  | { type: 'limit_wait'; model_name: string; seconds: number }
  | { type: 'hedge'; deployment: string; model_name: string }
  | { type: 'store_failure'; error: string };

/** A candidate, or why a deployment is none. */
export interface PlannedDeployment {
  deployment: string;
  model: string;
  model_name: string;
  /** Why it is no candidate; absent for candidates. */
  excluded?: string;
  /** The redacted request. */
  request?: JsonObject;
  warnings?: unknown[];
  /** USD at the most; null when unknown. */
  worst_case_cost?: number | null;
  /** What is wrong with the call for this deployment. */
  error?: string;
}

export interface Plan {
  model: string;
  /** Groups in the order in which they would be tried. */
  groups: string[];
  /** Candidates in their order, then those that are none. */
  deployments: PlannedDeployment[];
  estimated_tokens: number;
}
