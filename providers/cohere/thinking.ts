/** Reasoning: https://docs.cohere.com/docs/reasoning. Models that reason do so unless told not to. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { effortOf } from '../shared/effort.js';
import { isObject } from '../shared/messages.js';
import { insisted } from './params.js';

/** Token budgets of OpenAI's efforts; from `high` on the model thinks as long as it likes, as Cohere recommends. */
const budgets: Readonly<Record<string, number | undefined>> = {
  minimal: 1024,
  low: 1024,
  medium: 2048,
  high: undefined,
  xhigh: undefined,
  max: undefined,
};

/** Puts `thinking` into the body. `able`: the model may be one that reasons. */
export function placeThinking(call: Call<'chat'>, able: boolean, body: JsonObject): void {
  const given: unknown = call.params.thinking;
  const effort = effortOf(call.params.reasoning_effort, call);
  if (isObject(given)) {
    if (effort !== undefined)
      call.warn({ type: 'drop', param: 'reasoning_effort', message: 'thinking is given too, and wins' });
    if (allowed('thinking', given['type'] !== 'disabled', able, call)) body['thinking'] = fromThinking(given, call);
  } else if (typeof effort === 'string') {
    if (effort !== 'none' && !(effort in budgets))
      return call.unsupported('reasoning_effort', `is none, ${Object.keys(budgets).join(', ')}`);
    if (!allowed('reasoning_effort', effort !== 'none', able, call)) return;
    const budget = budgets[effort];
    const sent =
      effort === 'none'
        ? { type: 'disabled' }
        : { type: 'enabled', ...(budget !== undefined && { token_budget: budget }) };
    body['thinking'] = sent;
    const message = `reasoning_effort ${effort} is sent as thinking ${JSON.stringify(sent)}`;
    call.warn({ type: 'rewrite', param: 'reasoning_effort', message });
  }
}

/** Of a model that does not reason, thinking can be had neither on nor off. */
function allowed(param: string, on: boolean, able: boolean, call: Call<'chat'>): boolean {
  if (able || insisted(param, call)) return true;
  if (on) call.unsupported(param, `${call.model} does not reason`);
  return false;
}

/** Anthropic's form, which the parameter has here, in Cohere's; Cohere's own passes. */
function fromThinking(given: JsonObject, call: Call<'chat'>): JsonObject {
  const { type, budget_tokens: budget, display, ...rest } = given;
  if (type === 'adaptive')
    call.warn({ type: 'rewrite', param: 'thinking.type', message: 'adaptive thinking is sent as enabled' });
  if (display !== undefined && display !== null)
    call.warn({ type: 'drop', param: 'thinking.display', message: 'Cohere shows its thinking always' });
  return {
    ...rest,
    type: type === 'disabled' ? type : 'enabled',
    ...(budget !== undefined && { token_budget: budget }),
  };
}
