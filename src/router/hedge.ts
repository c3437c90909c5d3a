/** Hedging: when a deployment is slow to answer, another is asked, too; the first answer counts, the other call is ended. */
import type { Endpoint, JsonObject, Output } from '../core/spec.js';
import type { Engine } from './engine.js';
import { race } from './race.js';
import type { RoutedCall } from './routed-call.js';
import type { Choice } from './selection.js';
import type { HedgeOptions } from './types.js';

/** Seconds, while no figures are known. */
const unknownDelay = 2;
/** Tokens that an answer is taken to have, where the call sets no limit. */
const usualOutput = 1000;

function delayOf({ after }: HedgeOptions, { group }: Choice, engine: Engine, stream: boolean): number {
  if (after !== 'p95') return after;
  const { moment } = engine;
  const known = group.members
    .map(({ state }) => state.counters.turn(moment).slowest(stream))
    .filter((seconds) => seconds > 0);
  return known.length === 0 ? unknownDelay : Math.max(...known);
}

/** Whether the second request costs no more than it may; what is not known is too much. */
async function affordable<E extends Endpoint>(
  call: RoutedCall<E>,
  { max_extra_cost: most }: HedgeOptions,
  choice: Choice,
  overrides: JsonObject,
): Promise<boolean> {
  if (most === undefined) return true;
  const prices = await call.engine.pricesIf(true);
  const input = call.attempts.inputFor(choice, overrides);
  const output = input['max_completion_tokens'] ?? input['max_tokens'];
  const cost = prices?.completionCost({
    ...input,
    model: input['model'] as string,
    usage: { prompt_tokens: call.demands.tokens, completion_tokens: typeof output === 'number' ? output : usualOutput },
  });
  return typeof cost === 'number' && cost <= most;
}

const hasTools = (input: JsonObject): boolean =>
  [input['tools'], input['functions']].some((tools) => Array.isArray(tools) && tools.length > 0);

export async function hedged<E extends Endpoint>(
  call: RoutedCall<E>,
  options: HedgeOptions,
  choice: Choice,
  overrides: JsonObject,
  tried: Set<string>,
): Promise<Output<E>> {
  if (options.tools !== true && hasTools(call.attempts.inputFor(choice, overrides)))
    return call.attempts.once(choice, overrides);
  return race<Output<E>>(call.signal, async (run, over) => {
    const first = run((signal) => call.attempts.once(choice, overrides, signal));
    if (!(await slower(first, delayOf(options, choice, call.engine, call.stream)))) return;
    const other = await second(call, options, choice, overrides, tried);
    if (other === undefined) return;
    // The first may have answered while the second was looked for.
    if (over()) return call.selection.giveUp(other);
    const { member } = other;
    tried.add(member.id);
    call.engine.events.emit({ type: 'hedge', deployment: member.id, model_name: member.model_name });
    void run((signal) => call.attempts.once(other, overrides, signal));
  });
}

/** Whether a promise does not settle within so many seconds. */
function slower(promise: Promise<unknown>, seconds: number): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(true), seconds * 1000);
    const settled = (): void => {
      clearTimeout(timer);
      resolve(false);
    };
    promise.then(settled, settled);
  });
}

/** Another deployment that can be asked at once. That there is none is no failure of the call. */
async function second<E extends Endpoint>(
  call: RoutedCall<E>,
  options: HedgeOptions,
  choice: Choice,
  overrides: JsonObject,
  tried: Set<string>,
): Promise<Choice | undefined> {
  let other: Choice;
  try {
    other = await call.selection.choose(choice.group, tried, false, undefined, false);
  } catch {
    return undefined;
  }
  if (await affordable(call, options, other, overrides).catch(() => false)) return other;
  call.selection.giveUp(other);
  return undefined;
}
