/** How objects, arrays and scalars are written in a dialect. Each function compiles a schema that has this one type. */
import type { JsonSchema } from './dialects.js';
import { escapePointer, isObject, mapOf } from './document.js';
import { literalsOf, propertyOf } from './intersect.js';
import type { Inverse } from './invert.js';
import { chain, entriesInverse, identity, itemsInverse, objectInverse, tupleInverse } from './invert.js';
import { accepts, finish } from './keywords.js';
import { nullForAbsent } from './nulls.js';
import type { Compiled, Scope, TypeName } from './scope.js';
import { isValid } from './validate.js';

export function scalar(scope: Scope, given: JsonSchema, path: string, type: TypeName): Compiled {
  return { schema: finish(scope, { type }, given, path, type) };
}

const objectKeywords = [
  'properties',
  'required',
  'additionalProperties',
  'unevaluatedProperties',
  'patternProperties',
  'propertyNames',
];

export function object(scope: Scope, written: JsonSchema, path: string): Compiled {
  const given = namedKeys(scope, written, path);
  const names = isObject(given['propertyNames']) ? given['propertyNames'] : undefined;
  const required = new Set((Array.isArray(given['required']) ? given['required'] : []).map(String));
  const properties = new Map<string, unknown>(Object.entries(mapOf(given['properties'])));
  if (scope.rules.objects === 'open') return openObject(scope, given, path, properties, required);

  const others = given['additionalProperties'] ?? given['unevaluatedProperties'];
  const patterns = Object.entries(mapOf(given['patternProperties'])).filter(([, part]) => part !== false);
  const unnamed = [...required].filter((key) => !properties.has(key));
  for (const key of [...properties.keys(), ...unnamed]) {
    const allowed = !names || isValid(names, key, scope.root);
    properties.set(key, allowed && (propertyOf(given, key) ?? others ?? true));
  }
  const open = others === undefined ? !('properties' in given) : others !== false;
  if (properties.size === 0 && (open || patterns.length > 0)) {
    const bare = others === undefined && patterns.length === 0 && !names;
    if (bare && !scope.rules.saysClosed) return scalar(scope, given, path, 'object');
    return entries(scope, given, path, patterns, open ? (others ?? true) : false, names);
  }
  for (const [key, part] of properties)
    if (part === false) {
      properties.delete(key);
      scope.report(property(path, key), 'left out: nothing is allowed there', { weaker: required.delete(key) });
    }
  if (unnamed.length > 0) scope.report(path, `named the required properties ${unnamed.join(', ')}`);
  if ((others !== undefined && open) || patterns.length > 0)
    scope.report(path, 'properties without a name cannot be given');
  return closedObject(scope, given, path, properties, required);
}

/** A map whose keys are listed, as an object with those properties. */
function namedKeys(scope: Scope, given: JsonSchema, path: string): JsonSchema {
  const { propertyNames, additionalProperties = true, ...rest } = given;
  const listed = isObject(propertyNames) && additionalProperties !== false ? literalsOf(propertyNames) : undefined;
  if (!listed || 'properties' in given || 'patternProperties' in given) return given;
  scope.report(path, 'a map with listed keys written as an object with properties');
  const properties = Object.fromEntries(listed.map((key) => [String(key), additionalProperties]));
  return { ...rest, properties, additionalProperties: false };
}

const property = (path: string, key: string): string => `${path}/properties/${escapePointer(key)}`;

function closedObject(
  scope: Scope,
  given: JsonSchema,
  path: string,
  properties: Map<string, unknown>,
  required: Set<string>,
): Compiled {
  const { rules } = scope;
  const inverses = new Map<string, Inverse>();
  const optional = new Set<string>();
  const out: [string, JsonSchema][] = [];
  for (const [key, part] of properties) {
    let compiled = scope.compile(part, property(path, key));
    if (rules.allRequired && !required.has(key)) {
      const wider = nullForAbsent(scope, compiled, part);
      if (wider) optional.add(key);
      compiled = wider ?? compiled;
      const what = wider ? 'made required, null standing for absent' : 'made required';
      scope.report(property(path, key), what, { undone: wider !== undefined });
    }
    if (compiled.invert) inverses.set(key, compiled.invert);
    out.push([key, compiled.schema]);
  }
  const schema: JsonSchema = { type: 'object' };
  if (out.length > 0 || rules.saysClosed) schema['properties'] = Object.fromEntries(out);
  const all = new Set([...required, ...(rules.allRequired ? properties.keys() : [])]);
  if (all.size > 0 || 'required' in given) schema['required'] = [...all];
  if (rules.saysClosed) {
    schema['additionalProperties'] = false;
    if (given['additionalProperties'] === undefined) scope.report(path, 'closed to properties without a name');
  } else if (out.length === 0 && (given['additionalProperties'] === false || 'propertyNames' in given))
    scope.report(path, 'an object without properties cannot be closed', { weaker: true });
  else if (given['additionalProperties'] === false)
    scope.report(path, 'dropped additionalProperties: objects are closed anyway');
  return {
    schema: finish(scope, schema, given, path, 'object', objectKeywords),
    invert:
      inverses.size > 0 || optional.size > 0
        ? objectInverse({ properties: inverses, nullIsAbsent: optional })
        : undefined,
  };
}

