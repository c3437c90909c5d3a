/** What the calls of a Router share: deployments, live figures, limits, cooldowns, slots, affinity. Loaded with the first call. */
import { BadRequestError, NoDeploymentError, Timeout } from '../core/errors.js';
import type { Env, JsonObject, Runner, Store } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import { memoryStore } from '../store/memory.js';
import { Affinity } from './affinity.js';
import { Cooldown, cooldownFor, isFailure } from './cooldown.js';
import { Counters } from './counters.js';
import { Events } from './events.js';
import { byTags, unfit, type Demands, type Excluded } from './filters.js';
import { Fleet, type Group, type Member } from './fleet.js';
import { RateLimits } from './limits.js';
import { Line } from './line.js';
import { Slots } from './slots.js';
import { strategies } from './strategies.js';
import type { Clock, DeploymentEntry, RouteContext, RouterOptions, Strategy } from './types.js';

/** How often other processes are asked what cools down there, in milliseconds. */
const sharedRefresh = 500;
const affinityLife = 3600;
/** Seconds after which a slot is free whose process died. */
const slotLife = 900;

interface State {
  counters: Counters;
  cooldown: Cooldown;
  /** Calls that wait for the one that tries. */
  waiting: (() => void)[];
}

/** LiteLLM's names for how many latencies count, and for how many seconds. */
interface LatencyArgs {
  max_latency_list_size?: number;
  ttl?: number;
}

