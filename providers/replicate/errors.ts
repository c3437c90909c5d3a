/**
 * Errors: HTTP answers as problem details (RFC 7807), failures of a prediction as a text.
 * https://replicate.com/docs/reference/http, https://replicate.com/docs/reference/error-codes
 */
import { readErrorBody } from '../../src/core/error-body.js';
import type { ErrorFacts } from '../../src/core/spec.js';
import { openaiError } from '../openai/errors.js';
import { asText, isObject } from '../shared/messages.js';

export function replicateError(status: number, body: unknown): ErrorFacts {
  if (!isObject(body)) return readErrorBody(status, body);
  const title = asText(body['title']);
  const facts = openaiError(status, body);
  const detail = asText(body['detail']).trim();
  if (detail === '' && title !== '') facts.message = title;
  else if (title !== '') facts.message = `${title}: ${facts.message.trim()}`;
  if (status === 402) facts.kind = 'quota';
  const wait = body['retry_after'];
  if (typeof wait === 'number' && wait >= 0) facts.retry_after = wait;
  const fields = body['invalid_fields'];
  if (Array.isArray(fields) && isObject(fields[0])) {
    facts.param = asText(fields[0]['field']) || null;
    facts.provider_specific_fields = { invalid_fields: fields };
  }
  return facts;
}

/** What a prediction that ended without success says of itself. */
export function failure(status: string, error: unknown): ErrorFacts {
  const message =
    typeof error === 'string' ? error : error ? JSON.stringify(error) : `the prediction ${outcome(status)}`;
  const code = /\b(E\d{3,4})\b|\(code: (\w+)\)/.exec(message);
  const facts: ErrorFacts = { message, code: code?.[1] ?? code?.[2] ?? null, type: status };
  // Its deadline (`Cancel-After`) ran out before it began.
  if (status === 'aborted') facts.kind = 'timeout';
  else if (status !== 'canceled') {
    const told = openaiError(undefined, { message }).kind;
    facts.kind = told ?? (/flagged as sensitive|NSFW content/i.test(message) ? 'content_policy' : 'server');
    if (facts.kind === 'server' && facts.code === 'E004') facts.kind = 'overloaded';
  }
  return facts;
}

const outcome = (status: string): string => (status === 'failed' ? 'failed' : `was ${status}`);
