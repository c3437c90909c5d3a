/** Which deployment of a group takes a call: picked by strategy, with its slot and its share of the limits. */
import type { Limits } from '../core/clock.js';
import type { Endpoint } from '../core/spec.js';
import type { Bond } from './affinity.js';
import type { Engine } from './engine.js';
import { byOrder, orderOf, type Demands, type Excluded } from './filters.js';
import type { Group, Member } from './fleet.js';
import type { Reservation } from './limits.js';
import type { CallmError } from '../core/errors.js';
import { noDeployment } from './refusals.js';
import type { Waits } from './waits.js';

/** Seconds between looks for a slot that other processes share: more and more. */
const firstLook = 0.01;
const longestLook = 0.1;

/** A deployment that was chosen, and what it holds for the call. */
export interface Choice {
  group: Group;
  member: Member;
  reservation: Reservation | undefined;
  /** It tries whether the deployment works again. */
  trying: boolean;
  /** What holds a slot of all processes. */
  slot: string | undefined;
}

/** The call that asks. */
interface Asker {
  readonly engine: Engine;
  readonly endpoint: Endpoint;
  readonly stream: boolean;
  readonly demands: Demands;
  readonly limits: Limits;
  readonly waits: Waits;
  readonly priority: number;
  /** What makes it belong to other calls. */
  readonly bond: Bond | undefined;
}

export class Selection {
  readonly #call: Asker;
  /** Only deployments that go on with the beginning of an answer. */
  prefill = false;
  /** Seconds until the first limit has room of those that nobody could be chosen for. */
  room: number | undefined = undefined;
  /** Until when a deployment asked to be left alone, in milliseconds since the epoch. */
  #notBefore: Map<string, number> | undefined = undefined;

  constructor(call: Asker) {
    this.#call = call;
  }

