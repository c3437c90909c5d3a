/** One logical call over many deployments: groups, attempts, fallbacks, waits, within one deadline; every request in one ledger. */
import { Limits, Stop } from '../core/clock.js';
import {
  BadRequestError,
  CallmError,
  ContentPolicyViolationError,
  NoDeploymentError,
  Timeout,
} from '../core/errors.js';
import { toFailure } from '../core/failure.js';
import type { Endpoint, Input, JsonObject, Output, StreamOf } from '../core/spec.js';
import { bondOf, type Bond } from './affinity.js';
import { Attempts, isStream, type Opened } from './attempts.js';
import { paramsOf } from './call-input.js';
import type { Engine } from './engine.js';
import { demandsOf, type Demands } from './filters.js';
import type { Group, Member } from './fleet.js';
import { unknownGroup } from './refusals.js';
import { fallbackRules, fallbacksFor, filteredElsewhere, isEnd, namesOf, type FallbackRules } from './rules.js';
import { Selection, type Choice } from './selection.js';
import { checkCallOption } from './settings.js';
import { numberOf, Tries } from './tries.js';
import type { HedgeOptions, MidStream } from './types.js';
import { Waits } from './waits.js';

const defaultMaxFallbacks = 5;

/** A deployment whose stream broke off. */
interface Broken {
  error: unknown;
  member: Member;
}

export class RoutedCall<E extends Endpoint> {
  readonly engine: Engine;
  readonly endpoint: E;
  readonly input: JsonObject;
  limits: Limits;
  readonly attempts: Attempts<E>;
  demands: Demands;
  rules: FallbackRules;
  readonly midStream: MidStream;
  hedge: HedgeOptions | undefined;
  /** The call as it is for the group that has its turn: a fallback may have parameters of its own. */
  said: JsonObject;
  readonly waits: Waits;
  readonly selection: Selection;
  readonly bond: Bond | undefined;
  readonly #deadline: number | undefined;
  /** Groups that were tried. */
  #visited = new Set<string>();
  #tries = new Map<string, Tries>();
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
    this.said = given;
    const { model, signal } = given;
    if (typeof model !== 'string' || model === '')
      throw new BadRequestError('model: name a group of the router', { param: 'model' });
    if (signal != null && !(signal instanceof AbortSignal))
      throw new BadRequestError('signal: must be an AbortSignal', { param: 'signal', code: 'invalid_input' });
    this.attempts = new Attempts(this, paramsOf(given, checkCallOption));
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
    if (said === this.said) return;
    for (const name in overrides) if (overrides[name] != null) checkCallOption(name, overrides[name]);
    const { options } = this.engine;
    this.said = said;
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
    const opened = this.attempts.open(output);
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

  /** An error as the caller gets it, with every request that was made. */
  failure(error: unknown): CallmError {
    const failed = CallmError.is(error)
      ? error
      : error instanceof Stop
        ? toFailure(error, { call: { llm_provider: undefined, model: this.#model } as never, secrets: [], now: 0 })
        : undefined;
    if (failed === undefined) throw error;
    failed.attempts = this.attempts.ledger;
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
    const most = numberOf(this.said['max_fallbacks']) ?? this.engine.options.max_fallbacks ?? defaultMaxFallbacks;
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
    if (broken !== undefined) same = await tries.goesOn(broken.error, group, broken.member);
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
        same = await tries.goesOn(error, group, choice.member);
      }
    }
  }

  #triesOf(group: Group): Tries {
    let tries = this.#tries.get(keyOf(group));
    if (tries === undefined) this.#tries.set(keyOf(group), (tries = new Tries(this)));
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
    return this.attempts.open(output);
  }

  #hedged(choice: Choice, overrides: JsonObject, tried: Set<string>): Promise<Output<E>> {
    const { hedge } = this;
    tried.add(choice.member.id);
    if (hedge === undefined || choice.group.members.length < 2) return this.attempts.once(choice, overrides);
    return import('./hedge.js').then(({ hedged }) => hedged(this, hedge, choice, overrides, tried));
  }
}

/** What makes a group one that was tried: a pattern is as many groups as names fit it. */
export const keyOf = ({ name, asked, matched }: Group): string => (matched === undefined ? name : asked);
