/** Tells observers what happens; they cannot disturb the call. */
import type { RouterEvent } from './types.js';

type Listener = (event: RouterEvent) => unknown;

export class Events {
  readonly #listeners = new Map<RouterEvent['type'] | '*', Set<Listener>>();

  /** The function returned ends it. */
  on(type: RouterEvent['type'] | '*', listener: Listener): () => void {
    const all = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, all);
    all.add(listener);
    return () => void all.delete(listener);
  }

  emit(event: RouterEvent): void {
    if (this.#listeners.size === 0) return;
    for (const type of [event.type, '*'] as const)
      for (const listener of this.#listeners.get(type) ?? [])
        try {
          // An observer's fault is not the call's, be it one that waits.
          const told = listener(event);
          if (told instanceof Promise) told.catch(() => {});
        } catch {
          continue;
        }
  }
}
