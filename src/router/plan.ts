/** What a call would do: groups, candidates in order, requests. Nothing is sent. */
import type { Endpoint, Input, JsonObject } from '../core/spec.js';
import type { DryRun } from '../core/dry-run.js';
import type { Engine } from './engine.js';
import { orderOf } from './filters.js';
import type { Group, Member } from './fleet.js';
import { unknownGroup } from './refusals.js';
import { keyOf, RoutedCall } from './routed-call.js';
import { fallbacksFor, namesOf } from './rules.js';
import type { Plan, PlannedDeployment } from './types.js';

type DryRunner = (endpoint: Endpoint, input: JsonObject) => Promise<DryRun>;

export async function plan<E extends Endpoint>(
  engine: Engine,
  endpoint: E,
  input: Input<E>,
  dryRun: DryRunner | undefined,
): Promise<Plan> {
  const call = new RoutedCall(engine, endpoint, input);
  // It never waits.
  call.limits.release();
  const { model } = call.input as { model: string };
  const prices = await engine.pricesIf(true);
  const turns = turnsOf(engine, call, model);
  if (turns.length === 0) throw unknownGroup(model, engine.fleet.names());
  const deployments: PlannedDeployment[] = [];
  for (const { group, own } of turns) {
    const { fit, excluded: out, trying } = engine.candidates(group, call.demands);
    const ordered = fit.toSorted((one, other) =>
      orderOf(one) < orderOf(other) ? -1 : orderOf(one) > orderOf(other) ? 1 : 0,
    );
    const excluded = new Map(out);
    for (const { id } of trying) excluded.set(id, { reason: 'another call tries whether it works again' });
    for (const member of ordered) {
      const full = engine.slots.free(member)
        ? engine.limiting
          ? await engine.limits.room(member, call.demands.reserve)
          : undefined
        : { reason: 'all its slots are taken' };
      if (full === undefined) deployments.push(await describe(group, member, own));
      else excluded.set(member.id, full);
    }
    for (const member of group.members) {
      const told = excluded.get(member.id);
      if (told !== undefined)
        deployments.push({
          deployment: member.id,
          model: member.model,
          model_name: group.name,
          excluded: told.reason,
        });
    }
  }
  return {
    model,
    groups: turns.map(({ group }) => group.name),
    deployments,
    estimated_tokens: call.demands.tokens,
  };

  async function describe(group: Group, member: Member, own: JsonObject): Promise<PlannedDeployment> {
    const made = call.attempts.inputFor({ group, member }, own);
    const planned: PlannedDeployment = {
      deployment: member.id,
      model: made['model'] as string,
      model_name: group.name,
    };
    const output = made['max_completion_tokens'] ?? made['max_tokens'] ?? prices?.getMaxTokens(planned.model) ?? 0;
    planned.worst_case_cost =
      prices?.completionCost({
        ...made,
        model: planned.model,
        usage: { prompt_tokens: call.demands.tokens, completion_tokens: Number(output) },
      }) ?? null;
    if (dryRun === undefined) return planned;
    try {
      const { warnings, ...request } = (await dryRun(endpoint, made)) as unknown as JsonObject & {
        warnings?: unknown[];
      };
      return { ...planned, request, warnings: warnings ?? [] };
    } catch (error) {
      return { ...planned, error: error instanceof Error ? error.message : String(error) };
    }
  }
}

/** A group, and the parameters that it is asked with as a fallback. */
interface Turn {
  group: Group;
  own: JsonObject;
}

/** The group and, one after another, what stands in for it. */
function turnsOf<E extends Endpoint>(engine: Engine, { rules }: RoutedCall<E>, model: string): Turn[] {
  const turns: Turn[] = [];
  const visit = (name: string, own: JsonObject): void => {
    const group = engine.fleet.group(name);
    if (group === undefined ? name !== model : turns.some((known) => keyOf(known.group) === keyOf(group))) return;
    if (group !== undefined) turns.push({ group, own });
    for (const target of fallbacksFor(undefined, group === undefined ? [name] : namesOf(group), rules)) {
      const { model: next, ...more } = typeof target === 'string' ? { model: target } : target;
      if (next !== model) visit(next, more);
    }
  };
  visit(model, {});
  return turns;
}
