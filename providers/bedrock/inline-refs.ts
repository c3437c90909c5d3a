/** Schemas without references, for models that take none. */
import { resolveRef } from '../../src/core/schema/document.js';
import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** Keywords whose values are no schemas. */
const literal = new Set(['const', 'enum', 'default', 'examples']);

/** What stands at the root alone, for references. */
const roots = new Set(['$schema', '$id', '$defs', 'definitions']);

/**
 * The schema with what its references point at in their place; the schema itself if it has none. A reference to what
 * it stands in is left open.
 */
export function inlineRefs(schema: JsonObject): JsonObject {
  if (!JSON.stringify(schema).includes('"$ref":')) return schema;
  const inline = (at: unknown, open: readonly JsonObject[]): unknown => {
    if (Array.isArray(at)) return at.map((entry: unknown) => inline(entry, open));
    if (!isObject(at)) return at;
    const { $ref, ...own } = at;
    if (typeof $ref !== 'string') return within(at, open);
    const target = resolveRef(schema, $ref);
    const beside = within(own, open);
    return isObject(target) && !open.includes(target) ? { ...within(target, [...open, target]), ...beside } : beside;
  };
  const within = (at: JsonObject, open: readonly JsonObject[]): JsonObject =>
    Object.fromEntries(
      Object.entries(at)
        .filter(([name]) => at !== schema || !roots.has(name))
        .map(([name, value]) => [name, literal.has(name) ? value : inline(value, open)]),
    );
  return within(schema, [schema]);
}
