import { expect, test } from 'vitest';
import { memoryStore } from '../../src/store/memory.js';

test('values live as long as they are told to', () => {
  let now = 0;
  const store = memoryStore({ now: () => now });
  store.set('a', { x: 1 }, 10);
  store.set('b', 2);
  expect(store.get('a')).toEqual({ x: 1 });
  now = 10_000;
  expect(store.get('a')).toBeUndefined();
  expect(store.get('b')).toBe(2);
  store.delete('b');
  expect(store.get('b')).toBeUndefined();
});

test('counters change together or not at all', () => {
  const store = memoryStore({ now: () => 0 });
  expect(
    store.count([
      { key: 'a', by: 2, limit: 3 },
      { key: 'b', by: 1 },
    ]),
  ).toMatchObject({ ok: true, values: [2, 1] });
  expect(
    store.count([
      { key: 'b', by: 1 },
      { key: 'a', by: 2, limit: 3 },
    ]),
  ).toMatchObject({ ok: false, over: 1, values: [1, 2] });
  expect(
    store.count([
      { key: 'a', by: 0 },
      { key: 'b', by: 0 },
    ]).values,
  ).toEqual([2, 1]);
  expect(store.count([{ key: 'a', by: -2, limit: 1 }]).values).toEqual([0]);
});

test('a window counts anew, and tells when', () => {
  let now = 65_000;
  const store = memoryStore({ now: () => now });
  const count = { key: 'rpm', by: 1, limit: 1, window: 60 };
  const first = store.count([count]);
  expect(first).toMatchObject({ ok: true, values: [1], keys: ['rpm@1'] });
  expect(store.count([count])).toMatchObject({ ok: false, over: 0, retry_after: 55 });
  now = 120_000;
  expect(store.count([count])).toMatchObject({ ok: true, keys: ['rpm@2'] });
  // What was counted is given back to the window it was counted in.
  expect(store.count([{ key: 'rpm@1', by: -1, ttl: 120 }]).values).toEqual([0]);
  expect(store.count([{ key: 'rpm', by: 0, window: 60 }]).values).toEqual([1]);
});

test('untouched counters are forgotten', () => {
  let now = 0;
  const store = memoryStore({ now: () => now });
  store.count([{ key: 'a', by: 5, ttl: 10 }]);
  now = 9000;
  store.count([{ key: 'a', by: 1, ttl: 10 }]);
  now = 18_000;
  expect(store.count([{ key: 'a', by: 0, ttl: 10 }]).values).toEqual([6]);
  now = 40_000;
  expect(store.count([{ key: 'a', by: 0, ttl: 10 }]).values).toEqual([0]);
});

test('only so many entries are kept', () => {
  const store = memoryStore({ max: 2 });
  for (const key of ['a', 'b', 'c']) store.set(key, key);
  expect(['a', 'b', 'c'].map((key) => store.get(key))).toEqual([undefined, 'b', 'c']);
});
