/** What has been tried in a group, and what may follow a failure. */
import type { Limits } from '../core/clock.js';
import { Stop } from '../core/clock.js';
import { APIError, CallmError } from '../core/errors.js';
import { backoff } from '../core/retry.js';
import type { JsonObject } from '../core/spec.js';
import type { Engine } from './engine.js';
import { byOrder, orderOf, type Demands } from './filters.js';
import type { Group, Member } from './fleet.js';
import { isEnd, nextOrder, retryRule } from './rules.js';
import type { Selection } from './selection.js';
import type { RetryPolicy } from './types.js';
import type { Waits } from './waits.js';

const defaultRetries = 2;
const defaultMaxDelay = 60;

/** The call that tries. */
interface Trier {
  readonly engine: Engine;
  readonly selection: Selection;
  readonly limits: Limits;
  readonly waits: Waits;
  readonly demands: Demands;
  /** Its parameters for this group. */
  readonly said: JsonObject;
}

export const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export class Tries {
  readonly #call: Trier;
  readonly ids = new Set<string>();
  /** Requests that failed. */
  failures = 0;
  /** Deployments up to this order have had their turn. */
  above = -Infinity;
  /** What is told when nothing helps: what the deployments of the first order said. */
  first: Error | undefined = undefined;

  constructor(call: Trier) {
    this.#call = call;
  }

  /**
   * What follows a failure: another deployment at once, be it of the next order, or the same after the wait that it
   * needs. Whether it may be the same; throws when nothing may follow.
   */
  async goesOn(error: unknown, given: Group, member: Member): Promise<boolean> {
    const { engine, selection, limits, said, demands } = this.#call;
    if (isEnd(error) || error instanceof Stop || limits.left <= 0) throw error;
    const group = engine.fleet.current(given);
    const policy: RetryPolicy | undefined = said['retry_policy'] ?? undefined;
    const rule = retryRule(error, member.model_name, this.#retriesAt(member), engine.options, policy);
    // What was refused before it was sent is no attempt.
    if (!CallmError.is(error) || error.attempts.length > 0 || rule.same) this.failures++;
    const spent = this.failures > rule.retries;
    if (error instanceof APIError && error.retry_after !== undefined) selection.spare(member, error.retry_after);
    const { fit, trying } = engine.candidates(group, demands);
    const able = fit.filter((each) => selection.fits(group, each));
    const untried = able.filter(({ id }) => !this.ids.has(id));
    if (rule.sibling && !spent && byOrder(untried, this.above).length > 0) return rule.same;
    const next = nextOrder(error, group, orderOfLast(group, this.ids), said);
    if (next !== undefined && byOrder(untried, next).length > 0) {
      this.first ??= error as Error;
      this.above = next;
      return rule.same;
    }
    const pool = byOrder(able);
    if (spent || !rule.same || (pool.length === 0 && trying.length === 0)) throw this.first ?? error;
    this.above = -Infinity;
    await this.#waitBefore(this.failures, error, pool);
    return true;
  }

  #retriesAt(member: Member): number {
    const { engine, said } = this.#call;
    const { num_retries, max_retries } = said;
    return (
      numberOf(num_retries) ??
      numberOf(max_retries) ??
      member.num_retries ??
      engine.options.num_retries ??
      defaultRetries
    );
  }

  /** A deployment again: never earlier than it asked for. */
  async #waitBefore(attempt: number, error: unknown, pool: readonly Member[]): Promise<void> {
    const { engine, said, selection, limits, waits } = this.#call;
    const told = error instanceof APIError ? error.retry_after : undefined;
    const most = numberOf(said['max_retry_delay']) ?? engine.options.max_retry_delay ?? defaultMaxDelay;
    const soonest = selection.soonest(pool);
    const pause = told === undefined || told <= 0 ? backoff(attempt, engine.random) : 0;
    const seconds = Math.max(soonest, pause, engine.options.retry_after ?? 0);
    if (soonest > most || seconds * 1000 >= limits.left) throw error;
    await waits.seconds(seconds);
  }
}

/** The highest order of which a deployment was asked. */
function orderOfLast({ members }: Group, ids: ReadonlySet<string>): number | undefined {
  const orders = members.filter(({ id }) => ids.has(id)).map(orderOf);
  return orders.length === 0 ? undefined : Math.max(...orders);
}
