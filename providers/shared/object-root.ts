/**
 * Schemas of tools for APIs that want one plain object at the root: no `anyOf`, `oneOf`, `allOf` or `$ref` there. A tool's
 * input is an object always, so alternatives become one object with all of their properties, of which those are required
 * that every alternative requires; what is asked for besides is told in words.
 */
import { resolveRef, sameJson } from '../../src/core/schema/document.js';
import type { JsonObject } from '../../src/core/spec.js';
import { isObject } from './messages.js';

const combiners = ['allOf', 'anyOf', 'oneOf'] as const;
type Combiner = (typeof combiners)[number];

/** Keywords by which a root is not plain, to those who read it strictly. */
const literals = ['enum', 'const', 'not'] as const;

/** Alternatives of alternatives multiply; what comes after this many is left open. */
const most = 1000;

export interface Root {
  schema: JsonObject;
  /** What was changed; undefined when nothing was. */
  change?: string;
}

/** `strict`: literals and `not` at the root are refused, too. */
export function objectRoot(schema: JsonObject, strict = false): Root {
  const combined = [...combiners.filter((name) => Array.isArray(schema[name])), ...('$ref' in schema ? ['$ref'] : [])];
  const lost = strict ? literals.filter((name) => name in schema) : [];
  if (combined.length + lost.length === 0) return { schema };
  const { type: _, ...plain } = new Flattener(schema).flat(schema);
  for (const name of lost) delete plain[name];
  const made = { type: 'object', ...plain, properties: mapOf(plain['properties']) };
  const merged = combined.length > 0 ? [`${combined.join(', ')} at the root merged into one object`] : [];
  return { schema: made, change: [...merged, ...lost.map((name) => `${name} at the root left out`)].join('; ') };
}

/** The schema said to be of an object, if it can be one and does not say so; else the schema itself. */
export function typedRoot(schema: JsonObject): JsonObject {
  const { type } = schema;
  if (type === 'object' || !mayBeObject(schema)) return schema;
  const said = isObject(schema['properties']) || '$ref' in schema || combiners.some((name) => name in schema);
  return { ...schema, type: 'object', ...(!said && { properties: {} }) };
}

class Flattener {
  /** The targets of references that are being merged in. */
  readonly #open: JsonObject[] = [];
  #merged = 0;

  constructor(readonly root: JsonObject) {}

