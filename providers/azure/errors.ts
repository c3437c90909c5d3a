/** Errors: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter */
import type { ErrorFacts, ErrorKind, JsonObject } from '../../src/core/spec.js';
import { openaiError } from '../openai/errors.js';
import { isObject } from '../shared/messages.js';

const kinds: Readonly<Record<string, ErrorKind>> = {
  DeploymentNotFound: 'not_found',
  unknown_model: 'not_found',
  tokens_limit_reached: 'context_window',
  ResponsibleAIPolicyViolation: 'content_policy',
};

/** The same where no status tells more: within streams. */
const inStream: Readonly<Record<string, ErrorKind>> = {
  InternalServerError: 'server',
  ServiceUnavailable: 'overloaded',
  RateLimitReached: 'rate_limit',
};

/** Causes that stand in the text alone. */
const byText: readonly (readonly [RegExp, ErrorKind])[] = [
  [/content management policy|ResponsibleAIPolicyViolation|content_filter_policy/i, 'content_policy'],
  [/the model produced invalid content/i, 'content_policy'],
  [/too many tokens: /i, 'context_window'],
];

const wait = /(?:retry after|try again in) (\d+) second/i;

/** Reads an error body of Azure's; the status is undefined for one told inside a 200. */
export function azureError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = openaiError(status, body);
  const root: JsonObject = isObject(body) ? body : {};
  const error = isObject(root['error']) ? root['error'] : root;
  const inner = error['innererror'] ?? error['inner_error'];
  const told = status ?? facts.status;
  if (told === undefined || (told >= 400 && told < 500 && told !== 401 && told !== 429)) {
    const codes = [facts.code, isObject(inner) ? inner['code'] : undefined];
    const table = told === undefined ? { ...inStream, ...kinds } : kinds;
    const kind =
      codes.map((code) => (typeof code === 'string' ? table[code] : undefined)).find(Boolean) ??
      byText.find(([text]) => text.test(facts.message))?.[1];
    if (kind !== undefined) facts.kind = kind;
  }
  const seconds = told === 429 ? wait.exec(facts.message)?.[1] : undefined;
  if (seconds !== undefined) facts.retry_after = Number(seconds);
  if (isObject(inner)) facts.provider_specific_fields = { innererror: inner };
  return facts;
}
