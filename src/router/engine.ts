/** What the calls of a Router share: deployments, live figures, limits, cooldowns, slots, affinity. Loaded with the first call. */
import { BadRequestError, Timeout } from '../core/errors.js';
import type { Env, Runner, Store } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import { memoryStore } from '../store/memory.js';
import { Affinity } from './affinity.js';
import { cooldownFor, isFailure } from './cooldown.js';
import { Moment, type SampleOptions } from './counters.js';
import { Events } from './events.js';
import { byTags, unfit, type Demands, type Excluded } from './filters.js';
import { Fleet, type Group, type Member } from './fleet.js';
import { RateLimits } from './limits.js';
import { Line } from './line.js';
import { patient } from './patient.js';
import { pick, type Asked } from './picking.js';
import type { Choice } from './selection.js';
import { Shared } from './shared.js';
import { Slots } from './slots.js';
import { Spending } from './spending.js';
import { State } from './state.js';
import { strategies } from './strategies.js';
import type { Clock, DeploymentEntry, RouterOptions, Strategy } from './types.js';

const affinityLife = 3600;
const nobody: readonly Member[] = [];
const nothing: ReadonlyMap<string, Excluded> = new Map();

/** Who can take a call now, why each other cannot, and whom another call tries. */
export interface Candidates {
  fit: readonly Member[];
  excluded: ReadonlyMap<string, Excluded>;
  trying: readonly Member[];
}

/** LiteLLM's names for how many latencies count, and for how many seconds. */
interface LatencyArgs {
  max_latency_list_size?: number;
  ttl?: number;
}

/** Options that a router has for good. */
const fixed = ['model_list', 'client', 'store', 'use', 'clock', 'random', 'env', 'redis_url', 'redis_host', 'redis_port', 'redis_password'] as const; // prettier-ignore

export interface EngineParts {
  options: RouterOptions;
  client: Runner;
  env: Env;
  /** Prices and facts about models; absent where the entry has none. */
  prices: (() => Promise<Prices>) | undefined;
  /** A store that was made for this router, and ends with it. */
  own?: Store | undefined;
}

export class Engine {
  readonly options: RouterOptions;
  readonly client: Runner;
  readonly fleet: Fleet;
  readonly events = new Events();
  readonly slots = new Slots();
  readonly line = new Line();
  readonly limits: RateLimits;
  readonly affinity: Affinity;
  readonly spending: Spending;
  readonly store: Store;
  readonly random: () => number;
  readonly clock: Clock;
  /** Whether rpm and tpm are limits, or weights alone. */
  limiting = false;
  #strategy: Strategy = strategies['simple-shuffle'];
  readonly #own: Store | undefined;
  readonly #states = new Map<string, State>();
  /** Deployments that may not be ready; of all others it is known that they are. */
  readonly #watched = new Set<string>();
  readonly #samples: SampleOptions = {};
  readonly #moment = new Moment();
  readonly #loadPrices: (() => Promise<Prices>) | undefined;
  /** What other processes share, if they do. */
  readonly shared: Shared | undefined;
  #prices: Prices | undefined;

