/** The input of a call at one deployment: what the call says, the deployment's parameters below it. */
import { BadRequestError } from '../core/errors.js';
import { isOption } from '../core/options.js';
import type { JsonObject } from '../core/spec.js';
import type { Group, Member } from './fleet.js';
import { fallbackLists, isPlace, own } from './own.js';
import { filled } from './selection.js';
import { isMap } from './settings.js';
import type { RouterOptions } from './types.js';

/** Of `metadata`: what the router reads. */
const routersNotes = ['tags', 'session_id'] as const;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The address that parameters name in place of a deployment's. */
const moveOf = (params: JsonObject): string | undefined =>
  Object.keys(params).find((name) => name !== 'api_key' && params[name] != null && isPlace(name));

/** A fallback of a call's own that names another address brings a key: the deployment's would go there. */
function checkTargets(option: string, value: unknown): void {
  if (Array.isArray(value)) for (const target of value) checkTargets(option, target);
  if (!isObject(value)) return;
  const place = typeof value['model'] === 'string' && value['api_key'] == null ? moveOf(value) : undefined;
  if (place !== undefined)
    throw new BadRequestError(`${option}: a target with ${place} needs an api_key of its own`, { param: option });
  const byGroup = isMap(value);
  for (const name in value) if (byGroup || fallbackLists.has(name)) checkTargets(option, value[name]);
}

/** What is left of a call when the router's own options are taken out. */
export function paramsOf(input: JsonObject, check: (name: string, value: unknown) => void): JsonObject {
  const params: JsonObject = {};
  for (const name in input) {
    const value = input[name];
    if (value === undefined || value === null) continue;
    if (own.has(name)) {
      check(name, value);
      if (fallbackLists.has(name)) checkTargets(name, value);
    }
    // Whose deployment it is says where it goes, and with whose key.
    else if (!isPlace(name)) params[name] = value;
  }
  return params;
}

/** `overrides`: the parameters of a fallback's own. */
export function inputFor(
  { group, member }: { group: Group; member: Member },
  params: JsonObject,
  overrides: JsonObject,
  options: RouterOptions,
): JsonObject {
  // Who brings another address and its key has nothing of the deployment's account.
  const moved = overrides['api_key'] != null && moveOf(overrides) !== undefined;
  const call: JsonObject = {
    ...(options.timeout !== undefined && { timeout: options.timeout }),
    ...(options.stream_timeout !== undefined && { stream_timeout: options.stream_timeout }),
    ...(moved ? Object.fromEntries(Object.entries(member.call).filter(([name]) => !isOption(name))) : member.call),
    ...params,
  };
  for (const name in overrides) if (!own.has(name)) call[name] = overrides[name];
  call['model'] = filled(member.model, group.matched);
  const { metadata, tools } = member.call;
  // A deployment's tools come before those of the call.
  if (Array.isArray(tools) && Array.isArray(call['tools']) && call['tools'] !== tools)
    call['tools'] = [...(tools as unknown[]), ...(call['tools'] as unknown[])];
  const given = params['metadata'];
  if (isObject(metadata) && isObject(given)) call['metadata'] = { ...metadata, ...given };
  if (isObject(call['metadata'])) {
    const notes = { ...call['metadata'] };
    for (const name of routersNotes) delete notes[name];
    if (Object.keys(notes).length > 0) call['metadata'] = notes;
    else delete call['metadata'];
  }
  return call;
}
