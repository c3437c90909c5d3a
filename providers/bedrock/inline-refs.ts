/** Schemas without references, for models that take none. */
import { resolveRef } from '../../src/core/schema/document.js';
import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** References to references multiply; what comes after this many is left open. */
const most = 1000;

/** Keywords whose values are no schemas. */
const literal = new Set(['const', 'enum', 'default', 'examples']);

/** Keywords whose values are schemas by names of one's own. */
const maps = new Set(['properties', 'patternProperties', 'dependentSchemas']);

/** What stands at the root alone: the schema's name, and what references point at. */
const roots = new Set(['$schema', '$id', '$defs', 'definitions']);

/**
 * The schema with what its references point at in their place, without name and definitions; the schema itself if it
 * has nothing of these. A reference to what it stands in is left open.
 */
export function inlineRefs(schema: JsonObject): JsonObject {
  if (!Object.keys(schema).some((name) => roots.has(name)) && !JSON.stringify(schema).includes('"$ref":'))
    return schema;
  let inlined = 0;
  const inline = (at: unknown, open: readonly JsonObject[]): unknown => {
    if (Array.isArray(at)) return at.map((entry: unknown) => inline(entry, open));
    if (!isObject(at)) return at;
    const { $ref, ...own } = at;
    if (typeof $ref !== 'string') return within(at, open);
    const target = inlined++ < most ? resolveRef(schema, $ref) : undefined;
    const beside = within(own, open);
    return isObject(target) && !open.includes(target) ? { ...within(target, [...open, target]), ...beside } : beside;
  };
  const within = (at: JsonObject, open: readonly JsonObject[]): JsonObject =>
    Object.fromEntries(
      Object.entries(at)
        .filter(([name]) => at !== schema || !roots.has(name))
        .map(([name, value]) => [name, valueOf(name, value, open)]),
    );
  const valueOf = (name: string, value: unknown, open: readonly JsonObject[]): unknown => {
    if (literal.has(name)) return value;
    if (!maps.has(name) || !isObject(value)) return inline(value, open);
    return Object.fromEntries(Object.entries(value).map(([own, held]) => [own, inline(held, open)]));
  };
  return within(schema, [schema]);
}
