/** Executes a resolved call: attempts, time limits, errors, the ledger. The same for every endpoint and provider. */
import { type Encoded, encode, type ResolvedCall, toWire } from './call.js';
import { type Attempt, attemptTimeouts, Limits } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import {
  APIConnectionError,
  BadRequestError,
  CallmError,
  isRetryable,
  readErrorBody,
  StreamIncompleteError,
} from './errors.js';
import {
  type FailureContext,
  fromFacts,
  fromResponse,
  requestId,
  toFailure,
  unexpectedBody,
  unreadable,
  withAttempts,
} from './failure.js';
import { authorize, type TokenMemory } from './io.js';
import { mapParams } from './params.js';
import type {
  Answered,
  AttemptRow,
  Call,
  Chunk,
  Decoder,
  Endpoint,
  Env,
  HiddenParams,
  MaybePromise,
  Next,
  Output,
  Params,
  Result,
  StreamOf,
  Transport,
  WireResponse,
} from './spec.js';
import { type Framer, framer } from './stream/framing.js';
import { Stream } from './stream/stream.js';
import type { StructuredOutput } from './structured.js';

/** What the pipeline needs of its client. */
export interface Environment {
  env: Env;
  transport(): MaybePromise<Transport>;
  tokens: TokenMemory;
  /** Milliseconds since the epoch. */
  now(): number;
  random(): number;
}

/** One call under way. */
export interface Shared<E extends Endpoint> {
  environment: Environment;
  endpoint: EndpointSpec<E>;
  call: ResolvedCall<E>;
  limits: Limits;
  attempts: AttemptRow[];
  structured: StructuredOutput | undefined;
  /** On the monotonic clock. */
  started: number;
}

/** A call on its way to the provider. */
interface Run<E extends Endpoint> extends Shared<E> {
  transport: Transport;
  encoded: Encoded;
}

const defaultRetries = 2;
const defaultMaxDelay = 60;

export function isNext(value: unknown): value is Next {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'object';
}

/** Prepares what a provider must not do itself: schemas compiled for its dialect, media downloaded. Without limits (a dry run) nothing is downloaded. */
export async function prepare<E extends Endpoint>(
  environment: Environment,
  given: ResolvedCall<E>,
  limits: Limits | undefined,
): Promise<{ call: ResolvedCall<E>; structured: StructuredOutput | undefined }> {
  let call = given;
  let structured: StructuredOutput | undefined;
  if ('response_format' in call.params) {
    const { structure } = await import('./structured.js');
    ({ call, structured } = await structure(call));
  }
  if (limits !== undefined && call.transformer.inline !== undefined && call.options.media !== 'pass') {
    const { inlineMedia } = await import('./media.js');
    call = await inlineMedia(call, limits, environment);
  }
  return { call, structured };
}

/** The request of a call as bytes. */
export function encodeCall<E extends Endpoint>(call: ResolvedCall<E>, endpoint: EndpointSpec<E>): Encoded {
  try {
    return encode(call as unknown as Call, call.transformer.request(call, mapParams(call, endpoint)));
  } catch (error) {
    if (CallmError.is(error)) throw error;
    const { llm_provider, model } = call;
    throw new BadRequestError(
      `the request for ${llm_provider} ${model} cannot be built: ${error instanceof Error ? error.message : String(error)}`,
      {
        llm_provider,
        model,
        code: 'invalid_input',
        cause: error,
      },
    );
  }
}

/** Whether preparing has nothing to wait for. */
function isPlain<E extends Endpoint>(call: ResolvedCall<E>): boolean {
  return (
    !('response_format' in call.params) && (call.transformer.inline === undefined || call.options.media === 'pass')
  );
}

