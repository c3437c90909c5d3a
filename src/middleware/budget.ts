/** Spending limits: what a call may cost at the most is reserved before it, and what it did cost settled after it. */
import { BudgetExceededError, CallmError } from '../core/errors.js';
import { worstInputTokens } from '../core/estimate.js';
import type {
  AttemptRow,
  Count,
  Counted,
  Endpoint,
  HiddenParams,
  Input,
  Middleware,
  Output,
  StreamOf,
  Store,
} from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import { worstCost, type WorstCost } from '../prices/worst-cost.js';
import { memoryStore } from '../store/memory.js';

export interface BudgetOptions {
  /** USD. */
  max: number;
  /** Whose budget it is: a name, or a function of the call; calls for which it gives undefined are free of it. */
  scope?: string | ((endpoint: Endpoint, input: Input<Endpoint>) => string | undefined);
  /** Seconds, or `30m`, `12h`, `7d`: the budget starts anew with every such window. Absent: it never does. */
  window?: number | string;
  /** In this process by default; a shared one counts for all processes. */
  store?: Store;
  /** The shipped price list by default. */
  prices?: Prices;
  /** What happens to calls whose price is not known: refused by default. */
  unknown_price?: 'refuse' | 'allow';
  /** What happens when the store does not answer: calls are refused by default. */
  store_failure?: 'refuse' | 'allow';
}

/** Counters are whole billionths of a dollar: sums of them are exact. */
const scale = 1e9;
const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
/** How long a reservation of a call outlives it, should its process die. Without a window it would stay for ever. */
const forgotten = 400 * 86_400;

/**
 * Middleware that refuses a call when it might cost more than is left. Safe under concurrency, and with a shared store
 * across processes.
 *
 * @throws {BudgetExceededError} from calls: what is left, what was needed, and what would have fitted
 */
export function budget(options: BudgetOptions): Middleware {
  check(options);
  const { max, scope = 'default', store = memoryStore(), unknown_price = 'refuse', store_failure = 'refuse' } = options;
  const window = seconds(options.window);
  const limit = Math.floor(max * scale);
  let loading: Promise<Prices> | undefined;
  const load = (): Promise<Prices> => {
    if (options.prices !== undefined) return options.prices.withFacts();
    loading ??= import('../prices/prices.js').then(async ({ makePrices }) => (await makePrices()).withFacts());
    return loading;
  };

  return async function withinBudget<E extends Endpoint>(
    endpoint: E,
    input: Input<E>,
    next: (input: Input<E>) => Promise<Output<E>>,
  ): Promise<Output<E>> {
    const owner = typeof scope === 'function' ? scope(endpoint, input) : scope;
    if (owner === undefined) return next(input);
    const prices = await load();
    const worst = worstCost(prices, endpoint, input, worstInputTokens);
    if (worst === null && unknown_price === 'refuse')
      throw new BudgetExceededError(
        `budget: the price of ${input.model} is not known; register it, or pass unknown_price: 'allow'`,
        { max_budget: max },
      );
    const most = worst === null ? 0 : worst.input + worst.output;
    const reserved = Math.ceil(most * scale);
    const count: Count = {
      key: `budget:${owner}`,
      by: reserved,
      limit,
      ...(window === undefined ? { ttl: forgotten } : { window }),
    };
    const counted = await ask(store, count, store_failure);
    if (counted === undefined) return next(input);
    if (!counted.ok) throw exceeded(owner, max, most, counted, fitting(worst, limit - (counted.values[0] ?? 0)));
    const key = counted.keys[0] as string;
    const settle = async (cost: number | null): Promise<void> => {
      // An unknown cost stays reserved: it may have been the most.
      if (cost === null) return;
      const change = {
        key,
        by: Math.ceil(cost * scale) - reserved,
        ttl: window === undefined ? forgotten : window * 2,
      };
      if (change.by !== 0) await ask(store, change, 'allow');
    };
    let output: Output<E>;
    try {
      output = await next(input);
    } catch (error) {
      await settle(spentBy(error));
      throw error;
    }
    const hidden = (output as { _hidden_params?: HiddenParams })._hidden_params;
    if (isStream(output)) void output.finished().then(() => settle(hidden?.response_cost ?? null));
    else await settle(hidden?.response_cost ?? null);
    return output;
  };
}

const policies = ['refuse', 'allow', undefined];

/** @throws {CallmError} naming the option */
function check(options: BudgetOptions): void {
  const { max, scope, store, prices, unknown_price, store_failure } = options ?? {};
  const must = (name: string, fits: boolean, what: string): void => {
    if (!fits) throw new CallmError(`budget: ${name} must be ${what}`);
  };
  must('max', typeof max === 'number' && max >= 0, 'USD, a number of at least 0');
  must('scope', ['undefined', 'string', 'function'].includes(typeof scope), 'a name, or a function of the call');
  must('store', store === undefined || typeof store?.count === 'function', 'a store');
  must('prices', prices === undefined || typeof prices?.completionCost === 'function', 'what loadPrices() gave');
  must('unknown_price', policies.includes(unknown_price), "'refuse' or 'allow'");
  must('store_failure', policies.includes(store_failure), "'refuse' or 'allow'");
}

function seconds(window: number | string | undefined): number | undefined {
  if (window === undefined) return undefined;
  const [, amount, unit] = typeof window === 'string' ? (/^(\d+)([smhd])$/.exec(window) ?? []) : [];
  const value = typeof window === 'number' ? window : Number(amount) * (units[unit ?? ''] ?? NaN);
  if (!(value > 0)) throw new CallmError('budget: window must be seconds, or a number with s, m, h or d');
  return value;
}

async function ask(store: Store, count: Count, failure: 'refuse' | 'allow'): Promise<Counted | undefined> {
  try {
    return await store.count([count]);
  } catch (cause) {
    if (failure === 'allow') return undefined;
    throw new BudgetExceededError('budget: its store does not answer', { cause });
  }
}

function exceeded(owner: string, max: number, needed: number, counted: Counted, fits: number): BudgetExceededError {
  const current = (counted.values[0] ?? 0) / scale;
  const hint = fits > 0 ? `; with max_tokens: ${fits} it would fit` : '';
  return new BudgetExceededError(
    `budget "${owner}": ${usd(current)} of ${usd(max)} are spent or reserved, and the call may cost ${usd(needed)}${hint}`,
    { current_cost: current, max_budget: max, needed, fitting_max_tokens: fits, retry_after: counted.retry_after },
  );
}

const usd = (amount: number): string => `$${Number(amount.toPrecision(4))}`;

const isStream = <E extends Endpoint>(output: Output<E>): output is StreamOf<E> & Output<E> =>
  typeof (output as { finished?: unknown }).finished === 'function';

/** What failed attempts cost, as far as it is known. */
function spentBy(error: unknown): number {
  const attempts: readonly AttemptRow[] = CallmError.is(error) ? error.attempts : [];
  return attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
}

/** With how many `max_tokens` the call would fit into what is left, in billionths. */
function fitting(worst: WorstCost | null, left: number): number {
  if (worst === null || worst.output <= 0) return 0;
  return Math.max(Math.floor(((left / scale - worst.input) / worst.output) * worst.max_tokens), 0);
}
