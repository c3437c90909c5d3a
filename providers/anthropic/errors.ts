/** Errors: https://platform.claude.com/docs/en/api/errors */
import { readErrorBody } from '../../src/core/error-body.js';
import type { ErrorFacts, ErrorKind } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

const byType: Readonly<Record<string, ErrorKind>> = {
  authentication_error: 'authentication',
  billing_error: 'quota',
  permission_error: 'permission',
  not_found_error: 'not_found',
  conflict_error: 'conflict',
  request_too_large: 'bad_request',
  rate_limit_error: 'rate_limit',
  timeout_error: 'timeout',
  overloaded_error: 'overloaded',
  api_error: 'server',
};

/** Causes that share the type `invalid_request_error`; only the text tells them. */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [
    /prompt is too long|^prompt: length|exceeds? (?:the )?(?:model(?:'s)? )?(?:maximum )?context (?:limit|window|length)/i,
    'context_window',
  ],
  [/content filtering policy/i, 'content_policy'],
  [/credit balance is too low|reached your specified (?:\w+ )*usage limits|spend limit/i, 'quota'],
  [/invalid x-api-key|invalid api key/i, 'authentication'],
];

/** Reads Anthropic's error body; the status is undefined for one told inside a 200. */
export function anthropicError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = readErrorBody(status, body);
  const refused = status === undefined || (status >= 400 && status < 500 && status !== 429);
  const told = refused ? byText.find(([text]) => text.test(facts.message))?.[1] : undefined;
  const typed = facts.type == null ? undefined : byType[facts.type];
  // A gateway's own status (a 502 whose body says api_error) tells more than the type.
  const kind = told ?? (typed === 'server' && status !== undefined ? undefined : typed);
  if (kind !== undefined) facts.kind = kind;
  // A cloud in between tells a status in the body.
  else if (status === undefined && facts.status === undefined)
    facts.kind = facts.type === 'invalid_request_error' ? 'bad_request' : 'server';
  const error = isObject(body) && isObject(body['error']) ? body['error'] : undefined;
  const details = error?.['details'];
  if (isObject(details)) {
    if (typeof details['error_code'] === 'string') facts.code = details['error_code'];
    facts.provider_specific_fields = { details };
  }
  return facts;
}
