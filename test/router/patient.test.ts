import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../../src/core/spec.js';
import { patient } from '../../src/router/patient.js';
import { memoryStore } from '../../src/store/memory.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a store that hangs is waited for two seconds', async () => {
  const never = (): Promise<never> => new Promise(() => {});
  const store = patient({ get: never, set: never, delete: never, count: never, hold: never, release: never });
  const asked = [store.get('a'), store.set('a', 1), store.count([]), store.hold?.('a', 'me', 1, 30)];
  const told = Promise.allSettled(asked);
  await vi.advanceTimersByTimeAsync(2000);
  for (const each of await told)
    expect(each).toMatchObject({ reason: { message: 'the store did not answer within 2 s' } });
  expect(vi.getTimerCount()).toBe(0);
});

test('what a store answers, or rejects with, passes through; one that answers at once costs no timer', async () => {
  const store = patient(memoryStore());
  void store.set('a', 1);
  expect(store.get('a')).toBe(1);
  expect(store.hold?.('b', 'me', 1, 30)).toBe(true);
  const slow: Store = {
    ...memoryStore(),
    get: async () => 2,
    set() {},
    delete() {},
    count: async () => Promise.reject(new Error('away')),
  };
  expect(await patient(slow).get('a')).toBe(2);
  await expect(patient(slow).count([])).rejects.toThrow('away');
  expect(vi.getTimerCount()).toBe(0);
  const bounded: Store = { ...slow, bounded: true };
  expect(patient(bounded)).toBe(bounded);
});
