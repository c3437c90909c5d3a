/** The one retry layer. Loaded at the first failure that may be retried. */
import pRetry from 'p-retry';
import type { Limits } from './clock.js';
import { APIError, isRetryable } from './errors.js';

export interface RetryPolicy {
  /** Attempts after the first. */
  retries: number;
  /** Seconds. */
  maxDelay: number;
  limits: Limits;
  random(): number;
}

/** Seconds before attempt `n + 1`: doubling from half a second to eight, less up to a quarter at random. */
export function backoff(attempt: number, random: () => number): number {
  return Math.min(8, 0.5 * 2 ** (attempt - 1)) * (1 - 0.25 * random());
}

/**
 * The seconds to wait before the next attempt, never earlier than the provider asked; undefined when waiting would
 * last longer than the call may.
 */
export function delay(error: unknown, attempt: number, policy: RetryPolicy): number | undefined {
  const told = error instanceof APIError ? error.retry_after : undefined;
  const wait =
    told === undefined
      ? backoff(attempt, policy.random)
      : Math.max(told, told === 0 ? backoff(attempt, policy.random) : 0);
  if (told !== undefined && told > policy.maxDelay) return undefined;
  return wait * 1000 >= policy.limits.left ? undefined : wait;
}

/** Goes on after a first failed attempt. */
export async function retry<T>(first: unknown, attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  let failed: { error: unknown } | undefined = { error: first };
  let stopped: { error: unknown } | undefined;
  try {
    return await pRetry(
      async () => {
        if (failed !== undefined) {
          const { error } = failed;
          failed = undefined;
          throw error;
        }
        return attempt();
      },
      {
        retries: policy.retries,
        minTimeout: 0,
        factor: 1,
        shouldRetry: async ({ error, attemptNumber }) => {
          if (!isRetryable(error)) return false;
          const wait = delay(error, attemptNumber, policy);
          if (wait === undefined) return false;
          try {
            await policy.limits.sleep(wait);
          } catch (reason) {
            stopped = { error: reason };
            return false;
          }
          return true;
        },
      },
    );
  } catch (error) {
    throw stopped === undefined ? error : stopped.error;
  }
}