/** An object with any keys, where only named properties can be said: an array of `{ key, value }`. */
function entries(
  scope: Scope,
  given: JsonSchema,
  path: string,
  patterns: [string, unknown][],
  others: unknown,
  names: JsonSchema | undefined,
): Compiled {
  const { rules } = scope;
  const parts = patterns.map(([, part]) => part);
  if (others !== false) parts.push(others);
  // With one pattern and nothing beside it, the pattern is the rule for keys.
  const [first] = patterns;
  const keyPattern = patterns.length === 1 && others === false && !names ? first?.[0] : undefined;
  const key = scope.compile(
    { type: 'string', ...names, ...(keyPattern !== undefined && { pattern: keyPattern }) },
    `${path}/propertyNames`,
  );
  const item = scope.compile(parts.length === 1 ? parts[0] : { anyOf: parts }, `${path}/additionalProperties`);
  const schema: JsonSchema = {
    type: 'array',
    items: {
      type: 'object',
      properties: { key: key.schema, value: item.schema },
      required: ['key', 'value'],
      ...(rules.saysClosed && { additionalProperties: false }),
    },
  };
  const weaker = patterns.length > 0 && keyPattern === undefined;
  scope.report(path, 'written as an array of { key, value }', { weaker, undone: true });
  const { minProperties, maxProperties, ...rest } = given;
  for (const [keyword, count] of [
    ['minItems', minProperties],
    ['maxItems', maxProperties],
  ] as const) {
    if (typeof count !== 'number') continue;
    const kept = accepts(rules, 'array', keyword, count);
    if (kept) schema[keyword] = count;
    // Entries with the same key make one property, so a least number of entries promises less.
    if (!kept || keyword === 'minItems')
      scope.report(path, 'the number of properties is not assured', { weaker: true });
  }
  return {
    schema: finish(scope, schema, rest, path, 'object', objectKeywords),
    invert: entriesInverse(key.invert ?? identity, item.invert ?? identity),
  };
}

/** An object in a dialect that has `additionalProperties`. */
function openObject(
  scope: Scope,
  given: JsonSchema,
  path: string,
  properties: Map<string, unknown>,
  required: Set<string>,
): Compiled {
  const schema: JsonSchema = { type: 'object' };
  const out: [string, JsonSchema][] = [];
  const inverses = new Map<string, Inverse>();
  const absentIs = new Map<string, () => unknown>();
  for (const [key, part] of properties) {
    const { compiled, endless } = scope.guarded(part, property(path, key));
    if (endless && required.delete(key)) unrequire(scope, absentIs, key, part, property(path, key));
    inverses.set(key, compiled.invert ?? identity);
    out.push([key, compiled.schema]);
  }
  if ('properties' in given) schema['properties'] = Object.fromEntries(out);
  if ('required' in given) schema['required'] = [...required];
  const parts = Object.values(mapOf(given['patternProperties']));
  const told = given['additionalProperties'] ?? given['unevaluatedProperties'];
  const rest = told === false && parts.length > 0 ? (parts.length === 1 ? parts[0] : { anyOf: parts }) : told;
  const others =
    rest === undefined || typeof rest === 'boolean'
      ? undefined
      : scope.guarded(rest, `${path}/additionalProperties`).compiled;
  if (rest !== undefined) schema['additionalProperties'] = others?.schema ?? rest;
  const done = ['properties', 'required', 'additionalProperties', 'unevaluatedProperties'];
  return {
    schema: finish(scope, schema, given, path, 'object', done),
    invert: objectInverse({ properties: inverses, others: others?.invert, absentIs }),
  };
}

