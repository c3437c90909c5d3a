/** OpenAI's parameters as inputs of a model; what no rule here names goes into the input as it is. */
import type { Call, JsonObject, ParamSpec } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { type Family, familyOf } from './models.js';

type Place = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** Models take a comma-separated list. */
const stop: Place = (value, body, call) => {
  const sequences = (Array.isArray(value) ? value : [value]).map(String);
  if (sequences.some((sequence) => sequence.includes(',')))
    call.unsupported('stop', 'sequences are sent separated by commas, so none may hold one');
  else if (sequences.length > 0) body['stop_sequences'] = sequences.join(',');
};

function limit(param: string, name: string): Place {
  return (value, body, call) => {
    if (param === 'max_tokens' && call.params['max_completion_tokens' as never] !== undefined) {
      call.warn({ type: 'drop', param, message: 'max_completion_tokens is given too, and wins' });
      return;
    }
    body[name] = value;
    if (name !== param) call.warn({ type: 'rename', param, message: `${param} is sent as ${name}` });
  };
}

const thinking: Place = (value, body, call) => {
  const { type, budget_tokens: budget } = isObject(value) ? value : {};
  body['extended_thinking'] = type !== 'disabled';
  if (type !== 'disabled' && budget !== undefined) body['thinking_budget_tokens'] = budget;
  call.warn({ type: 'rename', param: 'thinking', message: 'thinking is sent as extended_thinking' });
};

const specs = new Map<Family, ParamSpec>();

export function paramsOf(model: string): ParamSpec {
  const family = familyOf(model);
  let spec = specs.get(family);
  if (spec === undefined) {
    spec = {
      temperature: true,
      top_p: true,
      seed: true,
      presence_penalty: true,
      frequency_penalty: true,
      stop,
      max_tokens: limit('max_tokens', family.max_tokens),
      max_completion_tokens: limit('max_completion_tokens', family.max_tokens),
      ...(family.effort ? { reasoning_effort: true, verbosity: true } : {}),
      ...(family.thinking ? { thinking } : {}),
    };
    specs.set(family, spec);
  }
  return spec;
}