  constructor({ options, client, env, prices, own }: EngineParts) {
    this.#own = own;
    this.options = options;
    this.client = client;
    this.clock = options.clock ?? { now: () => Date.now() };
    this.random = options.random ?? Math.random;
    this.useStrategy();
    this.fleet = new Fleet(options, env, (id) => this.#state(id));
    const now = (): number => this.clock.now();
    this.store = options.store === undefined ? memoryStore({ now, max: 100_000 }) : patient(options.store);
    const failed = (error: unknown): void => this.storeFailed(error);
    if (options.store !== undefined)
      this.shared = new Shared({
        store: this.store,
        clock: this.clock,
        failed,
        cooling: (member, seconds, error) => {
          if (this.options.disable_cooldowns !== true) this.#cool(member, seconds, error);
        },
      });
    this.limits = new RateLimits(this.store, now, failed);
    this.affinity = new Affinity(this.store);
    this.spending = new Spending(this.store, this.clock, failed);
    this.spending.ofProviders(options.provider_budget_config);
    this.#loadPrices = prices;
  }

  /** Reads the options that tell how deployments are picked. */
  useStrategy(): void {
    const { routing_strategy: given = 'simple-shuffle', enable_pre_call_checks } = this.options;
    const { max_latency_list_size: kept, ttl: life } = (this.options.routing_strategy_args ?? {}) as LatencyArgs;
    Object.assign(this.#samples, { kept, life });
    this.#strategy = typeof given === 'function' ? given : strategies[given];
    this.limiting = enable_pre_call_checks === true || (typeof given === 'string' && given.startsWith('usage-based'));
  }

  /** The time as it is now. */
  get moment(): Moment {
    return this.#moment.at(this.clock.now());
  }

  get affinityLife(): number {
    return this.options.deployment_affinity_ttl_seconds ?? affinityLife;
  }

  async close(): Promise<void> {
    this.shared?.close();
    await this.#own?.close?.();
  }

  #state(id: string): State {
    let state = this.#states.get(id);
    if (state === undefined) this.#states.set(id, (state = new State(this.#moment, this.#samples)));
    return state;
  }

  /** Changes options, and takes those of the names in `unset` back; deployments keep their ids and figures. */
  update(options: RouterOptions, unset: readonly string[] = []): void {
    const wrong = fixed.find((name) => options[name] !== undefined || unset.includes(name));
    if (wrong !== undefined) throw new BadRequestError(`updateSettings: ${wrong} cannot be changed`, { param: wrong });
    const before = { ...this.options };
    try {
      Object.assign(this.options, options);
      for (const name of unset) delete this.options[name as keyof RouterOptions];
      this.fleet.rebuild();
    } catch (error) {
      for (const name in options) delete this.options[name as keyof RouterOptions];
      Object.assign(this.options, before);
      throw error;
    }
    this.spending.ofProviders(this.options.provider_budget_config);
    this.useStrategy();
    this.slots.changed();
  }

  add(entry: DeploymentEntry): string {
    const { id } = this.fleet.add(entry);
    this.slots.changed();
    return id;
  }

  upsert(entry: DeploymentEntry): string {
    const { id, state } = this.fleet.upsert(entry);
    state.counters.priced = false;
    this.slots.changed();
    return id;
  }

  remove(id: string): boolean {
    const removed = this.fleet.remove(id) !== undefined;
    if (removed) this.#forget(id);
    this.slots.changed();
    return removed;
  }

  /** Another list of deployments; those that stay keep their figures. */
  replace(entries: readonly DeploymentEntry[]): void {
    const before = [...this.fleet.members()];
    this.fleet.replace(entries);
    for (const { id, state } of before)
      if (this.fleet.get(id) === undefined) this.#forget(id);
      else state.counters.priced = false;
    this.slots.changed();
  }

  #forget(id: string): void {
    const state = this.#states.get(id);
    state?.wake();
    // Calls under way still count down; and who comes back under its id meanwhile is what it was.
    if (state !== undefined && state.counters.in_flight > 0) return;
    this.#states.delete(id);
    this.#watched.delete(id);
    this.limits.forget(id);
  }

  /** A deployment is to be left alone; whoever waits for word of it has it. */
  #cool({ id, state }: Member, seconds: number, error: string): void {
    state.cooldown.start(this.clock.now(), seconds, error);
    // One that was taken out is not looked at again.
    if (this.#states.get(id) === state) this.#watched.add(id);
    state.wake();
  }

  /** A call of a deployment has ended, in whatever way. */
  left(member: Member): void {
    member.state.counters.end();
    this.slots.release(member);
    if (this.fleet.get(member.id) === undefined) this.#forget(member.id);
  }

  storeFailed(error: unknown): void {
    this.events.emit({ type: 'store_failure', error: error instanceof Error ? error.message : String(error) });
  }

