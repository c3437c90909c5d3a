/** Calls at once: each deployment has so many slots; who finds none waits in line, the lower priority number first. */
import type { Member } from './fleet.js';

interface Waiter {
  priority: number;
  /** The deployments one of whose slots it wants. */
  ids: ReadonlySet<string>;
  wake(): void;
}

export class Slots {
  readonly #used = new Map<string, number>();
  #waiting: Waiter[] = [];

  free({ id, max_parallel_requests: most }: Member): boolean {
    return most === undefined || (this.#used.get(id) ?? 0) < most;
  }

  take({ id, max_parallel_requests: most }: Member): void {
    if (most !== undefined) this.#used.set(id, (this.#used.get(id) ?? 0) + 1);
  }

  release({ id, max_parallel_requests: most }: Member): void {
    if (most === undefined) return;
    this.#used.set(id, Math.max((this.#used.get(id) ?? 1) - 1, 0));
    this.#wake(id);
  }

  #wake(id: string): void {
    const at = this.#waiting.findIndex(({ ids }) => ids.has(id));
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.wake();
  }

  /** Who was woken and did not take what was free leaves it to the next in line. */
  pass(members: readonly Member[]): void {
    for (const member of members) if (this.free(member)) this.#wake(member.id);
  }

  /** Waits for a slot of one of the deployments; `onStop` is given a function that ends the wait. */
  wait(members: readonly Member[], priority: number, onStop: (stop: (reason: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = { priority, ids: new Set(members.map(({ id }) => id)), wake: resolve };
      const before = this.#waiting.findIndex((other) => other.priority > priority);
      if (before < 0) this.#waiting.push(waiter);
      else this.#waiting.splice(before, 0, waiter);
      onStop((reason) => {
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        // It was woken, and cannot go: the slot is for the next in line.
        else for (const id of waiter.ids) this.#wake(id);
        reject(reason as Error);
      });
    });
  }
}