export async function execute<E extends Endpoint>(
  environment: Environment,
  endpoint: EndpointSpec<E>,
  resolved: ResolvedCall<E>,
): Promise<Output<E>> {
  const { options } = resolved;
  const attempts: AttemptRow[] = [];
  const limits = new Limits(options.signal, options.deadline);
  let streaming = false;
  try {
    limits.check();
    const parts = resolved.transformer.split?.(resolved);
    const { call, structured } = isPlain(resolved)
      ? { call: resolved, structured: undefined }
      : await prepare(environment, resolved, limits);
    const making = environment.transport();
    const transport = making instanceof Promise ? await making : making;
    const shared = { environment, endpoint, call, transport, limits, attempts, structured, started: performance.now() };
    if (parts !== undefined && parts.length > 1) return await splitCall(shared, parts);
    const output = await withRetries({ ...shared, encoded: encodeCall(call, endpoint) });
    streaming = output instanceof Stream && !output.over;
    return output;
  } catch (error) {
    const failure = toFailure(error, { call: resolved, secrets: [], now: environment.now() });
    throw failure.attempts.length === 0 ? withAttempts(failure, attempts) : failure;
  } finally {
    if (!streaming) limits.release();
  }
}

async function withRetries<E extends Endpoint>(run: Run<E>): Promise<Output<E>> {
  try {
    return await attemptOnce(run);
  } catch (error) {
    const { options } = run.call;
    const retries = options.num_retries ?? defaultRetries;
    if (retries === 0 || !isRetryable(error)) throw error;
    const { retry } = await import('./retry.js');
    return retry(error, () => attemptOnce(run), {
      retries,
      maxDelay: options.max_retry_delay ?? defaultMaxDelay,
      limits: run.limits,
      random: run.environment.random,
    });
  }
}

/** How many parts of a split call are under way at once. */
const splitConcurrency = 4;

/** A call beyond the provider's batch limit: its parts, some at a time, put together in order. */
async function splitCall<E extends Endpoint>(
  run: Omit<Run<E>, 'encoded'>,
  parts: Params<E>[],
): Promise<Answered<Result<E>>> {
  const { call, endpoint } = run;
  const results: Result<E>[] = [];
  let next = 0;
  let broken = false;
  const worker = async (): Promise<void> => {
    while (next < parts.length && !broken) {
      const index = next++;
      const part = call.with(parts[index] as Params<E>);
      try {
        results[index] = (await withRetries({ ...run, call: part, encoded: encodeCall(part, endpoint) })) as Result<E>;
      } catch (error) {
        broken = true;
        throw error;
      }
    }
  };
  const workers = Array.from({ length: Math.min(splitConcurrency, parts.length) }, worker);
  const outcomes = await Promise.allSettled(workers);
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
  const merged = (call.transformer.merge as NonNullable<typeof call.transformer.merge>)(results, call);
  return finish(run, merged, {});
}

async function attemptOnce<E extends Endpoint>(run: Run<E>): Promise<Output<E>> {
  const { call, environment, limits, attempts, transport } = run;
  const attempt = limits.begin();
  const timeouts = attemptTimeouts(call.stream, call.options.timeout, call.options.stream_timeout);
  if (timeouts.total !== undefined) attempt.limitTotal(timeouts.total);
  if (timeouts.first_token !== undefined) attempt.limitFirstToken(timeouts.first_token);
  const context: FailureContext = { call, secrets: run.encoded.secrets, meta: undefined, now: 0 };
  let row: AttemptRow | undefined;
  let begun = 0;
  let held = false;
  let response: WireResponse | undefined;
  try {
    let encoded = run.encoded;
    for (;;) {
      const wire = toWire(encoded);
      context.secrets = wire.secrets;
      const waiting = authorize(call as unknown as Call, wire, {
        env: environment.env,
        now: environment.now,
        tokens: environment.tokens,
        send: (auxiliary) => abortable(attempt, transport.send(auxiliary, attempt)),
        dry: false,
      });
      if (waiting instanceof Promise) await abortable(attempt, waiting);
      if (attempt.aborted) throw attempt.reason;
      begun = performance.now();
      row = { provider: call.llm_provider, model: call.model, start: environment.now() / 1000 };
      attempts.push(row);
      response = await transport.send(wire, attempt);
      context.meta = response;
      row.status = response.status;
      if (response.status >= 300) throw fromResponse(await errorText(response), stamp(context, environment));
      if (call.stream) {
        const stream = await openStream(run, attempt, response, context, row, begun, timeouts.idle);
        if (stream !== undefined) {
          held = true;
          return stream;
        }
      }
      const text = await response.text();
      const out = readAnswer(call, parseBody(text, context), response);
      if (!isNext(out)) {
        const problem = run.endpoint.problem(out);
        if (problem !== undefined) throw notTheShape(text, problem, stamp(context, environment));
        row.end = (performance.now() - begun) / 1000;
        if (run.structured !== undefined) await run.structured.apply(out as never);
        row.usage = run.endpoint.usage(out);
        const result = finish(run, out, response.headers);
        return call.params['stream'] === true ? await asStream(run, attempt, result) : result;
      }
      row.end = (performance.now() - begun) / 1000;
      if (out.after !== undefined) await limits.sleep(out.after);
      if (attempt.aborted) throw attempt.reason;
      encoded = encode(call as unknown as Call, out.next);
    }
  } catch (error) {
    const failure = toFailure(attempt.aborted ? attempt.reason : error, stamp(context, environment));
    if (row !== undefined) {
      row.end ??= (performance.now() - begun) / 1000;
      row.error = failure.name;
    }
    response?.cancel();
    throw withAttempts(failure, attempts);
  } finally {
    if (!held) limits.end(attempt);
  }
}

