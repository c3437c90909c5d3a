/** Turns whatever went wrong in a call into one of the error classes, with the call's facts and without its secrets. */
import { Stop } from './clock.js';
import type { APIError } from './errors.js';
import {
  APIConnectionError,
  APIResponseValidationError,
  APIUserAbortError,
  CallmError,
  errorClass,
  ProviderFault,
  Timeout,
} from './errors.js';
import { holdsSecret } from './holds-secret.js';
import { redact, redactDeep } from './redact.js';
import type { AttemptRow, Call, ErrorFacts, ResponseMeta, Provider, WireResponse } from './spec.js';
import { BrokenEvent, Unreadable } from './unreadable.js';

export interface FailureContext {
  call: Pick<Call, 'provider' | 'llm_provider' | 'model'>;
  secrets: readonly string[];
  /** Without secrets already. */
  meta?: ResponseMeta | undefined;
  /** Milliseconds since the epoch; for Retry-After dates. */
  now: number;
}

const longestText = 4000;
const cut = (text: string): string => (text.length > longestText ? `${text.slice(0, longestText)}…` : text);

const decimal = /^\d+(?:\.\d+)?$/;
/** HTTP's date forms, and ISO's. */
const date = /^(?:[A-Za-z]{3,9},? .*\d\d:\d\d|\d{4}-\d\d-\d\dT)/;

/** Seconds to wait as the headers tell: `retry-after-ms`, then `retry-after` as a number or a date. Senseless values count as absent. */
export function retryAfter(headers: Record<string, string>, now: number): number | undefined {
  const millis = headers['retry-after-ms']?.trim();
  if (millis !== undefined && decimal.test(millis)) return Number(millis) / 1000;
  const given = headers['retry-after']?.trim();
  if (given === undefined) return undefined;
  if (decimal.test(given)) return Number(given);
  if (!date.test(given)) return undefined;
  const wait = (Date.parse(given) - now) / 1000;
  return wait >= 0 ? wait : undefined;
}

export const requestId = (headers: Record<string, string> | undefined): string | null =>
  headers?.['x-request-id'] ??
  headers?.['request-id'] ??
  headers?.['x-amzn-requestid'] ??
  headers?.['apim-request-id'] ??
  headers?.['x-kong-request-id'] ??
  headers?.['x-global-transaction-id'] ??
  null;

/** An error from what the provider said. */
export function fromFacts(facts: ErrorFacts, context: FailureContext, body?: unknown): APIError {
  const { call, secrets, meta } = context;
  const status = meta !== undefined && meta.status >= 300 ? meta.status : undefined;
  const type = errorClass(facts, status);
  const where = `${call.llm_provider} ${call.model}${status === undefined ? '' : `, HTTP ${status}`}`;
  return new type(`${cut(redact(facts.message, secrets))} (${redact(where, secrets)})`, {
    status: status ?? facts.status,
    headers: meta?.headers,
    error: redactDeep(body, secrets),
    code: facts.kind === 'quota' ? 'insufficient_quota' : redactDeep(facts.code, secrets),
    type: redactDeep(facts.type, secrets),
    param: redactDeep(facts.param, secrets),
    request_id: requestId(meta?.headers) ?? redactDeep(facts.request_id, secrets),
    llm_provider: call.llm_provider,
    model: call.model,
    retry_after: (meta === undefined ? undefined : retryAfter(meta.headers, context.now)) ?? facts.retry_after,
    provider_specific_fields: redactDeep(facts.provider_specific_fields, secrets),
  });
}

/** How the provider's error bodies are read. */
const errorReader = async (provider: Provider): Promise<NonNullable<Provider['error']>> =>
  provider.error ?? (await import('./error-body.js')).readErrorBody;

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

/** An error from an HTTP answer that is no success. */
export async function refusal(response: WireResponse, context: FailureContext): Promise<APIError> {
  const text = await errorText(response);
  const read = await errorReader(context.call.provider);
  const meta = context.meta as ResponseMeta;
  let body: unknown;
  try {
    body = redactDeep(JSON.parse(text) as unknown, context.secrets);
  } catch {
    // An HTML page or plain text is kept as it is, shortened.
    body = cut(redact(text, context.secrets));
  }
  const facts = read(meta.status, body, meta.headers);
  const location = meta.headers['location'];
  if (meta.status < 400 && location !== undefined)
    facts.message = `the provider answered with a redirect to ${location}, which is not followed; set api_base to the final address`;
  return fromFacts(facts, context, body);
}

