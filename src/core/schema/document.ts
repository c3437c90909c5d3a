/** A JSON Schema document: its references, and the subschemas a schema holds. */
import type { JsonSchema } from '../../types/chat.js';

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const mapOf = (value: unknown): Record<string, unknown> => (isObject(value) ? value : {});

/** Equality of JSON values; the order of keys does not count. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, index) => sameJson(item, b[index]));
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}

const single = [
  'items',
  'additionalItems',
  'contains',
  'additionalProperties',
  'propertyNames',
  'not',
  'if',
  'then',
  'else',
  'unevaluatedItems',
  'unevaluatedProperties',
];
const lists = ['allOf', 'anyOf', 'oneOf', 'prefixItems', 'items'];
const maps = ['properties', 'patternProperties', 'dependentSchemas', 'dependencies', '$defs', 'definitions'];

/** The schemas directly inside a schema (booleans left out); those in `$defs` only if asked for. */
export function* subschemas(schema: JsonSchema, withDefs = false): Generator<JsonSchema> {
  for (const key of single) if (isObject(schema[key])) yield schema[key];
  for (const key of lists) if (Array.isArray(schema[key])) yield* schema[key].filter(isObject);
  for (const key of withDefs ? maps : maps.slice(0, 4))
    if (isObject(schema[key])) yield* Object.values(schema[key]).filter(isObject);
}

/** Embedded schemas by `$id`, `#anchor` and `id#anchor`; made when the first reference needs it. */
const indexes = new WeakMap<JsonSchema, Map<string, JsonSchema>>();

function indexOf(root: JsonSchema): Map<string, JsonSchema> {
  const known = indexes.get(root);
  if (known) return known;
  const index = new Map<string, JsonSchema>();
  const visit = (schema: JsonSchema, base: string): void => {
    const id = typeof schema['$id'] === 'string' ? schema['$id'].replace(/#$/, '') : base;
    if (id !== base) index.set(id, schema);
    for (const key of ['$anchor', '$dynamicAnchor'])
      if (typeof schema[key] === 'string') {
        index.set(`#${schema[key]}`, schema);
        index.set(`${id}#${schema[key]}`, schema);
      }
    for (const child of subschemas(schema, true)) visit(child, id);
  };
  visit(root, '');
  indexes.set(root, index);
  return index;
}

/** What a `$ref` within `root` points at: a pointer, an anchor or the `$id` of an embedded schema. Nothing is fetched. */
export function resolveRef(root: JsonSchema, ref: string): JsonSchema | boolean | undefined {
  if (ref === '' || ref === '#') return root;
  const hash = ref.indexOf('#');
  const [document, fragment] = hash < 0 ? [ref, ''] : [ref.slice(0, hash), ref.slice(hash + 1)];
  const start = document === '' ? root : indexOf(root).get(document);
  if (fragment !== '' && !fragment.startsWith('/')) return indexOf(root).get(ref);
  let at: unknown = start;
  for (const part of fragment.split('/').slice(1)) {
    const key = unescapePointer(part);
    if (typeof at !== 'object' || at === null || key === undefined || !Object.hasOwn(at, key)) return undefined;
    at = (at as Record<string, unknown>)[key];
  }
  return isObject(at) || typeof at === 'boolean' ? at : undefined;
}

function unescapePointer(part: string): string | undefined {
  try {
    return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
  } catch {
    return undefined;
  }
}

export const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');
