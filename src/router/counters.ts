/** Live figures of deployments: calls under way, latencies, this minute's requests, tokens and failures. */
import type { Stats } from './types.js';

const samplesKept = 10;
/** Seconds that a latency counts. */
const sampleLife = 3600;
/** What a timeout counts as, in seconds. */
const timeoutPenalty = 1000;

/** How many figures are kept, and for how many seconds. */
export interface SampleOptions {
  kept?: number | undefined;
  life?: number | undefined;
}

/** The last few figures, each for a while. */
class Samples {
  readonly #values: { value: number; at: number }[] = [];
  readonly #kept: number;
  readonly #life: number;

  constructor({ kept = samplesKept, life = sampleLife }: SampleOptions) {
    this.#kept = kept;
    this.#life = life * 1000;
  }

  add(value: number, at: number): void {
    this.#values.push({ value, at });
    if (this.#values.length > this.#kept) this.#values.shift();
  }

  most(now: number): number {
    return this.#values.reduce((most, { value, at }) => (now - at <= this.#life ? Math.max(most, value) : most), 0);
  }

  mean(now: number): number {
    let sum = 0;
    let count = 0;
    for (const { value, at } of this.#values)
      if (now - at <= this.#life) {
        sum += value;
        count++;
      }
    return count === 0 ? 0 : sum / count;
  }
}

export class Counters implements Stats {
  in_flight = 0;
  requests = 0;
  tokens = 0;
  failures = 0;
  /** Calls that went well this minute. */
  successes = 0;
  price: number | undefined = undefined;
  /** Failures since the last cooldown, and when the first of them was. */
  fails = 0;
  failsSince = 0;
  failsByClass: Record<string, number> | undefined = undefined;
  #minute = 0;
  readonly #latencies: Samples;
  readonly #firstTokens: Samples;
  readonly #wholes: Samples;
  readonly #now: () => number;

  constructor(now: () => number, samples: SampleOptions = {}) {
    this.#now = now;
    this.#latencies = new Samples(samples);
    this.#firstTokens = new Samples(samples);
    this.#wholes = new Samples(samples);
  }

  get latency(): number {
    return this.#latencies.mean(this.#now());
  }

  get first_token(): number {
    return this.#firstTokens.mean(this.#now());
  }

  /** Seconds of the slowest of the last answers: their 95th percentile, being few. */
  get slowest(): number {
    return this.#firstTokens.most(this.#now()) || this.#wholes.most(this.#now());
  }

  /** Counts of a minute start anew with it. */
  turn(): this {
    const minute = Math.floor(this.#now() / 60_000);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.requests = 0;
      this.tokens = 0;
      this.failures = 0;
      this.successes = 0;
    }
    return this;
  }

  begin(): void {
    this.turn().requests++;
    this.in_flight++;
  }

  end(): void {
    this.in_flight = Math.max(this.in_flight - 1, 0);
  }

  /** `seconds` of a whole call. */
  succeeded(seconds: number, outputTokens: number, allTokens: number): void {
    this.turn().tokens += allTokens;
    this.successes++;
    this.#wholes.add(seconds, this.#now());
    this.#latencies.add(outputTokens > 0 ? seconds / outputTokens : seconds, this.#now());
  }

  firstToken(seconds: number): void {
    this.#firstTokens.add(seconds, this.#now());
  }

  timedOut(): void {
    this.#latencies.add(timeoutPenalty, this.#now());
    this.#firstTokens.add(timeoutPenalty, this.#now());
  }

  failed(): void {
    this.turn().failures++;
  }
}
