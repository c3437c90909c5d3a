import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Store } from '../../src/core/spec.js';
import { memoryStore } from '../../src/store/memory.js';
import type { Member } from '../../src/router/fleet.js';
import { Shared } from '../../src/router/shared.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const member = { id: 'a', max_parallel_requests: 1 } as Member;
const process = (store: Store): Shared =>
  new Shared({ store, clock: { now: () => Date.now() }, failed: (error) => expect.unreachable(String(error)), cooling() {} }); // prettier-ignore
const slotOf = (taken: { slot: string } | string): string => (typeof taken === 'object' ? taken.slot : taken);

test('a slot is kept as long as its call runs, and given back with its end', async () => {
  const store = memoryStore();
  const [one, other] = [process(store), process(store)];
  const slot = slotOf(await one.take(member));
  await vi.advanceTimersByTimeAsync(300_000);
  expect(await other.take(member)).toBe('full');
  await one.release(member, slot);
  expect(vi.getTimerCount()).toBe(0);
  expect(slotOf(await other.take(member))).not.toBe('full');
});

test('the slot of a process that died is free again soon', async () => {
  const store = memoryStore();
  const [dead, other] = [process(store), process(store)];
  await dead.take(member);
  dead.close();
  await vi.advanceTimersByTimeAsync(29_000);
  expect(await other.take(member)).toBe('full');
  await vi.advanceTimersByTimeAsync(2000);
  expect(slotOf(await other.take(member))).not.toBe('full');
});

test('a store that only counts has slots, too', async () => {
  const store = memoryStore();
  const counting: Store = {
    get: (key) => store.get(key),
    set: (key, value, ttl) => store.set(key, value, ttl),
    delete: (key) => store.delete(key),
    count: (counts) => store.count(counts),
  };
  const one = process(counting);
  const slot = slotOf(await one.take(member));
  expect(await one.take(member)).toBe('full');
  await one.release(member, slot);
  expect(slotOf(await one.take(member))).toBe('');
});