/** Any failure as one of our errors. */
export function toFailure(error: unknown, context: FailureContext): CallmError {
  if (CallmError.is(error)) return error;
  const { call, meta, secrets } = context;
  const where = { llm_provider: call.llm_provider, model: call.model };
  if (error instanceof ProviderFault) return fromFacts(error.facts, context, parsed(error.body));
  if (error instanceof Stop) return fromStop(error, where);
  if (error instanceof SyntaxError || error instanceof Unreadable) {
    const what =
      error instanceof BrokenEvent
        ? `broken JSON: ${snippetOf(error.data, secrets)}`
        : error instanceof Unreadable
          ? `what cannot be read: ${cut(redact(error.message, secrets))}`
          : 'broken JSON';
    return new APIResponseValidationError(`${call.llm_provider} ${call.model} sent ${what}`, {
      ...where,
      cause: error instanceof Unreadable ? clean(error.cause as Error, secrets) : undefined,
      status: meta?.status,
      headers: meta?.headers,
      request_id: requestId(meta?.headers),
    });
  }
  const cause = error instanceof Error ? error : new Error(String(error));
  const code = (cause as { code?: unknown }).code;
  const detail = cause.message || (typeof code === 'string' ? code : cause.name);
  return new APIConnectionError(`connection to ${call.llm_provider} failed: ${cut(redact(detail, secrets))}`, {
    ...where,
    code: typeof code === 'string' ? redact(code, secrets) : null,
    cause: clean(cause, secrets),
    headers: meta?.headers,
    request_id: requestId(meta?.headers),
  });
}

/** An event's data as JSON, where it is some. */
function parsed(body: unknown): unknown {
  if (typeof body !== 'string') return body;
  try {
    return JSON.parse(body);
  } catch {
    return cut(body);
  }
}

/** The cause as it is, unless a secret stands in it: a transport may hang the request on its errors. */
function clean(cause: Error, secrets: readonly string[]): Error {
  if (!holdsSecret(cause, secrets)) return cause;
  const copy = new Error(redact(cause.message, secrets));
  copy.name = redact(cause.name, secrets);
  return copy;
}

const option = {
  total: 'timeout',
  first_token: 'timeout.first_token, stream_timeout or timeout',
  idle: 'timeout.idle, stream_timeout or timeout',
  deadline: 'deadline',
} as const;

function fromStop(stop: Stop, where: { llm_provider: string; model: string }): CallmError {
  if (stop.kind === 'signal' || stop.kind === 'left')
    return new APIUserAbortError('the call was aborted by its signal', { ...where, cause: stop.cause });
  const what = {
    total: 'no complete answer',
    first_token: 'no first token',
    idle: 'no further content',
    deadline: 'the call did not end',
  }[stop.kind];
  // A wait in a router's line has no provider yet.
  const whose = [where.llm_provider, where.model].filter(Boolean).join(' ');
  return new Timeout(`${what} within ${stop.seconds} s (option ${option[stop.kind]}; ${whose})`, {
    ...where,
    code: 'timeout',
    cause: stop.cause,
  });
}

/** The beginning of a text; redacted before it is cut, for half a secret is one too. */
const snippetOf = (text: string, secrets: readonly string[]): string =>
  redact(text.slice(0, 20_000), secrets).slice(0, 300);

/** A success status whose body is not what the endpoint answers. */
export function unexpectedBody(text: string, why: string, context: FailureContext): APIResponseValidationError {
  const snippet = snippetOf(text, context.secrets);
  const { call, meta } = context;
  return new APIResponseValidationError(
    `${call.llm_provider} answered HTTP ${meta?.status} with ${why}: ${snippet === '' ? '(empty body)' : snippet}`,
    {
      status: meta?.status,
      headers: meta?.headers,
      request_id: requestId(meta?.headers),
      llm_provider: call.llm_provider,
      model: call.model,
      error: snippet,
    },
  );
}

export function withAttempts<T extends CallmError>(error: T, attempts: AttemptRow[]): T {
  error.attempts = attempts;
  return error;
}

/** A success status with a body of another shape: an error that it tells, or a validation error. */
export async function notTheShape(text: string, problem: string, context: FailureContext): Promise<CallmError> {
  // Read anew: a transformer may have mended its body in place.
  const body: unknown = redactDeep(JSON.parse(text) as unknown, context.secrets);
  if (typeof body === 'object' && body !== null && 'error' in body && body.error) {
    const { status, headers } = context.meta as { status: number; headers: Record<string, string> };
    const read = await errorReader(context.call.provider);
    const facts = read(status, body, headers);
    return fromFacts(facts, context, body);
  }
  return unexpectedBody(text, problem, context);
}
