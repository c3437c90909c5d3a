/** The gateway names LiteLLM's exception in its text: that class counts, whatever status carries it. */
import type { ErrorFacts, ErrorKind } from '../../src/core/spec.js';
import { openaiError } from '../openai/errors.js';

const kinds: Readonly<Record<string, ErrorKind>> = {
  AuthenticationError: 'authentication',
  BadGatewayError: 'bad_gateway',
  BadRequestError: 'bad_request',
  BudgetExceededError: 'quota',
  ContentPolicyViolationError: 'content_policy',
  ContextWindowExceededError: 'context_window',
  ImageFetchError: 'bad_request',
  InternalServerError: 'server',
  InvalidRequestError: 'bad_request',
  NotFoundError: 'not_found',
  PermissionDeniedError: 'permission',
  RateLimitError: 'rate_limit',
  RejectedRequestError: 'bad_request',
  ServiceUnavailableError: 'overloaded',
  Timeout: 'timeout',
  UnprocessableEntityError: 'unprocessable',
  UnsupportedParamsError: 'bad_request',
};
/** One name, or a chain of them: `litellm.BadRequestError: litellm.ContentPolicyViolationError: …`, in either order. */
const chain = /\blitellm\.\w+(?::\s*litellm\.\w+)*/;
/** Of the gateway's own: limits of a key, a team or a user. */
const byType: Readonly<Record<string, ErrorKind>> = { budget_exceeded: 'quota', expired_key: 'authentication' };

/** The class that the gateway's text names outranks everything else. */
export function renamed(facts: ErrorFacts): ErrorFacts {
  const names = chain.exec(facts.message)?.[0].match(/\w+(?=:|$)/g) ?? [];
  const told = names.map((name) => kinds[name]).filter((kind) => kind !== undefined);
  // The general class says less than its subclasses.
  const kind =
    told.find((each) => each !== 'bad_request') ?? told[0] ?? (facts.type == null ? undefined : byType[facts.type]);
  if (kind === undefined) return facts;
  // Out of credit at the vendor behind the gateway stays what it is.
  const kept = kind === 'rate_limit' && facts.kind === 'quota' ? 'quota' : kind;
  return { ...facts, kind: kept };
}

export const litellmError = (status: number | undefined, body: unknown): ErrorFacts =>
  renamed(openaiError(status, body));
