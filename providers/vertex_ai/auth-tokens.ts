/** Requests to token endpoints, and what they answer. */
import {
  APIConnectionError,
  CallmError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
} from '../../src/core/errors.js';
import type { Call, Io, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { refuse, remedyOf, tokenRequest } from './credentials.js';

/** What a refresh needs. `secrets` are those of the call's request. */
export interface Context {
  call: Call;
  io: Io;
  secrets: string[];
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** `expires` is in milliseconds since the epoch: when the token is to be replaced. */
export interface Token {
  token: string;
  expires: number;
}

/** Seconds before its end in which a token is no longer used: the metadata server makes a new one four minutes before. */
export const margin = 225;
/** Seconds after which a silent token endpoint is given up. */
const patience = 30;

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'the token endpoint');

/** A text of others without the values that must not be shown. */
export function hide(text: string, { secrets }: Context): string {
  let out = text;
  for (const secret of secrets) if (secret.length >= 4) out = out.replaceAll(secret, '<redacted>');
  return out.slice(0, 500);
}

function unreachable(url: string, cause: unknown, context: Context): APIConnectionError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code } = error as { code?: unknown };
  const told = hide(error.message || String(code ?? error.name), context);
  const { llm_provider, model } = context.call;
  return new APIConnectionError(
    `no access token for ${llm_provider}: the connection to ${hostOf(url)} failed: ${told}`,
    {
      llm_provider,
      model,
      code: typeof code === 'string' ? code : null,
      cause: told === error.message ? error : new Error(told),
    },
  );
}

function silent(url: string, { call: { llm_provider, model } }: Context): Timeout {
  const told = `no access token for ${llm_provider}: ${hostOf(url)} did not answer within ${patience} s`;
  return new Timeout(told, { llm_provider, model, code: 'timeout' });
}

/** A token request, within the limits of the call and of our patience. */
export async function fetched(request: Parameters<Io['fetch']>[0], context: Context): Promise<Answer> {
  try {
    return await context.io.fetch({ ...request, timeout: patience });
  } catch (cause) {
    const { kind, seconds } = cause as { kind?: unknown; seconds?: unknown };
    if (kind === 'total' && seconds === patience) throw silent(request.url, context);
    // The call itself was ended: others that wait for the token ask anew.
    if (CallmError.is(cause) || kind !== undefined) throw cause;
    throw unreachable(request.url, cause, context);
  }
}

/** The token in an endpoint's answer. `asked` is when it was asked, in milliseconds; `remedy` says what to do when it refuses. */
export function tokenIn(
  { status, headers, body }: Answer,
  url: string,
  asked: number,
  remedy: string,
  context: Context,
): Token {
  const answer = isObject(body) ? body : {};
  const { access_token: token, expires_in: given, error, error_description: description } = answer;
  if (status < 300 && typeof token === 'string' && token !== '') {
    context.secrets.push(token);
    const lifetime = typeof given === 'number' && given > 0 ? given : 3600;
    return { token, expires: asked + (lifetime - Math.min(margin, lifetime / 2)) * 1000 };
  }
  const told = [isObject(error) ? error['message'] : error, description].filter((each) => typeof each === 'string');
  const { llm_provider, model } = context.call;
  const reason = told.length === 0 ? '' : ` (${hide(told.join(': '), context)})`;
  const head = `no access token for ${llm_provider}: ${hostOf(url)} answered HTTP ${status}${reason}`;
  const wait = Number(headers['retry-after']);
  const facts = { llm_provider, model, code: 'token_refused', ...(wait > 0 && { retry_after: wait }) };
  if (status === 429) throw new RateLimitError(head, facts);
  if (status >= 500) throw new ServiceUnavailableError(head, facts);
  throw refuse(context.call, `${head}; ${remedy}`, 'token_refused');
}

/** A clock further from the endpoint's than this is put right, in milliseconds. */
const skew = 60_000;

/** Asks the token endpoint of credentials; undefined for those of a kind that has none. */
export async function exchange(data: JsonObject, name: string, context: Context): Promise<Token | undefined> {
  const ask = async (now: number): Promise<{ url: string; answer: Answer } | undefined> => {
    const request = await tokenRequest(data, name, now, context.call);
    if (request === undefined) return undefined;
    const { url, body, secrets } = request;
    context.secrets.push(...secrets);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { url, answer: await fetched({ method: 'POST', url, headers, body }, context) };
  };
  const now = context.io.now();
  let asked = await ask(now);
  if (asked === undefined) return undefined;
  const theirs = Date.parse(asked.answer.headers['date'] ?? '');
  if (asked.answer.status === 400 && data['type'] === 'service_account' && Math.abs(theirs - now) > skew)
    asked = (await ask(theirs)) ?? asked;
  return tokenIn(asked.answer, asked.url, now, remedyOf(data), context);
}
