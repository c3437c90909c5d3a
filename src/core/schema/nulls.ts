/** Null as one more value of a schema: asking for it, and adding it. */
import type { JsonSchema } from './dialects.js';
import { isObject, sameJson } from './document.js';
import { annotationsOf, constraintsOf, literalsOf } from './intersect.js';
import { nullable } from './invert.js';
import type { Compiled, Scope } from './scope.js';
import { isValid } from './validate.js';

/** Whether a compiled schema says by itself that null is allowed. */
const allowsNull = (schema: JsonSchema): boolean =>
  schema['nullable'] === true ||
  [schema['type']].flat().includes('null') ||
  (Array.isArray(schema['anyOf']) && schema['anyOf'].some((part) => isObject(part) && allowsNull(part)));

/** A schema of null and nothing else. */
export const isNull = (part: unknown): boolean =>
  isObject(part) && (part['type'] === 'null' || part['const'] === null || sameJson(part['enum'], [null]));

export function withNull(scope: Scope, { schema, invert }: Compiled): Compiled {
  const wider = allowsNull(schema)
    ? schema
    : scope.rules.nulls === 'flag'
      ? { ...schema, nullable: true }
      : typed(schema);
  return { schema: wider, invert: invert && nullable(invert) };
}

function typed(schema: JsonSchema): JsonSchema {
  const { type, anyOf } = schema;
  if (Array.isArray(anyOf)) return { ...schema, anyOf: [...(anyOf as unknown[]), { type: 'null' }] };
  if (typeof type !== 'string' || type === 'object' || type === 'array' || 'const' in schema)
    return { anyOf: [schema, { type: 'null' }] };
  const values = schema['enum'];
  return { ...schema, type: [type, 'null'], ...(Array.isArray(values) && { enum: [...(values as unknown[]), null] }) };
}

/** Adds null, to stand for an absent property; undefined when null means something there already. */
export function nullForAbsent(scope: Scope, compiled: Compiled, given: unknown): Compiled | undefined {
  if (allowsNull(compiled.schema)) return undefined;
  const behindRef = isObject(given) && typeof given['$ref'] === 'string';
  return behindRef && isValid(given, null, scope.root) ? undefined : withNull(scope, compiled);
}

/** OpenAPI's `nullable: true` said with types. */
export function nullableToType(schema: JsonSchema): JsonSchema {
  const { type, ...others } = schema;
  if (type !== undefined) {
    const values = literalsOf(schema);
    const { const: _const, ...rest } = others;
    return {
      ...rest,
      type: [...new Set([type, 'null'].flat())],
      ...(values && { enum: [...new Set([...values, null])] }),
    };
  }
  return { ...annotationsOf(others), anyOf: [constraintsOf(others), { type: 'null' }] };
}
