/** Calls at once: each deployment has so many slots; who finds none waits in line, the lower priority number first. */
import type { Member } from './fleet.js';

interface Waiter {
  priority: number;
  /** The deployments one of whose slots it wants. */
  ids: ReadonlySet<string>;
  /** It is told whose slot is kept for it, or that it is to look again. */
  wake(id: string | undefined): void;
}

export class Slots {
  readonly #used = new Map<string, number>();
  readonly #waiting: Waiter[] = [];

  free({ id, max_parallel_requests: most }: Member): boolean {
    return most === undefined || (this.#used.get(id) ?? 0) < most;
  }

  take({ id, max_parallel_requests: most }: Member): void {
    if (most !== undefined) this.#used.set(id, (this.#used.get(id) ?? 0) + 1);
  }

  release({ id, max_parallel_requests: most }: Member): void {
    if (most !== undefined) this.pass(id);
  }

  /** Hands a slot on to the next in line: it never looks free to those who come later. */
  pass(id: string): void {
    const at = this.#waiting.findIndex(({ ids }) => ids.has(id));
    if (at >= 0) this.#waiting.splice(at, 1)[0]?.wake(id);
    else this.#used.set(id, Math.max((this.#used.get(id) ?? 1) - 1, 0));
  }

  /** Deployments have changed: all who wait look again, in their order. */
  changed(): void {
    for (const { wake } of this.#waiting.splice(0)) wake(undefined);
  }

  /**
   * Waits for a slot of one of the deployments and gives that deployment's id: the slot is taken, and to be passed on
   * by who does not use it. Undefined: look again. `onStop` is given a function that ends the wait.
   */
  wait(
    members: readonly Member[],
    priority: number,
    onStop: (stop: (reason: unknown) => void) => void,
  ): Promise<string | undefined> {
    return new Promise((resolve, reject) => {
      let kept: string | undefined;
      const wake = (id: string | undefined): void => {
        kept = id;
        resolve(id);
      };
      const waiter: Waiter = { priority, ids: new Set(members.map(({ id }) => id)), wake };
      const before = this.#waiting.findIndex((other) => other.priority > priority);
      if (before < 0) this.#waiting.push(waiter);
      else this.#waiting.splice(before, 0, waiter);
      onStop((reason) => {
        // Who has a slot goes on with it, and sees for itself that it is to end.
        if (kept !== undefined) return;
        const at = this.#waiting.indexOf(waiter);
        if (at >= 0) this.#waiting.splice(at, 1);
        reject(reason);
      });
    });
  }
}
