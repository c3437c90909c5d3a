/** One plain schema for a schema with `allOf`, or with constraints beside `$ref`; old spellings are brought up to date. */
import type { JsonSchema } from './dialects.js';
import { isObject, resolveRef, sameJson } from './document.js';
import { annotations, annotationsOf, constraintsOf, intersect } from './intersect.js';
import { nullableToType } from './nulls.js';
import type { Scope } from './scope.js';

export interface Merged {
  /** Without `allOf`; a `$ref` in it has annotations beside it, if anything. */
  schema: JsonSchema | boolean;
  /** The schemas that were merged in by reference, in order to notice recursion. */
  through: JsonSchema[];
}

/** `within`: the schemas merged in further out. One of them is not merged in again, as that would never end. */
export function mergeAll(scope: Scope, given: JsonSchema, path: string, within: readonly JsonSchema[] = []): Merged {
  const { allOf, $ref, ...rest } = modern(scope, given, path);
  const parts: unknown[] = Array.isArray(allOf) ? [...allOf] : [];
  if (typeof $ref === 'string') parts.push({ $ref });
  if (parts.length === 0) return { schema: rest, through: [] };
  const constrained = Object.keys(rest).some((key) => !annotations.has(key));
  const [only] = parts;
  if (typeof $ref === 'string' && parts.length === 1 && !constrained) return { schema: { ...rest, $ref }, through: [] };
  scope.report(path, 'allOf merged');
  // An allOf of one, as some generators write it around a $ref to describe it.
  if (parts.length === 1 && !constrained && isObject(only)) return mergeAll(scope, { ...only, ...rest }, path, within);

  const through: JsonSchema[] = [];
  const expand = (part: unknown, inside: readonly JsonSchema[]): JsonSchema | boolean => {
    if (!isObject(part)) return part !== false;
    const merged = mergeAll(scope, part, path, inside);
    through.push(...merged.through);
    if (!isObject(merged.schema)) return merged.schema;
    const { $ref: ref } = merged.schema;
    if (typeof ref !== 'string') return constraintsOf(merged.schema);
    const target = resolveRef(scope.root, ref);
    if (target === undefined) scope.report(path, `$ref ${ref} leads nowhere`, { weaker: true });
    if (!isObject(target)) return target ?? true;
    if (inside.includes(target)) {
      scope.report(path, `dropped $ref ${ref} from allOf: it leads back to itself`, { weaker: true });
      return true;
    }
    through.push(target);
    return expand(target, [...inside, target]);
  };
  const lost = (keyword: string): void =>
    scope.report(path, `dropped a second ${keyword}, which cannot be merged`, { weaker: true });
  const schema = parts.reduce<JsonSchema | boolean>(
    (merged, part) => intersect(merged, expand(part, within), lost),
    constraintsOf(rest),
  );
  return { schema: isObject(schema) ? { ...annotationsOf(rest), ...schema } : schema, through };
}

/** `{ not: {} }` and its like. */
export const isNothing = (schema: JsonSchema | boolean): boolean => {
  if (!isObject(schema)) return schema === false;
  const { not } = schema;
  return not === true || (isObject(not) && Object.keys(not).length === 0);
};

/** The schema in the spelling of the present draft. */
function modern(scope: Scope, given: JsonSchema, path: string): JsonSchema {
  const { type, nullable: flag, items, additionalItems, ...rest } = given;
  const out: JsonSchema = rest;
  if (type !== undefined) {
    const lower = [type].flat().map((one) => (typeof one === 'string' ? one.toLowerCase() : one));
    out['type'] = Array.isArray(type) ? lower : lower[0];
    if (!sameJson(out['type'], type)) scope.report(path, 'type written in lower case');
  }
  if (Array.isArray(items)) {
    out['prefixItems'] = items;
    if (additionalItems !== undefined) out['items'] = additionalItems;
    scope.report(path, 'items written as prefixItems');
  } else if (items !== undefined) out['items'] = items;
  for (const [exclusive, limit] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof out[exclusive] !== 'boolean') continue;
    if (out[exclusive] === true && typeof out[limit] === 'number') {
      out[exclusive] = out[limit];
      delete out[limit];
    } else delete out[exclusive];
    scope.report(path, `${exclusive} written as a number`);
  }
  if (flag !== true) return out;
  if (scope.rules.nulls !== 'flag') scope.report(path, 'nullable written as a type');
  return nullableToType(out);
}
