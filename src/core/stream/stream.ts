/**
 * A stream of chunks: read with `for await`, once. Chunks are decoded in batches, one network read at a time, and the
 * network is read only when the caller asks for more than is there.
 */
import type { Attempt } from '../clock.js';
import { Stop } from '../clock.js';
import type { Assembler } from '../endpoint.js';
import { unreadable } from '../unreadable.js';
import type { HiddenParams, MaybePromise, WireResponse } from '../spec.js';
import type { Framer } from './framing.js';
import { Branch, lines } from './tee.js';

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
  signal: AbortSignal | undefined;
  hidden: HiddenParams;
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

const ended = { done: true, value: undefined } as const;

export class Stream<C, R> implements AsyncIterableIterator<C> {
  readonly #host: StreamHost<C, R>;
  #queue: C[] = [];
  #head = 0;
  /** Decoded but not yet taken in by the assembler. */
  #fresh: C[] = [];
  /** Milliseconds spent waiting since the last content: roles, pings and filter verdicts are no sign of life. */
  #waited = 0;
  /** Since when, if somebody is waiting. */
  #since = 0;
  #pending = 0;
  #last: Promise<unknown> | undefined = undefined;
  /** A loop has been started; there may be one. */
  #iterating = false;
  /** Somebody reads, by a loop or by `next`. */
  #reading = false;
  #over = false;
  #handedOver = false;
  #failure: Error | undefined = undefined;
  #thrown = false;
  #left = false;
  /** Facts (the cost) that are waited for before the end is told. */
  #settling: Promise<void> | undefined = undefined;
  #waiters: (() => void)[] | undefined = undefined;
  #final: Promise<R> | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(host: StreamHost<C, R>) {
    this.#host = host;
    Object.defineProperty(this, '_hidden_params', { value: host.hidden, enumerable: false });
  }

  declare readonly _hidden_params: HiddenParams;

  /** Aborting it ends the stream and closes the connection. */
  get controller(): AbortController {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort();
      else this.#controller.signal.addEventListener('abort', () => this.#leave(), { once: true });
    }
    return this.#controller;
  }

  /** Reads until the first content has come, so that what fails before it rejects the call. */
  async prime(): Promise<void> {
    while (!this.#over && !this.#host.assembler.started) await this.#pull();
    if (this.#failure !== undefined && !this.#host.assembler.started) {
      this.#thrown = true;
      throw this.#failure;
    }
  }

  /** The call settles with this stream. */
  handOver(): void {
    this.#handedOver = true;
  }

  /** What broke the stream, once it has. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Nothing more will be read; chunks may still be queued. */
  get over(): boolean {
    return this.#over;
  }

  [Symbol.asyncIterator](): this {
    if (this.#iterating) throw new Error('this stream has been read already; use tee() to read it twice');
    this.#iterating = true;
    this.#reading = true;
    return this;
  }

  next(): Promise<IteratorResult<C, undefined>> {
    this.#reading = true;
    if (this.#host.signal?.aborted === true) this.#aborted();
    if (this.#pending === 0) {
      if (this.#head < this.#queue.length) return Promise.resolve({ done: false, value: this.#shift() });
      if (this.#over) return this.#end();
    }
    const step =
      this.#pending === 0
        ? this.#take()
        : (this.#last as Promise<unknown>).then(
            () => this.#take(),
            () => this.#take(),
          );
    this.#pending++;
    this.#last = step;
    return step;
  }

  /** After the caller's abort nothing more is delivered, also of what had come already. */
  #aborted(): void {
    if (this.#head >= this.#queue.length && this.#over) return;
    this.#queue = [];
    this.#head = 0;
    const stop = new Stop('signal', undefined, this.#host.signal?.reason);
    if (this.#over) this.#failure ??= this.#host.failure(stop);
    else this.#fail(stop);
  }

  #shift(): C {
    const value = this.#queue[this.#head] as C;
    this.#head++;
    if (this.#head === this.#queue.length) {
      this.#queue = [];
      this.#head = 0;
    }
    return value;
  }

  async #take(): Promise<IteratorResult<C, undefined>> {
    try {
      while (this.#head >= this.#queue.length) {
        if (this.#over) return await this.#end();
        // As #pull does, without its promise: this is the way of every chunk that comes alone.
        try {
          const piece = this.#read();
          this.#accept(piece instanceof Promise ? await piece : piece);
        } catch (error) {
          this.#fail(error);
        }
      }
      return { done: false, value: this.#shift() };
    } finally {
      this.#pending--;
    }
  }

  /** After the last chunk: the failure once, then done. */
  #end(): Promise<IteratorResult<C, undefined>> {
    if (this.#settling !== undefined) return this.#settling.then(() => this.#end());
    if (this.#failure === undefined || this.#thrown) return Promise.resolve(ended);
    this.#thrown = true;
    return Promise.reject(this.#failure);
  }

  /** Reads and takes in one piece. Never throws. */
  async #pull(): Promise<void> {
    try {
      this.#accept(await this.#read());
    } catch (error) {
      this.#fail(error);
    }
  }

  /** The next piece of the body; while it is waited for, the idle clock runs. */
  #read(): MaybePromise<Uint8Array | undefined> {
    const { response, idle, attempt, assembler } = this.#host;
    const piece = response.read();
    if (piece instanceof Promise && this.#host.closing()) return shortly(piece);
    if (piece instanceof Promise && idle !== undefined && assembler.started) {
      this.#since = performance.now();
      attempt.startIdle(idle, this.#since - this.#waited);
    }
    return piece;
  }

  /** Decodes a piece, or sees to the end of the body. Never throws. */
  #accept(piece: Uint8Array | undefined): void {
    if (this.#since !== 0) {
      this.#host.attempt.endIdle();
      this.#waited += performance.now() - this.#since;
      this.#since = 0;
    }
    if (this.#over) return;
    const { framer, done } = this.#host;
    try {
      if (piece === undefined) framer.end(this.#fresh);
      else framer.feed(piece, this.#fresh);
    } catch (error) {
      // What was decoded before an error is delivered before it.
      this.#takeIn();
      this.#fail(unreadable(error));
      return;
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
      this.#queue.push(chunk);
    }
    fresh.length = 0;
  }

  #finish(whole: boolean): void {
    if (this.#over) return;
    const { assembler } = this.#host;
    if (!whole || !assembler.started) {
      this.#fail(this.#host.incomplete(assembler.result()));
      return;
    }
    if (this.#host.includeUsage) {
      const chunk = assembler.usageChunk();
      if (chunk !== undefined) this.#queue.push(chunk);
    }
    this.#close(undefined);
  }

  #fail(error: unknown): void {
    if (this.#over) return;
    const reason = this.#host.attempt.aborted ? this.#host.attempt.reason : error;
    this.#failure = this.#host.failure(reason);
    // After an abort nothing more is delivered.
    if (reason instanceof Stop && reason.kind === 'signal') {
      this.#queue = [];
      this.#head = 0;
    }
    this.#close(this.#failure);
  }

  #close(error: unknown): void {
    this.#over = true;
    const host = this.#host;
    host.attempt.release();
    host.response.cancel();
    const settling = host.over(error, this.#handedOver, error === undefined && !this.#left);
    if (settling instanceof Promise)
      this.#settling = settling.finally(() => {
        this.#settling = undefined;
      });
    const waiters = this.#waiters;
    this.#waiters = undefined;
    if (waiters !== undefined) for (const wake of waiters) wake();
  }

  #leave(): void {
    this.#queue = [];
    this.#head = 0;
    if (this.#over) return;
    this.#left = true;
    this.#close(undefined);
  }

  /** Leaves the stream and closes the connection; never throws. */
  return(): Promise<IteratorResult<C, undefined>> {
    this.#leave();
    return Promise.resolve(ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** Ends the stream from outside (a limit of the call); a pending `next` gets the error. */
  interrupt(reason: unknown): void {
    if (!this.#over) this.#fail(reason);
  }

  /**
   * The assembled result, with usage. May be called at any time: beside a loop, after it, or alone, when it reads the
   * stream itself. Rejects with what broke the stream; of a stream that was left it gives what had come.
   */
  final(): Promise<R> {
    if (this.#final === undefined) {
      this.#final = this.#makeFinal();
      this.#final.catch(() => {});
    }
    return this.#final;
  }

  async #makeFinal(): Promise<R> {
    if (!this.#over && !this.#reading) {
      // Whoever starts a loop right after has the right to read.
      await new Promise((resolve) => setTimeout(resolve, 0));
      while (!this.#over && !this.#reading) await this.#pull();
    }
    await this.finished();
    if (this.#failure !== undefined) throw this.#failure;
    return this.#host.complete(this.#host.assembler.result(), !this.#left);
  }

  /** Settles when nothing more will be read, however that came, with all facts known. Reads nothing, never rejects. */
  async finished(): Promise<void> {
    if (!this.#over)
      await new Promise<void>((resolve) => {
        (this.#waiters ??= []).push(resolve);
      });
    if (this.#settling !== undefined) await this.#settling;
  }

  /** Two streams of the same chunks, each read at its own pace. */
  tee(): [Branch<C, R>, Branch<C, R>] {
    const source = this[Symbol.asyncIterator]();
    return Branch.pair(source);
  }

  /** One JSON line a chunk, in UTF-8. */
  toReadableStream(): ReadableStream<Uint8Array> {
    return lines(this);
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
