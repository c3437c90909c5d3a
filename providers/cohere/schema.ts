/** What structured outputs take of JSON Schema: https://docs.cohere.com/docs/structured-outputs#supported-schema-features */
import { subschemas } from '../../src/core/schema/document.js';
import type { JsonObject } from '../../src/core/spec.js';

const compositions = ['allOf', 'oneOf', 'not'];
const bounds = [
  'minimum',
  'maximum',
  'exclusiveMinimum',
  'exclusiveMaximum',
  'multipleOf',
  'minItems',
  'maxItems',
  'uniqueItems',
  'minLength',
  'maxLength',
  'minProperties',
  'maxProperties',
];
const formats: ReadonlySet<unknown> = new Set(['date-time', 'uuid', 'date', 'time']);

/** A pattern as Cohere takes it: for the whole text, without the signs that say so; undefined: it has no such form. */
function plainPattern(pattern: string): string | undefined {
  const bare = pattern.replace(/^\^/, '').replace(/(?<!\\)((?:\\\\)*)\$$/, '$1');
  const outside = bare.replace(/\\./g, '').replace(/\[[^\]]*\]/g, '');
  return /[\^$]|\(\?[^:]/.test(outside) ? undefined : bare;
}

function* all(schema: JsonObject): Generator<JsonObject> {
  yield schema;
  for (const part of subschemas(schema, true)) yield* all(part);
}

/** What bounds a value beyond what Cohere takes, at one place of a schema. */
function excess(schema: JsonObject): string[] {
  const { pattern, format } = schema;
  const found = bounds.filter((keyword) => schema[keyword] !== undefined);
  if (typeof format === 'string' && !formats.has(format)) found.push('format');
  if (typeof pattern === 'string' && plainPattern(pattern) !== pattern) found.push('pattern');
  return found;
}

/** A keyword of the schema that Cohere does not take; undefined when all is well. */
export function unknownKeyword(schema: JsonObject): string | undefined {
  for (const part of all(schema)) {
    const found = compositions.find((keyword) => keyword in part) ?? excess(part)[0];
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The schema without the bounds that Cohere does not take, and what was left out. Compositions stay: they are structure. */
export function withoutBounds(schema: JsonObject): { schema: JsonObject; lost: string[] } {
  const copy = structuredClone(schema);
  const lost = new Set<string>();
  for (const part of all(copy))
    for (const keyword of excess(part)) {
      const pattern = keyword === 'pattern' ? plainPattern(String(part[keyword])) : undefined;
      const told = keyword === 'format' || keyword === 'pattern' ? `${keyword} ${String(part[keyword])}` : keyword;
      if (pattern === undefined) {
        lost.add(told);
        delete part[keyword];
      } else part[keyword] = pattern;
    }
  return { schema: copy, lost: [...lost] };
}
