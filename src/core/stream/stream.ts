/**
 * The stream of one response. Chunks are decoded in batches, one network read at a time, and the network is read only
 * when the caller asks for more than is there.
 */
import type { Attempt } from '../clock.js';
import type { Assembler } from '../endpoint.js';
import { unreadable } from '../unreadable.js';
import type { HiddenParams, MaybePromise, WireResponse } from '../spec.js';
import type { Framer } from './framing.js';
import { Reader } from './reader.js';

/** What a stream needs of the call that opened it. */
export interface StreamHost<C, R> {
  attempt: Attempt;
  response: WireResponse;
  framer: Framer<C>;
  /** The protocol's terminal event has been seen. */
  done(): boolean;
  /** The answer is whole, but facts about it may follow. */
  closing(): boolean;
  assembler: Assembler<C, object>;
  includeUsage: boolean;
  /** Seconds. */
  idle: number | undefined;
  /** Makes an error of ours of whatever broke the stream. */
  failure(error: unknown): Error;
  /** The error for a body that ended too early. */
  incomplete(partial: object): Error;
  /** Completes the assembled result: facts, and of a `whole` one the parsed output. May throw. */
  complete(result: object, whole: boolean): MaybePromise<R>;
  /**
   * Called once, when nothing more will be read, in whatever way that came; `handedOver`: the caller holds the stream;
   * `whole`: the answer came to its end. A promise, if facts about the stream are still on their way.
   */
  over(error: unknown, handedOver: boolean, whole: boolean): MaybePromise<void>;
}

export class Stream<C, R> extends Reader<C, R, Uint8Array | undefined> {
  readonly #host: StreamHost<C, R>;
  /** Decoded but not yet taken in by the assembler. */
  #fresh: C[] = [];
  /** Milliseconds spent waiting since the last content: roles, pings and filter verdicts are no sign of life. */
  #waited = 0;
  /** Since when, if somebody is waiting. */
  #since = 0;
  #handedOver = false;

  constructor(host: StreamHost<C, R>, hidden: HiddenParams, signal: AbortSignal | undefined) {
    super(hidden, signal);
    this.#host = host;
  }

  /** Reads until the first content has come, so that what fails before it rejects the call. */
  async prime(): Promise<void> {
    const { assembler } = this.#host;
    while (!this.over && !assembler.started) await this.advance();
    if (this.failure !== undefined && !assembler.started) throw this.failure;
  }

  /** The call settles with this stream. */
  handOver(): void {
    this.#handedOver = true;
  }

  /** Ends the stream from outside (a limit of the call); a pending `next` gets the error. */
  interrupt(reason: unknown): void {
    this.fail(reason);
  }

  /** The next piece of the body; while it is waited for, the idle clock runs. */
  protected read(): MaybePromise<Uint8Array | undefined> {
    const { response, idle, attempt, assembler } = this.#host;
    const piece = response.read();
    if (piece instanceof Promise && this.#host.closing()) return shortly(piece);
    if (piece instanceof Promise && idle !== undefined && assembler.started) {
      this.#since = performance.now();
      attempt.startIdle(idle, this.#since - this.#waited);
    }
    return piece;
  }

  /** Decodes a piece, or sees to the end of the body. */
  protected accept(piece: Uint8Array | undefined): void {
    if (this.#since !== 0) {
      this.#host.attempt.endIdle();
      this.#waited += performance.now() - this.#since;
      this.#since = 0;
    }
    if (this.over) return;
    const { framer, done } = this.#host;
    try {
      if (piece === undefined) framer.end(this.#fresh);
      else framer.feed(piece, this.#fresh);
    } catch (error) {
      // What was decoded before an error is delivered before it.
      this.#takeIn();
      throw unreadable(error);
    }
    this.#takeIn();
    if (done()) this.#finish(true);
    else if (piece === undefined) this.#finish(false);
  }

  #takeIn(): void {
    const fresh = this.#fresh;
    if (fresh.length === 0) return;
    const { assembler } = this.#host;
    for (const chunk of fresh) {
      const use = assembler.add(chunk);
      if (use === 'skip') continue;
      if (use === 'content') this.#waited = 0;
      this.push(chunk);
    }
    fresh.length = 0;
  }

  #finish(whole: boolean): void {
    const { assembler, includeUsage, incomplete } = this.#host;
    if (!whole || !assembler.started) throw incomplete(assembler.result());
    if (includeUsage) {
      const chunk = assembler.usageChunk();
      if (chunk !== undefined) this.push(chunk);
    }
    this.close();
  }

  protected failureOf(reason: unknown): Error {
    const { attempt, failure } = this.#host;
    return failure(attempt.aborted ? attempt.reason : reason);
  }

  protected ended(failure: Error | undefined, whole: boolean): MaybePromise<void> {
    const { attempt, response, over } = this.#host;
    attempt.release();
    response.cancel();
    return over(failure, this.#handedOver, whole);
  }

  protected result(whole: boolean): MaybePromise<R> {
    return this.#host.complete(this.#host.assembler.result(), whole);
  }
}

/** Milliseconds that a whole answer waits for what may follow it, when the server keeps the connection open. */
const grace = 500;

/** The piece, or the end when it does not come soon. */
function shortly(piece: Promise<Uint8Array | undefined>): Promise<Uint8Array | undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), grace);
    piece.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
