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

/** What a call used of its deployment. */
export interface Used {
  requests: number;
  /** Tokens of the answer, and all. */
  output: number;
  tokens: number;
}

/** The time, which all figures of a router are read at. */
export class Moment {
  /** Milliseconds since the epoch. */
  now = 0;
  /** Whole ones: numbers that a large group is soon looked through with. */
  second = 0;
  minute = 0;

  at(now: number): this {
    this.now = now;
    this.second = Math.floor(now / 1000);
    this.minute = Math.floor(now / 60_000);
    return this;
  }
}

/** The last few figures, each for a while. */
class Samples {
  readonly #values: { value: number; second: number }[] = [];
  readonly #options: SampleOptions;

  constructor(options: SampleOptions) {
    this.#options = options;
  }

  get #life(): number {
    return Math.ceil(this.#options.life ?? sampleLife);
  }

  add(value: number, { second }: Moment): void {
    const values = this.#values;
    values.push({ value, second });
    if (values.length > (this.#options.kept ?? samplesKept)) values.shift();
  }

  /** Of what was measured: a timeout's penalty is no measure. */
  most({ second: now }: Moment): number {
    const life = this.#life;
    return this.#values.reduce(
      (most, { value, second }) => (now - second <= life && value !== timeoutPenalty ? Math.max(most, value) : most),
      0,
    );
  }

  /** The mean, and the last second for which it stands. */
  mean(now: number): { mean: number; until: number } {
    const life = this.#life;
    let sum = 0;
    let count = 0;
    let oldest = now;
    for (const { value, second } of this.#values)
      if (now - second <= life) {
        sum += value;
        count++;
        oldest = Math.min(oldest, second);
      }
    return { mean: count === 0 ? 0 : sum / count, until: oldest + life };
  }
}

/** What is read holds for the router's moment, if `turn` was called. */
export class Counters implements Stats {
  #minute = 0;
  in_flight = 0;
  requests = 0;
  tokens = 0;
  price: number | undefined = undefined;
  /** Whether its price was looked up. */
  priced = false;
  /** The means as of the last look at all figures, and how long they stand. */
  #latency = 0;
  #latencyUntil = -1;
  #firstToken = 0;
  #firstTokenUntil = -1;
  #latencies: Samples | undefined = undefined;
  #firstTokens: Samples | undefined = undefined;
  failures = 0;
  /** Calls that went well this minute. */
  successes = 0;
  /** Failures since the last cooldown, and when the first of them was. */
  fails = 0;
  failsSince = 0;
  failsByClass: Record<string, number> | undefined = undefined;
  #wholes: Samples | undefined = undefined;
  readonly #moment: Moment;
  readonly #options: SampleOptions;

  constructor(moment: Moment, options: SampleOptions) {
    this.#moment = moment;
    this.#options = options;
  }

  get latency(): number {
    if (this.#latencies !== undefined && this.#moment.second > this.#latencyUntil)
      ({ mean: this.#latency, until: this.#latencyUntil } = this.#latencies.mean(this.#moment.second));
    return this.#latency;
  }

  get first_token(): number {
    if (this.#firstTokens !== undefined && this.#moment.second > this.#firstTokenUntil)
      ({ mean: this.#firstToken, until: this.#firstTokenUntil } = this.#firstTokens.mean(this.#moment.second));
    return this.#firstToken;
  }

  /** Seconds of the slowest of the last answers, or first tokens of streams: their 95th percentile, being few. */
  slowest(stream: boolean): number {
    return (stream ? this.#firstTokens : this.#wholes)?.most(this.#moment) ?? 0;
  }

  /** Counts of a minute start anew with it. */
  turn({ minute }: Moment): this {
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.requests = 0;
      this.tokens = 0;
      this.failures = 0;
      this.successes = 0;
    }
    return this;
  }

  begin(moment: Moment): void {
    this.turn(moment).requests++;
    this.in_flight++;
  }

  end(): void {
    this.in_flight = Math.max(this.in_flight - 1, 0);
  }

  /** `seconds` of a whole call, which took one request or more. */
  succeeded(moment: Moment, seconds: number, { requests, output, tokens }: Used): void {
    this.turn(moment).tokens += tokens;
    this.requests += Math.max(requests - 1, 0);
    this.successes++;
    (this.#wholes ??= new Samples(this.#options)).add(seconds, moment);
    this.#took(moment, output > 0 ? seconds / output : seconds);
  }

  #took(moment: Moment, seconds: number): void {
    (this.#latencies ??= new Samples(this.#options)).add(seconds, moment);
    this.#latencyUntil = -1;
  }

  firstToken(moment: Moment, seconds: number): void {
    (this.#firstTokens ??= new Samples(this.#options)).add(seconds, moment);
    this.#firstTokenUntil = -1;
  }

  timedOut(moment: Moment, stream: boolean): void {
    this.#took(moment, timeoutPenalty);
    if (stream) this.firstToken(moment, timeoutPenalty);
  }

  failed(moment: Moment): void {
    this.turn(moment).failures++;
  }
}
