/** The requests of a routed call: each goes to one deployment, and is entered, settled and blamed. */
import type { Limits } from '../core/clock.js';
import { AuthenticationError, CallmError, Timeout } from '../core/errors.js';
import type { AttemptRow, Endpoint, HiddenParams, Input, JsonObject, Output, StreamOf } from '../core/spec.js';
import type { Bond } from './affinity.js';
import { inputFor } from './call-input.js';
import type { Engine } from './engine.js';
import { addCosts, enter, usedBy } from './ledger.js';
import type { Choice, Selection } from './selection.js';
import type { HedgeOptions } from './types.js';

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

/** The call that they are made for. */
interface Caller<E extends Endpoint> {
  readonly engine: Engine;
  readonly endpoint: E;
  readonly input: JsonObject;
  readonly limits: Limits;
  readonly selection: Selection;
  readonly stream: boolean;
  readonly hedge: HedgeOptions | undefined;
  readonly bond: Bond | undefined;
  /** What ends them from outside. */
  readonly signal: AbortSignal | undefined;
}

export const isStream = <E extends Endpoint>(output: Output<E>): output is StreamOf<E> & Output<E> =>
  typeof (output as { finished?: unknown }).finished === 'function';

export class Attempts<E extends Endpoint> {
  readonly #call: Caller<E>;
  readonly #params: JsonObject;
  readonly #opened = new WeakMap<object, Opened<E>>();
  /** One row for each request, in the order in which they were sent. */
  ledger: AttemptRow[] = [];

  /** `params`: what is left of the call when the router's own options are taken out. */
  constructor(call: Caller<E>, params: JsonObject) {
    this.#call = call;
    this.#params = params;
  }

  /** The input of a call at one deployment. */
  inputFor(choice: Pick<Choice, 'group' | 'member'>, overrides: JsonObject): JsonObject {
    return inputFor(choice, this.#params, overrides, this.#call.engine.options);
  }

  /** One attempt. */
  async once(choice: Choice, overrides: JsonObject, signal?: AbortSignal): Promise<Output<E>> {
    const { engine } = this.#call;
    const { member, reservation } = choice;
    const input = this.inputFor(choice, overrides);
    input['num_retries'] = 0;
    const watched = signal ?? this.#call.signal;
    if (watched !== undefined) input['signal'] = watched;
    if (this.#call.limits.left !== Infinity)
      input['deadline'] = Math.max(Math.ceil(this.#call.limits.left) / 1000, 0.001);
    const earlier = this.ledger.length > 0 || this.#call.hedge !== undefined;
    const began = engine.clock.now();
    let output: Output<E>;
    let hidden: HiddenParams | undefined;
    let told: AttemptRow[];
    let rows: AttemptRow[];
    try {
      if (member.missing !== undefined)
        throw new AuthenticationError(member.missing, { model: member.model, code: 'missing_variable' });
      output = await engine.client.run(this.#call.endpoint, input as unknown as Input<E>);
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
      this.#call.selection.leave(choice);
      void engine.spending.spend(member, failed);
      if (reservation !== undefined) void engine.limits.settle(reservation, 0, failed.length);
      this.#blame(choice, error);
      throw error;
    }
    if (!isStream(output)) {
      this.#ended(choice, rows, began);
      // A later call may build upon this answer, where it is kept.
      const { store, previous_response_id } = this.#call.input;
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
      this.#call.selection.leave(choice);
      this.#settle(choice, rows);
      this.#blame(choice, failure);
    });
    return output;
  }

  /** A failure is the deployment's, unless the call's own time was up. */
  #blame(choice: Choice, error: unknown): void {
    if (error instanceof Timeout && this.#call.limits.left < 1) this.#call.engine.tried(choice.member, choice.trying);
    else this.#call.engine.failed(choice, error, this.#call.stream);
  }

  #ended(choice: Choice, rows: readonly AttemptRow[], began: number): void {
    const { engine } = this.#call;
    const { member, group } = choice;
    const { moment } = engine;
    member.state.counters.succeeded(moment, (moment.now - began) / 1000, usedBy(rows));
    this.#call.selection.leave(choice);
    this.#settle(choice, rows);
    engine.succeeded(member);
    if (this.#call.bond !== undefined)
      void engine.affinity.set(group.name, this.#call.bond.key, member.id, this.#call.bond.ttl);
  }

  /** What was used, in place of what was reserved; without a word on tokens those that were reserved stand. */
  #settle({ member, reservation }: Choice, rows: readonly AttemptRow[]): void {
    void this.#call.engine.spending.spend(member, rows);
    if (reservation === undefined) return;
    const { requests, tokens, told } = usedBy(rows);
    void this.#call.engine.limits.settle(reservation, told ? tokens : undefined, requests);
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
}
