import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../../src/core/spec.js';
import { at, rig } from './rig.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a store that hangs holds no call up for long', async () => {
  const never = (): Promise<never> => new Promise(() => {});
  const store: Store = { get: never, set: never, delete: never, count: never, hold: never, release: never };
  const limits = { rpm: 5, tpm: 1000, max_parallel_requests: 2 };
  const made = rig([at('g', 'a', limits)], { store, enable_pre_call_checks: true });
  const failures: string[] = [];
  await made.router.on('store_failure', ({ error }) => failures.push(error));
  const asked = made.ask('g', { metadata: { session_id: 's' } });
  await vi.advanceTimersByTimeAsync(6500);
  expect(await asked).toBe('a');
  expect(failures).toContain('the store did not answer within 2 s');
  await vi.advanceTimersByTimeAsync(10_000);
  expect(vi.getTimerCount()).toBe(0);
});
