/** A call under way, and the facts that stand on its result. */
import type { ResolvedCall } from './call.js';
import type { Limits } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import type { FailureContext } from './failure.js';
import type { TokenMemory } from './io.js';
import type { CallCost, Pricing, PricingSource } from './pricing.js';
import type {
  Answered,
  AttemptRow,
  Call,
  Endpoint,
  Env,
  HiddenParams,
  MaybePromise,
  Result,
  Transport,
} from './spec.js';
import type { StructuredOutput } from './structured.js';

/** What the pipeline needs of its client. */
export interface Environment {
  env: Env;
  transport(): MaybePromise<Transport>;
  tokens: TokenMemory;
  /** Absent: costs are the provider's own. */
  pricing?: PricingSource | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  random(): number;
}

/** One call under way. */
export interface Shared<E extends Endpoint> {
  environment: Environment;
  endpoint: EndpointSpec<E>;
  call: ResolvedCall<E>;
  limits: Limits;
  attempts: AttemptRow[];
  structured: StructuredOutput | undefined;
  /** On the monotonic clock. */
  started: number;
}

export function stamp(context: FailureContext, environment: Environment): FailureContext {
  context.now = environment.now();
  return context;
}

export function hiddenParams<E extends Endpoint>(run: Shared<E>, headers: Record<string, string>): HiddenParams {
  return {
    response_cost: null,
    llm_provider: run.call.llm_provider,
    headers,
    attempts: run.attempts,
    latency: {},
    warnings: run.call.warnings,
  };
}

/** Facts that only the core knows, put on the result. */
export function finish<E extends Endpoint>(
  run: Shared<E>,
  result: Result<E>,
  headers: Record<string, string>,
  pricing: Pricing | undefined,
  row?: AttemptRow,
): Answered<Result<E>> {
  run.endpoint.complete(result, run.environment.now());
  const hidden = hiddenParams(run, headers);
  hidden.latency.total = (performance.now() - run.started) / 1000;
  bill(run, hidden, row, result, pricing);
  return withFacts(result, hidden);
}

/** Puts the facts of a call on its result, out of sight of JSON. */
export function withFacts<T extends object>(result: T, hidden: HiddenParams): Answered<T> {
  return Object.defineProperty(result, '_hidden_params', {
    value: hidden,
    enumerable: false,
    configurable: true,
  }) as Answered<T>;
}

/** What a call cost, on its facts and on the row of its attempt. */
export function bill<E extends Endpoint>(
  run: Shared<E>,
  hidden: HiddenParams,
  row: AttemptRow | undefined,
  result: Result<E>,
  pricing: Pricing | undefined,
): void {
  const usage = run.endpoint.usage(result);
  const { cost, computed } = costOf(run, result, usage, pricing);
  hidden.response_cost = cost;
  if (pricing !== undefined) {
    hidden.computed_cost = computed;
    const { llm_provider, model, warnings } = run.call;
    const ending = pricing.lifecycle(llm_provider, model);
    if (ending !== undefined) warnings.push(ending);
  }
  if (row === undefined) return;
  if (usage !== undefined) row.usage = usage;
  row.cost = cost;
  row.billing = (usage as { estimated?: boolean } | undefined)?.estimated === true ? 'estimated' : 'billed';
}

function costOf<E extends Endpoint>(
  { call, environment }: Shared<E>,
  result: Result<E>,
  usage: unknown,
  pricing: Pricing | undefined,
): CallCost {
  if (pricing === undefined) return { cost: reportedCost(usage), computed: null };
  const { llm_provider, model, params, options, endpoint, provider } = call;
  const region = provider.region?.(call as unknown as Call, environment.env);
  return pricing.price({ endpoint, llm_provider, model, region, params, options, usage, result });
}

/** What the provider itself says the call cost. */
function reportedCost(usage: unknown): number | null {
  const cost = (usage as { cost?: unknown } | undefined)?.cost;
  return typeof cost === 'number' ? cost : null;
}
