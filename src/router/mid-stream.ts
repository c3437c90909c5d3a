/** A stream that goes on at another deployment when one breaks off after its first content. */
import { Stop, watch } from '../core/clock.js';
import { APIUserAbortError, CallmError } from '../core/errors.js';
import type { Answered, HiddenParams, JsonObject, StreamOf } from '../core/spec.js';
import { Reader } from '../core/stream/reader.js';
import type { ChatCompletion, ChatCompletionChunk } from '../types/chat.js';
import { Continuation } from './continuation.js';
import type { Opened } from './attempts.js';
import type { RoutedCall } from './routed-call.js';
import { isEnd } from './rules.js';

type Result = Answered<ChatCompletion>;
type Step = IteratorResult<ChatCompletionChunk, undefined>;

/** Milliseconds of a deadline in which no request is answered. */
const tooLittle = 1;

export class MidStreamFailover extends Reader<ChatCompletionChunk, Result, Step> implements StreamOf<'chat'> {
  readonly #call: RoutedCall<'chat'>;
  /** The deployment's stream that is read now. */
  #opened: Opened<'chat'>;
  /** Of an answer that is to go on as one text. */
  readonly #continuation: Continuation | undefined;
  /** The next chunk is the first of a new answer. */
  #reset = false;
  /** Ends what follows a stream that broke; the caller's signal does, too. */
  #leaving: AbortController | undefined = undefined;
  #unwatch: (() => void) | undefined = undefined;

  constructor(call: RoutedCall<'chat'>, opened: Opened<'chat'>) {
    super(opened.stream._hidden_params, call.limits.signal);
    this.#call = call;
    this.#opened = opened;
    this.#continuation = call.midStream === 'resume' ? new Continuation() : undefined;
    this.#follow(opened);
  }

  protected read(): Promise<Step> {
    return this.#opened.stream.next();
  }

  protected accept({ done, value }: Step): void {
    if (this.over) return;
    if (done === true) {
      const rest = this.#continuation?.rest();
      if (rest !== undefined) this.push(rest);
      this.close();
      return;
    }
    this.#take(value);
    const { stream } = this.#opened;
    if (!(stream instanceof Reader)) return;
    for (let more = stream.ready(); more !== undefined; more = stream.ready()) this.#take(more);
  }

  #take(given: ChatCompletionChunk): void {
    const chunk = this.#continuation === undefined ? given : this.#continuation.take(given);
    if (chunk === undefined) return;
    this.push(this.#reset ? marked(chunk) : chunk);
    this.#reset = false;
  }

  /** Goes on elsewhere, if anything may. */
  protected override async broken(error: unknown): Promise<void> {
    if (this.over) return;
    const call = this.#call;
    const continuation = this.#continuation;
    const { choice, overrides, row } = this.#opened;
    if (!CallmError.is(error) || isEnd(error) || call.limits.left < tooLittle) return this.fail(error);
    const input = call.attempts.inputFor(choice, overrides);
    if (continuation?.possible(input) === false) return this.fail(error);
    let opened: Opened<'chat'>;
    try {
      const prefill = continuation?.after(input, { ...call.input, ...overrides });
      call.rearm();
      opened = await call.goOn(error, choice, overrides, prefill, this.#leave());
    } catch (failed) {
      // An abort is told as what it is; of other failures the first says most.
      const aborted = failed instanceof APIUserAbortError || (failed instanceof Stop && failed.kind === 'signal');
      return this.fail(aborted ? failed : error);
    }
    if (this.over) return void (await opened.stream.return?.());
    this.#opened = opened;
    this.#follow(opened);
    if (continuation === undefined) this.#reset = true;
    else continuation.begin(row);
  }

  /** The facts are those of the last stream, at the place where the caller knows them. */
  #follow({ stream }: Opened<'chat'>): void {
    const { limits } = this.#call;
    const unwatch = this.#unwatch;
    copy(this._hidden_params, stream._hidden_params);
    void stream.finished().then(() => {
      // When a stream has been read, nothing of the call is under way until another follows.
      limits.release();
      unwatch?.();
      // After an abort there is nothing to go on with, also if nobody reads.
      if (stream.failure instanceof APIUserAbortError) this.fail(stream.failure);
    });
  }

  #leave(): AbortSignal {
    const leaving = new AbortController();
    const { signal } = this.#call.limits;
    this.#leaving = leaving;
    if (signal?.aborted === true) leaving.abort(signal.reason);
    else if (signal !== undefined) this.#unwatch = watch(signal, () => leaving.abort(signal.reason));
    return leaving.signal;
  }

  protected failureOf(reason: unknown): Error {
    const { stream, choice, overrides } = this.#opened;
    const { failure } = stream;
    // The stream's own word on an abort says where it was.
    const error = reason instanceof Stop && failure instanceof APIUserAbortError ? failure : reason;
    this.#continuation?.told(error, this.#call.attempts.inputFor(choice, overrides));
    if (CallmError.is(error) || error instanceof Stop) return this.#call.failure(error);
    return error instanceof Error ? error : new Error(String(error));
  }

  protected async ended(): Promise<void> {
    const { stream } = this.#opened;
    this.#unwatch?.();
    // Before the abort, for a stream that is left tells what had come.
    const left = stream.return?.();
    this.#leaving?.abort();
    this.#call.limits.leave();
    await left;
    await stream.finished();
    copy(this._hidden_params, stream._hidden_params);
  }

  protected async result(): Promise<Result> {
    const result = await this.#opened.stream.final();
    return this.#continuation?.whole(result) ?? result;
  }
}

const marked = (chunk: ChatCompletionChunk): ChatCompletionChunk => ({
  ...chunk,
  provider_specific_fields: { ...chunk.provider_specific_fields, reset: true },
});

/** Some facts are got by a function, which is no fact of another stream. */
function copy(into: HiddenParams, from: HiddenParams): void {
  if (into === from) return;
  for (const [name, value] of Object.entries(from) as [string, JsonObject[string]][])
    Object.defineProperty(into, name, { value, writable: true, enumerable: true, configurable: true });
}
