/** A Router over a scripted runner: no network, a clock that moves when told, chance that is given. */
import { type CallmError, errorFor } from './faults.js';
import { Router, type RouterOptions, type DeploymentEntry } from '../../src/index.js';
import type {
  AttemptRow,
  Endpoint,
  HiddenParams,
  Input,
  JsonObject,
  Middleware,
  Output,
  Runner,
} from '../../src/core/spec.js';

export type { Middleware };

/** What a deployment does with a call: answer, fail with a status or an error, or what a function gives. */
export type Step = 'ok' | 'filtered' | number | Error | ((call: Seen) => unknown);

export interface Seen {
  endpoint: Endpoint;
  /** The deployment, by its model. */
  to: string;
  input: JsonObject;
}

export interface Reply {
  /** Total tokens. */
  tokens?: number;
  cost?: number | null;
  headers?: Record<string, string>;
  finish_reason?: string;
  id?: string;
}

export class Clock {
  at = Date.UTC(2030, 0, 1);
  /** Seconds that were slept, in order. */
  readonly slept: number[] = [];
  readonly now = (): number => this.at;
  readonly sleep = async (seconds: number): Promise<void> => {
    this.slept.push(seconds);
    this.at += seconds * 1000;
    await new Promise((resolve) => setImmediate(resolve));
  };
  pass(seconds: number): void {
    this.at += seconds * 1000;
  }
}

/** A stream of a few words, which may break off. */
export class FakeStream {
  readonly _hidden_params: HiddenParams;
  readonly controller = new AbortController();
  failure: Error | undefined = undefined;
  #left: number;
  readonly #breaks: Error | undefined;
  readonly #waiters: (() => void)[] = [];
  #over = false;

  constructor(hidden: HiddenParams, words: number, breaks?: Error) {
    this._hidden_params = hidden;
    this.#left = words;
    this.#breaks = breaks;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<unknown, undefined>> {
    if (this.#left-- > 0)
      return Promise.resolve({ done: false, value: { choices: [{ index: 0, delta: { content: 'word ' } }] } });
    this.failure = this.#breaks;
    this.#end();
    return this.#breaks === undefined
      ? Promise.resolve({ done: true, value: undefined })
      : Promise.reject(this.#breaks);
  }

  return(): Promise<IteratorResult<unknown, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  #end(): void {
    this.#over = true;
    for (const wake of this.#waiters.splice(0)) wake();
  }

  async finished(): Promise<void> {
    if (!this.#over) await new Promise<void>((resolve) => void this.#waiters.push(resolve));
  }
}

export class Scripted implements Runner {
  readonly seen: Seen[] = [];
  readonly #scripts: Record<string, Step[]>;
  readonly #now: () => number;

  constructor(scripts: Record<string, Step | Step[]>, now: () => number) {
    this.#now = now;
    this.#scripts = Object.fromEntries(
      Object.entries(scripts).map(([name, steps]) => [name, Array.isArray(steps) ? [...steps] : [steps]]),
    );
  }

  /** The deployments asked, in order. */
  get hits(): string[] {
    return this.seen.map(({ to }) => to);
  }

  script(name: string, ...steps: Step[]): void {
    this.#scripts[name] = steps;
  }

  async run<E extends Endpoint>(endpoint: E, given: Input<E>): Promise<Output<E>> {
    const input = given as unknown as JsonObject;
    const to = String(input['model']).replace('openai/', '');
    const seen = { endpoint, to, input };
    this.seen.push(seen);
    const steps = this.#scripts[to] ?? ['ok'];
    const step = (steps.length > 1 ? steps.shift() : steps[0]) ?? 'ok';
    const made: unknown = typeof step === 'function' ? await step(seen) : step;
    if (typeof made === 'number' || made instanceof Error) throw this.failed(to, made);
    if (made === 'ok' || made === 'filtered')
      return this.answer(to, made === 'ok' ? {} : { finish_reason: 'content_filter' }) as Output<E>;
    return made as Output<E>;
  }

  failed(to: string, what: number | Error): Error {
    const error = (typeof what === 'number' ? errorFor(what) : what) as CallmError;
    const row: AttemptRow = { provider: 'openai', model: to, start: this.#now() / 1000, error: error.name, cost: 0 };
    if (Array.isArray(error.attempts)) error.attempts = [row];
    return error;
  }

  hidden(to: string, { tokens = 10, cost = 0.5, headers = {} }: Reply): HiddenParams {
    const usage = { prompt_tokens: tokens - 4, completion_tokens: 4, total_tokens: tokens };
    const row: AttemptRow = { provider: 'openai', model: to, start: this.#now() / 1000, status: 200, usage, cost };
    return {
      response_cost: cost,
      llm_provider: 'openai',
      headers,
      attempts: [row],
      latency: { first_token: 0.1 },
      warnings: [],
    };
  }

  answer(to: string, reply: Reply = {}): object {
    const message = { role: 'assistant', content: `from ${to}` };
    const result = {
      id: reply.id ?? `id-of-${to}`,
      choices: [{ index: 0, message, finish_reason: reply.finish_reason ?? 'stop' }],
    };
    Object.defineProperty(result, '_hidden_params', { value: this.hidden(to, reply), enumerable: false });
    return result;
  }

  stream(to: string, words = 2, breaks?: Error): FakeStream {
    return new FakeStream(this.hidden(to, {}), words, breaks);
  }
}

/** One deployment: its group, its id (also its model's name), parameters, facts. */
export const at = (
  model_name: string,
  id: string,
  params: JsonObject = {},
  info: JsonObject = {},
): DeploymentEntry => ({
  model_name,
  litellm_params: { model: `openai/${id}`, ...params },
  model_info: { id, ...info },
});

/** `a` is chosen as long as it may be, then `b`. */
export const steered = [at('g', 'a', { weight: 1 }), at('g', 'b', { weight: 0 })];

export const messages = [{ role: 'user' as const, content: 'Hello' }];

export interface Rig {
  router: Router;
  runner: Scripted;
  clock: Clock;
  /** Calls a group: who answered, or the error's name. */
  ask(model?: string, more?: JsonObject): Promise<string>;
  /** The error of a call. */
  fail(model?: string, more?: JsonObject): Promise<CallmError & JsonObject>;
}

export function rig(
  model_list: readonly DeploymentEntry[],
  options: RouterOptions = {},
  scripts: Record<string, Step | Step[]> = {},
): Rig {
  const clock = new Clock();
  const runner = new Scripted(scripts, clock.now);
  const router = new Router({ model_list, client: runner, clock, random: () => 0, ...options });
  const call = (model: string, more: JsonObject) => router.completion({ messages, ...more, model } as never);
  const content = (answer: unknown): string =>
    (answer as { choices: { message: { content: string } }[] }).choices[0]?.message.content.replace('from ', '') ?? '';
  return {
    router,
    runner,
    clock,
    ask: (model = 'g', more = {}) => call(model, more).then(content, (error: Error) => error.name),
    fail: (model = 'g', more = {}) =>
      call(model, more).then(
        () => Promise.reject(new Error('the call went well')),
        (error: unknown) => error as CallmError & JsonObject,
      ),
  };
}