  /** A deployment asked to be left alone for so many seconds. */
  spare({ id }: Member, seconds: number): void {
    (this.#notBefore ??= new Map()).set(id, this.#call.engine.clock.now() + seconds * 1000);
  }

  /** Whether a deployment can go on with what has been said, where that is asked. */
  fits(group: Group, member: Member): boolean {
    if (!this.prefill) return true;
    const { supports_assistant_prefill: told, base_model } = member.model_info;
    const model = base_model ?? filled(member.model, group.matched);
    return typeof told === 'boolean' ? told : this.#call.engine.supports(model, 'assistant_prefill');
  }

  /** A deployment that can take the call now, with its slot and its share of the limits; `wait`: for a slot, too. */
  async choose(
    given: Group,
    tried: ReadonlySet<string>,
    again: boolean,
    above = -Infinity,
    wait = true,
  ): Promise<Choice> {
    const { engine } = this.#call;
    let group = tried.size === 0 ? given : engine.fleet.current(given);
    const full = new Map<string, Excluded>();
    const bound =
      this.#call.bond === undefined ? undefined : await this.#told(engine.affinity.get(group.name, this.#call.bond));
    /** The deployment that keeps a slot for this call, which has waited for it. */
    let kept: string | undefined;
    try {
      for (;;) {
        this.#call.limits.check();
        engine.shared?.refresh(group);
        const { fit, excluded, trying } = engine.candidates(group, this.#call.demands);
        const roomy =
          full.size === 0 && !this.prefill
            ? fit
            : fit.filter((member) => !full.has(member.id) && this.fits(group, member));
        const pool =
          group.plain && tried.size === 0 && above === -Infinity ? roomy : this.#pool(roomy, tried, again, above);
        if (pool.length === 0) {
          const next = trying.find(
            (member) => orderOf(member) > above && !tried.has(member.id) && this.fits(group, member),
          );
          if (next === undefined || fit.length > 0 || !wait) throw this.#nobody(group, excluded, full);
          await this.#call.waits.until((onStop) => next.state.word(onStop));
          group = engine.fleet.current(group);
          continue;
        }
        const free = group.plain ? pool : pool.filter((member) => member.id === kept || engine.slots.free(member));
        if (free.length === 0) {
          if (!wait) throw this.#nobody(group, excluded, full);
          if (kept !== undefined) engine.slots.pass(kept);
          kept = undefined;
          await this.#call.waits.until(async (onStop) => {
            kept = await engine.slots.wait(pool, this.#call.priority, onStop);
          });
          group = engine.fleet.current(group);
          continue;
        }
        const member =
          (bound === undefined ? undefined : free.find(({ id }) => id === bound)) ??
          engine.pick(free, {
            endpoint: this.#call.endpoint,
            model: group.name,
            stream: this.#call.stream,
            tokens: engine.limiting ? this.#call.demands.tokens : 0,
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

  /** What a call is told that nobody can take. */
  #nobody(group: Group, excluded: ReadonlyMap<string, Excluded>, full: ReadonlyMap<string, Excluded>): CallmError {
    const all = new Map([...excluded, ...full]);
    for (const { limit, retry_after } of all.values())
      if (limit === true && retry_after !== undefined) this.room = Math.min(this.room ?? Infinity, retry_after);
    return noDeployment(group, all);
  }

  /** Who is to be picked from: of the lowest order those not tried, else those that may be asked again now. */
  #pool(roomy: readonly Member[], tried: ReadonlySet<string>, again: boolean, above: number): readonly Member[] {
    const tier = byOrder(roomy, above);
    if (tried.size === 0) return tier;
    const fresh = byOrder(
      roomy.filter(({ id }) => !tried.has(id)),
      above,
    );
    if (fresh.length > 0 || !again) return fresh;
    const now = this.#call.engine.clock.now();
    const due = tier.filter(({ id }) => (this.#notBefore?.get(id) ?? 0) <= now);
    return due.length > 0 ? due : tier;
  }

  /** Of a deployment whose slot was taken, the limits; undefined if they are reached. */
  async #take(
    group: Group,
    member: Member,
    full: Map<string, Excluded>,
    patient: boolean,
  ): Promise<Choice | undefined> {
    const { engine } = this.#call;
    const { counters, cooldown } = member.state;
    const { moment } = engine;
    counters.begin(moment);
    const trying = cooldown.phase(moment.now) === 'due';
    if (trying) cooldown.try();
    const choice: Choice = { group, member, trying, reservation: undefined, slot: undefined };
    if (engine.shared === undefined && !engine.limiting) return choice;
    const taking = this.#reserve(choice, patient);
    let taken: Choice | Excluded;
    try {
      taken = await this.#told(taking);
    } catch (error) {
      void taking.then(
        (late) => ('group' in late ? this.giveUp(late) : this.#handBack(choice)),
        () => this.#handBack(choice),
      );
      throw error;
    }
    if ('group' in taken) return taken;
    this.#handBack(choice);
    full.set(member.id, taken);
    return undefined;
  }

  #handBack({ member, trying }: Choice): void {
    const { engine } = this.#call;
    member.state.counters.requests--;
    engine.tried(member, trying);
    // Last, for it forgets a deployment that was taken out.
    engine.left(member);
  }

  /** The slot that all processes share, and requests and tokens of the minute. */
  async #reserve(choice: Choice, patient: boolean): Promise<Choice | Excluded> {
    const { engine } = this.#call;
    const { member } = choice;
    const { shared } = engine;
    let { slot } = choice;
    if (shared !== undefined && member.max_parallel_requests !== undefined) {
      let told = await shared.take(member);
      // Another process does not tell when a slot is free.
      for (let seconds = firstLook; told === 'full' && patient; seconds = Math.min(seconds * 1.5, longestLook)) {
        await this.#call.waits.seconds(seconds * (0.75 + engine.random() / 2));
        told = await shared.take(member);
      }
      if (told === 'full') return { reason: 'all its slots are taken', retry_after: longestLook };
      if (told !== 'away') ({ slot } = told);
    }
    if (!engine.limiting) return { ...choice, slot };
    const reservation = await engine.limits.reserve(member, this.#call.demands.reserve);
    if (!('reason' in reservation)) return { ...choice, slot, reservation };
    if (slot !== undefined) void shared?.release(member, slot);
    return reservation;
  }

  /** Gives back what a call held of its deployment. */
  leave({ member, slot }: Choice): void {
    this.#call.engine.left(member);
    if (slot !== undefined) void this.#call.engine.shared?.release(member, slot);
  }

  /** A deployment that was chosen is not asked after all. */
  giveUp(choice: Choice): void {
    const { member, reservation, slot } = choice;
    if (slot !== undefined) void this.#call.engine.shared?.release(member, slot);
    if (reservation !== undefined) void this.#call.engine.limits.cancel(reservation);
    this.#handBack(choice);
  }

  /** Seconds until the first of them may be asked again. */
  soonest(pool: readonly Member[]): number {
    const now = this.#call.engine.clock.now();
    const waits = pool.map(({ id }) => Math.max((this.#notBefore?.get(id) ?? now) - now, 0) / 1000);
    return waits.length === 0 ? 0 : Math.min(...waits);
  }

  /** What the store tells; a store that is slow does not outlast the call. */
  #told<T>(asked: Promise<T>): Promise<T> {
    return this.#call.engine.shared !== undefined ? this.#call.waits.for(asked) : asked;
  }
}

/** A deployment's model, with what a pattern matched in place of its stars. */
export function filled(model: string, matched: readonly string[] | undefined): string {
  let at = 0;
  return matched === undefined ? model : model.replace(/\*/g, () => matched[at++] ?? '');
}