/** Rejects as soon as the attempt ends. */
function abortable<T>(attempt: Attempt, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    attempt.onAbort((reason) => reject(reason));
    promise.then(resolve, reject);
  });
}

function readAnswer<E extends Endpoint>(
  call: ResolvedCall<E>,
  body: unknown,
  response: WireResponse,
): Result<E> | Next {
  try {
    return call.transformer.response(body, call, { status: response.status, headers: response.headers });
  } catch (error) {
    throw unreadable(error);
  }
}

function stamp(context: FailureContext, environment: Environment): FailureContext {
  context.now = environment.now();
  return context;
}

/** What zlib says of a body that is not in the encoding its header names. */
const badEncoding = /^(?:Z_|ERR__|ERR_BROTLI)/;

/** An error's body; one that cannot be decoded must not hide the status. */
async function errorText(response: WireResponse): Promise<string> {
  try {
    return await response.text();
  } catch (error) {
    if (badEncoding.test(String((error as { code?: unknown }).code))) return '';
    throw error;
  }
}

function parseBody(text: string, context: FailureContext): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unexpectedBody(text, 'a body that is no JSON', context);
  }
}

/** A success status with a body of another shape: an error that it tells, or a validation error. */
function notTheShape(text: string, problem: string, context: FailureContext): CallmError {
  // Read anew: a transformer may have mended its body in place.
  const body: unknown = JSON.parse(text);
  if (typeof body === 'object' && body !== null && 'error' in body && body.error) {
    const { status, headers } = context.meta as { status: number; headers: Record<string, string> };
    const facts = (context.call.provider.error ?? readErrorBody)(status, body, headers);
    return fromFacts(facts, context, body);
  }
  return unexpectedBody(text, problem, context);
}

function hiddenParams<E extends Endpoint>(run: Shared<E>, headers: Record<string, string>): HiddenParams {
  return {
    response_cost: null,
    llm_provider: run.call.llm_provider,
    headers,
    attempts: run.attempts,
    latency: {},
    warnings: run.call.warnings,
  };
}

/** Facts that only the core knows, put on the result. */
export function finish<E extends Endpoint>(
  run: Shared<E>,
  result: Result<E>,
  headers: Record<string, string>,
): Answered<Result<E>> {
  run.endpoint.complete(result, run.environment.now());
  const hidden = hiddenParams(run, headers);
  hidden.latency.total = (performance.now() - run.started) / 1000;
  hidden.response_cost = reportedCost(run.endpoint.usage(result));
  return withFacts(result, hidden);
}

/** Puts the facts of a call on its result, out of sight of JSON. */
function withFacts<T extends object>(result: T, hidden: HiddenParams): Answered<T> {
  return Object.defineProperty(result, '_hidden_params', {
    value: hidden,
    enumerable: false,
    configurable: true,
  }) as Answered<T>;
}

