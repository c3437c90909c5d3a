/** What a provider needs of the environment, and what of it is missing. Nothing is read but whether it is there. */
import type { Env, Provider } from './spec.js';

async function isFile(path: string): Promise<boolean> {
  try {
    const { stat } = await import('node:fs/promises');
    return (await stat(path)).isFile();
  } catch {
    // No such file, or a runtime without files.
    return false;
  }
}

/** A variable that is set, or a file that is there; its path begins with a variable. */
async function isThere(name: string, env: Env): Promise<boolean> {
  const [, folder, rest] = /^\$(\w+)(.*)$/.exec(name) ?? [];
  if (folder === undefined) return env(name) !== undefined;
  const place = env(folder);
  return place !== undefined && isFile(place + rest);
}

async function someSet(sets: readonly (readonly string[])[], env: Env): Promise<boolean> {
  for (const set of sets) {
    const there = await Promise.all(set.map((name) => isThere(name, env)));
    if (there.every(Boolean)) return true;
  }
  return false;
}

/** The usual variables for all that the environment lacks. */
export async function missingKeys(provider: Provider, env: Env): Promise<string[]> {
  const { key = [], base = [], alternatives = [], needs = [] } = provider.env ?? {};
  const lacking = (names: readonly string[]): readonly string[] =>
    names.some((name) => env(name) !== undefined) ? [] : names.slice(0, 1);
  const authenticated = provider.key_optional === true || (await someSet(alternatives, env));
  return [
    ...(authenticated ? [] : lacking(key)),
    ...(provider.base === undefined ? lacking(base) : []),
    ...needs.flatMap(lacking),
  ];
}
