/** A stream that goes on at another deployment when one breaks off after its first content. */
import { watch } from '../core/clock.js';
import { Stop } from '../core/clock.js';
import { APIUserAbortError, CallmError, isRetryable } from '../core/errors.js';
import { Branch, lines } from '../core/stream/tee.js';
import type { Answered, HiddenParams, JsonObject, StreamOf } from '../core/spec.js';
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js';
import type { Opened, RoutedCall } from './routed-call.js';
import { isEnd } from './rules.js';
import { addUsage, Said, Seam } from './seam.js';

type ChatStream = StreamOf<'chat'>;
type Result = Answered<ChatCompletion>;
type Step = IteratorResult<ChatCompletionChunk, undefined>;
const ended = { done: true, value: undefined } as const;

export class MidStreamFailover implements ChatStream {
  readonly #call: RoutedCall<'chat'>;
  /** The deployment's stream that is read now. */
  #opened: Opened<'chat'>;
  readonly #hidden: HiddenParams;
  readonly #resuming: boolean;
  /** The question that a beginning of an answer is put behind. */
  #messages: unknown[];
  #said = new Said();
  #seam: Seam | undefined = undefined;
  /** Of the parts before the one that is read. */
  #usage: unknown = undefined;
  /** The next chunk is the first of a new answer. */
  #reset = false;
  /** Read by `final()`, and not taken yet. */
  #queue: ChatCompletionChunk[] = [];
  #iterating = false;
  /** Somebody reads, by a loop or by `next`. */
  #reading = false;
  #over = false;
  #failure: Error | undefined = undefined;
  #thrown = false;
  #last: Promise<unknown> = Promise.resolve();
  #waiters: (() => void)[] = [];
  #final: Promise<Result> | undefined = undefined;
  #controller: AbortController | undefined = undefined;
  /** Ends the streams that follow the first; the caller's signal does, too. */
  #leaving: AbortController | undefined = undefined;
  #unwatch: (() => void) | undefined = undefined;

  constructor(call: RoutedCall<'chat'>, opened: Opened<'chat'>) {
    this.#call = call;
    this.#opened = opened;
    this.#hidden = opened.stream._hidden_params;
    this.#resuming = call.midStream === 'resume';
    this.#messages = questionOf(call, opened);
    this.#letGo();
  }

  get _hidden_params(): HiddenParams {
    return this.#hidden;
  }

  get failure(): Error | undefined {
    return this.#failure;
  }

