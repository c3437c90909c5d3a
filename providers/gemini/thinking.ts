/**
 * OpenAI's `reasoning_effort` and Anthropic's `thinking` as a `thinkingConfig`.
 * Source: https://ai.google.dev/gemini-api/docs/thinking
 */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import type { Thinking, ThinkingLevel } from './models.js';

type Notes = Pick<Call, 'warn' | 'unsupported'>;

/** Tokens, before a model's own bounds. */
const budgets: Readonly<Record<string, number>> = {
  minimal: 0,
  low: 1024,
  medium: 2048,
  high: 4096,
  xhigh: 8192,
  max: 16_384,
};
const order: readonly ThinkingLevel[] = ['minimal', 'low', 'medium', 'high'];
/** "Minimal" where a model would take less. */
const smallest = 512;

const off = (effort: string): boolean => effort === 'none' || effort === 'disable';

/** The nearest level that the model has, upwards first. */
function nearest(effort: string, levels: readonly ThinkingLevel[]): ThinkingLevel {
  const wanted = off(effort) ? 0 : Math.min(Object.keys(budgets).indexOf(effort), order.length - 1);
  const above = levels.find((level) => order.indexOf(level) >= wanted);
  return above ?? (levels.at(-1) as ThinkingLevel);
}

export function fromEffort(effort: unknown, thinking: Thinking, call: Notes): JsonObject | undefined {
  if (typeof effort !== 'string' || !(off(effort) || Object.hasOwn(budgets, effort))) {
    call.unsupported('reasoning_effort', `the efforts are none, ${Object.keys(budgets).join(', ')}`);
    return undefined;
  }
  if (off(effort)) return switchedOff(thinking, 'reasoning_effort', call);
  if (thinking.by === 'budget') {
    const wanted = effort === 'minimal' ? (thinking.off ? smallest : 0) : (budgets[effort] as number);
    return { thinkingBudget: Math.max(wanted, thinking.least), includeThoughts: true };
  }
  const level = nearest(effort, thinking.levels);
  if (level !== effort) note(call, 'reasoning_effort', effort, `the level ${level}`);
  return { thinkingLevel: level, includeThoughts: true };
}

function switchedOff(thinking: Thinking, param: string, call: Notes): JsonObject {
  if (thinking.by === 'budget') {
    if (!thinking.off) note(call, param, 'no thinking', `a budget of ${thinking.least} tokens`);
    return { thinkingBudget: thinking.off ? 0 : thinking.least, includeThoughts: false };
  }
  const level = nearest('none', thinking.levels);
  note(call, param, 'no thinking', `the level ${level}`);
  return { thinkingLevel: level, includeThoughts: false };
}

function note(call: Notes, param: string, wanted: string, given: string): void {
  call.warn({ type: 'rewrite', param, message: `the model has no setting for "${wanted}"; ${given} is asked for` });
}

/** Anthropic's form. */
export function fromThinking(value: unknown, thinking: Thinking, call: Notes): JsonObject | undefined {
  const { type, budget_tokens: budget, display } = isObject(value) ? value : {};
  if (type === 'disabled') return switchedOff(thinking, 'thinking', call);
  if (type !== 'enabled' && type !== 'adaptive') {
    call.unsupported('thinking', 'its type is enabled, adaptive or disabled');
    return undefined;
  }
  const shown = { includeThoughts: display !== 'omitted' };
  if (budget === 0) return switchedOff(thinking, 'thinking', call);
  if (thinking.by === 'level') {
    if (typeof budget === 'number')
      call.warn({
        type: 'drop',
        param: 'thinking.budget_tokens',
        message: 'the model takes no number of tokens; set reasoning_effort to choose how much it thinks',
      });
    return shown;
  }
  if (type === 'adaptive') return { ...shown, thinkingBudget: -1 };
  if (typeof budget !== 'number') return shown;
  const bounded = Math.min(Math.max(budget, thinking.least), thinking.most);
  if (bounded !== budget) note(call, 'thinking.budget_tokens', String(budget), `a budget of ${bounded} tokens`);
  return { ...shown, thinkingBudget: bounded };
}
