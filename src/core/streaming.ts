/** Opens the stream of a call, or makes one of a whole result. */
import type { Attempt } from './clock.js';
import { APIConnectionError, type CallmError, StreamIncompleteError } from './errors.js';
import type { EndpointSpec, EndpointStreams } from './endpoint.js';
import { estimateUsage } from './estimate.js';
import { type FailureContext, requestId, toFailure, unexpectedBody, withAttempts } from './failure.js';
import { redactDeep } from './redact.js';
import type { Pricing } from './pricing.js';
import { bill, hiddenParams, type Shared, stamp, withFacts } from './run.js';
import type {
  Answered,
  AttemptRow,
  Chunk,
  Decoder,
  Endpoint,
  HiddenParams,
  JsonObject,
  MaybePromise,
  ResponseMeta,
  Result,
  StreamOf,
  WireResponse,
} from './spec.js';
import { type Framer, framer } from './stream/framing.js';
import { Stream, type StreamHost } from './stream/stream.js';

/** A stream has a response, so its failures know one. */
type StreamContext = FailureContext & { meta: ResponseMeta };

export async function openStream<E extends Endpoint>(
  run: Shared<E>,
  attempt: Attempt,
  response: WireResponse,
  context: StreamContext,
  row: AttemptRow,
  begun: number,
  idle: number | undefined,
  pricing: MaybePromise<Pricing> | undefined,
): Promise<StreamOf<E> | undefined> {
  const { call } = run;
  const { stream: streaming } = call.transformer;
  // A whole answer in place of a stream is read as one by the caller of this function.
  if (streaming === undefined || (isJson(context.meta.headers['content-type']) && streaming.framing !== 'ndjson'))
    return undefined;
  const decoder = streaming.decoder(call, context.meta);
  const making = framer(streaming.framing);
  const streams = await streamsOf(run.endpoint);
  const factory = making instanceof Promise ? await making : making;
  const stream = makeStream(
    streams,
    run,
    attempt,
    response,
    decoder,
    factory(decoder),
    context,
    row,
    begun,
    idle,
    pricing,
  );
  await stream.prime();
  row.first_token = (performance.now() - begun) / 1000;
  stream._hidden_params.latency.first_token = (performance.now() - run.started) / 1000;
  attempt.endFirstToken();
  // From here on a limit of the call ends the stream itself.
  attempt.onAbort((reason) => stream.interrupt(reason));
  stream.handOver();
  return stream;
}

const isJson = (type: string | undefined): boolean =>
  type !== undefined && /^application\/(?:[\w.+-]*\+)?json\b/i.test(type);

const streamsOf = <E extends Endpoint>(endpoint: EndpointSpec<E>): Promise<EndpointStreams<E>> =>
  (endpoint.streaming as NonNullable<typeof endpoint.streaming>)();

