/** A call with fallbacks of its own, or with a `model_list`: a Router for this call alone. */
import { BadRequestError } from '../core/errors.js';
import type { Endpoint, Env, Input, JsonObject, Output, Runner } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import { Engine } from './engine.js';
import { isPlace } from './own.js';
import { RoutedCall } from './routed-call.js';
import { checkCallOption, checkSettings, isMap } from './settings.js';
import type { DeploymentEntry, FallbackTarget, RouterOptions } from './types.js';

const lists = ['fallbacks', 'context_window_fallbacks', 'content_policy_fallbacks'] as const;

export interface OneOffParts {
  client: Runner;
  env: Env;
  prices: () => Promise<Prices>;
}

export function runOnce<E extends Endpoint>(endpoint: E, input: JsonObject, parts: OneOffParts): Promise<Output<E>> {
  const { options, call } = input['model_list'] == null ? asked(input) : listed(input);
  const engine = new Engine({ ...parts, options });
  return new RoutedCall(engine, endpoint, call as unknown as Input<E>).run();
}

/** LiteLLM's `model_list` of a call: its `model` is a group. */
function listed({ model_list, ...call }: JsonObject): { options: RouterOptions; call: JsonObject } {
  return { options: checkSettings({ model_list: model_list as readonly DeploymentEntry[] }), call };
}

/** Every model is a group of one. Its key and address are the call's own only where the provider is the same. */
function asked(input: JsonObject): { options: RouterOptions; call: JsonObject } {
  const { model, context_window_fallback_dict: byModel } = input;
  if (typeof model !== 'string' || model === '')
    throw new BadRequestError('model: must be a string such as "openai/gpt-4o"', {
      param: 'model',
      code: 'invalid_input',
    });
  const groups = new Map<string, string>();
  /** The group of a model; one with parameters of its own is another than that without. */
  const groupOf = (name: string, apart: boolean): string => {
    let group = name;
    for (let n = 2; apart && groups.has(group); n++) group = `${name} #${n}`;
    groups.set(group, name);
    return group;
  };
  groupOf(model, false);
  const target = (given: FallbackTarget): FallbackTarget =>
    typeof given === 'string' ? groupOf(given, false) : { ...given, model: groupOf(given.model ?? model, true) };
  const call: JsonObject = {};
  for (const name in input) if (!isPlace(name) && name !== 'context_window_fallback_dict') call[name] = input[name];
  if (typeof byModel === 'object' && byModel !== null && call['context_window_fallbacks'] === undefined)
    call['context_window_fallbacks'] = Object.entries(byModel).map(([name, larger]) => ({ [name]: [larger] }));
  for (const name of lists) {
    const list = call[name];
    if (!Array.isArray(list)) continue;
    const complete = (list as unknown[]).map((entry) =>
      typeof entry === 'object' && entry !== null && !isMap(entry) ? { model, ...entry } : entry,
    );
    checkCallOption(name, complete);
    call[name] = complete.map((entry) =>
      isMap(entry)
        ? Object.fromEntries(Object.entries(entry).map(([group, targets]) => [group, targets.map(target)]))
        : target(entry as FallbackTarget),
    );
  }
  const places: JsonObject = {};
  for (const name in input) if (isPlace(name)) places[name] = input[name];
  const provider = providerOf(model);
  const model_list = [...groups].map(([model_name, name]) => ({
    model_name,
    litellm_params: { ...(providerOf(name) === provider && places), model: name },
    model_info: { id: model_name },
  }));
  return { options: { model_list }, call };
}

const providerOf = (model: string): string => model.slice(0, Math.max(model.indexOf('/'), 0));
