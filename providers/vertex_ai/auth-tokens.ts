/** Tokens of Google's endpoints: how they are asked for, and what the answers tell. */
import { RateLimitError, ServiceUnavailableError } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/spec.js';
import { type Answer, type Context, fetched, hide, hostOf } from '../shared/auth-request.js';
import { isObject } from '../shared/messages.js';
import { refuse, remedyOf, tokenRequest } from './credentials.js';

/** `expires` is in milliseconds since the epoch: when the token is to be replaced. */
export interface Token {
  token: string;
  expires: number;
}

/** Seconds before its end in which a token is no longer used: the metadata server makes a new one four minutes before. */
export const margin = 225;

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
