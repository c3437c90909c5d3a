/** LiteLLM's `thinking` (Anthropic's object) in the words of vendors that have a field for it. */
import type { Call, JsonObject, ParamMapper } from '../../src/core/spec.js';
import { isObject } from './answer.js';
import type { Quirks } from './quirks.js';

/** OpenRouter and Vercel's gateway. */
function asReasoning(value: unknown, body: JsonObject, call: Call<never>): void {
  const thinking = isObject(value) ? value : {};
  if (thinking['type'] === 'disabled') body['reasoning'] = { effort: 'none' };
  else if (typeof thinking['budget_tokens'] === 'number') body['reasoning'] = { max_tokens: thinking['budget_tokens'] };
  else body['reasoning'] = { enabled: true };
  call.warn({ type: 'rename', param: 'thinking', message: 'thinking is sent as reasoning' });
}

/** Thinking is on or off there; how much is the model's own affair. */
function asSwitch(value: unknown, body: JsonObject, call: Call<never>): void {
  if (!isObject(value)) {
    body['thinking'] = value;
    return;
  }
  const { budget_tokens: budget, ...rest } = value;
  const adaptive = rest['type'] === 'adaptive';
  body['thinking'] = adaptive ? { ...rest, type: 'enabled' } : rest;
  if (adaptive)
    call.warn({ type: 'rewrite', param: 'thinking.type', message: 'adaptive is sent as enabled: the model decides' });
  if (budget === undefined) return;
  call.warn({
    type: 'drop',
    param: 'thinking.budget_tokens',
    message: `${call.llm_provider} has no budget of thinking`,
  });
}

/** Whether a model thinks is a matter of its template there, but how long is not. */
function asBudget(value: unknown, body: JsonObject, call: Call<never>): void {
  const { type, budget_tokens: budget } = isObject(value) ? value : {};
  if (type === 'disabled' || typeof budget !== 'number') {
    call.unsupported('thinking', 'only a budget can be sent; chat_template_kwargs switch thinking on and off');
    return;
  }
  body['thinking_token_budget'] = budget;
  call.warn({ type: 'rename', param: 'thinking', message: 'thinking is sent as thinking_token_budget' });
}

/** Qwen's pair of fields. */
function asQwen(value: unknown, body: JsonObject, call: Call<never>): void {
  const { type, budget_tokens: budget } = isObject(value) ? value : {};
  body['enable_thinking'] = type !== 'disabled';
  if (type !== 'disabled' && typeof budget === 'number') body['thinking_budget'] = budget;
  call.warn({ type: 'rename', param: 'thinking', message: 'thinking is sent as enable_thinking and thinking_budget' });
}

export const thinkingMappers: Readonly<Record<NonNullable<Quirks['thinking_as']>, ParamMapper>> = {
  reasoning: asReasoning,
  switch: asSwitch,
  thinking_token_budget: asBudget,
  enable_thinking: asQwen,
};
