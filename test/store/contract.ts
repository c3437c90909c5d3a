/** What every Store must do. */
import { describe, expect, test } from 'vitest';
import type { Count, Counted, Store } from '../../src/core/spec.js';

export interface Subject {
  store: Store;
  /** Makes everything that is kept so many seconds older. */
  age(seconds: number): void | Promise<void>;
  /** Lets so many seconds go by on the store's clock. */
  pass(seconds: number): void | Promise<void>;
}

/** Repeats what a window's end may have come between, each time with another key. */
async function inOneWindow(run: (key: string) => Promise<readonly Counted[]>): Promise<readonly Counted[]> {
  for (let round = 0; ; round++) {
    const results = await run(`key${round}`);
    if (new Set(results.flatMap(({ keys }) => keys)).size === 1) return results;
  }
}

/** `make` gives an empty store. */
export function storeContract(make: () => Subject): void {
  const count = async (store: Store, ...counts: Count[]): Promise<Counted> => store.count(counts);
  const valueOf = async (store: Store, key: string): Promise<number | undefined> =>
    (await count(store, { key, by: 0, ttl: 100 })).values[0];

  describe('places', () => {
    test('are so many, and each has one holder', async () => {
      const { store } = make();
      const hold = async (holder: string, limit = 2): Promise<boolean | undefined> =>
        store.hold?.('a', holder, limit, 30);
      expect([await hold('one'), await hold('two'), await hold('three')]).toEqual([true, true, false]);
      // Held already: it is held on.
      expect(await hold('one')).toBe(true);
      expect(await store.hold?.('b', 'three', 2, 30)).toBe(true);
      await store.release?.('a', 'nobody');
      expect(await hold('three')).toBe(false);
      await store.release?.('a', 'two');
      expect([await hold('three'), await hold('two')]).toEqual([true, false]);
      expect(await hold('two', 3)).toBe(true);
      await store.delete('a');
      expect(await hold('four', 1)).toBe(true);
    });

    test('of those who do not come back are free again after their time', async () => {
      const { store, pass } = make();
      const hold = async (holder: string, ttl: number): Promise<boolean | undefined> =>
        store.hold?.('a', holder, 2, ttl);
      expect([await hold('one', 2), await hold('two', 1)]).toEqual([true, true]);
      await pass(0.6);
      expect(await hold('one', 2)).toBe(true);
      expect(await hold('three', 2)).toBe(false);
      await pass(0.6);
      expect(await hold('three', 2)).toBe(true);
      expect(await hold('two', 1)).toBe(false);
    });
  });

  describe('values', () => {
    test('are any JSON', async () => {
      const { store } = make();
      const values = [
        null,
        false,
        0,
        -1.5,
        2 ** 53,
        '',
        'ö "\u2028" \\n 🐟',
        [],
        {},
        { a: [{ b: null }, 'x'.repeat(1e5)] },
      ];
      for (const [at, value] of values.entries()) {
        await store.set(`key ${at}`, value);
        expect(await store.get(`key ${at}`)).toEqual(value);
      }
      expect(await store.get('another')).toBeUndefined();
    });

    test('live as long as they are told to', async () => {
      const { store, age } = make();
      await store.set('a', { x: 1 }, 100);
      await store.set('b', 2);
      await store.set('c', 3, 0);
      await store.set('d', 4, 10);
      await store.set('d', 5);
      await store.set('e', 6, Infinity);
      expect(await store.get('c')).toBeUndefined();
      await age(50);
      expect(await store.get('a')).toEqual({ x: 1 });
      await age(50);
      expect(await store.get('a')).toBeUndefined();
      expect([await store.get('b'), await store.get('d'), await store.get('e')]).toEqual([2, 5, 6]);
    });

    test('and counters of one key are apart, and are deleted together', async () => {
      const { store } = make();
      await store.set('a', 'text');
      await count(store, { key: 'a', by: 3, ttl: 100 });
      expect([await store.get('a'), await valueOf(store, 'a')]).toEqual(['text', 3]);
      await store.delete('a');
      expect([await store.get('a'), await valueOf(store, 'a')]).toEqual([undefined, 0]);
      await store.delete('never there');
    });
  });

  describe('counters', () => {
    test('change together or not at all', async () => {
      const { store } = make();
      const ttl = 100;
      expect(await count(store, { key: 'a', by: 2, limit: 3, ttl }, { key: 'b', by: 1, ttl })).toEqual({
        ok: true,
        values: [2, 1],
        keys: ['a', 'b'],
      });
      expect(
        await count(
          store,
          { key: 'b', by: 1, ttl },
          { key: 'a', by: 2, limit: 3, ttl },
          { key: 'c', by: 1, limit: 0, ttl },
        ),
      ).toEqual({ ok: false, over: 1, values: [1, 2, 0], keys: ['b', 'a', 'c'] });
      expect((await count(store, { key: 'a', by: 0, ttl }, { key: 'b', by: 0, ttl })).values).toEqual([2, 1]);
      expect(await store.count([])).toEqual({ ok: true, values: [], keys: [] });
    });

    test('may reach their limit, and always fall', async () => {
      const { store } = make();
      const ttl = 100;
      expect(await count(store, { key: 'a', by: 3, limit: 3, ttl })).toMatchObject({ ok: true, values: [3] });
      expect(await count(store, { key: 'a', by: 0, limit: 1, ttl })).toMatchObject({ ok: true, values: [3] });
      expect(await count(store, { key: 'a', by: -1, limit: 1, ttl })).toMatchObject({ ok: true, values: [2] });
      expect(await count(store, { key: 'a', by: -5, limit: 1, ttl })).toMatchObject({ ok: true, values: [-3] });
      expect(await count(store, { key: 'a', by: 5, limit: 1.5, ttl })).toMatchObject({ ok: false, values: [-3] });
      expect(await count(store, { key: 'a', by: 5, limit: Infinity, ttl })).toMatchObject({ ok: true, values: [2] });
    });

    test('are exact as far as numbers are', async () => {
      const { store } = make();
      const ttl = 100;
      const limit = Number.MAX_SAFE_INTEGER;
      expect((await count(store, { key: 'a', by: limit - 1, limit, ttl })).values).toEqual([limit - 1]);
      expect(await count(store, { key: 'a', by: 2, limit, ttl })).toMatchObject({ ok: false, values: [limit - 1] });
      expect(await count(store, { key: 'a', by: 1, limit, ttl })).toMatchObject({ ok: true, values: [limit] });
      expect((await count(store, { key: 'b', by: -limit, ttl })).values).toEqual([-limit]);
      expect((await count(store, { key: 'c', by: 123_456_789_012_345, ttl })).values).toEqual([123_456_789_012_345]);
    });

    test('are counted by one after the other', async () => {
      const { store } = make();
      const results = await Promise.all(
        Array.from({ length: 100 }, () => count(store, { key: 'a', by: 3, limit: 100, ttl: 100 })),
      );
      expect(results.filter(({ ok }) => ok).flatMap(({ values }) => values)).toEqual(
        Array.from({ length: 33 }, (_, at) => (at + 1) * 3),
      );
    });

    test('may be many at once', async () => {
      const { store } = make();
      const counts = Array.from({ length: 300 }, (_, at) => ({ key: `key ${at}`, by: at, ttl: 100 }));
      expect((await store.count(counts)).values).toEqual(counts.map(({ by }) => by));
    });

    test('are forgotten when they are not touched', async () => {
      const { store, age } = make();
      await count(store, { key: 'a', by: 5, ttl: 100 });
      await age(90);
      await count(store, { key: 'a', by: 1, ttl: 100 });
      await age(90);
      expect((await count(store, { key: 'a', by: 0, ttl: 100 })).values).toEqual([6]);
      await age(110);
      expect((await count(store, { key: 'a', by: 0, ttl: 100 })).values).toEqual([0]);
    });

    test('keep what is left of their life when no other is given', async () => {
      const { store, age } = make();
      await count(store, { key: 'a', by: 5, ttl: 100 });
      await age(60);
      expect((await count(store, { key: 'a', by: -1 })).values).toEqual([4]);
      await age(60);
      expect(await valueOf(store, 'a')).toBe(0);
      await count(store, { key: 'b', by: 1 });
      await age(1e6);
      expect(await valueOf(store, 'b')).toBe(1);
    });
  });

  describe('windows', () => {
    test('have limits, and tell when they end', async () => {
      const { store } = make();
      const results = await inOneWindow(async (key) => {
        const each = { key, by: 1, limit: 1, window: 3600 };
        return [await count(store, each), await count(store, each)];
      });
      const [first, second] = results as [Counted, Counted];
      const keys = [expect.stringMatching(/^key\d+@\d+$/)];
      expect(first).toEqual({ ok: true, values: [1], keys });
      expect(second).toEqual({ ok: false, over: 0, values: [1], keys, retry_after: expect.any(Number) });
      expect(second.retry_after).toBeGreaterThan(0);
      expect(second.retry_after).toBeLessThanOrEqual(3600);
    });

    test('count anew', async () => {
      const { store, pass } = make();
      const each = { key: 'a', by: 1, limit: 1, window: 1 };
      const first = await count(store, each);
      await pass(1);
      const second = await count(store, each);
      expect([first, second]).toMatchObject([
        { ok: true, values: [1] },
        { ok: true, values: [1] },
      ]);
      const [before, after] = [first, second].map(({ keys }) => Number(keys[0]?.split('@')[1]));
      expect(after).toBeGreaterThan(before as number);
    });

    test('are given back to by their own keys', async () => {
      const { store } = make();
      const [first] = await inOneWindow(async (key) => {
        const each = { key, by: 2, window: 3600 };
        const counted = await count(store, each);
        const other = await count(store, { key: counted.keys[0] as string, by: -1, ttl: 7200 });
        expect(other).toEqual({ ok: true, values: [1], keys: counted.keys });
        return [counted, await count(store, { ...each, by: 0 })];
      });
      expect(await valueOf(store, first?.keys[0] as string)).toBe(1);
    });

    test('of several lengths go together', async () => {
      const { store } = make();
      const counts = (by: number): Count[] => [
        { key: 'a', by, limit: 10, window: 86_400 * 30 },
        { key: 'a', by, limit: 3, window: 86_400 * 365 },
        { key: 'b', by, ttl: 100 },
      ];
      expect(await store.count(counts(3))).toMatchObject({ ok: true, values: [3, 3, 3] });
      expect(await store.count(counts(1))).toMatchObject({ ok: false, over: 1, values: [3, 3, 3] });
    });

    test('are forgotten some time after their end', async () => {
      const { store, age } = make();
      const window = 3600;
      const { keys } = await count(store, { key: 'a', by: 1, window }, { key: 'b', by: 1, window });
      await age(window);
      expect(await valueOf(store, keys[0] as string)).toBe(1);
      await age(window + 1);
      expect(await valueOf(store, keys[1] as string)).toBe(0);
    });
  });
}
