/** What several processes share through a store: slots and cooldowns. A store that is away stops no call. */
import type { Clock } from './types.js';
import type { Store } from '../core/spec.js';
import type { Group, Member } from './fleet.js';

/** How often other processes are asked what cools down there, in milliseconds. */
const refreshEvery = 500;
/** Seconds after which a slot is free whose process died; held ones are taken anew well before. */
const slotLife = 30;
/** The same where the store can only count them. */
const countedLife = 900;

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
  /** Slots that this process holds. */
  readonly #held = new Map<string, Member>();
  #last = 0;
  #keeping: ReturnType<typeof setInterval> | undefined = undefined;

  constructor(parts: SharedParts) {
    this.#parts = parts;
  }

  /** Takes a slot of all processes and gives what it is held by. */
  async take(member: Member): Promise<{ slot: string } | 'full' | 'away'> {
    const { store, failed } = this.#parts;
    const { id, max_parallel_requests: limit = 0 } = member;
    const key = `slots:${id}`;
    try {
      if (store.hold === undefined) {
        const { ok } = await store.count([{ key, by: 1, limit, ttl: countedLife }]);
        return ok ? { slot: '' } : 'full';
      }
      const slot = `${this.#name}:${++this.#last}`;
      if (!(await store.hold(key, slot, limit, slotLife))) return 'full';
      this.#keep(slot, member);
      return { slot };
    } catch (error) {
      failed(error);
      return 'away';
    }
  }

  /** While calls run their slots are kept; one timer does it for all of them. */
  #keep(slot: string, member: Member): void {
    this.#held.set(slot, member);
    if (this.#keeping !== undefined) return;
    this.#keeping = setInterval(() => void this.#keepAll(), (slotLife / 3) * 1000);
    (this.#keeping as { unref?: () => void }).unref?.();
  }

  async #keepAll(): Promise<void> {
    const { store, failed } = this.#parts;
    try {
      await Promise.all(
        [...this.#held].map(async ([slot, { id, max_parallel_requests: limit = 0 }]) =>
          store.hold?.(`slots:${id}`, slot, limit, slotLife),
        ),
      );
    } catch (error) {
      failed(error);
    }
  }

  async release({ id }: Member, slot: string): Promise<void> {
    const { store, failed } = this.#parts;
    const key = `slots:${id}`;
    this.#held.delete(slot);
    if (this.#held.size === 0) this.close();
    try {
      if (slot !== '') return await store.release?.(key, slot);
      const { values } = await store.count([{ key, by: -1, ttl: countedLife }]);
      // The store was emptied while the slot was held: fewer than none would let too many in later.
      if ((values[0] ?? 0) < 0) await store.count([{ key, by: 1, ttl: countedLife }]);
    } catch (error) {
      failed(error);
    }
  }

  /** Nothing is kept any more; calls under way may lose their slots to others. */
  close(): void {
    clearInterval(this.#keeping);
    this.#keeping = undefined;
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
