/** When a deployment is left alone for a while, and how it comes back: one call tries it, the others wait for its word. */
import {
  APIError,
  APIUserAbortError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
  ContentPolicyViolationError,
  UnprocessableEntityError,
} from '../core/errors.js';
import type { Counters, Moment } from './counters.js';
import type { AllowedFailsPolicy, RetryPolicy, RouterOptions } from './types.js';

/** The share of failures, and the fewest requests of a minute, that make a deployment unfit. */
const failureShare = 0.5;
const fewestRequests = 5;
const defaultCooldown = 5;
/** Failures that a class without a policy is forgiven, where another has one. */
const defaultAllowed = 3;

/** LiteLLM's names of an error's classes in policies, the nearest first. */
const policyClasses = [
  [ContentPolicyViolationError, 'ContentPolicyViolationError'],
  [AuthenticationError, 'AuthenticationError'],
  [NotFoundError, 'NotFoundError'],
  [Timeout, 'TimeoutError'],
  [RateLimitError, 'RateLimitError'],
  [ServiceUnavailableError, 'ServiceUnavailableError'],
  [BadGatewayError, 'BadGatewayError'],
  [InternalServerError, 'InternalServerError'],
  [BadRequestError, 'BadRequestError'],
] as const;

/** The field of a policy that an error comes under, and what it says. */
function fieldOf(
  policy: RetryPolicy | AllowedFailsPolicy | undefined | null,
  error: unknown,
  suffix: 'Retries' | 'AllowedFails',
): { name: string; count: number } | undefined {
  if (policy === undefined || policy === null) return undefined;
  for (const [type, name] of [...policyClasses, [Error, 'Default'] as const]) {
    const count = error instanceof type ? (policy as Readonly<Record<string, unknown>>)[`${name}${suffix}`] : undefined;
    if (typeof count === 'number') return { name, count };
  }
  return undefined;
}

/** How often a policy has an error retried. */
export const retriesIn = (policy: RetryPolicy | undefined | null, error: unknown): number | undefined =>
  fieldOf(policy, error, 'Retries')?.count;

const tellingStatuses: ReadonlySet<number | undefined> = new Set([401, 402, 404, 408, 429]);
/** What the caller did wrong; also where this library said so, before any request. */
const callersFaults = [BadRequestError, PermissionDeniedError, ConflictError, UnprocessableEntityError] as const;

/** Whether a failure says something about the deployment. */
export function isFailure(error: unknown): boolean {
  if (!(error instanceof APIError) || error instanceof APIUserAbortError) return false;
  const { status } = error;
  if (tellingStatuses.has(status)) return true;
  if (callersFaults.some((type) => error instanceof type)) return false;
  return status === undefined || status < 400 || status >= 500;
}

/** Seconds for which a deployment is to be left alone after a failure; undefined: not at all. */
export function cooldownFor(
  error: unknown,
  counters: Counters,
  siblings: number,
  own: { cooldown_time: number | undefined; allowed_fails: number | undefined },
  options: RouterOptions,
  moment: Moment,
): number | undefined {
  if (options.disable_cooldowns === true || !isFailure(error)) return undefined;
  const told = error instanceof APIError ? error.retry_after : undefined;
  const seconds = own.cooldown_time ?? told ?? options.cooldown_time ?? defaultCooldown;
  if (seconds <= 0 || !trips(error, counters, siblings, own.allowed_fails, options, moment)) return undefined;
  counters.fails = 0;
  counters.failsByClass = undefined;
  return seconds;
}

function trips(
  error: unknown,
  counters: Counters,
  siblings: number,
  own: number | undefined,
  options: RouterOptions,
  moment: Moment,
): boolean {
  const { now } = moment;
  const { allowed_fails_policy, cooldown_time = defaultCooldown } = options;
  const allowed_fails = own ?? options.allowed_fails;
  if (allowed_fails !== undefined || allowed_fails_policy !== undefined) {
    if (now - counters.failsSince > Math.max(cooldown_time, 1) * 1000) {
      counters.fails = 0;
      counters.failsByClass = undefined;
      counters.failsSince = now;
    }
    counters.fails++;
    const field = fieldOf(allowed_fails_policy, error, 'AllowedFails');
    if (field !== undefined) {
      const byClass = (counters.failsByClass ??= {});
      return (byClass[field.name] = (byClass[field.name] ?? 0) + 1) > field.count;
    }
    return counters.fails > (allowed_fails ?? defaultAllowed);
  }
  // A group of one is not helped by being left alone.
  if (siblings === 0) return false;
  if (error instanceof RateLimitError || error instanceof AuthenticationError || error instanceof NotFoundError)
    return true;
  // An account without money.
  if (error instanceof APIError && error.status === 402) return true;
  const { successes, failures } = counters.turn(moment);
  const ended = successes + failures;
  return ended >= fewestRequests && failures / ended > failureShare;
}

type Phase = 'ready' | 'cooling' | 'due' | 'trying';

/** The cooldown of one deployment. */
export class Cooldown {
  until = 0;
  error = '';
  #trying = false;
  #due = false;

  phase(now: number): Phase {
    if (now < this.until) return 'cooling';
    if (!this.#due) return 'ready';
    return this.#trying ? 'trying' : 'due';
  }

  start(now: number, seconds: number, error: string): void {
    this.until = Math.max(this.until, now + seconds * 1000);
    this.error = error;
    this.#due = true;
    this.#trying = false;
  }

  /** A call tries whether the deployment works again. */
  try(): void {
    this.#trying = true;
  }

  /** The try ended without a word on the deployment: another call may try. */
  leave(): void {
    this.#trying = false;
  }

  /** Whether the deployment was out. */
  recover(): boolean {
    const was = this.#due;
    this.#due = false;
    this.#trying = false;
    this.until = 0;
    return was;
  }
}
