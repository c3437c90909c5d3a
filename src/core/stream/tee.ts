/** Two readers of one stream, and a stream as bytes. */
import type { HiddenParams } from '../spec.js';

/** The stream that branches read from. */
export interface Source<C, R> {
  next(): Promise<IteratorResult<C, undefined>>;
  return(): Promise<IteratorResult<C, undefined>>;
  final(): Promise<R>;
  finished(): Promise<void>;
  readonly failure: Error | undefined;
  readonly _hidden_params: HiddenParams;
}

const ended = { done: true, value: undefined } as const;

/** One arm of `tee()`; the same surface as a stream. */
export class Branch<C, R> implements AsyncIterableIterator<C> {
  readonly #source: Source<C, R>;
  readonly #signal: AbortSignal | undefined;
  #queue: C[] = [];
  #other: Branch<C, R> | undefined = undefined;
  #left = false;
  #over = false;
  #failure: unknown = undefined;
  #thrown = false;
  #pumping: Promise<void> | undefined = undefined;
  #last: Promise<unknown> = Promise.resolve();
  #iterating = false;
  #controller: AbortController | undefined = undefined;
  declare readonly _hidden_params: HiddenParams;

  /** Both arms; `signal` is the caller's. */
  static pair<C, R>(source: Source<C, R>, signal: AbortSignal | undefined): [Branch<C, R>, Branch<C, R>] {
    const first = new Branch(source, signal);
    const second = new Branch(source, signal);
    first.#other = second;
    second.#other = first;
    return [first, second];
  }

  private constructor(source: Source<C, R>, signal: AbortSignal | undefined) {
    this.#source = source;
    this.#signal = signal;
    Object.defineProperty(this, '_hidden_params', { value: source._hidden_params, enumerable: false });
  }

  get controller(): AbortController {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      this.#controller.signal.addEventListener('abort', () => void this.return(), { once: true });
    }
    return this.#controller;
  }

  [Symbol.asyncIterator](): this {
    if (this.#iterating) throw new Error('this stream has been read already; use tee() to read it twice');
    this.#iterating = true;
    return this;
  }

  next(): Promise<IteratorResult<C, undefined>> {
    const step = this.#last.then(() => this.#take());
    this.#last = step.catch(() => {});
    return step;
  }

  async #take(): Promise<IteratorResult<C, undefined>> {
    // After the caller's abort nothing more is delivered, also of what the other arm had read.
    if (this.#signal?.aborted === true) this.#queue = [];
    while (this.#queue.length === 0 && !this.#over && !this.#left) await this.#pump();
    if (this.#left) return ended;
    if (this.#queue.length > 0) return { done: false, value: this.#queue.shift() as C };
    if (this.#failure === undefined || this.#thrown) return ended;
    this.#thrown = true;
    throw this.#failure as Error;
  }

  /** One step of the source, for both arms; a step under way is shared. */
  #pump(): Promise<void> {
    const other = this.#other as Branch<C, R>;
    this.#pumping ??= other.#pumping ?? this.#step();
    return this.#pumping;
  }

  async #step(): Promise<void> {
    const arms = [this, this.#other as Branch<C, R>];
    const step = this.#source.next();
    try {
      const { done, value } = await step;
      for (const arm of arms) {
        if (done === true) arm.#over = true;
        else if (!arm.#left) arm.#queue.push(value);
      }
    } catch (error) {
      for (const arm of arms) {
        arm.#over = true;
        arm.#failure = error;
      }
    } finally {
      for (const arm of arms) arm.#pumping = undefined;
    }
  }

  async return(): Promise<IteratorResult<C, undefined>> {
    this.#left = true;
    this.#queue = [];
    if ((this.#other as Branch<C, R>).#left) await this.#source.return();
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #drain(): Promise<R> {
    await new Promise((resolve) => setTimeout(resolve, 0));
    const other = this.#other as Branch<C, R>;
    while (!this.#over && !this.#isRead && !other.#isRead) await this.#pump();
    return this.#source.final();
  }

  /** By a loop that has not been left. */
  get #isRead(): boolean {
    return this.#iterating && !this.#left;
  }

  final(): Promise<R> {
    const result = this.#over ? this.#source.final() : this.#drain();
    result.catch(() => {});
    return result;
  }

  finished(): Promise<void> {
    return this.#source.finished();
  }

  get failure(): Error | undefined {
    return this.#source.failure;
  }

  tee(): [Branch<C, R>, Branch<C, R>] {
    this[Symbol.asyncIterator]();
    return Branch.pair(this, this.#signal);
  }

  toReadableStream(): ReadableStream<Uint8Array> {
    return lines(this);
  }
}

/** Chunks as JSON lines; cancelling leaves the stream. */
export function lines<C>(stream: AsyncIterableIterator<C>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = stream[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await iterator.next();
          if (done === true) controller.close();
          else controller.enqueue(encoder.encode(JSON.stringify(value) + '\n'));
        } catch (error) {
          controller.error(error);
        }
      },
      async cancel() {
        await iterator.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}
