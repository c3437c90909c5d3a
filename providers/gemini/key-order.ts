/**
 * The order of an answer's keys. Before 2.5 models sort them unless the schema lists them, and a model must be able to
 * reason in an earlier field than it concludes in. Source: https://ai.google.dev/gemini-api/docs/structured-output
 */
import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

/** Keywords that hold schemas by name. */
const named = new Set(['properties', '$defs']);
/** Keywords that hold a schema, or a list of them. */
const nested = new Set(['items', 'prefixItems', 'anyOf', 'additionalProperties']);

const ordered = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(ordered) : isObject(value) ? withKeyOrder(value) : value;

/** The schema with the keys of its objects in the order in which they stand there. */
export function withKeyOrder(schema: JsonObject): JsonObject {
  const out: JsonObject = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (named.has(keyword) && isObject(value))
      out[keyword] = Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, ordered(inner)]));
    else out[keyword] = nested.has(keyword) ? ordered(value) : value;
  }
  const { properties } = schema;
  if (isObject(properties) && Object.keys(properties).length > 1) out['propertyOrdering'] ??= Object.keys(properties);
  return out;
}
