/**
 * One schema that says what two say together: how `allOf`, and keywords beside `anyOf` or `$ref`, are written for
 * vendors that take neither. Properties that both constrain become an `allOf` of their own, resolved when reached.
 */
import { mapOf, sameJson } from './document.js';
import type { JsonSchema } from './dialects.js';

type Part = JsonSchema | boolean;
/** Told of each keyword that could not be merged, and so was left out. */
type Lost = (keyword: string, value: unknown) => void;

/** `false` when nothing can fit both. */
export function intersect(a: Part, b: Part, lost: Lost): Part {
  if (a === false || b === false) return false;
  if (a === true) return b;
  if (b === true) return a;
  const out: JsonSchema = { ...a };
  for (const key of Object.keys(b)) {
    if (!(key in a)) out[key] = b[key];
    else if (!sameJson(a[key], b[key])) {
      const merge = Object.hasOwn(merges, key) ? merges[key] : undefined;
      const merged = merge?.(a[key], b[key]);
      if (merged !== undefined) out[key] = merged;
      else if (!annotations.has(key)) lost(key, b[key]);
    }
  }
  const literals = intersectLiterals(a, b);
  if (literals) {
    delete out['const'];
    out['enum'] = literals;
  }
  intersectObjects(a, b, out);
  intersectArrays(a, b, out);
  const impossible = [out['type'], out['enum']].some((value) => Array.isArray(value) && value.length === 0);
  return impossible ? false : out;
}

/** Keywords that say nothing about which values fit; of two the first stands. */
export const annotations: ReadonlySet<string> = new Set(
  (
    '$schema $id $anchor $dynamicAnchor $comment $defs definitions title description default examples example ' +
    'deprecated readOnly writeOnly contentEncoding contentMediaType contentSchema discriminator propertyOrdering'
  ).split(' '),
);

const pick = (schema: JsonSchema, kind: boolean): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => annotations.has(key) === kind));
export const annotationsOf = (schema: JsonSchema): JsonSchema => pick(schema, true);
export const constraintsOf = (schema: JsonSchema): JsonSchema => pick(schema, false);

/** The schema that `key` of an object, or an item of an array, must fit under both. */
export const both = (a: unknown, b: unknown): unknown => {
  if (a === undefined || a === true) return b ?? true;
  if (b === undefined || b === true || sameJson(a, b)) return a;
  if (a === false || b === false) return false;
  return { allOf: [a, b] };
};

const numbers =
  (choose: (a: number, b: number) => number | undefined) =>
  (a: unknown, b: unknown): unknown =>
    typeof a === 'number' && typeof b === 'number' ? choose(a, b) : undefined;
const most = numbers(Math.max);
const least = numbers(Math.min);
const lists = (a: unknown, b: unknown): [unknown[], unknown[]] | undefined =>
  Array.isArray(a) && Array.isArray(b) ? [a, b] : undefined;

/** Alternatives of one kind on both sides: each of the first, together with all of the second. */
const alternatives =
  (keyword: string) =>
  (a: unknown, b: unknown): unknown =>
    lists(a, b)?.[0].map((part: unknown) => both(part, { [keyword]: b }));

/** Handled after the others, since they depend on each other. */
const later = (a: unknown): unknown => a;

const merges: Readonly<Record<string, (a: unknown, b: unknown) => unknown>> = {
  type: (a, b) => {
    const [left, right] = [[a].flat(), [b].flat()];
    const types = left.filter((type) => right.includes(type) || (type === 'integer' && right.includes('number')));
    if (left.includes('number') && right.includes('integer') && !types.includes('integer')) types.push('integer');
    return types.length === 1 ? types[0] : types;
  },
  required: (a, b) => lists(a, b) && [...new Set([a, b].flat())],
  minimum: most,
  exclusiveMinimum: most,
  minLength: most,
  minItems: most,
  minProperties: most,
  minContains: most,
  maximum: least,
  exclusiveMaximum: least,
  maxLength: least,
  maxItems: least,
  maxProperties: least,
  maxContains: least,
  multipleOf: numbers((a, b) => (a % b === 0 ? a : b % a === 0 ? b : undefined)),
  uniqueItems: () => true,
  anyOf: alternatives('anyOf'),
  oneOf: alternatives('oneOf'),
  allOf: (a, b) => lists(a, b)?.flat(),
  not: (a, b) => ({ anyOf: [a, b] }),
  propertyNames: both,
  contains: () => undefined,
  properties: later,
  additionalProperties: later,
  patternProperties: later,
  items: later,
  prefixItems: later,
  enum: later,
  const: later,
};

function intersectLiterals(a: JsonSchema, b: JsonSchema): unknown[] | undefined {
  const right = literalsOf(b);
  return right && literalsOf(a)?.filter((value) => right.some((other) => sameJson(value, other)));
}

/** The values that `const` and `enum` leave, or undefined when neither is there. */
export function literalsOf(schema: JsonSchema): unknown[] | undefined {
  const listed = Array.isArray(schema['enum']) ? schema['enum'] : undefined;
  if (!('const' in schema)) return listed;
  const value = schema['const'];
  return !listed || listed.some((other) => sameJson(value, other)) ? [value] : [];
}

/** What a schema says about one property, named or not; undefined for nothing. */
export function propertyOf(schema: JsonSchema, key: string): unknown {
  const properties = mapOf(schema['properties']);
  const parts = Object.entries(mapOf(schema['patternProperties']))
    .filter(([pattern]) => matches(pattern, key))
    .map(([, part]) => part);
  if (Object.hasOwn(properties, key)) parts.unshift(properties[key]);
  return parts.length === 0 ? schema['additionalProperties'] : parts.reduce(both);
}

/** A pattern that is no ECMAScript regex matches nothing. */
function matches(pattern: string, key: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(key);
  } catch {
    return false;
  }
}

function intersectObjects(a: JsonSchema, b: JsonSchema, out: JsonSchema): void {
  const keywords = ['properties', 'additionalProperties', 'patternProperties'];
  if (![a, b].every((schema) => keywords.some((keyword) => keyword in schema))) return;
  const names = new Set([a, b].flatMap((schema) => Object.keys(mapOf(schema['properties']))));
  out['properties'] = Object.fromEntries([...names].map((key) => [key, both(propertyOf(a, key), propertyOf(b, key))]));
  out['additionalProperties'] = both(a['additionalProperties'], b['additionalProperties']);
  const [left, right] = [mapOf(a['patternProperties']), mapOf(b['patternProperties'])];
  const patterns = new Set([...Object.keys(left), ...Object.keys(right)]);
  if (patterns.size > 0)
    out['patternProperties'] = Object.fromEntries(
      [...patterns].map((pattern) => [
        pattern,
        both(left[pattern] ?? a['additionalProperties'], right[pattern] ?? b['additionalProperties']),
      ]),
    );
}

function intersectArrays(a: JsonSchema, b: JsonSchema, out: JsonSchema): void {
  if (!('prefixItems' in a || 'prefixItems' in b)) {
    if ('items' in a && 'items' in b) out['items'] = both(a['items'], b['items']);
    return;
  }
  const [left, right] = [a, b].map((schema) => (Array.isArray(schema['prefixItems']) ? schema['prefixItems'] : []));
  const length = Math.max(left!.length, right!.length);
  out['prefixItems'] = Array.from({ length }, (_, index) =>
    both(index < left!.length ? left![index] : a['items'], index < right!.length ? right![index] : b['items']),
  );
  if ('items' in a || 'items' in b) out['items'] = both(a['items'], b['items']);
}
