/** Errors: https://docs.cohere.com/reference/errors */
import { readErrorBody } from '../../src/core/error-body.js';
import type { ErrorFacts, ErrorKind } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** Statuses that say more here than elsewhere: a billing limit, a deny-listed token in the prompt or the answer. */
const byStatus: Readonly<Record<number, ErrorKind>> = { 402: 'quota', 498: 'content_policy' };

/** A body is an id and a text; the first text that fits counts. */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  // The limit on the answer begins with the words of the limit on the prompt.
  [/^too many tokens: max tokens must be/i, 'bad_request'],
  [/too many tokens|prompt is too long|exceeds? the (?:maximum )?context (?:length|window)/i, 'context_window'],
  [/^(?:invalid request: )?blocked (?:in|out)put/i, 'content_policy'],
  [/invalid api (?:token|key)|no api key supplied|incorrect api key|api key has expired/i, 'authentication'],
];
/** A trial key's allowance for the month; the one for the minute comes back. */
const monthly = /limited to [\d,]+ API calls \/ month/i;

/** Reads Cohere's error body; the status is undefined for one told inside a 200. */
export function cohereError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = readErrorBody(status, body);
  const refused = status === undefined || (status >= 400 && status < 500 && status !== 429);
  const told = refused ? byText.find(([text]) => text.test(facts.message))?.[1] : undefined;
  const kind =
    (status === undefined ? undefined : byStatus[status]) ??
    told ??
    (status === 429 && monthly.test(facts.message) ? 'quota' : undefined) ??
    (status === undefined ? 'server' : undefined);
  if (kind !== undefined) facts.kind = kind;
  if (isObject(body) && typeof body['id'] === 'string') {
    facts.request_id = body['id'];
    facts.provider_specific_fields = { id: body['id'] };
  }
  return facts;
}
