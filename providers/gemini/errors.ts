/** Google's error bodies. Source: https://ai.google.dev/gemini-api/docs/troubleshooting, https://cloud.google.com/apis/design/errors */
import { readErrorBody } from '../../src/core/error-body.js';
import type { ErrorFacts, ErrorKind, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** What only the text tells; the first match counts. */
const rows: readonly { match: RegExp; kind: ErrorKind }[] = [
  { match: /^API key (?:not valid|expired)|API_KEY_INVALID|unregistered callers/i, kind: 'authentication' },
  {
    match: /exceeds the maximum number of tokens allowed|payload size exceeds the limit/i,
    kind: 'context_window',
  },
  {
    match: /response was blocked|blocked by content filtering policy|violates? Google's Responsible AI practices/i,
    kind: 'content_policy',
  },
];

const reasons: ReadonlyMap<unknown, ErrorKind> = new Map([
  ['API_KEY_INVALID', 'authentication'],
  ['API_KEY_EXPIRED', 'authentication'],
  ['ACCESS_TOKEN_EXPIRED', 'authentication'],
]);

/** Google's status words, where the HTTP status may be missing or another. */
const statuses: ReadonlyMap<unknown, ErrorKind> = new Map([
  ['RESOURCE_EXHAUSTED', 'rate_limit'],
  ['UNAUTHENTICATED', 'authentication'],
  ['PERMISSION_DENIED', 'permission'],
  ['NOT_FOUND', 'not_found'],
  ['UNAVAILABLE', 'overloaded'],
  ['DEADLINE_EXCEEDED', 'timeout'],
]);

/** Seconds of a protobuf duration (`48.9s`). */
function seconds(duration: unknown): number | undefined {
  const match = typeof duration === 'string' ? /^(\d+(?:\.\d+)?)s$/.exec(duration) : null;
  return match === null ? undefined : Number(match[1]);
}

export function readError(status: number | undefined, body: unknown): ErrorFacts {
  const facts = readErrorBody(status, body);
  const root: unknown = Array.isArray(body) ? body[0] : body;
  const error = isObject(root) && isObject(root['error']) ? root['error'] : undefined;
  const details: JsonObject[] = Array.isArray(error?.['details']) ? error['details'].filter(isObject) : [];
  const reason = details.map((detail) => reasons.get(detail['reason'])).find((kind) => kind !== undefined);
  const kind = reason ?? rows.find(({ match }) => match.test(facts.message))?.kind ?? statuses.get(error?.['status']);
  const wait =
    details.map((detail) => seconds(detail['retryDelay'])).find((value) => value !== undefined) ??
    seconds(/retry in (\d+(?:\.\d+)?s)/i.exec(facts.message)?.[1]);
  return {
    ...facts,
    ...(kind !== undefined && { kind }),
    ...(wait !== undefined && { retry_after: wait }),
    ...(details.length > 0 && { provider_specific_fields: { details } }),
  };
}
