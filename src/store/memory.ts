/** State in this process: the store that everything uses unless it is given another. */
import { LRUCache } from 'lru-cache';
import type { Count, Counted, Store } from '../core/spec.js';

export interface MemoryStoreOptions {
  /** How many entries are kept; the least recently used one goes first. 10,000 by default. */
  max?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** A limit as a size: with `max` the cache would take the room for all of it at once. */
const upTo = (max: number): { maxSize: number; sizeCalculation: () => number } => ({ maxSize: max, sizeCalculation: () => 1 }); // prettier-ignore

/** Keeps values and counters in memory, the least recently used ones not for ever. */
export class MemoryStore implements Store {
  readonly #values: LRUCache<string, { value: unknown; until: number }>;
  readonly #counters: LRUCache<string, { value: number; until: number }>;
  readonly #places: LRUCache<string, Map<string, number>>;
  readonly #now: () => number;

  constructor({ max = 10_000, now = Date.now }: MemoryStoreOptions = {}) {
    this.#values = new LRUCache(upTo(max));
    this.#counters = new LRUCache(upTo(max));
    this.#places = new LRUCache(upTo(max));
    this.#now = now;
  }

  get(key: string): unknown {
    const entry = this.#values.get(key);
    return entry === undefined || entry.until <= this.#now() ? undefined : entry.value;
  }

  set(key: string, value: unknown, ttl?: number): void {
    this.#values.set(key, { value, until: ttl === undefined ? Infinity : this.#now() + ttl * 1000 });
  }

  delete(key: string): void {
    this.#values.delete(key);
    this.#counters.delete(key);
    this.#places.delete(key);
  }

  count(counts: readonly Count[]): Counted {
    const now = this.#now();
    const keys: string[] = [];
    const values: number[] = [];
    for (const { key, window } of counts) {
      const full = window === undefined ? key : `${key}@${Math.floor(now / 1000 / window)}`;
      keys.push(full);
      const known = this.#counters.get(full);
      values.push(known === undefined || known.until <= now ? 0 : known.value);
    }
    const over = counts.findIndex(
      ({ by, limit }, at) => limit !== undefined && by > 0 && (values[at] as number) + by > limit,
    );
    if (over >= 0) {
      const { window } = counts[over] as Count;
      const counted: Counted = { ok: false, over, values, keys };
      if (window !== undefined) counted.retry_after = window - ((now / 1000) % window);
      return counted;
    }
    counts.forEach(({ by, window, ttl }, at) => {
      const value = (values[at] as number) + by;
      const key = keys[at] as string;
      const kept = window === undefined ? (ttl ?? this.#lifetime(key, now)) : window * 2;
      values[at] = value;
      this.#counters.set(key, { value, until: kept === undefined ? Infinity : now + kept * 1000 });
    });
    return { ok: true, values, keys };
  }

  hold(key: string, holder: string, limit: number, ttl: number): boolean {
    const now = this.#now();
    const held = this.#places.get(key) ?? new Map<string, number>();
    for (const [name, until] of held) if (until <= now) held.delete(name);
    if (!held.has(holder) && held.size >= limit) return false;
    held.set(holder, now + ttl * 1000);
    this.#places.set(key, held);
    return true;
  }

  release(key: string, holder: string): void {
    this.#places.get(key)?.delete(holder);
  }

  /** What is left of a counter's life, for one that is given back to by its full key. */
  #lifetime(key: string, now: number): number | undefined {
    const known = this.#counters.peek(key);
    return known === undefined || known.until === Infinity ? undefined : Math.max((known.until - now) / 1000, 0);
  }
}

/** State in this process, for one client or Router, or several that are given the same. */
export const memoryStore = (options?: MemoryStoreOptions): MemoryStore => new MemoryStore(options);
