/** Patience with a server: a time limit for each operation, and rest for one that has failed several times in a row. */
import { CallmError } from '../core/errors.js';

export interface BreakerOptions {
  /** Failures in a row, after which nothing is asked for a while. */
  failures: number;
  /** Seconds until a single operation tries again. */
  retry_after: number;
  /** Seconds for one operation. */
  timeout: number;
  /** Milliseconds; only differences count. */
  now: () => number;
  /** Words a failure for users; undefined is one that took too long. */
  explain(reason: unknown): string;
}

export class Breaker {
  readonly #options: BreakerOptions;
  #failures = 0;
  #last = '';
  #until = 0;
  #trying = false;

  constructor(options: BreakerOptions) {
    this.#options = options;
  }

  /** `late` tells the work that nobody waits for it any more. */
  async run<T>(work: (late: () => boolean) => Promise<T>): Promise<T> {
    const { failures, retry_after, now } = this.#options;
    const single = this.#failures >= failures;
    if (single) {
      const rest = Math.ceil((this.#until - now()) / 100) / 10;
      if (rest > 0) throw new CallmError(`${this.#last}; not asked again for ${rest} s`);
      if (this.#trying) throw new CallmError(`${this.#last}; not asked again while another operation tries`);
      this.#trying = true;
    }
    try {
      const result = await this.#inTime(work);
      this.#failures = 0;
      return result;
    } catch (error) {
      this.#failures++;
      // Operations that were under way when it opened do not keep it open.
      if (single || this.#failures === failures) this.#until = now() + retry_after * 1000;
      this.#last = (error as Error).message;
      throw error;
    } finally {
      if (single) this.#trying = false;
    }
  }

  #inTime<T>(work: (late: () => boolean) => Promise<T>): Promise<T> {
    const { timeout, explain } = this.#options;
    return new Promise((resolve, reject) => {
      let late = false;
      const fail = (reason: unknown): void => reject(new CallmError(explain(reason)));
      const timer = setTimeout(() => {
        late = true;
        fail(undefined);
      }, timeout * 1000);
      work(() => late)
        .then(resolve, fail)
        .finally(() => clearTimeout(timer));
    });
  }
}
