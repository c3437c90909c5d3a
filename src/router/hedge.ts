/** Hedging: when a deployment is slow to answer, another is asked, too; the first answer counts, the other call is ended. */
import { NoDeploymentError } from '../core/errors.js';
import type { Endpoint, JsonObject, Output } from '../core/spec.js';
import type { Engine } from './engine.js';
import type { Choice, RoutedCall } from './routed-call.js';
import type { HedgeOptions } from './types.js';

/** Seconds, while no figures are known. */
const unknownDelay = 2;

/** Why the loser of a race was ended; it says nothing about its deployment. */
const lost = 'another deployment answered first';

function delayOf({ after }: HedgeOptions, { group }: Choice, engine: Engine): number {
  if (after !== 'p95') return after;
  const known = group.members.map((member) => engine.state(member).counters.slowest).filter((seconds) => seconds > 0);
  return known.length === 0 ? unknownDelay : Math.max(...known);
}

async function affordable<E extends Endpoint>(
  call: RoutedCall<E>,
  { max_extra_cost: most }: HedgeOptions,
  choice: Choice,
  overrides: JsonObject,
): Promise<boolean> {
  if (most === undefined) return true;
  const prices = await call.engine.pricesIf(true);
  const input = call.inputFor(choice, overrides);
  const output = input['max_completion_tokens'] ?? input['max_tokens'];
  const cost = prices?.completionCost({
    model: input['model'] as string,
    usage: { prompt_tokens: call.demands.tokens, completion_tokens: typeof output === 'number' ? output : 1000 },
  });
  return typeof cost === 'number' && cost <= most;
}

export async function hedged<E extends Endpoint>(
  call: RoutedCall<E>,
  options: HedgeOptions,
  choice: Choice,
  overrides: JsonObject,
  tried: Set<string>,
): Promise<Output<E>> {
  const tools = call.input['tools'] ?? call.input['functions'];
  if (options.tools !== true && Array.isArray(tools) && tools.length > 0) return call.once(choice, overrides);
  const outer = call.input['signal'] as AbortSignal | undefined;
  const controllers: AbortController[] = [];
  const end = (): void => {
    for (const controller of controllers) controller.abort(outer?.reason);
  };
  outer?.addEventListener('abort', end, { once: true });
  const start = (at: Choice): Promise<Output<E>> => {
    const controller = new AbortController();
    controllers.push(controller);
    return call.once(at, overrides, controller.signal);
  };
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    const first = start(choice);
    const slow = new Promise<'slow'>((resolve) => {
      timer = setTimeout(() => resolve('slow'), delayOf(options, choice, call.engine) * 1000);
    });
    const early = await Promise.race([first, slow]);
    if (early !== 'slow') return early;
    const other = await second(call, options, choice, overrides, tried);
    if (other === undefined) return await first;
    const { member } = other;
    call.engine.events.emit({ type: 'hedge', deployment: member.id, model_name: member.model_name });
    return await race([first, start(other)], controllers);
  } finally {
    clearTimeout(timer);
    outer?.removeEventListener('abort', end);
  }
}

async function second<E extends Endpoint>(
  call: RoutedCall<E>,
  options: HedgeOptions,
  choice: Choice,
  overrides: JsonObject,
  tried: Set<string>,
): Promise<Choice | undefined> {
  try {
    const other = await call.choose(choice.group, tried, false);
    if (!(await affordable(call, options, other, overrides))) {
      call.giveUp(other);
      return undefined;
    }
    tried.add(other.member.id);
    return other;
  } catch (error) {
    if (error instanceof NoDeploymentError) return undefined;
    throw error;
  }
}

/** The first that succeeds; the others are ended. When all fail, the first error counts. */
async function race<T>(runs: Promise<T>[], controllers: AbortController[]): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    let failed = 0;
    let error: unknown;
    runs.forEach((run, at) => {
      run.then(
        (output) => {
          resolve(output);
          controllers.forEach((controller, other) => {
            if (other !== at) controller.abort(new Error(lost));
          });
        },
        (reason: unknown) => {
          error ??= reason;
          if (++failed === runs.length) reject(error as Error);
        },
      );
    });
  });
}
