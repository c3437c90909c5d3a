/** A model string that names no provider: the error, with names that resemble it. */
import { BadRequestError } from './errors.js';
import type { Registry } from './resolve.js';

const listed = (names: readonly string[]): string => names.map((name) => `"${name}"`).join(', ');

export async function unknownModel(model: string, registry: Registry): Promise<never> {
  const near = [...new Set([...nearProviders(model, registry), ...((await registry.similar?.(model)) ?? [])])].slice(
    0,
    5,
  );
  const hint = near.length === 0 ? '' : ` Did you mean ${listed(near)}?`;
  throw new BadRequestError(
    `model: no provider is known for "${model}".${hint} Write provider/model (for example "openai/gpt-4o"), or pass custom_llm_provider`,
    { param: 'model', code: 'unknown_provider', model },
  );
}

/** Model strings with a known prefix in place of one that resembles it. */
function nearProviders(model: string, registry: Registry): string[] {
  const slash = model.indexOf('/');
  if (slash <= 0) return [];
  const prefix = model.slice(0, slash).toLowerCase();
  return registry
    .names()
    .map((name) => ({ name, distance: editDistance(prefix, name) }))
    .filter(({ name, distance }) => distance <= Math.max(1, Math.floor(name.length / 4)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => `${name}${model.slice(slash)}`);
}

export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(
        (row[j] as number) + 1,
        (next[j - 1] as number) + 1,
        (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1),
      );
    row = next;
  }
  return row[b.length] as number;
}