  /** The schema without combiners and references of its own. */
  flat(given: JsonObject): JsonObject {
    const { allOf, anyOf, oneOf, $ref, ...own } = given;
    const lists = { allOf, anyOf, oneOf };
    if (this.#merged++ > most) return own;
    let out = own;
    if (typeof $ref === 'string') {
      const target = resolveRef(this.root, $ref);
      if (isObject(target) && !this.#open.includes(target)) {
        this.#open.push(target);
        out = conjunction(out, this.flat(target));
        this.#open.pop();
      }
    }
    for (const name of combiners) {
      const list: unknown = lists[name];
      if (!Array.isArray(list)) continue;
      const parts = list
        .filter(isObject)
        .map((part) => this.flat(part))
        .filter(mayBeObject);
      out = name === 'allOf' ? parts.reduce(conjunction, out) : conjunction(out, alternatives(name, parts));
    }
    return out;
  }
}

function mayBeObject({ type, enum: values, const: value }: JsonObject): boolean {
  if (type !== undefined) return type === 'object' || (Array.isArray(type) && type.includes('object'));
  return value === undefined && !Array.isArray(values);
}

const mapOf = (value: unknown): JsonObject => (isObject(value) ? value : {});
const namesOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((name): name is string => typeof name === 'string') : [];

/** Keywords that are merged by rules of their own; the name of a part is not that of the whole. */
const apart = new Set([
  'properties',
  'patternProperties',
  'required',
  'additionalProperties',
  'description',
  '$id',
  '$schema',
]);

/** What both say. `base` comes first in all that can stand but once. */
function conjunction(base: JsonObject, part: JsonObject): JsonObject {
  const out: JsonObject = { ...base };
  for (const name in part) if (!apart.has(name) && !(name in out)) out[name] = part[name];
  for (const name of ['properties', 'patternProperties', '$defs', 'definitions'] as const) {
    if (!isObject(part[name])) continue;
    const merged = { ...mapOf(base[name]) };
    for (const [key, value] of Object.entries(part[name]))
      merged[key] = Object.hasOwn(merged, key) ? bothOf(merged[key], value) : value;
    out[name] = merged;
  }
  const required = new Set([...namesOf(base['required']), ...namesOf(part['required'])]);
  if (required.size > 0) out['required'] = [...required];
  // A closed part would close the whole against the properties of the others.
  const closes = part['additionalProperties'];
  const alone = !isObject(base['properties']) && !('additionalProperties' in base);
  if (closes !== undefined && (alone || isObject(closes)) && !('additionalProperties' in out))
    out['additionalProperties'] = closes;
  const told = [base['description'], part['description']].filter((text) => typeof text === 'string' && text !== '');
  if (told.length > 0) out['description'] = [...new Set(told)].join('\n');
  return out;
}

/** A value that fits both. */
function bothOf(a: unknown, b: unknown): unknown {
  if (sameJson(a, b)) return a;
  if (!isObject(a) || !isObject(b)) return isObject(a) ? a : b;
  const apartFrom = Object.keys(b).every((name) => !(name in a) || sameJson(a[name], b[name]));
  return apartFrom ? { ...a, ...b } : { allOf: [a, b] };
}

/** One object in place of several of which one is meant. */
function alternatives(name: Combiner, parts: readonly JsonObject[]): JsonObject {
  const [first] = parts;
  if (first === undefined) return {};
  if (parts.length === 1) return first;
  const out: JsonObject = { properties: eitherProperty(parts) };
  for (const part of parts)
    for (const keyword of ['$defs', 'definitions'] as const)
      if (isObject(part[keyword])) out[keyword] = { ...part[keyword], ...mapOf(out[keyword]) };
  const required = namesOf(first['required']).filter((key) =>
    parts.every((part) => namesOf(part['required']).includes(key)),
  );
  if (required.length > 0) out['required'] = required;
  if (parts.every((part) => part['additionalProperties'] === false)) out['additionalProperties'] = false;
  const labels = [...new Set(parts.map(labelOf))];
  // An alternative that asks for nothing leaves nothing to tell.
  if (labels.length > 1 && !labels.includes('')) {
    const which = name === 'oneOf' ? 'Exactly one' : 'At least one';
    out['description'] = `${which} of these sets of properties must be given: ${labels.join('; ')}.`;
  }
  return out;
}

function eitherProperty(parts: readonly JsonObject[]): JsonObject {
  const seen: Record<string, unknown[]> = Object.create(null) as Record<string, unknown[]>;
  for (const part of parts)
    for (const [key, value] of Object.entries(mapOf(part['properties']))) {
      const variants = (seen[key] ??= []);
      if (!variants.some((variant) => sameJson(variant, value))) variants.push(value);
    }
  return Object.fromEntries(Object.entries(seen).map(([key, variants]) => [key, eitherOf(variants)]));
}

/** A value that fits one of them; words of one list where each is a word. */
function eitherOf(variants: readonly unknown[]): unknown {
  if (variants.length === 1) return variants[0];
  const values = variants.map(literalsOf);
  if (values.every((list) => list !== undefined)) {
    const all = [...new Set(values.flat())];
    const types = new Set(variants.map((variant) => (variant as JsonObject)['type']));
    return { ...(types.size === 1 && !types.has(undefined) && { type: [...types][0] }), enum: all };
  }
  return variants.includes(true) ? true : { anyOf: variants.filter((variant) => variant !== false) };
}

/** The values of a schema that says no more than these. */
function literalsOf(schema: unknown): unknown[] | undefined {
  if (!isObject(schema)) return undefined;
  const { type: _, title: __, description: ___, default: ____, const: value, enum: values, ...rest } = schema;
  if (Object.keys(rest).length > 0) return undefined;
  return Array.isArray(values) ? values : value === undefined ? undefined : [value];
}

/** What an alternative asks for. */
function labelOf(part: JsonObject): string {
  const properties = mapOf(part['properties']);
  const required = namesOf(part['required']).map((key) => {
    const [only, ...others] = literalsOf(properties[key]) ?? [];
    return only === undefined || others.length > 0 ? key : `${key} = ${JSON.stringify(only)}`;
  });
  return required.join(' and ');
}
