/** Budgets of deployments and providers: who has spent what it may is left alone until the next period. */
import type { AttemptRow, Store } from '../core/spec.js';
import type { Member } from './fleet.js';
import type { Clock } from './types.js';

export interface Budget {
  /** USD. */
  max: number;
  /** Seconds. */
  period: number;
}

/** Spending is counted in whole billionths of a dollar: sums of them are exact. */
const scale = 1e9;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800, mo: 2_592_000 };
const day = 86_400;

/** Seconds of `30s`, `12h`, `7d`, `1mo`, or a number. */
function secondsOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value > 0 && Number.isFinite(value) ? value : undefined;
  const parts = typeof value === 'string' ? /^(\d+(?:\.\d+)?)(s|mo|m|h|d|w)$/.exec(value.trim()) : null;
  return parts === null ? undefined : Number(parts[1]) * (units[parts[2] as string] as number);
}

/** LiteLLM's `max_budget` and `budget_duration`; a day where none is said. */
export function budgetOf(max: unknown, period: unknown): Budget | undefined {
  return typeof max === 'number' ? { max, period: secondsOf(period) ?? day } : undefined;
}

interface Spent {
  key: string;
  budget: Budget;
  spent: number;
  /** The period it was spent in. */
  period: number;
}

export class Spending {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #failed: (error: unknown) => void;
  readonly #providers = new Map<string, Budget>();
  readonly #spent = new Map<string, Spent>();
  /** Whose deployments without a prefix are, as their requests told. */
  readonly #told = new WeakMap<Member, string>();

  constructor(store: Store, clock: Clock, failed: (error: unknown) => void) {
    this.#store = store;
    this.#clock = clock;
    this.#failed = failed;
  }

  /** LiteLLM's `provider_budget_config`, with both of its names for each field. */
  ofProviders(config: Readonly<Record<string, unknown>> = {}): void {
    this.#providers.clear();
    for (const [provider, value] of Object.entries(config)) {
      const { max_budget, budget_limit, budget_duration, time_period } = value as Record<string, unknown>;
      const budget = budgetOf(max_budget ?? budget_limit, budget_duration ?? time_period);
      if (budget !== undefined) this.#providers.set(provider, budget);
    }
  }

  #of(member: Member): Spent[] {
    const provider = this.#provider(member);
    return [
      [`spend:deployment:${member.id}`, member.budget] as const,
      [`spend:provider:${provider}`, this.#providers.get(provider)] as const,
    ].flatMap(([key, budget]) => (budget === undefined ? [] : [this.#entry(key, budget)]));
  }

  #entry(key: string, budget: Budget): Spent {
    const period = Math.floor(this.#clock.now() / 1000 / budget.period);
    let known = this.#spent.get(key);
    if (known?.period !== period || known.budget.period !== budget.period) {
      known = { key, budget, spent: 0, period };
      this.#spent.set(key, known);
    }
    // What was spent outlives a change of what may be.
    known.budget = budget;
    return known;
  }

  /** Why a deployment is to be left alone. */
  exceeded(member: Member): { reason: string; retry_after: number } | undefined {
    for (const { key, budget, spent, period } of this.#of(member))
      if (spent >= budget.max * scale) {
        const whose = key.startsWith('spend:provider') ? `${this.#provider(member)} has` : 'it has';
        return {
          reason: `${whose} spent its budget of ${budget.max} USD`,
          retry_after: (period + 1) * budget.period - this.#clock.now() / 1000,
        };
      }
    return undefined;
  }

  /** Counts what requests cost; what others spent of a shared budget becomes known by it. */
  async spend(member: Member, rows: readonly AttemptRow[]): Promise<void> {
    if (this.#providers.size === 0 && member.budget === undefined) return;
    const provider = rows.at(-1)?.provider;
    if (provider !== undefined) this.#told.set(member, provider);
    const cost = rows.reduce((sum, row) => sum + (row.cost ?? 0), 0);
    const all = this.#of(member);
    const by = Math.round(cost * scale);
    if (all.length === 0 || by <= 0) return;
    for (const entry of all) entry.spent += by;
    try {
      const counts = all.map(({ key, budget }) => ({ key, by, window: budget.period }));
      const { values } = await this.#store.count(counts);
      all.forEach((entry, at) => (entry.spent = Math.max(entry.spent, values[at] ?? 0)));
    } catch (error) {
      this.#failed(error);
    }
  }

  #provider(member: Member): string {
    const { model, call } = member;
    const named = call['custom_llm_provider'];
    const told = typeof named === 'string' ? named : this.#told.get(member);
    return told ?? model.slice(0, Math.max(model.indexOf('/'), 0));
  }
}
