/**
 * Validates a value against a plain JSON Schema: drafts 4 to 2020-12 as far as one document goes (no remote references,
 * no `$dynamicRef` across resources), with OpenAPI's `nullable` besides. Synchronous and without dependencies, because
 * the inverse of a compiled schema asks it which alternative a value belongs to.
 */
import type { JsonSchema } from '../../types/chat.js';
import { isObject, resolveRef, sameJson } from './document.js';
import { fitsFormat } from './formats.js';

export interface SchemaIssue {
  /** Where in the value: `items[0].name`; empty for the value itself. */
  path: string;
  message: string;
}

/** What is wrong with the value; empty when it is valid. `root` is the document that `$ref`s refer to. */
export function validateSchema(schema: JsonSchema | boolean, value: unknown, root?: JsonSchema): SchemaIssue[] {
  const run = new Run(root ?? (isObject(schema) ? schema : {}));
  try {
    run.check(schema, value, []);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return [{ path: '', message: 'is nested too deeply to be validated' }];
  }
  return run.issues;
}

export const isValid = (schema: JsonSchema | boolean, value: unknown, root?: JsonSchema): boolean =>
  validateSchema(schema, value, root).length === 0;

/** A path as messages show it. */
export const formatPath = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === 'number') return `${text}[${key}]`;
    const name = String(key);
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`;
    return text === '' ? name : `${text}.${name}`;
  }, '');

type Path = readonly (string | number)[];
/** What `unevaluated…` keywords of a schema need to know: the keys and items that other keywords have looked at. */
interface Seen {
  keys: Set<string>;
  items: Set<number>;
}

const typeOf = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value);

const hasType = (type: unknown, value: unknown): boolean =>
  type === 'integer' ? typeof value === 'number' && Number.isInteger(value) : typeOf(value) === type;

const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const entries = (value: unknown): [string, unknown][] => (isObject(value) ? Object.entries(value) : []);
const isSchema = (value: unknown): value is JsonSchema | boolean => isObject(value) || typeof value === 'boolean';

class Run {
  readonly issues: SchemaIssue[] = [];
  /** References being followed, each with the value it was met at: a loop between the same two adds nothing. */
  private readonly following: [unknown, unknown][] = [];
  private readonly regexes = new Map<string, RegExp | null>();

  constructor(private readonly root: JsonSchema) {}

  private fail(path: Path, message: string): void {
    this.issues.push({ path: formatPath(path), message });
  }

  /** Whether `attempt` adds no issue; `issues` is as before afterwards, and what it added is returned. */
  private try(schema: unknown, value: unknown, path: Path, seen?: Seen): SchemaIssue[] {
    const before = this.issues.length;
    const inner = seen && { keys: new Set<string>(), items: new Set<number>() };
    this.check(schema, value, path, inner);
    const found = this.issues.splice(before);
    if (found.length === 0 && seen && inner) {
      for (const key of inner.keys) seen.keys.add(key);
      for (const item of inner.items) seen.items.add(item);
    }
    return found;
  }

  check(schema: unknown, value: unknown, path: Path, outer?: Seen): void {
    if (schema === false) return this.fail(path, 'is not allowed here');
    if (!isObject(schema) || (value === null && schema['nullable'] === true)) return;
    const seen = outer ?? ('unevaluatedProperties' in schema || 'unevaluatedItems' in schema ? newSeen() : undefined);
    // A schema's own `unevaluated…` counts what its own keywords saw, not its neighbours'.
    const own = outer && ('unevaluatedProperties' in schema || 'unevaluatedItems' in schema) ? newSeen() : seen;
    this.reference(schema, value, path, own);
    this.type(schema, value, path);
    this.combine(schema, value, path, own);
    if (typeof value === 'string') this.string(schema, value, path);
    else if (typeof value === 'number') this.number(schema, value, path);
    else if (Array.isArray(value)) this.array(schema, value, path, own);
    else if (isObject(value)) this.object(schema, value, path, own);
    if (outer && own && own !== outer) {
      for (const key of own.keys) outer.keys.add(key);
      for (const item of own.items) outer.items.add(item);
    }
  }

  private reference(schema: JsonSchema, value: unknown, path: Path, seen?: Seen): void {
    const ref = schema['$ref'] ?? schema['$dynamicRef'] ?? schema['$recursiveRef'];
    if (typeof ref !== 'string') return;
    const target = resolveRef(this.root, ref);
    if (target === undefined) return this.fail(path, `cannot be validated: the schema's $ref ${ref} leads nowhere`);
    if (this.following.some(([at, met]) => at === target && met === value)) return;
    this.following.push([target, value]);
    this.check(target, value, path, seen);
    this.following.pop();
  }

  private type(schema: JsonSchema, value: unknown, path: Path): void {
    const types = typeof schema['type'] === 'string' ? [schema['type'].toLowerCase()] : list(schema['type']);
    if (types.length > 0 && !types.some((type) => hasType(type, value)))
      this.fail(path, `must be ${types.join(' or ')}, is ${typeOf(value)}`);
    if ('const' in schema && !sameJson(schema['const'], value))
      this.fail(path, `must be ${JSON.stringify(schema['const'])}`);
    const allowed = schema['enum'];
    if (Array.isArray(allowed) && !allowed.some((item) => sameJson(item, value)))
      this.fail(path, `must be one of ${JSON.stringify(allowed).slice(1, -1)}`);
  }

  private combine(schema: JsonSchema, value: unknown, path: Path, seen?: Seen): void {
    for (const part of list(schema['allOf'])) this.check(part, value, path, seen);
    if (Array.isArray(schema['anyOf'])) {
      const failed = schema['anyOf'].map((part: unknown) => this.try(part, value, path, seen));
      if (failed.length > 0 && failed.every((issues) => issues.length > 0)) this.nearest(path, failed);
    }
    if (Array.isArray(schema['oneOf'])) {
      const failed = schema['oneOf'].map((part: unknown) => this.try(part, value, path, seen));
      const fitting = failed.filter((issues) => issues.length === 0).length;
      if (fitting > 1) this.fail(path, `must match exactly one of ${failed.length} alternatives, matches ${fitting}`);
      else if (fitting === 0) this.nearest(path, failed);
    }
    if (isSchema(schema['not']) && this.try(schema['not'], value, path).length === 0)
      this.fail(path, 'matches what the schema forbids');
    if (isSchema(schema['if'])) {
      const branch = this.try(schema['if'], value, path, seen).length === 0 ? schema['then'] : schema['else'];
      if (isSchema(branch)) this.check(branch, value, path, seen);
    }
  }

  /** Reports no alternative fitting, with what kept the nearest one from it. */
  private nearest(path: Path, failed: SchemaIssue[][]): void {
    const best = failed.reduce((a, b) => (depth(b) > depth(a) ? b : a), []);
    const [first] = best;
    const hint = first && `; nearest: ${first.path === '' ? '' : `${first.path} `}${first.message}`;
    this.fail(path, `must match one of ${failed.length} alternatives${hint ?? ''}`);
  }

  private string(schema: JsonSchema, value: string, path: Path): void {
    const { minLength, maxLength, pattern, format } = schema;
    if (typeof minLength === 'number' || typeof maxLength === 'number') {
      const length = [...value].length;
      if (typeof minLength === 'number' && length < minLength)
        this.fail(path, `must have at least ${minLength} characters, has ${length}`);
      if (typeof maxLength === 'number' && length > maxLength)
        this.fail(path, `must have at most ${maxLength} characters, has ${length}`);
    }
    if (typeof pattern === 'string' && this.regex(pattern)?.test(value) === false)
      this.fail(path, `must match the pattern ${pattern}`);
    if (typeof format === 'string' && !fitsFormat(format, value)) this.fail(path, `must be a valid ${format}`);
  }

  /** Null for a pattern that is no ECMAScript regex: it cannot be checked, so it passes. */
  private regex(source: string): RegExp | null {
    let regex = this.regexes.get(source);
    if (regex !== undefined) return regex;
    regex = null;
    for (const flags of ['u', '']) {
      try {
        regex = new RegExp(source, flags);
        break;
      } catch {
        continue;
      }
    }
    this.regexes.set(source, regex);
    return regex;
  }

  private number(schema: JsonSchema, value: number, path: Path): void {
    const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
    if (typeof minimum === 'number' && (exclusiveMinimum === true ? value <= minimum : value < minimum))
      this.fail(path, `must be ${exclusiveMinimum === true ? '>' : '>='} ${minimum}`);
    if (typeof maximum === 'number' && (exclusiveMaximum === true ? value >= maximum : value > maximum))
      this.fail(path, `must be ${exclusiveMaximum === true ? '<' : '<='} ${maximum}`);
    if (typeof exclusiveMinimum === 'number' && value <= exclusiveMinimum)
      this.fail(path, `must be > ${exclusiveMinimum}`);
    if (typeof exclusiveMaximum === 'number' && value >= exclusiveMaximum)
      this.fail(path, `must be < ${exclusiveMaximum}`);
    if (typeof multipleOf === 'number' && multipleOf > 0 && !isMultiple(value, multipleOf))
      this.fail(path, `must be a multiple of ${multipleOf}`);
  }

  private array(schema: JsonSchema, value: unknown[], path: Path, seen?: Seen): void {
    const { minItems, maxItems, contains } = schema;
    if (typeof minItems === 'number' && value.length < minItems)
      this.fail(path, `must have at least ${minItems} items, has ${value.length}`);
    if (typeof maxItems === 'number' && value.length > maxItems)
      this.fail(path, `must have at most ${maxItems} items, has ${value.length}`);
    if (schema['uniqueItems'] === true) {
      const twice = value.findIndex((item, index) => value.slice(0, index).some((other) => sameJson(item, other)));
      if (twice >= 0) this.fail([...path, twice], 'must not repeat another item');
    }
    // Up to draft 2019-09 a list under `items` was the tuple and `additionalItems` the rest.
    const tuple = Array.isArray(schema['items']) ? schema['items'] : list(schema['prefixItems']);
    const rest = Array.isArray(schema['items']) ? schema['additionalItems'] : schema['items'];
    for (let index = 0; index < value.length; index++) {
      const item = index < tuple.length ? tuple[index] : rest;
      if (!isSchema(item)) continue;
      this.check(item, value[index], [...path, index]);
      seen?.items.add(index);
    }
    if (isSchema(contains)) {
      const min = typeof schema['minContains'] === 'number' ? schema['minContains'] : 1;
      const max = typeof schema['maxContains'] === 'number' ? schema['maxContains'] : Infinity;
      let found = 0;
      for (const [index, item] of value.entries())
        if (this.try(contains, item, [...path, index]).length === 0) {
          found++;
          seen?.items.add(index);
        }
      if (found < min) this.fail(path, `must contain at least ${min} items of a certain kind, contains ${found}`);
      if (found > max) this.fail(path, `must contain at most ${max} items of a certain kind, contains ${found}`);
    }
    if (seen && isSchema(schema['unevaluatedItems']))
      for (const [index, item] of value.entries())
        if (!seen.items.has(index)) {
          this.check(schema['unevaluatedItems'], item, [...path, index]);
          seen.items.add(index);
        }
  }

  private object(schema: JsonSchema, value: Record<string, unknown>, path: Path, seen?: Seen): void {
    const { minProperties, maxProperties, propertyNames, additionalProperties, properties } = schema;
    const keys = Object.keys(value);
    if (typeof minProperties === 'number' && keys.length < minProperties)
      this.fail(path, `must have at least ${minProperties} properties, has ${keys.length}`);
    if (typeof maxProperties === 'number' && keys.length > maxProperties)
      this.fail(path, `must have at most ${maxProperties} properties, has ${keys.length}`);
    for (const key of list(schema['required']))
      if (typeof key === 'string' && !Object.hasOwn(value, key)) this.fail([...path, key], 'is required');
    const patterns = entries(schema['patternProperties']);
    for (const key of keys) {
      const at = [...path, key];
      if (isSchema(propertyNames))
        for (const issue of this.try(propertyNames, key, [])) this.fail(at, `has a name that ${issue.message}`);
      let known = false;
      if (isObject(properties) && Object.hasOwn(properties, key)) {
        known = true;
        this.check(properties[key], value[key], at);
      }
      for (const [pattern, part] of patterns)
        if (this.regex(pattern)?.test(key) === true) {
          known = true;
          this.check(part, value[key], at);
        }
      if (!known && isSchema(additionalProperties)) {
        known = true;
        if (additionalProperties === false) this.fail(at, 'is not a known property');
        else this.check(additionalProperties, value[key], at);
      }
      if (known) seen?.keys.add(key);
    }
    this.dependencies(schema, value, path, seen);
    if (seen && isSchema(schema['unevaluatedProperties']))
      for (const key of keys)
        if (!seen.keys.has(key)) {
          if (schema['unevaluatedProperties'] === false) this.fail([...path, key], 'is not a known property');
          else this.check(schema['unevaluatedProperties'], value[key], [...path, key]);
          seen.keys.add(key);
        }
  }

  /** `dependentRequired`, `dependentSchemas`, and `dependencies`, which up to draft 7 was both. */
  private dependencies(schema: JsonSchema, value: Record<string, unknown>, path: Path, seen?: Seen): void {
    for (const keyword of ['dependentRequired', 'dependentSchemas', 'dependencies'])
      for (const [key, needs] of entries(schema[keyword])) {
        if (!Object.hasOwn(value, key)) continue;
        if (Array.isArray(needs)) {
          for (const other of needs)
            if (typeof other === 'string' && !Object.hasOwn(value, other))
              this.fail([...path, other], `is required beside ${key}`);
        } else if (isSchema(needs)) this.check(needs, value, path, seen);
      }
  }
}

const newSeen = (): Seen => ({ keys: new Set(), items: new Set() });

/** How deep into the value an alternative got before it failed; one that got further is nearer. */
const depth = (issues: SchemaIssue[]): number => Math.max(-1, ...issues.map((issue) => issue.path.length));

function isMultiple(value: number, of: number): boolean {
  if (Number.isInteger(value) && Number.isInteger(of)) return value % of === 0;
  const quotient = value / of;
  return Math.abs(quotient - Math.round(quotient)) <= Number.EPSILON * Math.max(1, Math.abs(quotient));
}
