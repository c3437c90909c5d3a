/** Thinking: https://docs.ollama.com/capabilities/thinking. Models that can think do so unless told not to. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { effortOf } from '../shared/effort.js';
import { isObject } from '../shared/messages.js';
import { insisted } from './options.js';

/** These models know levels alone, and think always. */
const levelled = /gpt-oss/i;

const levels: Readonly<Record<string, 'low' | 'medium' | 'high'>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

/** Puts `think` into the body; the caller's own `think` is the more exact wish. */
export function placeThinking(call: Call<'chat'>, body: JsonObject): void {
  const given: unknown = call.params.thinking;
  const effort = effortOf(call.params.reasoning_effort, call);
  const drop = (param: string, why: string): void =>
    call.warn({ type: 'drop', param, message: `${why} is given too, and wins` });
  if (body['think'] !== undefined) {
    if (given !== undefined) drop('thinking', 'think');
    if (effort !== undefined) drop('reasoning_effort', 'think');
  } else if (isObject(given)) {
    if (effort !== undefined) drop('reasoning_effort', 'thinking');
    placeGiven(given, call, body);
  } else if (typeof effort === 'string') {
    if (effort !== 'none' && levels[effort] === undefined && !insisted('reasoning_effort', call))
      return call.unsupported('reasoning_effort', `is none, ${Object.keys(levels).join(', ')}`);
    place('reasoning_effort', effort, effort === 'none' ? undefined : (levels[effort] ?? effort), call, body);
  }
}

function placeGiven({ type, budget_tokens: budget }: JsonObject, call: Call<'chat'>, body: JsonObject): void {
  if (type === 'disabled') return place('thinking', 'disabled', undefined, call, body);
  const level = typeof budget !== 'number' ? 'medium' : budget >= 4096 ? 'high' : budget >= 2048 ? 'medium' : 'low';
  place('thinking', typeof budget === 'number' ? `with a budget of ${budget}` : String(type), level, call, body);
}

/** `level`: undefined for no thinking. */
function place(param: string, said: string, level: string | undefined, call: Call<'chat'>, body: JsonObject): void {
  const byLevel = levelled.test(call.model);
  if (level === undefined && byLevel && !insisted(param, call))
    return call.unsupported(param, `${call.model} always thinks; the effort low makes it think less`);
  const think = level === undefined ? false : byLevel ? level : true;
  body['think'] = think;
  if (think !== said)
    call.warn({ type: 'rewrite', param, message: `${param} ${said} is sent as think ${JSON.stringify(think)}` });
}