/** What the provider itself says the call cost. */
function reportedCost(usage: unknown): number | null {
  const cost = (usage as { cost?: unknown } | undefined)?.cost;
  return typeof cost === 'number' ? cost : null;
}

async function openStream<E extends Endpoint>(
  run: Run<E>,
  attempt: Attempt,
  response: WireResponse,
  context: FailureContext,
  row: AttemptRow,
  begun: number,
  idle: number | undefined,
): Promise<StreamOf<E> | undefined> {
  const { call } = run;
  const { stream: streaming } = call.transformer;
  // A whole answer in place of a stream is read as one by the caller of this function.
  if (streaming === undefined || (isJson(response.headers['content-type']) && streaming.framing === 'sse'))
    return undefined;
  const decoder = streaming.decoder(call, { status: response.status, headers: response.headers });
  const making = framer(streaming.framing);
  const factory = making instanceof Promise ? await making : making;
  const stream = makeStream(run, attempt, response, decoder, factory(decoder), context, row, begun, idle);
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

function makeStream<E extends Endpoint>(
  run: Shared<E>,
  attempt: Attempt,
  response: WireResponse,
  decoder: Decoder<Chunk<E>>,
  feeding: Framer<Chunk<E>>,
  context: FailureContext,
  row: AttemptRow | undefined,
  begun: number,
  idle: number | undefined,
): Stream<Chunk<E>, Answered<Result<E>>> {
  const { call, endpoint, environment, limits, attempts } = run;
  const assembler = (endpoint.assembler as NonNullable<typeof endpoint.assembler>)(call.model, environment.now());
  const hidden = hiddenParams(run, response.headers);
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
        headers: response.headers,
        request_id: requestId(response.headers),
        partial,
        cause,
      }),
      attempts,
    );
  };
  return new Stream<Chunk<E>, Answered<Result<E>>>({
    attempt,
    response,
    framer: feeding,
    done: () => decoder.done,
    assembler,
    includeUsage: options?.include_usage === true,
    idle,
    signal: limits.signal,
    hidden,
    failure: (error) => {
      const failure = toFailure(error, stamp(context, environment));
      // A connection that breaks after the headers leaves half a stream, as an early end does.
      return (failure as object).constructor === APIConnectionError
        ? incomplete(assembler.result(), failure.cause)
        : withAttempts(failure, attempts);
    },
    incomplete,
    complete: async (assembled, whole) => {
      const result = assembled as Result<E>;
      if (whole && run.structured !== undefined) await run.structured.apply(result as never);
      endpoint.complete(result, environment.now());
      return withFacts(result, hidden);
    },
    over: (error, handedOver) => {
      const seconds = (performance.now() - begun) / 1000;
      hidden.latency.total = (performance.now() - run.started) / 1000;
      if (row !== undefined) {
        row.end = seconds;
        const usage = endpoint.usage(assembler.result());
        if (usage !== undefined) {
          row.usage = usage;
          hidden.response_cost = reportedCost(usage);
        }
        if (error instanceof Error) row.error = error.name;
      }
      limits.end(attempt);
      // Before the caller holds the stream, the limits are still those of the attempts to come.
      if (handedOver) limits.release();
    },
  });
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
  const chunks = cut((endpoint.toChunks as NonNullable<typeof endpoint.toChunks>)(result));
  const decoder = { done: true, push() {} };
  const hidden = (result as { _hidden_params?: HiddenParams })._hidden_params;
  const feeding = {
    feed() {},
    end(out: Chunk<E>[]) {
      out.push(...chunks);
    },
  };
  const response: WireResponse = { status: 200, headers: hidden?.headers ?? {}, ...nothingToRead };
  const context: FailureContext = { call, secrets: [], now: 0 };
  const stream = makeStream(
    run,
    attempt,
    response,
    decoder,
    feeding,
    context,
    run.attempts.at(-1),
    performance.now(),
    undefined,
  );
  await stream.prime();
  return stream;
}