  get controller(): AbortController {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#over) this.#controller.abort();
      else this.#controller.signal.addEventListener('abort', () => void this.return(), { once: true });
    }
    return this.#controller;
  }

  [Symbol.asyncIterator](): this {
    if (this.#iterating) throw new Error('this stream has been read already; use tee() to read it twice');
    this.#iterating = true;
    this.#reading = true;
    return this;
  }

  next(): Promise<Step> {
    this.#reading = true;
    const step = this.#last.then(() => this.#take());
    this.#last = step.catch(() => {});
    return step;
  }

  async #take(): Promise<Step> {
    // After the caller's abort nothing more is delivered.
    if (this.#call.limits.signal?.aborted === true) this.#queue = [];
    while (this.#queue.length === 0 && !this.#over) await this.#pull();
    const value = this.#queue.shift();
    if (value !== undefined) return { done: false, value };
    if (this.#failure === undefined || this.#thrown) return ended;
    this.#thrown = true;
    throw this.#failure;
  }

  /** Reads one chunk; when a stream breaks, from the next. Never throws. */
  async #pull(): Promise<void> {
    const { stream } = this.#opened;
    try {
      const { done, value } = await stream.next();
      if (this.#over) return;
      if (done === true) return await this.#end(undefined);
      const chunk = this.#seam === undefined && this.#usage === undefined ? value : this.#joined(value);
      if (chunk === undefined) return;
      if (this.#resuming) this.#said.note(chunk);
      this.#queue.push(this.#reset ? { ...chunk, provider_specific_fields: { ...chunk.provider_specific_fields, reset: true } } : chunk); // prettier-ignore
      this.#reset = false;
    } catch (error) {
      if (!this.#over) await this.#failed(error);
    }
  }

  /** A chunk of a continuation as one of the answer that it continues; undefined if nothing of it is new. */
  #joined(chunk: ChatCompletionChunk): ChatCompletionChunk | undefined {
    const { id = chunk.id, created } = this.#said;
    const joined: ChatCompletionChunk = {
      ...chunk,
      id,
      created,
      choices: chunk.choices.map((choice) => ({ ...choice })),
    };
    let empty = true;
    for (const choice of joined.choices) {
      const { role: _, ...delta } = choice.delta;
      choice.delta = delta;
      const { content } = delta;
      if (choice.index === 0 && this.#seam !== undefined) {
        let fresh = typeof content === 'string' ? this.#seam.take(content) : undefined;
        if (fresh === undefined && choice.finish_reason != null) fresh = this.#seam.close();
        if (fresh !== undefined && (fresh !== '' || choice.finish_reason != null)) this.#seam = undefined;
        if (fresh !== undefined && fresh !== '') delta.content = fresh;
        else delete delta.content;
      }
      empty &&= Object.keys(delta).length === 0 && choice.finish_reason == null;
    }
    if (chunk.usage != null) joined.usage = addUsage(this.#usage, chunk.usage);
    else if (empty) return undefined;
    return joined;
  }

  async #failed(error: unknown): Promise<void> {
    if (!CallmError.is(error) || isEnd(error)) return this.#end(error);
    const call = this.#call;
    if (this.#resuming && !(isRetryable(error) && this.#said.plain && this.#said.text.trim() !== '' && asksText(call.input))) return this.#end(error); // prettier-ignore
    const { choice, overrides, row } = this.#opened;
    const more = this.#resuming ? { ...overrides, messages: this.#prefilled() } : overrides;
    let opened: Opened<'chat'>;
    try {
      call.rearm();
      opened = await call.goOn(error, choice, more, this.#resuming, this.#leave().signal);
    } catch (failed) {
      if (this.#over) return;
      // An abort is told as what it is; of other failures the first says most.
      const aborted = failed instanceof APIUserAbortError || (failed instanceof Stop && failed.kind === 'signal');
      return this.#end(aborted ? call.failure(failed) : error);
    }
    if (this.#over) return void (await opened.stream.return?.());
    this.#opened = opened;
    this.#letGo();
    if (this.#resuming) {
      this.#usage = addUsage(this.#usage, row?.usage ?? {});
      this.#seam = new Seam(this.#said.text);
    } else this.#reset = true;
  }

  /** When a stream has been read, nothing of the call is under way until another follows. */
  #letGo(): void {
    const { limits } = this.#call;
    void this.#opened.stream.finished().then(() => limits.release());
  }

  #leave(): AbortController {
    if (this.#leaving === undefined) {
      const leaving = new AbortController();
      const { signal } = this.#call.limits;
      this.#leaving = leaving;
      if (signal?.aborted === true) leaving.abort(signal.reason);
      else if (signal !== undefined) this.#unwatch = watch(signal, () => leaving.abort(signal.reason));
    }
    return this.#leaving;
  }

  #prefilled(): unknown[] {
    return [...this.#messages, { role: 'assistant', content: this.#said.text, prefix: true }];
  }

  async #end(error: unknown): Promise<void> {
    this.#over = true;
    this.#failure = error instanceof Error ? error : undefined;
    if (error instanceof APIUserAbortError) this.#queue = [];
    if (CallmError.is(error)) this.#call.failure(error);
    this.#call.limits.release();
    this.#unwatch?.();
    await this.#settle();
    for (const wake of this.#waiters.splice(0)) wake();
  }

  /** The facts are those of the last stream, at the place where the caller knows them. */
  async #settle(): Promise<void> {
    const { stream } = this.#opened;
    await stream.finished();
    const { _hidden_params: hidden } = stream;
    if (hidden === this.#hidden) return;
    for (const [name, value] of Object.entries(hidden))
      Object.defineProperty(this.#hidden, name, { value, writable: true, enumerable: true, configurable: true });
  }

  /** Leaves the stream and closes the connection; never throws. */
  async return(): Promise<Step> {
    this.#queue = [];
    if (this.#over) return ended;
    this.#over = true;
    this.#leaving?.abort();
    this.#call.limits.leave();
    await this.#opened.stream.return?.();
    await this.#end(undefined);
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async finished(): Promise<void> {
    if (!this.#over) await new Promise<void>((resolve) => void this.#waiters.push(resolve));
    await this.#settle();
  }

  final(): Promise<Result> {
    if (this.#final === undefined) {
      this.#final = this.#makeFinal();
      this.#final.catch(() => {});
    }
    return this.#final;
  }

  async #makeFinal(): Promise<Result> {
    if (!this.#over && !this.#reading) {
      // Whoever starts a loop right after has the right to read.
      await new Promise((resolve) => setTimeout(resolve, 0));
      while (!this.#over && !this.#reading) await this.#pull();
    }
    await this.finished();
    if (this.#failure !== undefined) throw this.#failure;
    const result = await this.#opened.stream.final();
    if (this.#usage === undefined) return result;
    const [choice] = result.choices;
    if (choice !== undefined) choice.message.content = this.#said.text;
    result.id = this.#said.id ?? result.id;
    result.created = this.#said.created;
    result.usage = addUsage(this.#usage, result.usage);
    return result;
  }

  tee(): [ChatStream, ChatStream] {
    return Branch.pair<ChatCompletionChunk, Result>(this[Symbol.asyncIterator]());
  }

  toReadableStream(): ReadableStream<Uint8Array> {
    return lines(this);
  }
}

const questionOf = ({ input }: RoutedCall<'chat'>, { overrides }: Opened<'chat'>): unknown[] =>
  (overrides['messages'] ?? input['messages']) as unknown[];

/** Whether the answer is one text: two halves of anything else make no whole. */
function asksText({ n, response_format }: JsonObject): boolean {
  const format = response_format as { type?: unknown } | null | undefined;
  return (typeof n !== 'number' || n === 1) && (format == null || format.type === 'text');
}
