/** One logical call over many deployments: groups, attempts, fallbacks, waits, within one deadline; every request in one ledger. */
import { Limits, Stop } from '../core/clock.js';
import {
  APIError,
  BadRequestError,
  CallmError,
  ContentPolicyViolationError,
  ContextWindowExceededError,
  NoDeploymentError,
} from '../core/errors.js';
import { toFailure } from '../core/failure.js';
import { backoff } from '../core/retry.js';
import type { AttemptRow, Endpoint, HiddenParams, Input, JsonObject, Output, StreamOf } from '../core/spec.js';
import { bond } from './affinity.js';
import type { Engine } from './engine.js';
import { byOrder, demandsOf, orderOf, type Demands, type Excluded } from './filters.js';
import type { Group, Member } from './fleet.js';
import type { Reservation } from './limits.js';
import {
  fallbackRules,
  fallbacksFor,
  filteredElsewhere,
  isEnd,
  namesOf,
  nextOrder,
  retryRule,
  type FallbackRules,
} from './rules.js';
import type { HedgeOptions, MidStream, RetryPolicy } from './types.js';

const defaultRetries = 2;
const defaultMaxFallbacks = 5;
const defaultMaxDelay = 60;
/** Seconds between looks for a slot that other processes share: more and more. */
const firstLook = 0.01;
const longestLook = 0.1;

/** Read by the router; no deployment gets them. */
const own = new Set([
  'model',
  'fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'disable_fallbacks',
  'max_fallbacks',
  'num_retries',
  'max_retries',
  'retry_policy',
  'max_retry_delay',
  'priority',
  'mid_stream',
  'hedge',
  'deadline',
  'signal',
  'tags',
  'allowed_model_region',
]);
/** A deployment's word stands against the call's. */
const deploymentsOwn = ['api_key', 'api_base', 'base_url'] as const;
/** Of `metadata`: what the router reads. */
const routersNotes = ['tags', 'session_id'] as const;

/** A deployment that was chosen, and what it holds for the call. */
export interface Choice {
  group: Group;
  member: Member;
  reservation: Reservation | undefined;
  /** A slot of all processes, which the store counts. */
  shared: boolean;
}

/** A stream, and where it comes from. */
export interface Opened<E extends Endpoint> {
  stream: StreamOf<E>;
  choice: Choice;
  overrides: JsonObject;
  /** Its row in the ledger. */
  row: AttemptRow | undefined;
  /** The ledger of its own call: its errors show it. */
  rows: AttemptRow[];
}

/** A deployment whose stream broke off. */
interface Broken {
  error: unknown;
  member: Member;
}

/** What has been tried in a group. */
interface Tries {
  ids: Set<string>;
  /** At deployments of the order that has its turn. */
  failures: number;
  /** Deployments up to this order have had their turn. */
  above: number;
}

const isStream = <E extends Endpoint>(output: Output<E>): output is StreamOf<E> & Output<E> =>
  typeof (output as { finished?: unknown }).finished === 'function';

const numberOf = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

export class RoutedCall<E extends Endpoint> {
  readonly engine: Engine;
  readonly endpoint: E;
  readonly input: JsonObject;
  limits: Limits;
  /** One row for each request, in the order in which they were sent. */
  ledger: AttemptRow[] = [];
  readonly demands: Demands;
  readonly rules: FallbackRules;
  readonly midStream: MidStream;
  readonly hedge: HedgeOptions | undefined;
  /** What is left of the call when the router's own options are taken out. */
  readonly #params: JsonObject = {};
  readonly #bond: { key: string; ttl: number } | undefined;
  readonly #deadline: number | undefined;
  /** Groups that were tried. */
  #visited = new Set<string>();
  /** Until when a deployment asked to be left alone, in milliseconds since the epoch. */
  readonly #notBefore = new Map<string, number>();
  readonly #tries = new Map<string, Tries>();
  readonly #opened = new WeakMap<object, Opened<E>>();
  /** The question with the beginning of its answer: only deployments that go on with one are asked. */
  #prefill: { messages: unknown } | undefined;
  /** Ends what follows a stream that broke. */
  #leaving: AbortSignal | undefined;

