/** What follows from a failure: another attempt, another group, or the end. */
import {
  APIError,
  APIResponseValidationError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  CallmError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  GuardrailError,
  isRetryable,
  NoDeploymentError,
  PermissionDeniedError,
  RateLimitError,
  UnsupportedParamsError,
} from '../core/errors.js';
import type { JsonObject } from '../core/spec.js';
import { retriesIn } from './cooldown.js';
import { orderOf } from './filters.js';
import type { Group } from './fleet.js';
import { isMap } from './settings.js';
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
  const told = retriesIn(policy, error);
  if (told !== undefined) return { retries: told, same: true, sibling: true };
  const same = isRetryable(error);
  return { retries, same, sibling: same || servesElsewhere(error) };
}

/** The caller's own doing: nothing is tried after it. */
export const isEnd = (error: unknown): boolean => error instanceof APIUserAbortError || error instanceof GuardrailError;

/** A key, an account or a server that is wrong here need not be wrong at a sibling. */
const servesElsewhere = (error: unknown): boolean =>
  error instanceof AuthenticationError ||
  error instanceof PermissionDeniedError ||
  error instanceof RateLimitError ||
  error instanceof APIResponseValidationError ||
  // What one provider lacks another may have; nothing was sent.
  error instanceof UnsupportedParamsError ||
  (error instanceof BadRequestError && (error.code === 'unknown_provider' || error.code === 'unsupported_endpoint')) ||
  // A redirect is an address that is wrong here.
  (error instanceof APIError && error.status !== undefined && error.status < 400);

/** Above which order deployments of a group are asked next, when those up to `last` have failed. */
export function nextOrder(
  error: unknown,
  { members }: Group,
  last: number | undefined,
  call: JsonObject,
): number | undefined {
  if (last === undefined || call['disable_fallbacks'] === true || error instanceof NoDeploymentError) return undefined;
  // A prompt that is too long, or refused, fares no better there.
  if (error instanceof ContextWindowExceededError || error instanceof ContentPolicyViolationError) return undefined;
  return members.some((member) => orderOf(member) > last) ? last : undefined;
}

/** What a group is called in lists of fallbacks, the nearest name first. */
export function namesOf({ asked, name, direct }: Group): string[] {
  const names = [asked, asked.slice(asked.indexOf('/') + 1)];
  return direct ? names : [...names, name, name.slice(name.indexOf('/') + 1)];
}

/** Whether an answer that a filter cut short is to be asked for elsewhere: where fallbacks for it were given. */
export function filteredElsewhere(output: unknown, names: readonly string[], rules: FallbackRules): boolean {
  const { choices } = output as { choices?: unknown };
  if (!Array.isArray(choices)) return false;
  if (!choices.some((choice: { finish_reason?: unknown }) => choice.finish_reason === 'content_filter')) return false;
  if ((rules.policy?.length ?? 0) > 0) return targetsOf(rules.policy, names) !== undefined;
  return (targetsOf(rules.fallbacks, []) ?? rules.defaults ?? []).length > 0;
}

/** LiteLLM takes targets beside lists by group. */
type MixedList = readonly (FallbackTarget | FallbackList[number])[];

/** A call's own fallbacks, or those of the router. */
export interface FallbackRules {
  fallbacks: MixedList | undefined;
  context: MixedList | undefined;
  policy: MixedList | undefined;
  defaults: readonly FallbackTarget[] | undefined;
  /** Targets given with the call hold for whatever group fails. */
  direct: readonly FallbackTarget[] | undefined;
}

export function fallbackRules(options: RouterOptions, call: JsonObject): FallbackRules {
  if (call['disable_fallbacks'] === true)
    return { fallbacks: undefined, context: undefined, policy: undefined, defaults: undefined, direct: undefined };
  const own = (call['fallbacks'] ?? undefined) as readonly FallbackTarget[] | undefined;
  const direct = own !== undefined && !own.some(isMap) ? own : undefined;
  const lists: RouterOptions = direct === undefined ? options : {};
  return {
    fallbacks: own === undefined ? options.fallbacks : direct === undefined ? own : undefined,
    // Targets that a call names itself come before lists of the router's, not before its own.
    context: (call['context_window_fallbacks'] as FallbackList | undefined) ?? lists.context_window_fallbacks,
    policy: (call['content_policy_fallbacks'] as FallbackList | undefined) ?? lists.content_policy_fallbacks,
    defaults: own === undefined ? options.default_fallbacks : undefined,
    direct,
  };
}

/** Where a call goes when a group (by its names) has failed with an error. */
export function fallbacksFor(
  error: unknown,
  names: readonly string[],
  rules: FallbackRules,
): readonly FallbackTarget[] {
  if (error instanceof ContextWindowExceededError && (rules.context?.length ?? 0) > 0)
    return targetsOf(rules.context, names) ?? [];
  if (error instanceof ContentPolicyViolationError && (rules.policy?.length ?? 0) > 0)
    return targetsOf(rules.policy, names) ?? [];
  return rules.direct ?? targetsOf(rules.fallbacks, names) ?? rules.defaults ?? [];
}

function targetsOf(list: MixedList | undefined, names: readonly string[]): readonly FallbackTarget[] | undefined {
  if (list === undefined) return undefined;
  const maps = list.filter(isMap);
  const bare = list.filter((entry): entry is FallbackTarget => !isMap(entry));
  const under = (name: string): readonly FallbackTarget[] | undefined =>
    maps.find((entry) => Object.hasOwn(entry, name))?.[name];
  for (const name of names) {
    const found = under(name);
    if (found !== undefined) return found;
  }
  return bare.length > 0 ? bare : under('*');
}
