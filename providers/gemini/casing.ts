import type { JsonObject } from '../../src/core/spec.js';

/** Fields whose contents are the caller's own: schemas, arguments, labels, headers. */
const own = new Set([
  'responseSchema',
  'responseJsonSchema',
  'parameters',
  'parametersJsonSchema',
  'response',
  'args',
  'labels',
  'headers',
  'customConfigs',
]);

export const camelKey = (name: string): string =>
  name.replace(/_([a-z\d])/g, (_, letter: string) => letter.toUpperCase());

export const snakeKey = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** A value with its field names in camelCase, as the API's documents write them. */
export function camelCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(camelCased);
  if (typeof value !== 'object' || value === null) return value;
  const out: JsonObject = {};
  for (const [name, inner] of Object.entries(value)) {
    const key = camelKey(name);
    out[key] = own.has(key) ? inner : camelCased(inner);
  }
  return out;
}
