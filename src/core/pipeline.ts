/** Executes a resolved call: attempts, time limits, errors, the ledger. The same for every endpoint and provider. */
import { type Encoded, encode, type ResolvedCall, toWire } from './call.js';
import { type Attempt, attemptTimeouts, Limits } from './clock.js';
import type { EndpointSpec } from './endpoint.js';
import { AuthenticationError, isRetryable, ProviderFault, Timeout } from './errors.js';
import type { FailureContext } from './failure.js';
import { authorize, renew } from './io.js';
import { encodeCall, isPlain, prepare } from './prepare.js';
import type { Pricing } from './pricing.js';
import { redactDeep } from './redact.js';
import { type Environment, finish, type Shared, stamp } from './run.js';
import type {
  AttemptRow,
  Call,
  Endpoint,
  Next,
  Output,
  ResponseMeta,
  Result,
  Transport,
  Wire,
  WireResponse,
} from './spec.js';
import { unreadable } from './unreadable.js';

/** A call on its way to the provider. */
interface Run<E extends Endpoint> extends Shared<E> {
  transport: Transport;
  encoded: Encoded;
}

const defaultRetries = 2;
const defaultMaxDelay = 60;
const noJson = Symbol('no JSON');

/** Errors are made by what loads with the first of them. */
const failures = (): Promise<typeof import('./failure.js')> => import('./failure.js');

function isNext(value: unknown): value is Next {
  return typeof value === 'object' && value !== null && 'next' in value && typeof value.next === 'object';
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
    if (options['strict_lifecycle'] === true) {
      const { refuseRetired } = await import('./lifecycle.js');
      await refuseRetired(environment, resolved as unknown as Call);
    }
    const parts = resolved.transformer.split?.(resolved);
    const { call, structured } = isPlain(resolved)
      ? { call: resolved, structured: undefined }
      : await prepare(environment, resolved, limits);
    const making = environment.transport();
    const transport = making instanceof Promise ? await making : making;
    const shared = { environment, endpoint, call, transport, limits, attempts, structured, started: performance.now() };
    const send = (part: ResolvedCall<E>): Promise<Output<E>> =>
      withRetries({ ...shared, call: part, encoded: encodeCall(part, endpoint) });
    if (parts !== undefined && parts.length > 1) {
      const { splitCall } = await import('./split-call.js');
      return await splitCall(shared, parts, send);
    }
    const output = await send(call);
    streaming = 'over' in output && output.over === false;
    return output;
  } catch (error) {
    const { toFailure, withAttempts } = await failures();
    const failure = toFailure(error, { call: resolved, secrets: [], now: environment.now() });
    throw failure.attempts.length === 0 ? withAttempts(failure, attempts) : failure;
  } finally {
    if (!streaming) limits.release();
  }
}

async function withRetries<E extends Endpoint>(run: Run<E>): Promise<Output<E>> {
  const attempt = run.call.provider.renew === undefined ? () => attemptOnce(run) : renewing(run);
  try {
    return await attempt();
  } catch (error) {
    const { options } = run.call;
    const retries = options.num_retries ?? defaultRetries;
    if (retries === 0 || !isRetryable(error)) throw error;
    const { retry } = await import('./retry.js');
    return retry(error, attempt, {
      retries,
      maxDelay: options.max_retry_delay ?? defaultMaxDelay,
      limits: run.limits,
      random: run.environment.random,
    });
  }
}

