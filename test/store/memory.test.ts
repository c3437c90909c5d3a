import { expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory.js';
import { storeContract } from './contract.js';

storeContract(() => {
  let now = 65_000;
  const pass = (seconds: number): void => {
    now += seconds * 1000;
  };
  return { store: memoryStore({ now: () => now }), age: pass, pass };
});

test('a window counts anew, and tells when', () => {
  let now = 65_000;
  const store = memoryStore({ now: () => now });
  const count = { key: 'rpm', by: 1, limit: 1, window: 60 };
  expect(store.count([count])).toEqual({ ok: true, values: [1], keys: ['rpm@1'] });
  expect(store.count([count])).toMatchObject({ ok: false, over: 0, retry_after: 55 });
  now = 120_000;
  expect(store.count([count])).toMatchObject({ ok: true, keys: ['rpm@2'] });
  // What was counted is given back to the window it was counted in.
  expect(store.count([{ key: 'rpm@1', by: -1, ttl: 120 }]).values).toEqual([0]);
  expect(store.count([{ key: 'rpm', by: 0, window: 60 }]).values).toEqual([1]);
});

test('only so many entries are kept', () => {
  const store = memoryStore({ max: 2 });
  for (const key of ['a', 'b', 'c']) store.set(key, key);
  expect(['a', 'b', 'c'].map((key) => store.get(key))).toEqual([undefined, 'b', 'c']);
});
