/**
 * Thinking, and what it forbids. Older models think within a token budget, newer ones adaptively with an effort.
 * Sources: https://platform.claude.com/docs/en/build-with-claude/{thinking,thinking-troubleshooting,extended-thinking,effort}
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { effortOf } from '../shared/effort.js';
import { isObject } from '../shared/messages.js';
import type { Turn } from './messages.js';
import type { Effort, Model } from './models.js';
import { insisted } from './params.js';

/** OpenAI's efforts as token budgets, for models that think within one. */
const budgets: Readonly<Record<string, number>> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
  max: 16_384,
};
const levels: readonly string[] = Object.keys(budgets);
const smallest = 1024;

/** Puts `thinking` and `output_config.effort` into the body, whose `max_tokens` is settled. */
export function placeThinking(call: Call<'chat'>, model: Model, body: JsonObject): void {
  const given: unknown = call.params.thinking;
  const effort = readEffort(call);
  if (!isObject(given)) {
    if (effort !== undefined) placeEffort(effort, call, model, body);
  } else if (given['type'] === 'adaptive' && model.thinking === 'budget' && !insisted('thinking', call)) {
    placeEffort(effort === undefined || effort === 'none' ? 'medium' : effort, call, model, body);
    const message = `${call.model} does not think adaptively; a thinking budget is sent`;
    call.warn({ type: 'rewrite', param: 'thinking', message });
  } else {
    placeGiven(given, call, model, body);
    if (effort !== undefined && effort !== 'none' && isAdaptive(body['thinking'])) setEffort(effort, call, model, body);
    else if (effort !== undefined)
      call.warn({ type: 'drop', param: 'reasoning_effort', message: 'thinking is given too, and wins' });
  }
  if (isObject(body['thinking']) && body['thinking']['type'] === 'enabled') {
    fitBudget(call, body);
    if (body['thinking'] !== undefined && lacksThinking(body['messages'] as Turn[])) {
      delete body['thinking'];
      const message = 'the turn under way was begun without thinking, so it stays off until that turn is over';
      call.warn({ type: 'drop', param: isObject(given) ? 'thinking' : 'reasoning_effort', message });
    }
  }
}

function readEffort(call: Call<'chat'>): string | undefined {
  const effort = effortOf(call.params.reasoning_effort, call);
  if (effort === undefined || effort === null) return undefined;
  if (typeof effort === 'string' && (effort === 'none' || levels.includes(effort))) return effort;
  call.unsupported('reasoning_effort', `is none, ${levels.join(', ')}`);
  return undefined;
}

/** With a budget, a turn that goes on (tool results, a prefilled answer) must have begun with signed thinking. */
function lacksThinking(messages: Turn[]): boolean {
  let begun = false;
  for (const { role, content } of messages.toReversed()) {
    if (role === 'user' && !content.some(({ type }) => type === 'tool_result')) break;
    if (role !== 'assistant') continue;
    if (content[0]?.['type'] === 'thinking' || content[0]?.['type'] === 'redacted_thinking') return false;
    begun = true;
  }
  return begun;
}

const isAdaptive = (thinking: unknown): boolean => isObject(thinking) && thinking['type'] === 'adaptive';

function placeGiven(given: JsonObject, call: Call<'chat'>, model: Model, body: JsonObject): void {
  const { type, budget_tokens: budget, ...rest } = given;
  const asGiven = insisted('thinking', call);
  if (type === 'disabled' && !asGiven) return switchOff('thinking', call, model, body, true);
  if (model.thinking === 'none' && !asGiven) return call.unsupported('thinking', `${call.model} does not think`);
  if (type !== 'enabled' || model.thinking !== 'adaptive' || asGiven) {
    body['thinking'] = given;
    return;
  }
  body['thinking'] = { ...rest, type: 'adaptive' };
  const effort = typeof budget !== 'number' || budget >= 4096 ? 'high' : budget >= 2048 ? 'medium' : 'low';
  const config = isObject(body['output_config']) ? body['output_config'] : {};
  body['output_config'] = { effort, ...config };
  const message = `${call.model} takes no thinking budget; adaptive thinking with an effort is sent`;
  call.warn({ type: 'rewrite', param: 'thinking', message });
}

function placeEffort(effort: string, call: Call<'chat'>, model: Model, body: JsonObject): void {
  if (effort === 'none') return switchOff('reasoning_effort', call, model, body, false);
  if (model.thinking === 'none' && !insisted('reasoning_effort', call))
    return call.unsupported('reasoning_effort', `${call.model} does not think`);
  if (model.thinking === 'budget' || model.thinking === 'none') {
    body['thinking'] = { type: 'enabled', budget_tokens: budgets[effort] };
    return;
  }
  // Newer models keep their thinking to themselves unless asked to show a summary.
  body['thinking'] = { type: 'adaptive', display: 'summarized' };
  setEffort(effort, call, model, body);
}

