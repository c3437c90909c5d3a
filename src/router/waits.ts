/** Waits of a call, which its end ends, too. */
import type { Limits } from '../core/clock.js';
import type { Clock } from './types.js';

type Stoppable = (onStop: (stop: (reason: unknown) => void) => void) => Promise<void>;

export class Waits {
  readonly #limits: () => Limits;
  readonly #clock: Clock;

  constructor(limits: () => Limits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Waits for something that does not end by itself when the call does. */
  async until(wait: Stoppable): Promise<void> {
    const limits = this.#limits();
    const attempt = limits.begin();
    try {
      await wait((stop) => attempt.onAbort(stop));
    } finally {
      attempt.onAbort(undefined);
      limits.end(attempt);
    }
  }

  /** What is promised, unless the call ends before. */
  async for<T>(promise: Promise<T>): Promise<T> {
    let told: T | undefined;
    await this.until(
      (onStop) =>
        new Promise<void>((resolve, reject) => {
          onStop((reason) => reject(reason));
          promise.then((value) => {
            told = value;
            resolve();
          }, reject);
        }),
    );
    return told as T;
  }

  async seconds(seconds: number): Promise<void> {
    if (this.#clock.sleep === undefined) return this.#limits().sleep(seconds);
    await this.for(this.#clock.sleep(seconds));
  }
}
