/** Bare model names, and names that resemble one. Loaded when a model string has no known prefix. */
import { editDistance } from './core/unknown-model.js';
import { bareModels } from './models.gen.js';
import { providerNames } from './registry.gen.js';

const index = new Map<string, string[]>();
for (const line of bareModels.split('\n')) {
  const [provider, ...names] = line.split(' ') as [string, ...string[]];
  if (!providerNames.has(provider)) continue;
  for (const name of names) {
    const known = index.get(name);
    if (known === undefined) index.set(name, [provider]);
    else known.push(provider);
  }
}

/** The providers that offer a model under its bare name. */
export const owners = (model: string): readonly string[] => index.get(model) ?? [];

/** Full model strings that resemble a name, nearest first. */
export function similar(model: string): string[] {
  const wanted = model.slice(model.lastIndexOf('/') + 1).toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 4));
  return [...index.keys()]
    .filter((name) => Math.abs(name.length - wanted.length) <= limit)
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase()) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .flatMap(({ name }) => owners(name).map((provider) => `${provider}/${name}`));
}
