/** Whether alternatives exclude each other, so that `oneOf` and `anyOf` mean the same. */
import type { JsonSchema } from './dialects.js';
import { isObject, mapOf, resolveRef, sameJson } from './document.js';
import { literalsOf } from './intersect.js';

/** True if no value fits two of the schemas, as far as types and literals tell, also those of required properties. */
export const disjoint = (parts: readonly unknown[], root: JsonSchema): boolean =>
  parts.every((part, index) => parts.slice(index + 1).every((other) => apart(part, other, root, 8)));

function apart(a: unknown, b: unknown, root: JsonSchema, steps: number): boolean {
  if (a === false || b === false) return true;
  if (!isObject(a) || !isObject(b) || steps === 0) return false;
  const one = within(a, (part) => apart(part, b, root, steps - 1), root);
  const two = within(b, (part) => apart(a, part, root, steps - 1), root);
  if (one || two) return true;
  const [left, right] = [typesOf(a), typesOf(b)];
  if (left && right && !left.some((type) => right.includes(type))) return true;
  const [values, others] = [literalsOf(a), literalsOf(b)];
  if (values && others && !values.some((value) => others.some((other) => sameJson(value, other)))) return true;
  const both = requiredOf(a).filter((key) => requiredOf(b).includes(key));
  const onlyObjects = [left, right].every((types) => types?.every((type) => type === 'object'));
  return onlyObjects && both.some((key) => apart(propertyOf(a, key), propertyOf(b, key), root, steps - 1));
}

/** Whether a schema's parts keep it apart: one of its `allOf` or its `$ref`, or all of its alternatives. */
function within(schema: JsonSchema, check: (part: unknown) => boolean, root: JsonSchema): boolean {
  const { $ref, allOf, nullable } = schema;
  if (nullable === true) return false;
  if (typeof $ref === 'string' && check(resolveRef(root, $ref))) return true;
  if (Array.isArray(allOf) && allOf.some(check)) return true;
  return [schema['anyOf'], schema['oneOf']].some((parts) => Array.isArray(parts) && parts.every(check));
}

/** The types of the values that fit; undefined for any. An integer is a number. */
function typesOf(schema: JsonSchema): string[] | undefined {
  const values = literalsOf(schema);
  const types =
    schema['type'] !== undefined
      ? [schema['type']].flat().map((type) => String(type).toLowerCase().replace('integer', 'number'))
      : values?.map((value) => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value));
  return types && schema['nullable'] === true ? [...types, 'null'] : types;
}

const requiredOf = (schema: JsonSchema): unknown[] => (Array.isArray(schema['required']) ? schema['required'] : []);
const propertyOf = (schema: JsonSchema, key: unknown): unknown => mapOf(schema['properties'])[String(key)];
