/** What follows from a failure: another attempt, another group, or the end. */
import {
  APIError,
  APIResponseValidationError,
  APIUserAbortError,
  AuthenticationError,
  BudgetExceededError,
  CallmError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  GuardrailError,
  isRetryable,
  PermissionDeniedError,
  RateLimitError,
} from '../core/errors.js';
import type { JsonObject } from '../core/spec.js';
import { inPolicy } from './cooldown.js';
import type { FallbackList, FallbackTarget, RetryPolicy, RouterOptions } from './types.js';

export interface RetryRule {
  /** Attempts after the first. */
  retries: number;
  /** Whether the same deployment may be asked again. */
  same: boolean;
  /** Whether a sibling may be asked. */
  sibling: boolean;
}

/** What may be done about an error within its group. */
export function retryRule(
  error: unknown,
  group: string,
  retries: number,
  options: RouterOptions,
  own: RetryPolicy | undefined,
): RetryRule {
  if (!CallmError.is(error) || isEnd(error)) return { retries: 0, same: false, sibling: false };
  const policy = own ?? options.model_group_retry_policy?.[group] ?? options.retry_policy;
  const told = inPolicy(policy, error, 'Retries');
  if (told !== undefined) return { retries: told, same: true, sibling: true };
  const same = isRetryable(error);
  return { retries, same, sibling: same || servesElsewhere(error) };
}

/** The caller's own doing: nothing is tried after it. */
export const isEnd = (error: unknown): boolean =>
  error instanceof APIUserAbortError || error instanceof BudgetExceededError || error instanceof GuardrailError;

/** A key, an account or a server that is wrong here need not be wrong at a sibling. */
const servesElsewhere = (error: unknown): boolean =>
  error instanceof AuthenticationError ||
  error instanceof PermissionDeniedError ||
  error instanceof RateLimitError ||
  error instanceof APIResponseValidationError ||
  // A redirect is an address that is wrong here.
  (error instanceof APIError && error.status !== undefined && error.status < 400);

/** A call's own fallbacks, or those of the router. */
export interface FallbackRules {
  fallbacks: readonly (FallbackTarget | FallbackList[number])[] | undefined;
  context: FallbackList | undefined;
  policy: FallbackList | undefined;
  defaults: readonly FallbackTarget[] | undefined;
  /** Targets given with the call hold for whatever group fails. */
  direct: readonly FallbackTarget[] | undefined;
}

export function fallbackRules(options: RouterOptions, call: JsonObject): FallbackRules {
  if (call['disable_fallbacks'] === true)
    return { fallbacks: undefined, context: undefined, policy: undefined, defaults: undefined, direct: undefined };
  const own = call['fallbacks'] as readonly FallbackTarget[] | undefined;
  const direct = own !== undefined && !own.some(isMap) ? own : undefined;
  return {
    fallbacks: own === undefined ? options.fallbacks : direct === undefined ? (own as never) : undefined,
    context: (call['context_window_fallbacks'] as FallbackList | undefined) ?? options.context_window_fallbacks,
    policy: (call['content_policy_fallbacks'] as FallbackList | undefined) ?? options.content_policy_fallbacks,
    defaults: own === undefined ? options.default_fallbacks : undefined,
    direct,
  };
}

/** LiteLLM's `{ group: [targets] }`, as against a target with parameters. */
const isMap = (entry: unknown): entry is Readonly<Record<string, readonly FallbackTarget[]>> =>
  typeof entry === 'object' && entry !== null && Object.values(entry).every((value) => Array.isArray(value));

/** Where a call goes when a group has failed with an error. */
export function fallbacksFor(error: unknown, group: string, rules: FallbackRules): readonly FallbackTarget[] {
  if (rules.direct !== undefined) return rules.direct;
  if (error instanceof ContextWindowExceededError && (rules.context?.length ?? 0) > 0)
    return targetsOf(rules.context, group) ?? [];
  if (error instanceof ContentPolicyViolationError && (rules.policy?.length ?? 0) > 0)
    return targetsOf(rules.policy, group) ?? [];
  return targetsOf(rules.fallbacks as FallbackList | undefined, group) ?? rules.defaults ?? [];
}

function targetsOf(list: FallbackList | undefined, group: string): readonly FallbackTarget[] | undefined {
  if (list === undefined) return undefined;
  const plain = group.slice(group.indexOf('/') + 1);
  for (const name of [group, plain, '*'])
    for (const entry of list) if (isMap(entry) && entry[name] !== undefined) return entry[name];
  const bare = list.filter((entry) => !isMap(entry)) as unknown as FallbackTarget[];
  return bare.length > 0 ? bare : undefined;
}
