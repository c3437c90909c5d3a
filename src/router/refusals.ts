/** Errors of a Router's own: a group that is not known, or none of whose deployments can take a call. */
import { BadRequestError, ContextWindowExceededError, NoDeploymentError, type CallmError } from '../core/errors.js';
import type { Excluded } from './filters.js';
import type { Group } from './fleet.js';

export function unknownGroup(model: string, names: readonly string[]): BadRequestError {
  const known = names.slice(0, 20).map((name) => `"${name}"`);
  return new BadRequestError(`model: the router has no group "${model}"; it has ${known.join(', ') || 'none'}`, {
    param: 'model',
    code: 'unknown_group',
    model,
  });
}

/** Why nobody can take a call: their windows, or whatever stands in their way now. */
export function noDeployment(group: Group, excluded: ReadonlyMap<string, Excluded>): CallmError {
  const out = [...excluded.values()];
  const long = out.find(({ window }) => window === true);
  if (long !== undefined && out.length === group.members.length && out.every((each) => each.retry_after === undefined))
    return new ContextWindowExceededError(`no deployment of "${group.name}" can take the call: ${long.reason}`, {
      code: 'context_length_exceeded',
    });

  const reasons: Record<string, string> = {};
  let retry_after: number | undefined;
  for (const { id } of group.members) {
    const out = excluded.get(id);
    reasons[id] = out?.reason ?? 'it was tried';
    if (out?.retry_after !== undefined) retry_after = Math.min(retry_after ?? Infinity, out.retry_after);
  }
  const told = Object.entries(reasons).map(([id, reason]) => `${id}: ${reason}`);
  if (told.length === 0) told.push('it has none');
  return new NoDeploymentError(`no deployment of "${group.name}" can take the call now (${told.join('; ')})`, {
    reasons,
    ...(retry_after !== undefined && { retry_after }),
  });
}
