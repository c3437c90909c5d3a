/** What is known of a deployment while the process lives; it outlives changes of its entry. */
import { Cooldown } from './cooldown.js';
import { Counters, type Moment, type SampleOptions } from './counters.js';

export class State {
  readonly counters: Counters;
  readonly cooldown = new Cooldown();
  /** Calls that wait for the one that tries. */
  #waiting: (() => void)[] | undefined = undefined;

  constructor(moment: Moment, samples: SampleOptions) {
    this.counters = new Counters(moment, samples);
  }

  /** Until the call that tries the deployment has an answer. */
  word(onStop: (stop: (reason: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      (this.#waiting ??= []).push(resolve);
      onStop((reason) => reject(reason));
    });
  }

  /** There is word: those who wait look again. */
  wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    for (const wake of waiting ?? []) wake();
  }
}
