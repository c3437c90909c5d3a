/** A stream that goes on at another deployment when one breaks off after its first content. */
import { APIError, APIUserAbortError, isRetryable, StreamIncompleteError } from '../core/errors.js';
import { Branch, lines } from '../core/stream/tee.js';
import type { Answered, HiddenParams, JsonObject, StreamOf } from '../core/spec.js';
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js';
import type { Choice, RoutedCall } from './routed-call.js';

type ChatStream = StreamOf<'chat'>;
type Result = Answered<ChatCompletion>;
const ended = { done: true, value: undefined } as const;

/** How much of the end of a text is looked for at the beginning of its continuation. */
const seam = 200;

export class MidStreamFailover implements ChatStream {
  readonly #call: RoutedCall<'chat'>;
  readonly #overrides: JsonObject;
  #choice: Choice;
  #stream: ChatStream;
  /** Text that has been handed on, of choice 0. */
  #text = '';
  /** Anything but text of choice 0. */
  #more = false;
  /** What a resumed stream adds to. */
  #before = '';
  #seamOpen = false;
  #reset = false;
  #failures = 0;
  #iterating = false;
  #over = false;
  #failure: Error | undefined = undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiters: (() => void)[] = [];
  #controller: AbortController | undefined = undefined;

  constructor(call: RoutedCall<'chat'>, stream: ChatStream, choice: Choice, overrides: JsonObject) {
    this.#call = call;
    this.#stream = stream;
    this.#choice = choice;
    this.#overrides = overrides;
  }

  get _hidden_params(): HiddenParams {
    return this.#stream._hidden_params;
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
    return this;
  }

  next(): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
    const step = this.#last.then(() => this.#take());
    this.#last = step.catch(() => {});
    return step;
  }

  async #take(): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
    while (!this.#over) {
      let step: IteratorResult<ChatCompletionChunk, undefined>;
      try {
        step = await this.#stream.next();
      } catch (error) {
        await this.#failed(error);
        continue;
      }
      if (step.done === true) return this.#end(undefined);
      const chunk = this.#hand(step.value);
      if (chunk !== undefined) return { done: false, value: chunk };
    }
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      throw failure;
    }
    return ended;
  }

  /** Notes what is handed on; marks the first chunk of a new answer, closes the seam of a resumed one. */
  #hand(chunk: ChatCompletionChunk): ChatCompletionChunk | undefined {
    for (const { index, delta } of chunk.choices) {
      if (this.#seamOpen && index === 0 && typeof delta.content === 'string' && delta.content !== '')
        delta.content = this.#closeSeam(delta.content);
      if (index !== 0 || delta.tool_calls != null || delta.function_call != null || delta.audio != null)
        this.#more = true;
      if (index === 0 && typeof delta.content === 'string') this.#text += delta.content;
    }
    if (!this.#reset) return chunk;
    this.#reset = false;
    return { ...chunk, provider_specific_fields: { ...chunk.provider_specific_fields, reset: true } };
  }

  /** A continuation may repeat the end of what it continues. */
  #closeSeam(content: string): string {
    this.#seamOpen = false;
    const tail = this.#text.slice(-seam);
    for (let length = Math.min(tail.length, content.length); length > 3; length--)
      if (tail.endsWith(content.slice(0, length))) return content.slice(length);
    return content;
  }

  async #failed(error: unknown): Promise<void> {
    const call = this.#call;
    if (error instanceof APIUserAbortError || !mayGoOn(error) || this.#failures >= call.retriesAt(this.#choice.member))
      return void this.#end(error);
    this.#failures++;
    const resume = call.midStream === 'resume';
    if (resume && (this.#more || !(await call.takesPrefill(this.#choice)))) return void this.#end(error);
    try {
      const more = resume ? { ...this.#overrides, messages: this.#prefilled() } : this.#overrides;
      const { stream, choice } = await call.goOn(error, this.#choice, more, resume);
      this.#stream = stream;
      this.#choice = choice;
    } catch {
      return void this.#end(error);
    }
    if (resume) {
      this.#before = this.#text;
      this.#seamOpen = true;
    } else {
      this.#reset = true;
      this.#text = '';
      this.#more = false;
    }
  }

  #prefilled(): unknown[] {
    const messages = this.#call.input['messages'] as unknown[];
    return [...messages, { role: 'assistant', content: this.#text, prefix: true }];
  }

  #end(error: unknown): IteratorResult<ChatCompletionChunk, undefined> {
    this.#over = true;
    this.#failure = error instanceof Error ? error : undefined;
    if (this.#failure !== undefined) this.#call.failure(this.#failure);
    this.#call.limits.release();
    for (const wake of this.#waiters.splice(0)) wake();
    return ended;
  }

  async return(): Promise<IteratorResult<ChatCompletionChunk, undefined>> {
    if (!this.#over) {
      this.#end(undefined);
      await this.#stream.return?.();
    }
    return ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async finished(): Promise<void> {
    if (!this.#over) await new Promise<void>((resolve) => void this.#waiters.push(resolve));
    await this.#stream.finished();
  }

  async final(): Promise<Result> {
    if (!this.#over && !this.#iterating) {
      await new Promise((resolve) => setTimeout(resolve, 0));
      if (!this.#iterating) for await (const _ of this);
    }
    if (!this.#over) await new Promise<void>((resolve) => void this.#waiters.push(resolve));
    const result = await this.#stream.final();
    const [choice] = result.choices;
    if (this.#before !== '' && choice !== undefined) choice.message.content = this.#text;
    return result;
  }

  tee(): [ChatStream, ChatStream] {
    const source = this[Symbol.asyncIterator]();
    return Branch.pair<ChatCompletionChunk, Result>(source as never) as unknown as [ChatStream, ChatStream];
  }

  toReadableStream(): ReadableStream<Uint8Array> {
    return lines(this);
  }
}

/** A server's fault, or a connection's: the same question may be answered elsewhere. */
const mayGoOn = (error: unknown): boolean =>
  error instanceof StreamIncompleteError || (error instanceof APIError && isRetryable(error));