/** Options that a router has for good. */
const fixed = ['model_list', 'client', 'store', 'use', 'clock', 'random'] as const;

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
  readonly affinityLife: number;
  readonly store: Store;
  readonly random: () => number;
  readonly clock: Clock;
  /** Whether rpm and tpm are limits, or weights alone. */
  limiting: boolean;
  #strategy: Strategy;
  readonly #own: Store | undefined;
  readonly #states = new Map<string, State>();
  readonly #loadPrices: (() => Promise<Prices>) | undefined;
  /** Whether other processes share the state. */
  readonly shared: boolean;
  /** Tells this router's word from that of others. */
  readonly #name = crypto.randomUUID();
  #prices: Prices | undefined;
  readonly #refreshedAt = new Map<string, number>();

  constructor({ options, client, env, prices, own }: EngineParts) {
    this.#own = own;
    this.options = options;
    this.client = client;
    this.fleet = new Fleet(options, env);
    this.clock = options.clock ?? { now: () => Date.now() };
    this.random = options.random ?? Math.random;
    this.shared = options.store !== undefined;
    const now = (): number => this.clock.now();
    this.store = options.store ?? memoryStore({ now, max: 100_000 });
    this.limits = new RateLimits(this.store, now, (error) => this.storeFailed(error));
    this.affinity = new Affinity(this.store);
    this.affinityLife = options.deployment_affinity_ttl_seconds ?? affinityLife;
    this.#loadPrices = prices;
    this.#strategy = strategies['simple-shuffle'];
    this.limiting = false;
    this.useStrategy();
  }

  /** Reads the options that tell how deployments are picked. */
  useStrategy(): void {
    const { routing_strategy: given = 'simple-shuffle', enable_pre_call_checks } = this.options;
    this.#strategy = typeof given === 'function' ? given : strategies[given];
    this.limiting = enable_pre_call_checks === true || (typeof given === 'string' && given.startsWith('usage-based'));
  }

  async close(): Promise<void> {
    await this.#own?.close?.();
  }

  state({ id }: Pick<Member, 'id'>): State {
    let state = this.#states.get(id);
    if (state === undefined) {
      const { max_latency_list_size: kept, ttl: life } = (this.options.routing_strategy_args ?? {}) as LatencyArgs;
      const counters = new Counters(() => this.clock.now(), { kept, life });
      state = { counters, cooldown: new Cooldown(), waiting: [] };
      this.#states.set(id, state);
    }
    return state;
  }

  /** Changes options; deployments keep their ids and figures. */
  update(options: RouterOptions): void {
    const wrong = fixed.find((name) => options[name] !== undefined);
    if (wrong !== undefined) throw new BadRequestError(`updateSettings: ${wrong} cannot be changed`, { param: wrong });
    const before = { ...this.options };
    try {
      Object.assign(this.options, options);
      this.fleet.rebuild();
    } catch (error) {
      Object.assign(this.options, before);
      throw error;
    }
    this.useStrategy();
  }

  upsert(entry: DeploymentEntry): string {
    const { id } = this.fleet.upsert(entry);
    this.state({ id }).counters.price = undefined;
    return id;
  }

  remove(id: string): boolean {
    const removed = this.fleet.remove(id) !== undefined;
    if (removed) this.#forget(id);
    return removed;
  }

  /** Another list of deployments; those that stay keep their figures. */
  replace(entries: readonly DeploymentEntry[]): void {
    const before = [...this.fleet.members()];
    this.fleet.replace(entries);
    for (const { id } of before)
      if (this.fleet.get(id) === undefined) this.#forget(id);
      else this.state({ id }).counters.price = undefined;
  }

  #forget(id: string): void {
    this.limits.forget(id);
    this.#wake({ id });
    // Calls under way still count down.
    if ((this.#states.get(id)?.counters.in_flight ?? 0) === 0) this.#states.delete(id);
  }

  /** A call of a deployment has ended, in whatever way. */
  left(member: Member): void {
    this.state(member).counters.end();
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
    return this.options.routing_strategy === 'cost-based-routing' || this.options.enable_pre_call_checks === true;
  }

  /** The members that can take a call now, and why each other cannot. */
  candidates(group: Group, demands: Demands): { fit: Member[]; excluded: Map<string, Excluded>; trying: Member[] } {
    const now = this.clock.now();
    const excluded = new Map<string, Excluded>();
    const fit: Member[] = [];
    const trying: Member[] = [];
    const tagged = byTags(group.members, demands, this.options);
    if (tagged !== group.members)
      for (const { id } of group.members) excluded.set(id, { reason: 'its tags do not fit' });
    const alone = group.members.length === 1;
    for (const member of tagged) {
      excluded.delete(member.id);
      const { cooldown } = this.state(member);
      const phase = group.direct ? 'ready' : cooldown.phase(now);
      const wrong = unfit(member, demands, this.options, this.#prices);
      const told = alone ? undefined : this.limits.told(member.id);
      if (wrong !== undefined) excluded.set(member.id, wrong);
      else if (phase === 'cooling')
        excluded.set(member.id, {
          reason: `it is cooling down after ${cooldown.error}`,
          retry_after: (cooldown.until - now) / 1000,
        });
      else if (phase === 'trying') trying.push(member);
      else if (told !== undefined)
        excluded.set(member.id, { reason: 'its provider says that nothing is left', retry_after: told });
      else fit.push(member);
    }
    return { fit, excluded, trying };
  }

  /** Picks by strategy; what it returns must be a candidate. */
  pick(candidates: readonly Member[], context: Omit<RouteContext, 'random' | 'now' | 'args'>): Member {
    const first = candidates[0];
    if (candidates.length === 1 && first !== undefined && typeof this.options.routing_strategy !== 'function')
      return first;
    const full: RouteContext = {
      ...context,
      random: this.random,
      now: this.clock.now(),
      args: this.options.routing_strategy_args ?? {},
    };
    const picked = this.#strategy(candidates, (deployment) => this.#figures(deployment as Member), full);
    const found = candidates.find((candidate) => candidate === picked || candidate.id === picked?.id);
    if (found === undefined)
      throw new NoDeploymentError('routing_strategy: the function returned no candidate', {
        reasons: Object.fromEntries(candidates.map(({ id }) => [id, 'it was a candidate'])),
      });
    return found;
  }

  #figures(member: Member): Counters {
    const { counters } = this.state(member);
    if (counters.price === undefined && this.#prices !== undefined) {
      const cost = this.#prices.costPerToken({
        ...member.call,
        model: member.model,
        prompt_tokens: 1,
        completion_tokens: 1,
      });
      if (cost !== null) counters.price = cost[0] + cost[1];
    }
    return counters.turn();
  }

  /** A failure of a deployment: counted, and perhaps the beginning of a cooldown. */
  failed(member: Member, error: unknown): void {
    const { counters, cooldown } = this.state(member);
    if (!isFailure(error)) return this.tried(member);
    counters.failed();
    if (error instanceof Timeout) counters.timedOut();
    const now = this.clock.now();
    const siblings = this.fleet.sizeOf(member) - 1;
    const trying = cooldown.phase(now) === 'trying' && siblings > 0 && this.options.disable_cooldowns !== true;
    const seconds =
      cooldownFor(error, counters, siblings, member, this.options, now) ??
      // A try that failed was a try too early.
      (trying ? (member.cooldown_time ?? this.options.cooldown_time ?? 5) : undefined);
    if (seconds === undefined || seconds <= 0) return this.tried(member);
    const name = (error as Error).name;
    cooldown.start(now, seconds, name);
    this.#wake(member);
    this.events.emit({ type: 'cooldown', deployment: member.id, model_name: member.model_name, seconds, error: name });
    if (this.shared) void this.#share(member.id, name, seconds);
  }

  succeeded(member: Member): void {
    const { cooldown } = this.state(member);
    // The answer to a call from before the cooldown ends no cooldown.
    if (cooldown.phase(this.clock.now()) === 'cooling') return;
    if (cooldown.recover()) {
      this.events.emit({ type: 'recovered', deployment: member.id, model_name: member.model_name });
      this.#wake(member);
    }
  }

  /** A try that told nothing: the next call tries. */
  tried(member: Member): void {
    this.state(member).cooldown.leave();
    this.#wake(member);
  }

  #wake(member: Pick<Member, 'id'>): void {
    const state = this.state(member);
    const { waiting } = state;
    state.waiting = [];
    for (const wake of waiting) wake();
  }

  async #share(id: string, error: string, seconds: number): Promise<void> {
    try {
      await this.store.set(`cooldown:${id}`, { error, by: this.#name }, seconds);
    } catch (failure) {
      this.storeFailed(failure);
    }
  }

  /** Waits until the call that tries a deployment has an answer. */
  wordOf(member: Member, onStop: (stop: (reason: unknown) => void) => void): Promise<void> {
    return new Promise((resolve, reject) => {
      this.state(member).waiting.push(resolve);
      onStop((reason) => reject(reason));
    });
  }

  /** Takes a slot that all processes share; a store that is away has none, and stops no call. */
  async takeShared({ id, max_parallel_requests: limit = 0 }: Member): Promise<'taken' | 'full' | 'away'> {
    try {
      return (await this.store.count([{ key: `slots:${id}`, by: 1, limit, ttl: slotLife }])).ok ? 'taken' : 'full';
    } catch (error) {
      this.storeFailed(error);
      return 'away';
    }
  }

  releaseShared({ id }: Member): void {
    void this.#releaseShared(`slots:${id}`);
  }

  async #releaseShared(key: string): Promise<void> {
    try {
      const { values } = await this.store.count([{ key, by: -1, ttl: slotLife }]);
      // The store was emptied while the slot was held: fewer than none would let too many in later.
      if ((values[0] ?? 0) < 0) await this.store.count([{ key, by: 1, ttl: slotLife }]);
    } catch (error) {
      this.storeFailed(error);
    }
  }

  /** Whether a model is known to be able to do something; prices must have been loaded. */
  supports(model: string, capability: string): boolean {
    return this.#prices?.supports(model, capability) === true;
  }

  /** Learns now and then what other processes leave alone; no call waits for it. */
  refreshShared(group: Group): void {
    const now = this.clock.now();
    if (!this.shared || now - (this.#refreshedAt.get(group.name) ?? -Infinity) < sharedRefresh) return;
    this.#refreshedAt.set(group.name, now);
    void this.#readShared(group);
  }

  async #readShared({ members }: Group): Promise<void> {
    try {
      await Promise.all(
        members.map(async (member) => {
          const known = await this.store.get(`cooldown:${member.id}`);
          const { cooldown } = this.state(member);
          if (known === undefined || known === null) return;
          const { error = 'a failure elsewhere', by } = known as { error?: string; by?: string };
          // Its own it knows to the moment.
          if (by === this.#name) return;
          // The store's own clock ends it; it is asked again before this is over.
          cooldown.start(this.clock.now(), (3 * sharedRefresh) / 1000, error, true);
        }),
      );
    } catch (failure) {
      this.storeFailed(failure);
    }
  }

  /** Live figures by deployment. */
  health(): Record<string, JsonObject> {
    const now = this.clock.now();
    const all: Record<string, JsonObject> = {};
    for (const member of this.fleet.members()) {
      const { counters, cooldown } = this.state(member);
      counters.turn();
      const { in_flight, requests, tokens, failures, latency, first_token } = counters;
      const cooling = cooldown.phase(now) === 'cooling';
      all[member.id] = {
        model_name: member.model_name,
        model: member.model,
        healthy: !cooling,
        ...(cooling && { cooling_for: (cooldown.until - now) / 1000, error: cooldown.error }),
        in_flight,
        requests,
        tokens,
        failures,
        latency,
        first_token,
      };
    }
    return all;
  }
}
