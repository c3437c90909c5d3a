/** A call under way, and the facts that stand on its result. */
import type { ResolvedCall } from './call.js';
import type { Limits } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import type { FailureContext } from './failure.js';
import type { TokenMemory } from './io.js';
import type { Answered, AttemptRow, Endpoint, Env, HiddenParams, MaybePromise, Result, Transport } from './spec.js';
import type { StructuredOutput } from './structured.js';

/** What the pipeline needs of its client. */
export interface Environment {
  env: Env;
  transport(): MaybePromise<Transport>;
  tokens: TokenMemory;
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
): Answered<Result<E>> {
  run.endpoint.complete(result, run.environment.now());
  const hidden = hiddenParams(run, headers);
  hidden.latency.total = (performance.now() - run.started) / 1000;
  hidden.response_cost = reportedCost(run.endpoint.usage(result));
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

/** What the provider itself says the call cost. */
export function reportedCost(usage: unknown): number | null {
  const cost = (usage as { cost?: unknown } | undefined)?.cost;
  return typeof cost === 'number' ? cost : null;
}