  constructor(engine: Engine, endpoint: E, input: Input<E>) {
    this.engine = engine;
    this.endpoint = endpoint;
    const given = input as unknown as JsonObject;
    this.input = given;
    if (typeof given['model'] !== 'string' || given['model'] === '')
      throw new BadRequestError('model: name a group of the router', { param: 'model' });
    for (const name in given) {
      const value = given[name];
      if (!own.has(name) && value !== undefined && value !== null) this.#params[name] = value;
    }
    const { options } = engine;
    this.#deadline = numberOf(given['deadline']) ?? options.deadline;
    this.rules = fallbackRules(options, given);
    this.demands = demandsOf(given);
    this.midStream = (given['mid_stream'] as MidStream | undefined) ?? options.mid_stream ?? 'raise';
    this.hedge = (given['hedge'] as HedgeOptions | undefined) ?? options.hedge;
    this.#bond = bond(given, engine.affinityLife);
    // Last, for it listens to the signal.
    this.limits = new Limits((given['signal'] ?? undefined) as AbortSignal | undefined, this.#deadline);
  }

  get stream(): boolean {
    return this.input['stream'] === true;
  }

  /** What ends its attempts from outside. */
  get signal(): AbortSignal | undefined {
    return this.#leaving ?? this.limits.signal;
  }

  async run(): Promise<Output<E>> {
    let held = false;
    try {
      this.limits.check();
      const output = await this.#untilRoom();
      if (!isStream(output)) return output;
      held = true;
      return await this.#handOver(output);
    } catch (error) {
      throw this.failure(error);
    } finally {
      if (!held) this.limits.release();
    }
  }

  /** A stream as the caller gets it: the client's own, unless another may follow it. */
  async #handOver(output: StreamOf<E> & Output<E>): Promise<Output<E>> {
    const opened = this.open(output);
    if (this.midStream === 'raise' || this.endpoint !== 'chat') {
      void output.finished().then(() => this.limits.release());
      return output;
    }
    const { MidStreamFailover } = await import('./mid-stream.js');
    const call = this as unknown as RoutedCall<'chat'>;
    return new MidStreamFailover(call, opened as unknown as Opened<'chat'>) as StreamOf<'chat'> as never;
  }

  /** Its limits hold again, after they were let go of. */
  rearm(): void {
    const { signal, left } = this.limits;
    this.limits.release();
    this.limits = new Limits(signal, left === Infinity ? undefined : Math.max(left / 1000, 0));
  }

  /** Where a stream comes from. The ledger goes on in the stream's own, so that its errors have all of it. */
  open(output: StreamOf<E>): Opened<E> {
    const opened = this.#opened.get(output) as Opened<E>;
    const { rows } = opened;
    if (rows !== this.ledger) {
      rows.splice(0, rows.length, ...this.ledger);
      this.ledger = rows;
      output._hidden_params.attempts = rows;
    }
    return opened;
  }

