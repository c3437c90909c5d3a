/**
 * Time limits and cancellation of one call: the caller's signal and the deadline span the whole call, the timeouts
 * each attempt. Timers and listeners exist only while they are needed and never outlive the call.
 */
import type { Abort, Timeouts } from './spec.js';

export type StopKind = 'signal' | 'deadline' | 'total' | 'first_token' | 'idle' | 'left';

/** Why an attempt was ended from our side; the pipeline turns it into APIUserAbortError or Timeout. */
export class Stop extends Error {
  readonly kind: StopKind;
  readonly seconds: number | undefined;
  constructor(kind: StopKind, seconds?: number, cause?: unknown) {
    super(`ended by ${kind}`, { cause });
    this.kind = kind;
    this.seconds = seconds;
  }
}

/** The longest delay a timer takes, in milliseconds. */
const longest = 0x7fffffff;
const ms = (seconds: number): number => Math.min(longest, Math.ceil(seconds * 1000));

/** One attempt: what a transport listens to. */
export class Attempt implements Abort {
  aborted = false;
  reason: unknown = undefined;
  private listener: ((reason: unknown) => void) | undefined = undefined;
  private controller: AbortController | undefined = undefined;
  private total: ReturnType<typeof setTimeout> | undefined = undefined;
  /** Until the first token: its limit; then the idle watch. */
  private phase: ReturnType<typeof setTimeout> | undefined = undefined;
  private idle = false;
  private idleSeconds = 0;
  private idleSince = 0;
  /** Requests on the side of it: for tokens. */
  private parts: Attempt[] | undefined = undefined;

  get signal(): AbortSignal {
    if (this.controller === undefined) {
      this.controller = new AbortController();
      if (this.aborted) this.controller.abort(this.reason);
    }
    return this.controller.signal;
  }

  onAbort(listener: ((reason: unknown) => void) | undefined): void {
    this.listener = listener;
    if (this.aborted && listener !== undefined) listener(this.reason);
  }

  abort(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.release();
    this.controller?.abort(reason);
    this.listener?.(reason);
    for (const part of this.parts ?? []) part.abort(reason);
  }

  /** A request on the side: it ends with this attempt, or after `seconds`. `endPart` must follow. */
  part(seconds: number | undefined): Attempt {
    const part = new Attempt();
    if (this.aborted) part.abort(this.reason);
    else if (seconds !== undefined) part.limitTotal(seconds);
    (this.parts ??= []).push(part);
    return part;
  }

  endPart(part: Attempt): void {
    part.release();
    this.parts = this.parts?.filter((each) => each !== part);
  }

  limitTotal(seconds: number): void {
    this.total = setTimeout(() => this.abort(new Stop('total', seconds)), ms(seconds));
  }

  limitFirstToken(seconds: number): void {
    this.phase = setTimeout(() => this.abort(new Stop('first_token', seconds)), ms(seconds));
  }

  endFirstToken(): void {
    clearTimeout(this.phase);
    this.phase = undefined;
  }

  /** The idle clock runs while somebody waits for content; `since` is on the monotonic clock, in milliseconds. */
  startIdle(seconds: number, since: number): void {
    this.idleSeconds = seconds;
    this.idleSince = since;
    this.idle = true;
    // One timer serves all waits: it looks at the clock when it fires, instead of being set anew for each chunk.
    if (this.phase === undefined && !this.aborted) this.watch();
  }

  endIdle(): void {
    this.idle = false;
  }

  private watch(): void {
    this.phase = undefined;
    if (!this.idle) return;
    const left = this.idleSeconds * 1000 - (performance.now() - this.idleSince);
    if (left <= 0) this.abort(new Stop('idle', this.idleSeconds));
    else this.phase = setTimeout(() => this.watch(), Math.min(longest, Math.ceil(left)));
  }

  /** Clears the timers. */
  release(): void {
    this.endFirstToken();
    this.idle = false;
    if (this.total !== undefined) {
      clearTimeout(this.total);
      this.total = undefined;
    }
  }
}

