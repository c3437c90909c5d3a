/** A call with fallbacks of its own, or with a `model_list`: a Router for this call alone. */
import { BadRequestError } from '../core/errors.js';
import type { Finder } from '../core/client.js';
import type { Endpoint, Env, Input, JsonObject, Output } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import { Engine } from './engine.js';
import { fallbackLists, isPlace } from './own.js';
import { RoutedCall } from './routed-call.js';
import { checkCallOption, checkSettings, isMap } from './settings.js';
import type { DeploymentEntry, FallbackTarget, RouterOptions } from './types.js';

export interface OneOffParts {
  client: Finder;
  env: Env;
  prices: () => Promise<Prices>;
}

export async function runOnce<E extends Endpoint>(
  endpoint: E,
  input: JsonObject,
  parts: OneOffParts,
): Promise<Output<E>> {
  const { options, call } = input['model_list'] == null ? await asked(input, parts.client) : listed(input);
  const engine = new Engine({ ...parts, options });
  return new RoutedCall(engine, endpoint, call as unknown as Input<E>).run();
}

/** LiteLLM's `model_list` of a call: its `model` is a group. */
function listed({ model_list, ...call }: JsonObject): { options: RouterOptions; call: JsonObject } {
  return { options: checkSettings({ model_list: model_list as readonly DeploymentEntry[] }), call };
}

/** Every model is a group of one. Its key and address are the call's own only where the provider is the same. */
async function asked(input: JsonObject, client: Finder): Promise<{ options: RouterOptions; call: JsonObject }> {
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
  for (const name of fallbackLists) {
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
  const shares = Object.keys(places).length === 0 ? () => false : await sharers(input, model, client);
  const model_list = await Promise.all(
    [...groups].map(async ([model_name, name]) => ({
      model_name,
      litellm_params: { ...((await shares(name)) && places), model: name },
      model_info: { id: model_name },
    })),
  );
  return { options: { model_list }, call };
}

const prefixOf = (model: string): string => model.slice(0, Math.max(model.indexOf('/'), 0));

/** Tells of a model whether its provider is that of the call: a bare name tells none. */
async function sharers(
  { custom_llm_provider: named }: JsonObject,
  model: string,
  client: Finder,
): Promise<(name: string) => Promise<boolean>> {
  const ownerOf = (name: string): Promise<string | undefined> =>
    client.target({ model: name }).then(
      (found) => found.name,
      () => undefined,
    );
  if (named != null) return async (name) => prefixOf(name) === prefixOf(model) || (await ownerOf(name)) === named;
  const owner = await ownerOf(model);
  return async (name) => name === model || (owner !== undefined && (await ownerOf(name)) === owner);
}