  /** An error as the caller gets it, with every request that was made. */
  failure(error: unknown): CallmError {
    const failed = CallmError.is(error)
      ? error
      : error instanceof Stop
        ? toFailure(error, { call: { llm_provider: undefined, model: this.#model } as never, secrets: [], now: 0 })
        : undefined;
    if (failed === undefined) throw error;
    failed.attempts = this.ledger;
    return failed;
  }

  get #model(): string {
    return this.input['model'] as string;
  }

  /** With a deadline a call waits for room, behind those of a lower priority number. */
  async #untilRoom(): Promise<Output<E>> {
    for (;;) {
      try {
        return await this.#overGroup(this.#model, {}, 0);
      } catch (error) {
        if (!(error instanceof NoDeploymentError) || this.#deadline === undefined) throw error;
        const seconds = error.retry_after;
        if (seconds === undefined || seconds * 1000 >= this.limits.left) throw error;
        this.engine.events.emit({ type: 'limit_wait', model_name: this.#model, seconds });
        const due = this.engine.clock.now() + seconds * 1000;
        const place = this.engine.line.join(this.#model, this.#priority, due);
        try {
          await this.#wait(seconds + 0.001);
          while (!place.first) await this.#wait(0.002);
        } finally {
          place.leave();
        }
        this.#visited = new Set();
        this.#tries.clear();
      }
    }
  }

  get #priority(): number {
    return numberOf(this.input['priority']) ?? this.engine.options.default_priority ?? 0;
  }

  /** Waits for something that the end of the call must end, too. */
  async #stoppable(wait: (onStop: (stop: (reason: unknown) => void) => void) => Promise<void>): Promise<void> {
    const attempt = this.limits.begin();
    try {
      await wait((stop) => attempt.onAbort(stop));
    } finally {
      attempt.onAbort(undefined);
      this.limits.end(attempt);
    }
  }

  async #overGroup(model: string, overrides: JsonObject, depth: number): Promise<Output<E>> {
    const group = this.engine.fleet.group(model);
    const first = this.#visited.size === 0;
    if (group === undefined) {
      const error = unknownGroup(model, this.engine.fleet.names());
      // A name that is no group may still have default fallbacks.
      if (!first || this.rules.defaults === undefined || this.rules.defaults.length === 0) throw error;
      this.#visited.add(model);
      return this.#overFallbacks(error, model, [model], depth);
    }
    this.#visited.add(group.name);
    try {
      return await this.#inGroup(group, overrides);
    } catch (error) {
      if (isEnd(error) || error instanceof Stop) throw error;
      return this.#overFallbacks(error, group.name, namesOf(group), depth);
    }
  }

  /** The groups that stand in for a failed one; if none can, the first error counts. */
  async #overFallbacks(error: unknown, group: string, names: readonly string[], depth: number): Promise<Output<E>> {
    const most = numberOf(this.input['max_fallbacks']) ?? this.engine.options.max_fallbacks ?? defaultMaxFallbacks;
    for (const target of fallbacksFor(error, names, this.rules)) {
      if (depth >= most) break;
      const { model, ...overrides } = typeof target === 'string' ? { model: target } : target;
      const known = this.engine.fleet.group(model);
      if (known === undefined || this.#visited.has(known.name)) continue;
      // Another question's answer does not go on with this one's.
      if (this.#prefill !== undefined && 'messages' in overrides) continue;
      const name = error instanceof Error ? error.name : 'Error';
      this.engine.events.emit({ type: 'fallback', from: group, to: known.name, error: name });
      try {
        return await this.#overGroup(model, { ...overrides, ...this.#prefill }, depth + 1);
      } catch (failed) {
        if (isEnd(failed) || failed instanceof Stop) throw failed;
      }
    }
    throw error;
  }

  /** The deployments of one group: when those of one order have failed, those of the next. Goes on after `broken`. */
  async #inGroup(group: Group, overrides: JsonObject, broken?: Broken): Promise<Output<E>> {
    const { engine, rules } = this;
    if (engine.pricing) await engine.pricesIf(true);
    const tries = this.#triesOf(group);
    let first: { error: unknown } | undefined;
    let before = broken;
    for (;;) {
      try {
        const output = await this.#inOrder(group, overrides, tries, before);
        if (this.endpoint === 'chat' && filteredElsewhere(output, namesOf(group), rules))
          throw new ContentPolicyViolationError('the answer was stopped by a content filter');
        return output;
      } catch (error) {
        first ??= { error };
        if (isEnd(error) || error instanceof Stop || this.limits.left <= 0) throw error;
        const next = nextOrder(error, group, orderOfLast(group, tries), this.input);
        if (next === undefined) throw first.error;
        tries.above = next;
        tries.failures = 0;
        before = undefined;
      }
    }
  }

  /** Attempts at deployments of one order; after `broken`, if one of them has broken off. */
  async #inOrder(group: Group, overrides: JsonObject, tries: Tries, broken?: Broken): Promise<Output<E>> {
    let last = broken?.error as Error | undefined;
    let same = true;
    if (broken !== undefined) same = await this.#goesOn(broken.error, group, broken.member, tries);
    for (;;) {
      let choice: Choice;
      try {
        choice = await this.choose(group, tries.ids, same, tries.above);
      } catch (error) {
        // What went wrong says more than that nothing else is left.
        if (last !== undefined && error instanceof NoDeploymentError) throw last;
        throw error;
      }
      try {
        return await this.#hedged(choice, overrides, tries.ids);
      } catch (error) {
        last = error as Error;
        same = await this.#goesOn(error, group, choice.member, tries);
      }
    }
  }

  /** Whether the same deployment may be tried again, after the wait that it needs. Throws when nothing may. */
  async #goesOn(error: unknown, group: Group, member: Member, tries: Tries): Promise<boolean> {
    if (isEnd(error) || error instanceof Stop || this.limits.left <= 0) throw error;
    const { engine } = this;
    const policy = (this.input['retry_policy'] ?? undefined) as RetryPolicy | undefined;
    const rule = retryRule(error, member.model_name, this.retriesAt(member), engine.options, policy);
    tries.failures++;
    if (tries.failures > rule.retries) throw error;
    if (error instanceof APIError && error.retry_after !== undefined)
      this.#notBefore.set(member.id, engine.clock.now() + error.retry_after * 1000);
    const fit = engine.candidates(group, this.demands).fit.filter((each) => this.#fits(group, each));
    const pool = byOrder(fit, tries.above);
    if (rule.sibling && pool.some(({ id }) => !tries.ids.has(id))) return rule.same;
    if (!rule.same) throw error;
    await this.#waitBefore(tries.failures, error, pool);
    return true;
  }

  #triesOf(group: Group): Tries {
    let tries = this.#tries.get(group.name);
    if (tries === undefined) this.#tries.set(group.name, (tries = { ids: new Set(), failures: 0, above: -Infinity }));
    return tries;
  }

