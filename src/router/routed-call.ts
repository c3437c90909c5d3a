/** One logical call over many deployments: groups, attempts, fallbacks, waits, within one deadline; every request in one ledger. */
import { Limits, Stop } from '../core/clock.js';
import {
  APIError,
  AuthenticationError,
  BadRequestError,
  CallmError,
  ContentPolicyViolationError,
  NoDeploymentError,
  Timeout,
} from '../core/errors.js';
import { toFailure } from '../core/failure.js';
import { backoff } from '../core/retry.js';
import type { AttemptRow, Endpoint, HiddenParams, Input, JsonObject, Output, StreamOf } from '../core/spec.js';
import { bondOf, type Bond } from './affinity.js';
import { inputFor, paramsOf } from './call-input.js';
import type { Engine } from './engine.js';
import { byOrder, demandsOf, orderOf, type Demands } from './filters.js';
import type { Group, Member } from './fleet.js';
import { addCosts, enter, usedBy } from './ledger.js';
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
import { Selection, type Choice } from './selection.js';
import { checkCallOption } from './settings.js';
import type { HedgeOptions, MidStream, RetryPolicy } from './types.js';
import { Waits } from './waits.js';

const defaultRetries = 2;
const defaultMaxFallbacks = 5;
const defaultMaxDelay = 60;

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
  /** Requests that failed. */
  failures: number;
  /** Deployments up to this order have had their turn. */
  above: number;
  /** What is told when nothing helps: what the deployments of the first order said. */
  first: Error | undefined;
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
  demands: Demands;
  rules: FallbackRules;
  readonly midStream: MidStream;
  hedge: HedgeOptions | undefined;
  /** What is left of the call when the router's own options are taken out. */
  readonly #params: JsonObject;
  /** The call as it is for the group that has its turn: a fallback may have parameters of its own. */
  #said: JsonObject;
  readonly waits: Waits;
  readonly selection: Selection;
  readonly bond: Bond | undefined;
  readonly #deadline: number | undefined;
  /** Groups that were tried. */
  #visited = new Set<string>();
  #tries = new Map<string, Tries>();
  readonly #opened = new WeakMap<object, Opened<E>>();
  /** The question with the beginning of its answer, for those that are to go on with it. */
  #prefill: JsonObject | undefined;
  /** Ends what follows a stream that broke. */
  #leaving: AbortSignal | undefined;

  constructor(engine: Engine, endpoint: E, input: Input<E>) {
    this.engine = engine;
    this.endpoint = endpoint;
    if (typeof input !== 'object' || input === null)
      throw new BadRequestError('a call takes one object, with model and the parameters of its endpoint', {
        param: 'model',
        code: 'invalid_input',
      });
    const given = input as unknown as JsonObject;
    this.input = given;
    this.#said = given;
    const { model, signal } = given;
    if (typeof model !== 'string' || model === '')
      throw new BadRequestError('model: name a group of the router', { param: 'model' });
    if (signal != null && !(signal instanceof AbortSignal))
      throw new BadRequestError('signal: must be an AbortSignal', { param: 'signal', code: 'invalid_input' });
    this.#params = paramsOf(given, checkCallOption);
    const { options } = engine;
    this.#deadline = numberOf(given['deadline']) ?? options.deadline;
    this.rules = fallbackRules(options, given);
    this.demands = demandsOf(given);
    this.midStream = (given['mid_stream'] as MidStream | undefined) ?? options.mid_stream ?? 'raise';
    this.hedge = (given['hedge'] as HedgeOptions | undefined) ?? options.hedge;
    this.bond = bondOf(given, engine.affinityLife);
    this.waits = new Waits(() => this.limits, engine.clock);
    this.selection = new Selection(this);
    // Last, for it listens to the signal.
    this.limits = new Limits(signal ?? undefined, this.#deadline);
  }

  /** Takes the parameters of a fallback's own in place of the call's. */
  #aim(overrides: JsonObject): void {
    const said = Object.keys(overrides).length === 0 ? this.input : { ...this.input, ...overrides };
    if (said === this.#said) return;
    for (const name in overrides) if (overrides[name] != null) checkCallOption(name, overrides[name]);
    const { options } = this.engine;
    this.#said = said;
    this.rules = fallbackRules(options, said);
    this.demands = demandsOf(said);
    this.hedge = (said['hedge'] as HedgeOptions | undefined) ?? options.hedge;
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
      const output = await (this.#deadline === undefined ? this.#overGroup(this.#model, {}, 0) : this.#untilRoom());
      if (!isStream(output)) return output;
      held = true;
      return await this.#handOver(output);
    } catch (error) {
      // An attempt knows only what was left of it.
      const late = error instanceof Timeout && this.limits.left < 1;
      throw this.failure(late ? new Stop('deadline', this.#deadline, error) : error);
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
      this.selection.room = undefined;
      this.#aim({});
      try {
        return await this.#overGroup(this.#model, {}, 0);
      } catch (error) {
        if (!(error instanceof NoDeploymentError)) throw error;
        // Who cools down is not waited for.
        const seconds = this.selection.room;
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
    if (group === undefined) {
      const error = unknownGroup(model, this.engine.fleet.names());
      // A name that is no group may still have fallbacks.
      if (this.#visited.size > 0) throw error;
      this.#visited.add(model);
      return this.#overFallbacks(error, model, [model], depth);
    }
    this.#visited.add(keyOf(group));
    try {
      return await this.#inGroup(group, overrides);
    } catch (error) {
      if (isEnd(error) || error instanceof Stop) throw error;
      return this.#overFallbacks(error, group.name, namesOf(group), depth);
    }
  }

  /** The groups that stand in for a failed one; if none can, the first error counts. */
  async #overFallbacks(error: unknown, group: string, names: readonly string[], depth: number): Promise<Output<E>> {
    const most = numberOf(this.#said['max_fallbacks']) ?? this.engine.options.max_fallbacks ?? defaultMaxFallbacks;
    for (const target of fallbacksFor(error, names, this.rules)) {
      if (depth >= most) break;
      const { model, ...own } = typeof target === 'string' ? { model: target } : target;
      const known = this.engine.fleet.group(model);
      if (known === undefined || this.#visited.has(keyOf(known))) continue;
      // Another question's answer does not go on with this one's.
      if (this.#prefill !== undefined && 'messages' in own) continue;
      const name = error instanceof Error ? error.name : 'Error';
      this.engine.events.emit({ type: 'fallback', from: group, to: known.name, error: name });
      const overrides = this.#prefill === undefined ? own : { ...own, ...this.#prefill };
      try {
        this.#aim(overrides);
        return await this.#overGroup(model, overrides, depth + 1);
      } catch (failed) {
        if (isEnd(failed) || failed instanceof Stop) throw failed;
      }
    }
    throw error;
  }

  /** Attempts at the deployments of one group, the lower orders first. Goes on after `broken`. */
  async #inGroup(group: Group, overrides: JsonObject, broken?: Broken): Promise<Output<E>> {
    const { engine } = this;
    if (engine.pricing) await engine.pricesIf(true);
    const tries = this.#triesOf(group);
    let last = broken?.error as Error | undefined;
    let same = true;
    if (broken !== undefined) same = await this.#goesOn(broken.error, group, broken.member, tries);
    for (;;) {
      let choice: Choice;
      try {
        choice = await this.selection.choose(group, tries.ids, same, tries.above);
      } catch (error) {
        // What went wrong says more than that nothing else is left.
        if (last !== undefined && error instanceof NoDeploymentError) throw tries.first ?? last;
        throw error;
      }
      try {
        const output = await this.#hedged(choice, overrides, tries.ids);
        if (this.endpoint === 'chat' && filteredElsewhere(output, namesOf(group), this.rules))
          throw new ContentPolicyViolationError('the answer was stopped by a content filter');
        return output;
      } catch (error) {
        last = error as Error;
        same = await this.#goesOn(error, group, choice.member, tries);
      }
    }
  }

  /**
   * What follows a failure: another deployment at once, be it of the next order, or the same after the wait that it
   * needs. Whether it may be the same; throws when nothing may follow.
   */
  async #goesOn(error: unknown, given: Group, member: Member, tries: Tries): Promise<boolean> {
    if (isEnd(error) || error instanceof Stop || this.limits.left <= 0) throw error;
    const { engine, selection } = this;
    const group = engine.fleet.current(given);
    const policy: RetryPolicy | undefined = this.#said['retry_policy'] ?? undefined;
    const rule = retryRule(error, member.model_name, this.retriesAt(member), engine.options, policy);
    // What was refused before it was sent is no attempt.
    if (!CallmError.is(error) || error.attempts.length > 0 || rule.same) tries.failures++;
    const spent = tries.failures > rule.retries;
    if (error instanceof APIError && error.retry_after !== undefined) selection.spare(member, error.retry_after);
    const { fit, trying } = engine.candidates(group, this.demands);
    const able = fit.filter((each) => selection.fits(group, each));
    const untried = able.filter(({ id }) => !tries.ids.has(id));
    if (rule.sibling && !spent && byOrder(untried, tries.above).length > 0) return rule.same;
    const next = nextOrder(error, group, orderOfLast(group, tries), this.#said);
    if (next !== undefined && byOrder(untried, next).length > 0) {
      tries.first ??= error as Error;
      tries.above = next;
      return rule.same;
    }
    const pool = byOrder(able);
    if (spent || !rule.same || (pool.length === 0 && trying.length === 0)) throw tries.first ?? error;
    tries.above = -Infinity;
    await this.#waitBefore(tries.failures, error, pool);
    return true;
  }

  #triesOf(group: Group): Tries {
    let tries = this.#tries.get(keyOf(group));
    if (tries === undefined)
      this.#tries.set(keyOf(group), (tries = { ids: new Set(), failures: 0, above: -Infinity, first: undefined }));
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
    this.#aim({ ...overrides, ...prefill });
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
    const { num_retries, max_retries } = this.#said;
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
    const most = numberOf(this.#said['max_retry_delay']) ?? engine.options.max_retry_delay ?? defaultMaxDelay;
    const soonest = this.selection.soonest(pool);
    const pause = told === undefined || told <= 0 ? backoff(attempt, engine.random) : 0;
    const seconds = Math.max(soonest, pause, engine.options.retry_after ?? 0);
    if (soonest > most || seconds * 1000 >= this.limits.left) throw error;
    await this.waits.seconds(seconds);
  }

  #hedged(choice: Choice, overrides: JsonObject, tried: Set<string>): Promise<Output<E>> {
    const { hedge } = this;
    tried.add(choice.member.id);
    if (hedge === undefined || choice.group.members.length < 2) return this.once(choice, overrides);
    return import('./hedge.js').then(({ hedged }) => hedged(this, hedge, choice, overrides, tried));
  }

  /** The input of a call at one deployment. */
  inputFor(choice: Pick<Choice, 'group' | 'member'>, overrides: JsonObject): JsonObject {
    return inputFor(choice, this.#params, overrides, this.engine.options);
  }

  /** One attempt. */
  async once(choice: Choice, overrides: JsonObject, signal?: AbortSignal): Promise<Output<E>> {
    const { engine } = this;
    const { member, reservation } = choice;
    const input = this.inputFor(choice, overrides);
    input['num_retries'] = 0;
    const watched = signal ?? this.signal;
    if (watched !== undefined) input['signal'] = watched;
    if (this.limits.left !== Infinity) input['deadline'] = Math.max(Math.ceil(this.limits.left) / 1000, 0.001);
    const earlier = this.ledger.length > 0 || this.hedge !== undefined;
    const began = engine.clock.now();
    let output: Output<E>;
    let hidden: HiddenParams | undefined;
    let told: AttemptRow[];
    let rows: AttemptRow[];
    try {
      if (member.missing !== undefined)
        throw new AuthenticationError(member.missing, { model: member.model, code: 'missing_variable' });
      output = await engine.client.run(this.endpoint, input as unknown as Input<E>);
      // Within, for a client of the user's may answer with anything.
      hidden = (output as { _hidden_params?: HiddenParams })._hidden_params;
      // The errors of a stream show its own list.
      told = hidden?.attempts ?? [];
      rows = [...told];
      enter(this.ledger, member, rows, engine.events);
      if (hidden !== undefined) {
        hidden.attempts = this.ledger;
        hidden.model_id = member.id;
        if (earlier) addCosts(hidden, rows);
        engine.learn(member, hidden.headers);
      }
    } catch (error) {
      const failed = CallmError.is(error) ? error.attempts : [];
      enter(this.ledger, member, failed, engine.events);
      this.selection.leave(choice);
      void engine.spending.spend(member, failed);
      if (reservation !== undefined) void engine.limits.settle(reservation, 0, failed.length);
      this.#blame(member, error);
      throw error;
    }
    if (!isStream(output)) {
      this.#ended(choice, rows, began);
      // A later call may build upon this answer, where it is kept.
      const { store, previous_response_id } = this.input;
      const { id } = output as { id?: unknown };
      if (typeof id === 'string' && (store === true || typeof previous_response_id === 'string'))
        void engine.affinity.set(choice.group.name, id, member.id, engine.affinityLife);
      return output;
    }
    if (hidden?.latency.first_token !== undefined)
      member.state.counters.firstToken(engine.moment, hidden.latency.first_token);
    engine.succeeded(member);
    const stream: StreamOf<E> = output;
    this.#opened.set(stream, { stream, choice, overrides, row: rows.at(-1), rows: told });
    void stream.finished().then(() => {
      const { failure } = stream;
      if (failure === undefined) return this.#ended(choice, rows, began);
      this.selection.leave(choice);
      this.#settle(choice, rows);
      this.#blame(member, failure);
    });
    return output;
  }

  /** A failure is the deployment's, unless the call's own time was up. */
  #blame(member: Member, error: unknown): void {
    if (error instanceof Timeout && this.limits.left < 1) this.engine.tried(member);
    else this.engine.failed(member, error, this.stream);
  }

  #ended(choice: Choice, rows: readonly AttemptRow[], began: number): void {
    const { engine } = this;
    const { member, group } = choice;
    const { moment } = engine;
    member.state.counters.succeeded(moment, (moment.now - began) / 1000, usedBy(rows));
    this.selection.leave(choice);
    this.#settle(choice, rows);
    engine.succeeded(member);
    if (this.bond !== undefined) void engine.affinity.set(group.name, this.bond.key, member.id, this.bond.ttl);
  }

  /** What was used, in place of what was reserved; without a word on tokens those that were reserved stand. */
  #settle({ member, reservation }: Choice, rows: readonly AttemptRow[]): void {
    void this.engine.spending.spend(member, rows);
    if (reservation === undefined) return;
    const { requests, tokens, told } = usedBy(rows);
    void this.engine.limits.settle(reservation, told ? tokens : undefined, requests);
  }
}

/** What makes a group one that was tried: a pattern is as many groups as names fit it. */
export const keyOf = ({ name, asked, matched }: Group): string => (matched === undefined ? name : asked);

/** The highest order of which a deployment was asked. */
function orderOfLast({ members }: Group, { ids }: Tries): number | undefined {
  const orders = members.filter(({ id }) => ids.has(id)).map(orderOf);
  return orders.length === 0 ? undefined : Math.max(...orders);
}
