/** What several processes share through a store: slots and cooldowns. A store that is away stops no call. */
import type { Clock } from './types.js';
import type { Store } from '../core/spec.js';
import type { Group, Member } from './fleet.js';

/** How often other processes are asked what cools down there, in milliseconds. */
const refreshEvery = 500;
/** Seconds after which a slot is free whose process died. */
const slotLife = 900;

export interface SharedParts {
  store: Store;
  clock: Clock;
  failed(error: unknown): void;
  /** A deployment is left alone by another process, for so many seconds more. */
  cooling(member: Member, seconds: number, error: string): void;
}

export class Shared {
  readonly #parts: SharedParts;
  /** Tells this router's word from that of others. */
  readonly #name = crypto.randomUUID();
  readonly #refreshedAt = new Map<string, number>();

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  /** Takes a slot of all processes. */
  async take({ id, max_parallel_requests: limit = 0 }: Member): Promise<'taken' | 'full' | 'away'> {
    const { store, failed } = this.#parts;
    try {
      return (await store.count([{ key: `slots:${id}`, by: 1, limit, ttl: slotLife }])).ok ? 'taken' : 'full';
    } catch (error) {
      failed(error);
      return 'away';
    }
  }

  async release({ id }: Member): Promise<void> {
    const { store, failed } = this.#parts;
    const key = `slots:${id}`;
    try {
      const { values } = await store.count([{ key, by: -1, ttl: slotLife }]);
      // The store was emptied while the slot was held: fewer than none would let too many in later.
      if ((values[0] ?? 0) < 0) await store.count([{ key, by: 1, ttl: slotLife }]);
    } catch (error) {
      failed(error);
    }
  }

  /** Tells the others that a deployment is to be left alone. */
  async tell(id: string, error: string, seconds: number): Promise<void> {
    const { store, failed } = this.#parts;
    try {
      await store.set(`cooldown:${id}`, { error, by: this.#name }, seconds);
    } catch (failure) {
      failed(failure);
    }
  }

  /** Learns now and then what other processes leave alone; no call waits for it. */
  refresh(group: Group): void {
    const now = this.#parts.clock.now();
    if (now - (this.#refreshedAt.get(group.name) ?? -Infinity) < refreshEvery) return;
    this.#refreshedAt.set(group.name, now);
    void this.#read(group);
  }

  async #read({ members }: Group): Promise<void> {
    const { store, failed, cooling } = this.#parts;
    try {
      await Promise.all(
        members.map(async (member) => {
          const known = await store.get(`cooldown:${member.id}`);
          if (known === undefined || known === null) return;
          const { error = 'a failure elsewhere', by } = known as { error?: string; by?: string };
          // Its own it knows to the moment. The store's own clock ends it; it is asked again before this is over.
          if (by !== this.#name) cooling(member, (3 * refreshEvery) / 1000, error);
        }),
      );
    } catch (failure) {
      failed(failure);
    }
  }
}