  /**
   * Goes on after a stream that broke: at the deployments of its group that are left, then at the fallbacks. `leaving`
   * ends it; with `prefill` only deployments are asked that go on with the beginning of an answer.
   */
  async goOn(
    error: unknown,
    { group, member }: Choice,
    overrides: JsonObject,
    prefill: boolean,
    leaving: AbortSignal,
  ): Promise<Opened<E>> {
    this.#leaving = leaving;
    if (prefill) {
      this.#prefill = { messages: overrides['messages'] };
      await this.engine.pricesIf(true);
    }
    let output: Output<E>;
    try {
      output = await this.#inGroup(group, overrides, { error, member });
    } catch (failed) {
      if (isEnd(failed) || failed instanceof Stop) throw failed;
      output = await this.#overFallbacks(failed, group.name, namesOf(group), 0);
    }
    if (!isStream(output)) throw error;
    return this.open(output);
  }

  /** A deployment that was chosen is not asked after all. */
  giveUp(choice: Choice): void {
    const { member, reservation, shared } = choice;
    if (shared) this.engine.releaseShared(member);
    if (reservation !== undefined) void this.engine.limits.cancel(reservation);
    this.#handBack(member);
  }

  retriesAt(member: Member): number {
    const { num_retries, max_retries } = this.input;
    return (
      numberOf(num_retries) ??
      numberOf(max_retries) ??
      member.num_retries ??
      this.engine.options.num_retries ??
      defaultRetries
    );
  }

