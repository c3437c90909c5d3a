/** What a group of deployments is and offers. */
import type { Input, JsonObject } from '../core/spec.js';
import type { Engine } from './engine.js';
import type { Member } from './fleet.js';
import { unknownGroup } from './refusals.js';
import { RoutedCall } from './routed-call.js';
import type { DeploymentEntry } from './types.js';

const sum = (values: readonly (number | undefined)[]): number | null => {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? null : known.reduce((total, value) => total + value, 0);
};
const most = (values: readonly unknown[]): number | null => {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? null : Math.max(...known);
};

/** LiteLLM's `ModelGroupInfo`; null for a group that is not there. */
export async function groupInfo(engine: Engine, name: string): Promise<JsonObject | null> {
  const group = engine.fleet.group(name);
  if (group === undefined) return null;
  const prices = await engine.pricesIf(true);
  const { members } = group;
  const infos = members.map(({ model, model_info, call }) => {
    const { base_model } = model_info;
    const known = prices?.getModelInfo({ model, ...(base_model !== undefined && { base_model }) });
    const told = Object.entries(call).filter(([name]) => name.includes('_cost'));
    return { ...known, ...model_info, ...Object.fromEntries(told) };
  });
  const capabilities = Object.fromEntries(
    [...new Set(infos.flatMap((info) => Object.keys(info).filter((field) => field.startsWith('supports_'))))].map(
      (field) => [field, infos.some((info) => info[field] === true)],
    ),
  );
  return {
    model_group: name,
    providers: [...new Set(members.map(({ model }) => model.slice(0, Math.max(model.indexOf('/'), 0)) || model))],
    deployments: members.map(({ id }: Member) => id),
    mode: infos.find((info) => typeof info['mode'] === 'string')?.['mode'] ?? null,
    max_input_tokens: most(infos.map((info) => info['max_input_tokens'])),
    max_output_tokens: most(infos.map((info) => info['max_output_tokens'])),
    input_cost_per_token: most(infos.map((info) => info['input_cost_per_token'])),
    output_cost_per_token: most(infos.map((info) => info['output_cost_per_token'])),
    rpm: sum(members.map(({ rpm }) => rpm)),
    tpm: sum(members.map(({ tpm }) => tpm)),
    ...capabilities,
  };
}

/** The deployment that a call would go to now; nothing of it is taken. */
export async function available(engine: Engine, input: { model: string } & JsonObject): Promise<DeploymentEntry> {
  const call = new RoutedCall(engine, 'chat', input as unknown as Input<'chat'>);
  let id: string;
  try {
    const group = engine.fleet.group(input.model);
    if (group === undefined) throw unknownGroup(input.model, engine.fleet.names());
    if (engine.pricing) await engine.pricesIf(true);
    const choice = await call.selection.choose(group, new Set(), true);
    call.selection.giveUp(choice);
    id = choice.member.id;
  } finally {
    call.limits.release();
  }
  return engine.fleet.entries().find(({ model_info }) => model_info?.id === id) as DeploymentEntry;
}

/** Live figures by deployment. */
export function health({ fleet, moment }: Engine): Record<string, JsonObject> {
  const { now } = moment;
  const all: Record<string, JsonObject> = {};
  for (const { id, model, model_name, state } of fleet.members()) {
    const { cooldown } = state;
    const { in_flight, requests, tokens, failures, latency, first_token } = state.counters.turn(moment);
    const cooling = cooldown.phase(now) === 'cooling';
    all[id] = {
      model_name,
      model,
      healthy: !cooling,
      ...(cooling && { cooling_for: (cooldown.until - now) / 1000, error: cooldown.error }),
      in_flight,
      requests,
      tokens,
      failures,
      latency,
      first_token,
    };
  }
  return all;
}
