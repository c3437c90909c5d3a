/** Errors: `{ errors: [{ code, message, more_info }], trace, status_code }`; https://cloud.ibm.com/apidocs/watsonx-ai */
import type { ErrorFacts, ErrorKind } from '../../src/core/spec.js';
import { openaiError } from '../openai/errors.js';
import { asText, isObject } from '../shared/messages.js';

const byCode: Readonly<Record<string, ErrorKind>> = {
  authentication_token_expired: 'authentication',
  authentication_token_not_valid: 'authentication',
  authorization_rejected: 'permission',
  user_authorization_failed: 'permission',
  model_not_supported: 'not_found',
  consumption_limit_reached: 'rate_limit',
  rate_limit_reached_requests: 'rate_limit',
  token_quota_reached: 'quota',
};
const context = /cannot exceed the total tokens limit|sequence length is longer than the specified maximum/i;

/** The status is undefined for an error told in a 200. */
export function watsonxError(status: number | undefined, body: unknown): ErrorFacts {
  const list: unknown[] = isObject(body) && Array.isArray(body['errors']) ? body['errors'] : [];
  const errors = list.filter(isObject);
  const facts = openaiError(status, body);
  const [first] = errors;
  if (first === undefined || !isObject(body)) return facts;
  facts.message = errors.map((error) => asText(error['message'])).join('; ') || facts.message;
  const code = asText(first['code']);
  facts.code = code || null;
  const told = byCode[code];
  if (told !== undefined) facts.kind = told;
  else if (context.test(facts.message)) facts.kind = 'context_window';
  if (typeof body['trace'] === 'string') {
    facts.request_id = body['trace'];
    facts.provider_specific_fields = { trace: body['trace'] };
  }
  return facts;
}
