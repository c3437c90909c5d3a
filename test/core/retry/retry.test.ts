import { describe, expect, test } from 'vitest';
import { Limits } from '../../../src/core/clock.js';
import {
  APIConnectionError,
  APIError,
  APIResponseValidationError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  CallmError,
  ConflictError,
  InternalServerError,
  isRetryable,
  RateLimitError,
  StreamIncompleteError,
  Timeout,
} from '../../../src/core/errors.js';
import { backoff, delay, retry, type RetryPolicy } from '../../../src/core/retry.js';

const policy = (given: Partial<RetryPolicy> = {}): RetryPolicy => ({
  retries: 2,
  maxDelay: 60,
  limits: new Limits(undefined, undefined),
  random: () => 0,
  ...given,
});
const limited = (retry_after?: number): RateLimitError => new RateLimitError('slow down', { status: 429, retry_after });

describe('backoff', () => {
  test('doubles from half a second to eight', () => {
    expect([1, 2, 3, 4, 5, 6, 30].map((attempt) => backoff(attempt, () => 0))).toEqual([0.5, 1, 2, 4, 8, 8, 8]);
  });

  test('takes off up to a quarter, never all', () => {
    expect(backoff(1, () => 0.999)).toBeCloseTo(0.375, 2);
    for (let attempt = 1; attempt < 10; attempt++) expect(backoff(attempt, Math.random)).toBeGreaterThan(0.37);
  });
});

describe('delay', () => {
  test('is what the provider asked, not less, not shortened by chance', () => {
    expect(delay(limited(3), 1, policy({ random: () => 0.99 }))).toBe(3);
    expect(delay(limited(0.2), 5, policy())).toBeGreaterThanOrEqual(0.2);
    expect(delay(limited(60), 1, policy())).toBe(60);
  });

  test('is the back-off when it asked nothing, or for no wait at all', () => {
    expect(delay(limited(), 2, policy())).toBe(1);
    expect(delay(limited(0), 2, policy())).toBeGreaterThan(0);
    expect(delay(new APIConnectionError('reset'), 1, policy())).toBe(0.5);
  });

  test('is none beyond the longest delay or the deadline', () => {
    expect(delay(limited(60.1), 1, policy())).toBeUndefined();
    expect(delay(limited(2), 1, policy({ maxDelay: 1 }))).toBeUndefined();
    const limits = new Limits(undefined, 1);
    expect(delay(limited(1.5), 1, policy({ limits }))).toBeUndefined();
    expect(delay(limited(0.5), 1, policy({ limits }))).toBe(0.5);
    limits.release();
  });
});

describe('isRetryable', () => {
  const yes: APIError[] = [
    new APIConnectionError('reset'),
    new Timeout('late'),
    new StreamIncompleteError('cut'),
    limited(),
    new InternalServerError('500', { status: 500 }),
    new ConflictError('409', { status: 409 }),
    new Timeout('408', { status: 408 }),
  ];
  const no: unknown[] = [
    new BadRequestError('400', { status: 400 }),
    new AuthenticationError('401', { status: 401 }),
    new APIUserAbortError('stop'),
    new APIResponseValidationError('page', { status: 200 }),
    new RateLimitError('no credit', { status: 429, code: 'insufficient_quota' }),
    new APIError('teapot', { status: 418 }),
    new CallmError('other'),
    new Error('foreign'),
    'text',
    undefined,
  ];
  test.each(yes)('%s: yes', (error) => expect(isRetryable(error)).toBe(true));
  test.each(no)('%s: no', (error) => expect(isRetryable(error)).toBe(false));
});

describe('retry', () => {
  const soon = (): RateLimitError => limited(0.001);

  test('goes on until an attempt succeeds', async () => {
    let count = 0;
    const result = await retry(
      soon(),
      () => (++count < 2 ? Promise.reject(soon()) : Promise.resolve('done')),
      policy(),
    );
    expect(result).toBe('done');
    expect(count).toBe(2);
  });

  test('gives the last error when no attempt is left', async () => {
    const errors = [soon(), soon()];
    let count = 0;
    await expect(retry(soon(), () => Promise.reject(errors[count++] as Error), policy())).rejects.toBe(errors[1]);
    expect(count).toBe(2);
  });

  test('stops at an error that is not worth it, and passes foreign ones through', async () => {
    for (const error of [
      new BadRequestError('no', { status: 400 }),
      new TypeError('Failed to fetch'),
      new Error('x'),
    ]) {
      let count = 0;
      await expect(retry(soon(), () => (count++, Promise.reject(error)), policy({ retries: 5 }))).rejects.toBe(error);
      expect(count).toBe(1);
    }
  });

  test('ends with the call: the wait is cut short by the signal', async () => {
    const controller = new AbortController();
    const limits = new Limits(controller.signal, undefined);
    const pending = retry(limited(30), () => Promise.resolve('never'), policy({ limits }));
    pending.catch(() => {});
    controller.abort('enough');
    await expect(pending).rejects.toMatchObject({ kind: 'signal', cause: 'enough' });
  });
});