/** The effort, or the nearest below it that the model has. */
function setEffort(asked: string, call: Call<'chat'>, model: Model, body: JsonObject): void {
  const rank = levels.indexOf(asked);
  const effort: Effort = model.efforts.findLast((level) => levels.indexOf(level) <= rank) ?? 'low';
  if (effort !== asked)
    call.warn({
      type: 'rewrite',
      param: 'reasoning_effort',
      message: `reasoning_effort ${asked} is sent as effort ${effort}`,
    });
  const config = isObject(body['output_config']) ? body['output_config'] : {};
  body['output_config'] = { ...config, effort };
}

function switchOff(param: string, call: Call<'chat'>, model: Model, body: JsonObject, asked: boolean): void {
  if (model.off === null) call.unsupported(param, `${call.model} always thinks; a lower effort makes it think less`);
  else if (model.off !== undefined) {
    body['thinking'] = { type: model.off };
    if (model.off !== 'disabled')
      call.warn({ type: 'rewrite', param, message: `thinking is off for ${call.model} with type ${model.off}` });
  } else if (asked && model.thinking !== 'none') body['thinking'] = { type: 'disabled' };
}

/** A budget is 1024 at least and below `max_tokens`, if there is one: it bounds the cost and is never raised. */
function fitBudget(call: Call<'chat'>, body: JsonObject): void {
  const thinking = body['thinking'] as JsonObject;
  const max = body['max_tokens'];
  const asked = thinking['budget_tokens'];
  if (typeof asked !== 'number') return;
  const limit = typeof max === 'number' ? max : Infinity;
  const warn = (message: string): void => call.warn({ type: 'rewrite', param: 'thinking.budget_tokens', message });
  if (limit <= smallest) {
    delete body['thinking'];
    call.warn({
      type: 'drop',
      param: 'thinking',
      message: `max_tokens ${limit} leaves no room for the least budget, ${smallest}`,
    });
    return;
  }
  let budget = Math.max(asked, smallest);
  if (budget >= limit) budget = Math.max(smallest, Math.floor(limit / 2));
  if (budget === asked) return;
  body['thinking'] = { ...thinking, budget_tokens: budget };
  const below = limit < Infinity ? ` and below max_tokens, ${limit}` : '';
  warn(`a budget of ${asked} is sent as ${budget}: it must be ${smallest} at least${below}`);
}

/** Refuses (or drops) what the model does not take of `temperature`, `top_p` and `top_k`. */
export function checkSampling(call: Call<'chat'>, model: Model, body: JsonObject): void {
  const refuse = (param: 'temperature' | 'top_p' | 'top_k', why: string): void => {
    if (insisted(param, call)) return;
    call.unsupported(param, why);
    delete body[param];
  };
  const number = (param: string): number | undefined => (typeof body[param] === 'number' ? body[param] : undefined);

  const heat = number('temperature');
  if (model.sampling === 'fixed') {
    if (heat !== undefined && heat !== 1) refuse('temperature', `${call.model} takes no temperature but 1`);
    if ((number('top_p') ?? 1) < 0.99) refuse('top_p', `${call.model} takes no top_p below 0.99`);
    if (body['top_k'] !== undefined) refuse('top_k', `${call.model} takes no top_k`);
    return;
  }
  if (heat !== undefined && heat > 1) {
    body['temperature'] = 1;
    call.warn({
      type: 'rewrite',
      param: 'temperature',
      message: `temperature ${heat} is sent as 1, the highest that Anthropic takes`,
    });
  }
  const thinking = body['thinking'];
  if (isObject(thinking) && (thinking['type'] === 'enabled' || thinking['type'] === 'adaptive')) {
    if ((number('temperature') ?? 1) !== 1) refuse('temperature', 'a thinking model takes no temperature but 1');
    if ((number('top_p') ?? 1) < 0.95) refuse('top_p', 'a thinking model takes no top_p below 0.95');
    if (body['top_k'] !== undefined) refuse('top_k', 'a thinking model takes no top_k');
  }
  if (model.sampling === 'one' && body['temperature'] !== undefined && body['top_p'] !== undefined) {
    if (body['temperature'] === 1) {
      delete body['temperature'];
      call.warn({ type: 'drop', param: 'temperature', message: 'the default temperature is not sent beside top_p' });
    } else refuse('top_p', `${call.model} takes temperature or top_p, not both`);
  }
}
