/**
 * How a stream is read, wherever its chunks come from: once, by a loop, by `next` or by `final`; left in any way; ended
 * by its caller's abort. What gives the chunks says how to read on, and what to do at the end.
 */
import { Stop } from '../clock.js';
import { APIUserAbortError } from '../errors.js';
import type { HiddenParams, MaybePromise } from '../spec.js';
import { Branch, lines } from './tee.js';

const ended = { done: true, value: undefined } as const;

/** Of chunks `C`, which come in pieces `P` and make a result `R`. */
export abstract class Reader<C, R, P> implements AsyncIterableIterator<C> {
  readonly #signal: AbortSignal | undefined;
  /** Come, and not taken yet. */
  #queue: C[] = [];
  #head = 0;
  /** Steps under way, of `next` and `final`: each begins after the one before. */
  #pending = 0;
  #last: Promise<unknown> | undefined = undefined;
  /** A loop has been started; there may be one. */
  #iterating = false;
  #over = false;
  #left = false;
  #failure: Error | undefined = undefined;
  #thrown = false;
  /** Facts (the cost) that are waited for before the end is told. */
  #settling: Promise<void> | undefined = undefined;
  #waiters: (() => void)[] | undefined = undefined;
  #final: Promise<R> | undefined = undefined;
  #controller: AbortController | undefined = undefined;

  constructor(hidden: HiddenParams, signal: AbortSignal | undefined) {
    this.#signal = signal;
    Object.defineProperty(this, '_hidden_params', { value: hidden, enumerable: false });
  }

  declare readonly _hidden_params: HiddenParams;

  /** The next piece. May throw. */
  protected abstract read(): MaybePromise<P>;

  /** Takes a piece in: its chunks by `push`, its end by `close`. May throw. */
  protected abstract accept(piece: P): void;

  /** Whatever went wrong, as the error that the caller gets. */
  protected abstract failureOf(reason: unknown): Error;

  /**
   * Lets go of everything; called once, when nothing more will be read. `whole`: the answer came to its end. A promise,
   * if facts about the stream are still on their way.
   */
  protected abstract ended(failure: Error | undefined, whole: boolean): MaybePromise<void>;

  /** The assembled result of a stream that did not fail. May throw. */
  protected abstract result(whole: boolean): MaybePromise<R>;

  /** `read` or `accept` threw. Must not throw. */
  protected broken(reason: unknown): MaybePromise<void> {
    this.fail(reason);
  }

  protected push(chunk: C): void {
    this.#queue.push(chunk);
  }

  protected fail(reason: unknown): void {
    if (this.#over) return;
    const failure = this.failureOf(reason);
    // After an abort nothing more is delivered.
    if (failure instanceof APIUserAbortError) this.#drop();
    this.close(failure);
  }

  protected close(failure?: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#failure = failure;
    const settling = this.ended(failure, failure === undefined && !this.#left);
    if (settling instanceof Promise)
      this.#settling = settling.finally(() => {
        this.#settling = undefined;
      });
    const waiters = this.#waiters;
    this.#waiters = undefined;
    if (waiters !== undefined) for (const wake of waiters) wake();
  }

  /** Reads and takes in one piece. Never throws. */
  protected async advance(): Promise<void> {
    try {
      this.accept(await this.read());
    } catch (error) {
      await this.broken(error);
    }
  }

  /** Aborting it ends the stream and closes the connection. */
  get controller(): AbortController {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort();
      else this.#controller.signal.addEventListener('abort', () => this.#leave(), { once: true });
    }
    return this.#controller;
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
    return this;
  }

  next(): Promise<IteratorResult<C, undefined>> {
    if (this.#signal?.aborted === true) this.#aborted(this.#signal);
    if (this.#pending === 0) {
      if (this.#head < this.#queue.length) return Promise.resolve({ done: false, value: this.#shift() });
      if (this.#over) return this.#end();
    }
    const step = this.#pending === 0 ? this.#take() : this.#after(() => this.#take());
    this.#pending++;
    this.#last = step;
    return step;
  }

  /** The next chunk, if it has come already: for readers of many, who spare themselves a promise. */
  ready(): C | undefined {
    return this.#pending === 0 && this.#head < this.#queue.length ? this.#shift() : undefined;
  }

  #after<T>(step: () => Promise<T>): Promise<T> {
    return (this.#last as Promise<unknown>).then(step, step);
  }

  /** After the caller's abort nothing more is delivered, also of what had come already. */
  #aborted(signal: AbortSignal): void {
    if (this.#head >= this.#queue.length && this.#over) return;
    this.#drop();
    const stop = new Stop('signal', undefined, signal.reason);
    if (this.#over) this.#failure ??= this.failureOf(stop);
    else this.fail(stop);
  }

  #drop(): void {
    this.#queue = [];
    this.#head = 0;
  }

  #shift(): C {
    const value = this.#queue[this.#head] as C;
    this.#head++;
    if (this.#head === this.#queue.length) this.#drop();
    return value;
  }

  async #take(): Promise<IteratorResult<C, undefined>> {
    try {
      while (this.#head >= this.#queue.length) {
        if (this.#over) return await this.#end();
        // As `advance` does, without its promise: this is the way of every chunk that comes alone.
        try {
          const piece = this.read();
          this.accept(piece instanceof Promise ? await piece : piece);
        } catch (error) {
          await this.broken(error);
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

  #leave(): void {
    this.#drop();
    if (this.#over) return;
    this.#left = true;
    this.close();
  }

  /** Leaves the stream and closes the connection; never throws. */
  return(): Promise<IteratorResult<C, undefined>> {
    this.#leave();
    return Promise.resolve(ended);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /**
   * The assembled result, with usage. May be called at any time: beside a loop, after it, or without one, when it reads
   * the stream itself. Rejects with what broke the stream; of a stream that was left it gives what had come.
   */
  final(): Promise<R> {
    if (this.#final === undefined) {
      this.#final = this.#makeFinal();
      this.#final.catch(() => {});
    }
    return this.#final;
  }

  async #makeFinal(): Promise<R> {
    while (!this.#over) {
      // Whoever starts a loop right after, or goes on with one, has the right to read; a loop that waits for this does not.
      if (this.#iterating || this.#final === undefined) await new Promise((resolve) => setTimeout(resolve, 0));
      if (this.#pending > 0) {
        await this.#last?.catch(() => {});
        continue;
      }
      const step = this.#ahead();
      this.#pending++;
      this.#last = step;
      await step;
    }
    await this.finished();
    if (this.#failure !== undefined) throw this.#failure;
    return this.result(!this.#left);
  }

  /** A step that leaves its chunks to those who ask for them. */
  async #ahead(): Promise<void> {
    try {
      if (!this.#over) await this.advance();
    } finally {
      this.#pending--;
    }
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
    return Branch.pair(this[Symbol.asyncIterator](), this.#signal);
  }

  /** One JSON line a chunk, in UTF-8. */
  toReadableStream(): ReadableStream<Uint8Array> {
    return lines(this);
  }
}
