/** One logical call over many deployments: groups, attempts, fallbacks, waits, within one deadline; every request in one ledger. */
import { Limits, Stop } from '../core/clock.js';
import {
  APIError,
  BadRequestError,
  CallmError,
  ContentPolicyViolationError,
  NoDeploymentError,
} from '../core/errors.js';
import { toFailure } from '../core/failure.js';
import { backoff } from '../core/retry.js';
import type { AttemptRow, Endpoint, HiddenParams, Input, JsonObject, Output, StreamOf } from '../core/spec.js';
import { bond } from './affinity.js';
import type { Engine } from './engine.js';
import { byOrder, demandsOf, orderOf, type Demands } from './filters.js';
import type { Group, Member } from './fleet.js';
import { unknownGroup } from './refusals.js';
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
import { filled, Selection, type Choice } from './selection.js';
import type { HedgeOptions, MidStream, RetryPolicy } from './types.js';
import { Waits } from './waits.js';

const defaultRetries = 2;
const defaultMaxFallbacks = 5;
const defaultMaxDelay = 60;

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
  readonly waits: Waits;
  readonly selection: Selection;
  readonly bond: { key: string; ttl: number } | undefined;
  readonly #deadline: number | undefined;
  /** Groups that were tried. */
  #visited = new Set<string>();
  readonly #tries = new Map<string, Tries>();
  readonly #opened = new WeakMap<object, Opened<E>>();
  /** The question with the beginning of its answer, for those that are to go on with it. */
  #prefill: JsonObject | undefined;
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
    this.bond = bond(given, engine.affinityLife);
    this.waits = new Waits(() => this.limits, engine.clock);
    this.selection = new Selection(this);
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
        const place = this.engine.line.join(this.#model, this.priority, due);
        try {
          await this.waits.seconds(seconds + 0.001);
          while (!place.first) await this.waits.seconds(0.002);
        } finally {
          place.leave();
        }
        this.#visited = new Set();
        this.#tries.clear();
      }
    }
  }

  get priority(): number {
    return numberOf(this.input['priority']) ?? this.engine.options.default_priority ?? 0;
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
        choice = await this.selection.choose(group, tries.ids, same, tries.above);
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
    if (error instanceof APIError && error.retry_after !== undefined) this.selection.spare(member, error.retry_after);
    const fit = engine.candidates(group, this.demands).fit.filter((each) => this.selection.fits(group, each));
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
    prefill: JsonObject | undefined,
    leaving: AbortSignal,
  ): Promise<Opened<E>> {
    this.#leaving = leaving;
    this.#prefill = prefill;
    if (prefill !== undefined) {
      this.selection.prefill = true;
      await this.engine.pricesIf(true);
    }
    let output: Output<E>;
    try {
      output = await this.#inGroup(group, { ...overrides, ...prefill }, { error, member });
    } catch (failed) {
      if (isEnd(failed) || failed instanceof Stop) throw failed;
      output = await this.#overFallbacks(failed, group.name, namesOf(group), 0);
    }
    if (!isStream(output)) throw error;
    return this.open(output);
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
    const soonest = this.selection.soonest(pool);
    const pause = told === undefined || told <= 0 ? backoff(attempt, engine.random) : 0;
    const seconds = Math.max(soonest, pause, engine.options.retry_after ?? 0);
    if (soonest > most || seconds * 1000 >= this.limits.left) throw error;
    await this.waits.seconds(seconds);
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
      this.selection.leave(choice);
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
        this.selection.leave(choice);
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
    this.selection.leave(choice);
    this.#settle(choice, row);
    engine.succeeded(member);
    if (this.bond !== undefined) void engine.affinity.set(group.name, this.bond.key, member.id, this.bond.ttl);
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