  /** A deployment again: never earlier than it asked for. */
  async #waitBefore(attempt: number, error: unknown, pool: readonly Member[]): Promise<void> {
    const { engine } = this;
    const told = error instanceof APIError ? error.retry_after : undefined;
    const most = numberOf(this.input['max_retry_delay']) ?? engine.options.max_retry_delay ?? defaultMaxDelay;
    const soonest = this.#soonest(pool);
    const pause = told === undefined || told <= 0 ? backoff(attempt, engine.random) : 0;
    const seconds = Math.max(soonest, pause, engine.options.retry_after ?? 0);
    if (soonest > most || seconds * 1000 >= this.limits.left) throw error;
    await this.#wait(seconds);
  }

  /** Seconds until the first of them may be asked again. */
  #soonest(pool: readonly Member[]): number {
    const now = this.engine.clock.now();
    const waits = pool.map(({ id }) => Math.max((this.#notBefore.get(id) ?? now) - now, 0) / 1000);
    return waits.length === 0 ? 0 : Math.min(...waits);
  }

  /** Seconds; ends with the call. */
  async #wait(seconds: number): Promise<void> {
    const { clock } = this.engine;
    if (clock.sleep === undefined) return this.limits.sleep(seconds);
    const sleeping = clock.sleep(seconds);
    await this.#stoppable(
      (onStop) =>
        new Promise((resolve, reject) => {
          onStop((reason) => reject(reason));
          sleeping.then(resolve, reject);
        }),
    );
  }

  /** Whether a deployment can go on with what has been said, where that is asked. */
  #fits(group: Group, member: Member): boolean {
    if (this.#prefill === undefined) return true;
    const { supports_assistant_prefill: told, base_model } = member.model_info;
    const model = base_model ?? filled(member.model, group.matched);
    return typeof told === 'boolean' ? told : this.engine.supports(model, 'assistant_prefill');
  }

  /** A deployment that can take the call now, with its slot and its share of the limits; `wait`: for a slot, too. */
  async choose(
    given: Group,
    tried: ReadonlySet<string>,
    again: boolean,
    above = -Infinity,
    wait = true,
  ): Promise<Choice> {
    const { engine } = this;
    let group = given;
    const full = new Map<string, Excluded>();
    const bound =
      this.#bond === undefined ? undefined : await this.#inTime(engine.affinity.get(group.name, this.#bond.key));
    /** The deployment that keeps a slot for this call, which has waited for it. */
    let kept: string | undefined;
    try {
      for (;;) {
        this.limits.check();
        engine.refreshShared(group);
        const { fit, excluded, trying } = engine.candidates(group, this.demands);
        const roomy =
          full.size === 0 && this.#prefill === undefined
            ? fit
            : fit.filter((member) => !full.has(member.id) && this.#fits(group, member));
        const pool = this.#pool(roomy, tried, again, above);
        if (pool.length === 0) {
          const next = trying.find(
            (member) => orderOf(member) > above && !tried.has(member.id) && this.#fits(group, member),
          );
          if (next === undefined || fit.length > 0 || !wait) throw noDeployment(group, new Map([...excluded, ...full]));
          await this.#stoppable((onStop) => engine.wordOf(next, onStop));
          group = engine.fleet.current(group);
          continue;
        }
        const free = pool.filter((member) => member.id === kept || engine.slots.free(member));
        if (free.length === 0) {
          if (!wait) throw noDeployment(group, new Map([...excluded, ...full]));
          if (kept !== undefined) engine.slots.pass(kept);
          kept = undefined;
          await this.#stoppable(async (onStop) => {
            kept = await engine.slots.wait(pool, this.#priority, onStop);
          });
          group = engine.fleet.current(group);
          continue;
        }
        const member =
          free.find(({ id }) => id === bound) ??
          engine.pick(free, {
            endpoint: this.endpoint,
            model: group.name,
            stream: this.stream,
            tokens: engine.limiting ? this.demands.tokens : 0,
          });
        if (member.id === kept) kept = undefined;
        else engine.slots.take(member);
        const taken = await this.#take(group, member, full, wait && pool.length === 1);
        if (taken !== undefined) return taken;
      }
    } finally {
      if (kept !== undefined) engine.slots.pass(kept);
    }
  }

  /** Who is to be picked from: of the lowest order those not tried, else those that may be asked again now. */
  #pool(roomy: readonly Member[], tried: ReadonlySet<string>, again: boolean, above: number): readonly Member[] {
    const tier = byOrder(roomy, above);
    if (tried.size === 0) return tier;
    const fresh = tier.filter(({ id }) => !tried.has(id));
    if (fresh.length > 0) return fresh;
    if (!again)
      return byOrder(
        roomy.filter(({ id }) => !tried.has(id)),
        above,
      );
    const now = this.engine.clock.now();
    const due = tier.filter(({ id }) => (this.#notBefore.get(id) ?? 0) <= now);
    return due.length > 0 ? due : tier;
  }

  /** What the store tells; a store that is slow does not outlast the call. */
  async #inTime<T>(asked: Promise<T>): Promise<T> {
    if (!this.engine.shared) return asked;
    let told: T | undefined;
    await this.#stoppable(
      (onStop) =>
        new Promise<void>((resolve, reject) => {
          onStop((reason) => reject(reason));
          asked.then((value) => {
            told = value;
            resolve();
          }, reject);
        }),
    );
    return told as T;
  }

  /** Of a deployment whose slot was taken, the limits; undefined if they are reached. */
  async #take(
    group: Group,
    member: Member,
    full: Map<string, Excluded>,
    patient: boolean,
  ): Promise<Choice | undefined> {
    const { engine } = this;
    const { counters, cooldown } = engine.state(member);
    counters.begin();
    if (cooldown.phase(engine.clock.now()) === 'due') cooldown.try();
    if (!engine.shared && !engine.limiting) return { group, member, reservation: undefined, shared: false };
    const taking = this.#reserve(group, member, patient);
    let taken: Choice | Excluded;
    try {
      taken = await this.#inTime(taking);
    } catch (error) {
      void taking.then(
        (late) => ('group' in late ? this.giveUp(late) : this.#handBack(member)),
        () => this.#handBack(member),
      );
      throw error;
    }
    if ('group' in taken) return taken;
    this.#handBack(member);
    full.set(member.id, taken);
    return undefined;
  }

  #handBack(member: Member): void {
    this.engine.left(member);
    this.engine.state(member).counters.requests--;
    this.engine.tried(member);
  }

  /** The slot that all processes share, and requests and tokens of the minute. */
  async #reserve(group: Group, member: Member, patient: boolean): Promise<Choice | Excluded> {
    const { engine } = this;
    let shared = false;
    if (engine.shared && member.max_parallel_requests !== undefined) {
      let told = await engine.takeShared(member);
      // Another process does not tell when a slot is free.
      for (let seconds = firstLook; told === 'full' && patient; seconds = Math.min(seconds * 1.5, longestLook)) {
        await this.#wait(seconds * (0.75 + engine.random() / 2));
        told = await engine.takeShared(member);
      }
      if (told === 'full') return { reason: 'all its slots are taken', retry_after: longestLook };
      shared = told === 'taken';
    }
    if (!engine.limiting) return { group, member, reservation: undefined, shared };
    const reserved = await engine.limits.reserve(member, this.demands.tokens);
    if (!('reason' in reserved)) return { group, member, reservation: reserved, shared };
    if (shared) engine.releaseShared(member);
    return reserved;
  }

  /** Gives back what a call held of its deployment. */
  #leave({ member, shared }: Choice): void {
    this.engine.left(member);
    if (shared) this.engine.releaseShared(member);
  }

  async #hedged(choice: Choice, overrides: JsonObject, tried: Set<string>): Promise<Output<E>> {
    tried.add(choice.member.id);
    if (this.hedge === undefined || choice.group.members.length < 2) return this.once(choice, overrides);
    const { hedged } = await import('./hedge.js');
    return hedged(this, this.hedge, choice, overrides, tried);
  }

  /** The input of a call at one deployment. */
  inputFor({ group, member }: Pick<Choice, 'group' | 'member'>, overrides: JsonObject): JsonObject {
    const { options } = this.engine;
    const call: JsonObject = {
      ...(options.timeout !== undefined && { timeout: options.timeout }),
      ...(options.stream_timeout !== undefined && { stream_timeout: options.stream_timeout }),
      ...member.call,
      ...this.#params,
      ...overrides,
      model: filled(member.model, group.matched),
    };
    for (const name of deploymentsOwn)
      if (name in overrides) call[name] = overrides[name];
      else if (member.call[name] !== undefined) call[name] = member.call[name];
      else delete call[name];
    const { metadata } = member.call;
    const given = this.#params['metadata'];
    if (isObject(metadata) && isObject(given)) call['metadata'] = { ...metadata, ...given };
    if (isObject(call['metadata'])) {
      const notes = { ...call['metadata'] };
      for (const name of routersNotes) delete notes[name];
      if (Object.keys(notes).length > 0) call['metadata'] = notes;
      else delete call['metadata'];
    }
    for (const name of own) if (name !== 'model') delete call[name];
    return call;
  }

  /** One attempt. */
  async once(choice: Choice, overrides: JsonObject, signal?: AbortSignal): Promise<Output<E>> {
    const { engine } = this;
    const { member, reservation } = choice;
    const input = this.inputFor(choice, overrides);
    input['num_retries'] = 0;
    const watched = signal ?? this.signal;
    if (watched !== undefined) input['signal'] = watched;
    if (this.limits.left !== Infinity) input['deadline'] = Math.max(this.limits.left / 1000, 0.001);
    const earlier = this.ledger.reduce((sum, { cost }) => sum + (cost ?? 0), 0);
    const began = engine.clock.now();
    let output: Output<E>;
    try {
      output = await engine.client.run(this.endpoint, input as unknown as Input<E>);
    } catch (error) {
      this.#enter(member, CallmError.is(error) ? error.attempts : []);
      this.#leave(choice);
      if (reservation !== undefined) void engine.limits.settle(reservation, 0);
      engine.failed(member, error);
      throw error;
    }
    const hidden = (output as { _hidden_params?: HiddenParams })._hidden_params;
    const rows = hidden?.attempts ?? [];
    const row = rows.at(-1);
    this.#enter(member, rows);
    if (hidden !== undefined) {
      hidden.attempts = this.ledger;
      hidden.model_id = member.id;
      if (earlier > 0) addCost(hidden, earlier);
      engine.limits.learn(member.id, hidden.headers);
    }
    if (!isStream(output)) {
      this.#ended(choice, row, began);
      // A later call may build upon this answer, where it is kept.
      const { store, previous_response_id } = this.input;
      const { id } = output as { id?: unknown };
      if (typeof id === 'string' && (store === true || typeof previous_response_id === 'string'))
        void engine.affinity.set(choice.group.name, id, member.id, engine.affinityLife);
      return output;
    }
    if (hidden?.latency.first_token !== undefined) engine.state(member).counters.firstToken(hidden.latency.first_token);
    engine.succeeded(member);
    const stream: StreamOf<E> = output;
    this.#opened.set(stream, { stream, choice, overrides, row, rows });
    void stream.finished().then(() => {
      const { failure } = stream;
      if (failure === undefined) this.#ended(choice, row, began);
      else {
        this.#leave(choice);
        this.#settle(choice, row);
        engine.failed(member, failure);
      }
    });
    return output;
  }

  /** Rows of requests, as the router's ledger has them. */
  #enter(member: Member, rows: readonly AttemptRow[]): void {
    for (const row of rows) {
      row.deployment = member.id;
      // Of two requests under way at once the later may end first.
      const at = this.ledger.findLastIndex(({ start }) => start <= row.start) + 1;
      this.ledger.splice(at, 0, row);
      this.engine.events.emit({ type: 'attempt', deployment: member.id, model_name: member.model_name, row });
    }
  }

  #ended(choice: Choice, row: AttemptRow | undefined, began: number): void {
    const { engine } = this;
    const { member, group } = choice;
    const usage = usageOf(row);
    const seconds = (engine.clock.now() - began) / 1000;
    engine.state(member).counters.succeeded(seconds, usage?.completion ?? 0, usage?.total ?? 0);
    this.#leave(choice);
    this.#settle(choice, row);
    engine.succeeded(member);
    if (this.#bond !== undefined) void engine.affinity.set(group.name, this.#bond.key, member.id, this.#bond.ttl);
  }

  /** The tokens that were used; without a word on them those that were reserved stand. */
  #settle({ reservation }: Choice, row: AttemptRow | undefined): void {
    const usage = usageOf(row);
    if (reservation !== undefined && usage !== undefined) void this.engine.limits.settle(reservation, usage.total);
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The highest order of which a deployment was asked. */
function orderOfLast({ members }: Group, { ids }: Tries): number | undefined {
  const orders = members.filter(({ id }) => ids.has(id)).map(orderOf);
  return orders.length === 0 ? undefined : Math.max(...orders);
}