/** Attempts, of which one is made again with fresh credentials where there are some. */
function renewing<E extends Endpoint>(run: Run<E>): () => Promise<Output<E>> {
  let renewed = false;
  return async () => {
    try {
      return await attemptOnce(run);
    } catch (error) {
      if (renewed || !(error instanceof AuthenticationError)) throw error;
      renewed = true;
      if (!renew(run.call as unknown as Call, error, run.environment)) throw error;
      return attemptOnce(run);
    }
  };
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
        send: (auxiliary, seconds) => sendAside(attempt, transport, auxiliary, seconds),
        aborted: () => attempt.aborted,
        dry: false,
      });
      if (waiting instanceof Promise) await abortable(attempt, waiting);
      if (attempt.aborted) throw attempt.reason;
      begun = performance.now();
      row = { provider: call.llm_provider, model: call.model, start: environment.now() / 1000 };
      attempts.push(row);
      const sending = transport.send(wire, attempt);
      // Prices are fetched while the provider works; they are wanted at the end.
      const loading = environment.pricing?.load();
      response = await sending;
      // A provider may repeat the key in a header, too.
      const meta = { status: response.status, headers: redactDeep(response.headers, wire.secrets) };
      context.meta = meta;
      row.status = meta.status;
      if (response.status >= 300) {
        const { refusal } = await failures();
        throw await refusal(response, stamp(context, environment));
      }
      if (call.stream) {
        const { openStream } = await import('./streaming.js');
        const stream = await openStream(
          withoutRequest(run),
          attempt,
          response,
          { ...context, meta },
          row,
          begun,
          timeouts.idle,
          loading,
        );
        if (stream !== undefined) {
          held = true;
          return stream;
        }
      }
      const text = await response.text();
      const body = parseBody(text);
      if (body === noJson) throw (await failures()).unexpectedBody(text, 'a body that is no JSON', context);
      const out = readAnswer(call, body, meta);
      if (!isNext(out)) {
        const problem = run.endpoint.problem(out);
        if (problem !== undefined) {
          const { notTheShape } = await failures();
          throw await notTheShape(text, problem, stamp(context, environment));
        }
        row.end = (performance.now() - begun) / 1000;
        if (run.structured !== undefined) await run.structured.apply(out as never);
        const pricing = loading instanceof Promise ? await priced(loading) : loading;
        const result = finish(run, out, meta.headers, pricing, row);
        if (call.params['stream'] !== true) return result;
        const { asStream } = await import('./streaming.js');
        return await asStream(run, attempt, result);
      }
      row.end = (performance.now() - begun) / 1000;
      if (out.after !== undefined) await limits.sleep(out.after);
      if (attempt.aborted) throw attempt.reason;
      encoded = encode(call as unknown as Call, out.next);
    }
  } catch (error) {
    response?.cancel();
    const { aborted } = attempt;
    const why = aborted ? attempt.reason : error;
    if (row !== undefined) row.end ??= (performance.now() - begun) / 1000;
    const { toFailure, withAttempts } = await failures();
    const failure = toFailure(why, stamp(context, environment));
    if (row !== undefined) {
      row.error = failure.name;
      if (row.billing === undefined) {
        row.billing = aborted ? 'estimated' : 'unbilled';
        row.cost = aborted ? null : 0;
        // The answer was on its way: what it costs is guessed, and nobody waits for that.
        const failed = row;
        if (aborted)
          void import('./failed-bill.js').then(({ billFailed }) => billFailed(run, failed, environment.pricing));
      }
    }
    throw withAttempts(failure, attempts);
  } finally {
    if (!held) limits.end(attempt);
  }
}

/** Prices that cannot be loaded must not spoil the answer. */
const priced = (loading: Promise<Pricing>): Promise<Pricing | undefined> => loading.catch(() => undefined);

/** A request beside the attempt's own, for a token. */
async function sendAside(
  attempt: Attempt,
  transport: Transport,
  wire: Wire,
  seconds: number | undefined,
): Promise<{ status: number; headers: Record<string, string>; text: string }> {
  const part = attempt.part(seconds);
  try {
    const response = await transport.send(wire, part);
    return { status: response.status, headers: response.headers, text: await response.text() };
  } catch (error) {
    // Its own limit is no limit of the call, and no reason to give the call up.
    if (part.aborted && !attempt.aborted)
      throw new Timeout(`${new URL(wire.url).host} did not answer within ${seconds} s`, { code: 'timeout' });
    throw error;
  } finally {
    attempt.endPart(part);
  }
}

/** What a stream needs of its call: not the request, which may be long and would live as long as the stream. */
function withoutRequest<E extends Endpoint>(run: Run<E>): Shared<E> {
  const { environment, endpoint, call, limits, attempts, structured, started } = run;
  return { environment, endpoint, call, limits, attempts, structured, started };
}

/** Rejects as soon as the attempt ends. */
function abortable<T>(attempt: Attempt, promise: Promise<T>): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    attempt.onAbort((reason) => reject(reason));
    promise.then(resolve, reject);
  });
}

function readAnswer<E extends Endpoint>(call: ResolvedCall<E>, body: unknown, meta: ResponseMeta): Result<E> | Next {
  try {
    return call.transformer.response(body, call, meta);
  } catch (error) {
    if (error instanceof ProviderFault) error.body ??= body;
    throw unreadable(error);
  }
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return noJson;
  }
}