/** The calls that watch a signal: many may share one, and one listener serves them all. */
const watchers = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls back when the signal aborts; the function returned ends it. */
export function watch(signal: AbortSignal, callback: () => void): () => void {
  const all = watchers.get(signal) ?? new Set();
  watchers.set(signal, all);
  if (all.size === 0) signal.addEventListener('abort', onAbort);
  all.add(callback);
  return () => {
    all.delete(callback);
    if (all.size === 0) signal.removeEventListener('abort', onAbort);
  };
}

function onAbort(this: AbortSignal): void {
  for (const callback of watchers.get(this) ?? []) callback();
}

/** The limits of a whole call. */
export class Limits {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds on the monotonic clock; Infinity without a deadline. */
  readonly deadline: number;
  private stop: Stop | undefined = undefined;
  /** Attempts and waits under way; mostly one. */
  private open: Attempt[] = [];
  private unwatch: (() => void) | undefined = undefined;
  private timer: ReturnType<typeof setTimeout> | undefined = undefined;

  constructor(signal: AbortSignal | undefined, deadline: number | undefined) {
    this.signal = signal;
    this.deadline = deadline === undefined ? Infinity : performance.now() + deadline * 1000;
    if (signal !== undefined) {
      if (signal.aborted) this.stop = new Stop('signal', undefined, signal.reason);
      else this.unwatch = watch(signal, () => this.finish(new Stop('signal', undefined, signal.reason)));
    }
    if (deadline !== undefined && this.stop === undefined)
      this.timer = setTimeout(() => this.finish(new Stop('deadline', deadline)), ms(deadline));
  }

  private finish(stop: Stop): void {
    this.stop ??= stop;
    this.release();
    const open = this.open;
    this.open = [];
    for (const attempt of open) attempt.abort(stop);
  }

  /** Ends what is under way, because nobody wants it any more. */
  leave(): void {
    this.finish(new Stop('left'));
  }

  /** Milliseconds left. */
  get left(): number {
    return this.deadline === Infinity ? Infinity : this.deadline - performance.now();
  }

  /** Throws if the call is already over. */
  check(): void {
    if (this.stop !== undefined) throw this.stop;
  }

  /** Starts an attempt; `end` must follow. */
  begin(): Attempt {
    this.check();
    const attempt = new Attempt();
    this.open.push(attempt);
    return attempt;
  }

  end(attempt: Attempt): void {
    attempt.release();
    const at = this.open.indexOf(attempt);
    if (at >= 0) this.open.splice(at, 1);
  }

  /** Waits; rejects with the Stop when the call ends meanwhile. */
  async sleep(seconds: number): Promise<void> {
    const attempt = this.begin();
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        timer = setTimeout(resolve, ms(seconds));
        attempt.onAbort((reason) => reject(reason));
      });
    } finally {
      clearTimeout(timer);
      this.end(attempt);
    }
  }

  /** Removes the listener and the deadline's timer: the call is over. */
  release(): void {
    this.unwatch?.();
    this.unwatch = undefined;
    if (this.timer !== undefined) {
      clearTimeout(this.timer);
      this.timer = undefined;
    }
  }
}

const defaultTimeout = 600;

/** The limits of one attempt, from `timeout` and `stream_timeout`. */
export function attemptTimeouts(
  stream: boolean,
  timeout: number | Timeouts | undefined,
  streamTimeout: number | undefined,
): Timeouts {
  const given: Timeouts =
    typeof timeout === 'object'
      ? timeout
      : stream
        ? { first_token: timeout ?? defaultTimeout, idle: timeout ?? defaultTimeout }
        : { total: timeout ?? defaultTimeout };
  if (!stream) return { total: given.total ?? defaultTimeout };
  return {
    first_token: streamTimeout ?? given.first_token ?? defaultTimeout,
    idle: streamTimeout ?? given.idle ?? defaultTimeout,
    ...(given.total !== undefined && { total: given.total }),
  };
}