function usageOf(row: AttemptRow | undefined): { completion: number; total: number } | undefined {
  const usage = row?.usage;
  if (!isObject(usage)) return undefined;
  const completion = numberOf(usage['completion_tokens']) ?? 0;
  return { completion, total: numberOf(usage['total_tokens']) ?? completion + (numberOf(usage['prompt_tokens']) ?? 0) };
}

/** A deployment's model, with what a pattern matched in place of its stars. */
function filled(model: string, matched: readonly string[] | undefined): string {
  let at = 0;
  return matched === undefined ? model : model.replace(/\*/g, () => matched[at++] ?? '');
}

/** What earlier attempts cost is part of the call's cost, whenever its own becomes known. */
function addCost(hidden: HiddenParams, earlier: number): void {
  let cost = hidden.response_cost;
  Object.defineProperty(hidden, 'response_cost', {
    get: () => (cost === null ? null : cost + earlier),
    set: (value: number | null) => {
      cost = value;
    },
    enumerable: true,
    configurable: true,
  });
}

export function unknownGroup(model: string, names: readonly string[]): BadRequestError {
  const known = names.slice(0, 20).map((name) => `"${name}"`);
  return new BadRequestError(`model: the router has no group "${model}"; it has ${known.join(', ') || 'none'}`, {
    param: 'model',
    code: 'unknown_group',
    model,
  });
}

/** Why nobody can take a call: their windows, or whatever stands in their way now. */
function noDeployment(group: Group, excluded: ReadonlyMap<string, Excluded>): CallmError {
  const out = [...excluded.values()];
  const long = out.find(({ window }) => window === true);
  if (long !== undefined && out.length === group.members.length && out.every((each) => each.retry_after === undefined))
    return new ContextWindowExceededError(`no deployment of "${group.name}" can take the call: ${long.reason}`, {
      code: 'context_length_exceeded',
    });

  const reasons: Record<string, string> = {};
  let retry_after: number | undefined;
  for (const { id } of group.members) {
    const out = excluded.get(id);
    reasons[id] = out?.reason ?? 'it was tried';
    if (out?.retry_after !== undefined) retry_after = Math.min(retry_after ?? Infinity, out.retry_after);
  }
  const told = Object.entries(reasons).map(([id, reason]) => `${id}: ${reason}`);
  return new NoDeploymentError(`no deployment of "${group.name}" can take the call now (${told.join('; ')})`, {
    reasons,
    ...(retry_after !== undefined && { retry_after }),
  });
}