function makeStream<E extends Endpoint>(
  streams: EndpointStreams<E>,
  run: Shared<E>,
  attempt: Attempt,
  response: WireResponse,
  decoder: Decoder<Chunk<E>>,
  feeding: Framer<Chunk<E>>,
  context: StreamContext,
  row: AttemptRow | undefined,
  begun: number,
  idle: number | undefined,
  pricing: MaybePromise<Pricing> | undefined,
): Stream<Chunk<E>, Answered<Result<E>>> {
  const { call, endpoint, environment, limits, attempts } = run;
  const assembler = streams.assembler(call.model, environment.now());
  const hidden = hiddenParams(run, context.meta.headers);
  /** What had come of an answer that broke off: its provider told no usage. */
  const partOf = (result: object): Result<E> => {
    const part = result as JsonObject;
    if (!assembler.started) return result as Result<E>;
    const told = endpoint.usage(result as Result<E>) as JsonObject | undefined;
    const guess = estimateUsage(call.params, part);
    if (told === undefined) part['usage'] = guess;
    else if (Number(told['completion_tokens'] ?? 0) < guess.completion_tokens) {
      // Some count what they have said only at the end.
      const { completion_tokens, estimated } = guess;
      const total_tokens = Number(told['prompt_tokens'] ?? 0) + completion_tokens;
      part['usage'] = { ...told, completion_tokens, total_tokens, estimated };
    }
    return result as Result<E>;
  };
  const options = call.params['stream_options'] as { include_usage?: boolean } | undefined;
  const incomplete = (partial: object, cause?: unknown): CallmError => {
    // Lines that are no events, and no event at all: a page in place of a stream.
    if (!assembler.started && feeding.stray !== undefined && feeding.stray !== '')
      return withAttempts(unexpectedBody(feeding.stray, 'a body that is no stream', context), attempts);
    const { llm_provider, model } = call;
    const what = assembler.started ? 'before its terminal event' : 'without any content';
    return withAttempts(
      new StreamIncompleteError(`the stream of ${llm_provider} ${model} ended ${what}`, {
        llm_provider,
        model,
        headers: context.meta.headers,
        request_id: requestId(context.meta.headers),
        partial: redactDeep(partOf(partial), context.secrets),
        cause,
      }),
      attempts,
    );
  };
  const host: StreamHost<Chunk<E>, Answered<Result<E>>> = {
    attempt,
    response,
    framer: feeding,
    done: () => decoder.done,
    closing: () => decoder.closing === true,
    assembler,
    includeUsage: options?.include_usage === true,
    idle,
    failure: (error) => {
      const failure = toFailure(error, stamp(context, environment));
      // A connection that breaks after the headers leaves half a stream, as an early end does.
      return (failure as object).constructor === APIConnectionError
        ? incomplete(assembler.result(), failure.cause)
        : withAttempts(failure, attempts);
    },
    incomplete,
    complete: async (assembled, whole) => {
      const result = whole ? (assembled as Result<E>) : partOf(assembled);
      if (whole && run.structured !== undefined) await run.structured.apply(result as never);
      endpoint.complete(result, environment.now());
      return withFacts(result, hidden);
    },
    over: (error, handedOver, whole) => {
      const seconds = (performance.now() - begun) / 1000;
      hidden.latency.total = (performance.now() - run.started) / 1000;
      if (row !== undefined) {
        row.end = seconds;
        if (error instanceof Error) row.error = error.name;
      }
      limits.end(attempt);
      // Before the caller holds the stream, the limits are still those of the attempts to come.
      if (handedOver) limits.release();
      if (!assembler.started) return undefined;
      const settle = (known: Pricing | undefined): void => {
        const result = assembler.result();
        bill(run, hidden, row, whole ? result : partOf(result), known);
      };
      if (!(pricing instanceof Promise)) return settle(pricing);
      return pricing.then(settle, () => settle(undefined));
    },
  };
  return new Stream(host, hidden, limits.signal);
}

const nothingToRead = {
  read: () => undefined,
  text: () => Promise.resolve(''),
  cancel() {},
};

/** A whole result, for a caller who wants a stream: mocks, and providers that answered at once. */
export async function asStream<E extends Endpoint>(
  run: Shared<E>,
  attempt: Attempt,
  result: Result<E>,
  cut: (chunks: Chunk<E>[]) => Chunk<E>[] = (chunks) => chunks,
): Promise<StreamOf<E>> {
  const { endpoint, call } = run;
  const streams = await streamsOf(endpoint);
  const chunks = cut(streams.toChunks(result));
  const decoder = { done: true, push() {} };
  const hidden = (result as { _hidden_params?: HiddenParams })._hidden_params;
  const feeding = {
    feed() {},
    end(out: Chunk<E>[]) {
      out.push(...chunks);
    },
  };
  const response: WireResponse = { status: 200, headers: hidden?.headers ?? {}, ...nothingToRead };
  const context = { call, secrets: [], meta: response, now: 0 };
  const stream = makeStream(
    streams,
    run,
    attempt,
    response,
    decoder,
    feeding,
    context,
    run.attempts.at(-1),
    performance.now(),
    undefined,
    run.environment.pricing?.load(),
  );
  await stream.prime();
  return stream;
}
