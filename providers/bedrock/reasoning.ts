/**
 * How models are asked to reason, and what that forbids.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/claude-messages-extended-thinking.html,
 * https://docs.aws.amazon.com/nova/latest/nova2-userguide/extended-thinking.html
 */
import type { JsonObject } from '../../src/core/spec.js';
import { modelOf } from '../anthropic/models.js';
import { checkSampling, placeThinking } from '../anthropic/thinking.js';
import { effortOf } from '../shared/effort.js';
import { isObject } from '../shared/messages.js';
import type { Context } from './context.js';
import type { Turn } from './messages.js';

/** Puts what the call says of reasoning into the model's own fields, beside the sampling parameters. */
export function placeReasoning(context: Context, fields: JsonObject, turns: readonly Turn[]): void {
  const { call, model } = context;
  if (model.reasoning === 'claude') return claude(context, fields, turns);
  const { thinking } = call.params;
  const effort = effortOf(call.params.reasoning_effort, call) as string | null | undefined;
  if (thinking !== undefined && thinking !== null) {
    if (model.reasoning === 'nova') return nova(context, fields, fromThinking(thinking), 'thinking');
    if (model.reasoning === 'hidden') fields['thinking'] = thinking;
    else if (thinking.type !== 'disabled') call.unsupported('thinking', `${call.model} takes no thinking budget`);
  }
  if (effort === undefined || effort === null) return;
  if (model.reasoning === 'nova') nova(context, fields, effort, 'reasoning_effort');
  else if (model.reasoning === 'effort') placeEffort(context, fields, effort);
  else if (effort === 'none') return;
  else if (model.reasoning === 'hidden')
    call.unsupported('reasoning_effort', 'an ARN does not tell how its model is asked; pass base_model');
  else call.unsupported('reasoning_effort', `${call.model} does not take it`);
}

/** Claude's own fields, checked as Anthropic checks them; its body calls the blocks by other names. */
function claude({ call, name }: Context, fields: JsonObject, turns: readonly Turn[]): void {
  const row = modelOf(name);
  fields['messages'] = turns.map(({ role, content }) => ({
    role,
    content: content.map((block) => ({
      type: 'toolResult' in block ? 'tool_result' : 'reasoningContent' in block ? 'thinking' : 'other',
    })),
  }));
  placeThinking(call, row, fields);
  checkSampling(call, row, fields);
  delete fields['messages'];
}

const efforts: Readonly<Record<string, string>> = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
};

function fromThinking({ type, budget_tokens: budget }: JsonObject): string {
  if (type === 'disabled') return 'none';
  return typeof budget !== 'number' || budget >= 4096 ? 'high' : budget >= 2048 ? 'medium' : 'low';
}

function nova({ call }: Context, fields: JsonObject, asked: string, param: string): void {
  if (asked === 'none') {
    fields['reasoningConfig'] = { type: 'disabled' };
    return;
  }
  const effort = efforts[asked];
  if (effort === undefined) return call.unsupported(param, `is none, ${Object.keys(efforts).join(', ')}`);
  if (effort !== asked || param === 'thinking')
    call.warn({ type: 'rewrite', param, message: `${param} is sent as the effort ${effort}` });
  fields['reasoningConfig'] = { type: 'enabled', maxReasoningEffort: effort };
  if (effort !== 'high') return;
  for (const limit of ['max_tokens', 'temperature', 'top_p'] as const)
    if (fields[limit] !== undefined && call.options.allowed_openai_params?.includes(limit) !== true) {
      call.unsupported(limit, `${call.model} takes none with high effort`);
      delete fields[limit];
    }
}

/** How models other than Claude and Nova are told an effort over Converse. */
interface Way {
  put(fields: JsonObject, effort: string): void;
  /** What stands in for efforts that they do not know. */
  instead: Readonly<Record<string, string>>;
  /** They may be told not to reason; do not unless told to; or always do. */
  none: 'sent' | 'left out' | 'refused';
}

const flat =
  (field: string): Way['put'] =>
  (fields, effort) => {
    fields[field] = effort;
  };

const three = { minimal: 'low', xhigh: 'high', max: 'high' };

const ways: readonly (readonly [RegExp, Way])[] = [
  [/openai\.gpt-oss/, { put: flat('reasoning_effort'), instead: three, none: 'refused' }],
  [
    /openai\./,
    {
      put(fields, effort) {
        fields['reasoning'] = { ...(isObject(fields['reasoning']) && fields['reasoning']), effort };
      },
      instead: { minimal: 'low' },
      none: 'sent',
    },
  ],
  [/kimi-k2-thinking/, { put: flat('reasoning_effort'), instead: three, none: 'refused' }],
  [/xai\./, { put: flat('reasoning_config'), instead: { minimal: 'low', max: 'xhigh' }, none: 'left out' }],
  // DeepSeek from V3.1 on, Qwen, Kimi, GLM.
  [/(?:)/, { put: flat('reasoning_config'), instead: three, none: 'left out' }],
];

function placeEffort({ call, name }: Context, fields: JsonObject, asked: string): void {
  const [, way] = ways.find(([match]) => match.test(name)) as (typeof ways)[number];
  if (asked === 'none' && way.none === 'refused')
    return call.unsupported('reasoning_effort', `${call.model} always reasons; low is the least`);
  if (asked === 'none' && way.none === 'left out') return;
  const effort = way.instead[asked] ?? asked;
  if (effort !== asked)
    call.warn({ type: 'rewrite', param: 'reasoning_effort', message: `reasoning_effort is sent as ${effort}` });
  way.put(fields, effort);
}

/** How the fields make a Claude think: within a budget, adaptively, or not. */
export function thinkingOf(fields: JsonObject): 'budget' | 'adaptive' | undefined {
  const type = isObject(fields['thinking']) ? fields['thinking']['type'] : undefined;
  return type === 'enabled' ? 'budget' : type === 'adaptive' ? type : undefined;
}