  /** Prices, where a rule asks for them. */
  async pricesIf(needed: boolean): Promise<Prices | undefined> {
    if (needed && this.#prices === undefined) this.#prices = await (await this.#loadPrices?.())?.withFacts();
    return this.#prices;
  }

  get pricing(): boolean {
    const { routing_strategy, enable_pre_call_checks } = this.options;
    return (
      routing_strategy === 'cost-based-routing' ||
      typeof routing_strategy === 'function' ||
      enable_pre_call_checks === true
    );
  }

  /** The members that can take a call now. */
  candidates(group: Group, demands: Demands): Candidates {
    const { options } = this;
    const filtering =
      options.enable_tag_filtering === true ||
      options.enable_pre_call_checks === true ||
      options.provider_budget_config !== undefined ||
      demands.regions !== undefined ||
      this.fleet.budgets;
    if (this.#watched.size === 0 && !filtering) return { fit: group.members, excluded: nothing, trying: nobody };
    const now = this.clock.now();
    const excluded = new Map<string, Excluded>();
    const fit: Member[] = [];
    const trying: Member[] = [];
    const tagged = byTags(group.members, demands, options);
    if (tagged !== group.members)
      for (const { id } of group.members) excluded.set(id, { reason: 'its tags do not fit' });
    const alone = group.members.length === 1;
    for (const member of tagged) {
      const { id } = member;
      if (tagged !== group.members) excluded.delete(id);
      const { cooldown } = member.state;
      const phase = cooldown.phase(now);
      const told = this.limits.told(id);
      if (phase === 'ready' && told === undefined) this.#watched.delete(id);
      const wrong = filtering ? unfit(member, demands, options, this.#prices) : undefined;
      const spent = filtering ? this.spending.exceeded(member) : undefined;
      if (wrong !== undefined) excluded.set(id, wrong);
      else if (phase === 'cooling' && !group.direct)
        excluded.set(id, {
          reason: `it is cooling down after ${cooldown.error}`,
          retry_after: (cooldown.until - now) / 1000,
        });
      else if (spent !== undefined) excluded.set(id, spent);
      else if (phase === 'trying' && !group.direct) trying.push(member);
      else if (told !== undefined && !alone)
        excluded.set(id, { reason: 'its provider says that nothing is left', retry_after: told, limit: true });
      else fit.push(member);
    }
    return { fit, excluded, trying };
  }

  /** Picks by strategy; what it returns must be a candidate. */
  pick(candidates: readonly Member[], context: Asked): Member {
    const [first] = candidates;
    if (candidates.length === 1 && first !== undefined && typeof this.options.routing_strategy !== 'function')
      return first;
    return pick(candidates, context, {
      strategy: this.#strategy,
      own: typeof this.options.routing_strategy === 'function',
      args: this.options.routing_strategy_args ?? {},
      random: this.random,
      moment: this.moment,
      prices: this.#prices,
    });
  }

  /** What a provider's headers say of its limits. */
  learn({ id }: Member, headers: Readonly<Record<string, string>>): void {
    if (this.limits.learn(id, headers)) this.#watched.add(id);
  }

  /** A failure of a deployment: counted, and perhaps the beginning of a cooldown. */
  failed({ member, trying }: Choice, error: unknown, stream: boolean): void {
    const { counters } = member.state;
    if (!isFailure(error)) return this.tried(member, trying);
    const { moment } = this;
    counters.failed(moment);
    if (error instanceof Timeout) counters.timedOut(moment, stream);
    const siblings = this.fleet.sizeOf(member) - 1;
    const early = trying && siblings > 0 && this.options.disable_cooldowns !== true;
    const seconds =
      cooldownFor(error, counters, siblings, member, this.options, moment) ??
      // A try that failed was a try too early.
      (early ? (member.cooldown_time ?? this.options.cooldown_time ?? 5) : undefined);
    if (seconds === undefined || seconds <= 0) return this.tried(member, trying);
    const name = (error as Error).name;
    this.#cool(member, seconds, name);
    this.events.emit({ type: 'cooldown', deployment: member.id, model_name: member.model_name, seconds, error: name });
    void this.shared?.tell(member.id, name, seconds);
  }

  succeeded(member: Member): void {
    const { cooldown } = member.state;
    // The answer to a call from before the cooldown ends no cooldown.
    if (cooldown.phase(this.clock.now()) === 'cooling') return;
    if (!cooldown.recover()) return;
    this.events.emit({ type: 'recovered', deployment: member.id, model_name: member.model_name });
    member.state.wake();
  }

  /** A call ended without a word on its deployment: if it was the one that tries, the next call tries. */
  tried({ state }: Member, trying: boolean): void {
    if (!trying) return;
    state.cooldown.leave();
    state.wake();
  }

  /** Whether a model is known to be able to do something; prices must have been loaded. */
  supports(model: string, capability: string): boolean {
    return this.#prices?.supports(model, capability) === true;
  }
}