/** What a property that had to become optional stands for when the model leaves it out. */
function unrequire(scope: Scope, absentIs: Map<string, () => unknown>, key: string, part: unknown, path: string): void {
  const empty = [(): unknown => [], () => null, () => ({})].find((make) =>
    isValid(part as JsonSchema, make(), scope.root),
  );
  if (empty) absentIs.set(key, empty);
  const meaning = empty ? `; left out it means ${JSON.stringify(empty())}` : '';
  scope.report(path, `made optional, as it leads back to a schema that contains it${meaning}`, {
    weaker: !empty,
    undone: empty !== undefined,
  });
}

const arrayKeywords = ['items', 'unevaluatedItems', 'prefixItems', 'additionalItems'];

export function array(scope: Scope, given: JsonSchema, path: string): Compiled {
  const prefix = Array.isArray(given['prefixItems']) ? (given['prefixItems'] as unknown[]) : [];
  const rest = given['items'] ?? given['unevaluatedItems'];
  const untyped = scope.rules.untyped === 'keep';
  if (prefix.length > 0 && scope.rules.tuples === 'object') return tuple(scope, given, path, prefix, rest);

  const schema: JsonSchema = { type: 'array' };
  const done = [...arrayKeywords];
  const tuples = prefix.map((part, index) => scope.compile(part, `${path}/prefixItems/${index}`));
  if (prefix.length > 0) schema['prefixItems'] = tuples.map((one) => one.schema);
  let restInverse: Inverse | undefined;
  if (rest === false) {
    // Said by the length, since `items: false` is taken nowhere.
    const most = Math.min(prefix.length, typeof given['maxItems'] === 'number' ? given['maxItems'] : Infinity);
    const kept = accepts(scope.rules, 'array', 'maxItems', most);
    if (kept) schema['maxItems'] = most;
    if (!untyped) schema['items'] = { type: 'string' };
    scope.report(`${path}/items`, `written as maxItems: ${most}`, { weaker: !kept });
    done.push('maxItems');
  } else if (rest !== undefined || !untyped) {
    const item = scope.compile(rest ?? true, `${path}/items`);
    schema['items'] = item.schema;
    restInverse = item.invert;
  }
  return {
    schema: finish(scope, schema, given, path, 'array', done),
    invert: itemsInverse(
      restInverse ?? identity,
      tuples.map((one) => one.invert ?? identity),
    ),
  };
}

/** A tuple as an object whose keys are the positions, `rest` holding the items after them. */
function tuple(scope: Scope, given: JsonSchema, path: string, prefix: unknown[], rest: unknown): Compiled {
  const least = typeof given['minItems'] === 'number' ? given['minItems'] : 0;
  const most = typeof given['maxItems'] === 'number' ? given['maxItems'] : Infinity;
  const impossible = prefix.indexOf(false);
  const length = Math.min(prefix.length, most, impossible < 0 ? Infinity : impossible);
  const more = rest !== false && length === prefix.length && most > length && (isObject(rest) || least > length);
  const parts = prefix
    .slice(0, length)
    .map((part, index): [string, unknown, string] => [String(index), part, `${path}/prefixItems/${index}`]);
  if (more) {
    const tail: JsonSchema = { type: 'array', items: rest ?? true };
    if (least > length) tail['minItems'] = least - length;
    if (most < Infinity) tail['maxItems'] = most - length;
    parts.push(['rest', tail, path]);
  }
  const compiled = parts.map(([key, part, at]) => ({ key, ...scope.compile(part, at) }));
  const schema: JsonSchema = {
    type: 'object',
    properties: Object.fromEntries(compiled.map((part) => [part.key, part.schema])),
    required: compiled.map((part) => part.key),
    ...(scope.rules.saysClosed && { additionalProperties: false }),
  };
  const weaker = length < least && !more;
  scope.report(path, 'written as an object, its keys the positions', { weaker, undone: true });
  const inverses = new Map(compiled.flatMap(({ key, invert }) => (invert ? [[key, invert] as const] : [])));
  return {
    schema: finish(scope, schema, given, path, 'array', [...arrayKeywords, 'minItems', 'maxItems']),
    invert: chain(objectInverse({ properties: inverses }), tupleInverse(length)),
  };
}
