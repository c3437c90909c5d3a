import type { Hints } from './hints.js';
import { isObject, strings, type Json } from './json.js';
import { makeNumber, makeString } from './schema-leaf.js';
import { words } from './words.js';

export interface InstanceOptions {
  /** Whether optional properties are filled too (default true). Without any `required` list all are. */
  optional?: boolean;
}

/**
 * An instance of a JSON schema, the same for the same schema and hints; hints fill strings and numbers in order of
 * appearance. Follows `$ref`, `allOf`, `anyOf`, `oneOf`, `const`, `enum`, bounds, lengths, `pattern`, `format`,
 * `uniqueItems` and `prefixItems`, and Gemini's dialect (upper-case types); a recursive schema gets a small instance.
 * `not`, `if` and `dependentSchemas` are passed over.
 */
export const instanceOf = (schema: unknown, hints: Hints, options: InstanceOptions = {}): unknown =>
  new Maker(schema, hints, options.optional ?? true).make(schema, { refs: new Set(['#']), limit: Infinity, nth: 0 });

interface Place {
  /** References being followed, to notice recursion. */
  refs: ReadonlySet<string>;
  /** Levels of nesting still allowed; endless until a schema refers to itself. */
  limit: number;
  /** Position in the innermost array: entries vary with it. */
  nth: number;
}

/** Thrown where an instance would be nested deeper than allowed; another branch may do. */
class TooDeep extends Error {}

/** The deepest instance tried of a schema that refers to itself. */
const DEEPEST = 12;

class Maker {
  private taken = { strings: 0, numbers: 0 };

  constructor(
    private readonly root: unknown,
    private readonly hints: Hints,
    private readonly optional: boolean,
  ) {}

  make(given: unknown, place: Place): unknown {
    if (!isObject(given)) return this.hints.strings[0];
    if (typeof given['$ref'] === 'string') return this.follow(given['$ref'], given, place);
    if (Array.isArray(given['allOf'])) return this.make(this.flatten(given), place);
    const branches = given['anyOf'] ?? given['oneOf'];
    if (Array.isArray(branches) && branches.length > 0) return this.choose(given, branches, place);
    if ('const' in given) return given['const'];
    if (Array.isArray(given['enum']) && given['enum'].length > 0) return this.pick(given['enum'], place);
    if (Array.isArray(given['type'])) {
      const branchesOfType = given['type'].map((type: unknown) => ({ type }));
      return this.choose({ ...given, type: undefined }, branchesOfType, place);
    }
    return this.ofType(typeOf(given), given, place);
  }

  private ofType(type: string, schema: Json, place: Place): unknown {
    switch (type) {
      case 'object':
        return this.object(schema, place);
      case 'array':
        return this.array(schema, place);
      case 'integer':
      case 'number':
        return makeNumber(schema, type === 'integer', this.next('numbers'), this.beyond('numbers', place));
      case 'boolean':
        return place.nth % 2 === 0;
      case 'null':
        return null;
      default:
        return makeString(schema, this.next('strings'), place.nth, this.beyond('strings', place));
    }
  }

  private next<K extends 'strings' | 'numbers'>(kind: K): Hints[K][number] | undefined {
    const values: Hints[K] = this.hints[kind];
    const value = values[this.taken[kind] % values.length];
    this.taken[kind] += 1;
    return value;
  }

  /** How far an entry of an array must move away from its hint: the first ones have hints of their own. */
  private beyond(kind: 'strings' | 'numbers', { nth }: Place): number {
    return nth < this.hints[kind].length ? 0 : nth;
  }

  /** The value of an enum that the message names, else its first; entries of an array go through them in turn. */
  private pick(values: readonly unknown[], place: Place): unknown {
    const said = ` ${words(this.hints.text).join(' ')} `;
    const named = values.filter((value) => typeof value === 'string' && said.includes(` ${words(value).join(' ')} `));
    const ordered = [...new Set([...named, ...values])];
    return ordered[place.nth % ordered.length];
  }

  private follow(ref: string, given: Json, place: Place): unknown {
    const { $ref: _, ...siblings } = given;
    const schema = merge(this.lookup(ref), siblings);
    if (place.limit !== Infinity) return this.make(schema, place);
    const refs = new Set([...place.refs, ref]);
    if (!place.refs.has(ref)) return this.make(schema, { ...place, refs });
    return this.smallest((limit) => this.make(schema, { ...place, refs, limit }), DEEPEST);
  }

  private lookup(ref: string): unknown {
    if (!ref.startsWith('#')) return {};
    const steps = decodeURIComponent(ref.slice(1)).split('/').slice(1);
    let found: unknown = this.root;
    for (const step of steps) {
      const key = step.replace(/~1/g, '/').replace(/~0/g, '~');
      found = Array.isArray(found) ? found[Number(key)] : isObject(found) ? found[key] : undefined;
    }
    return found;
  }

  private flatten(given: Json): Json {
    const { allOf, ...rest } = given;
    let merged: Json = rest;
    for (let part of allOf as unknown[]) {
      const seen = new Set<string>();
      while (isObject(part) && typeof part['$ref'] === 'string' && !seen.has(part['$ref'])) {
        seen.add(part['$ref']);
        const { $ref, ...siblings } = part;
        part = merge(this.lookup(String($ref)), siblings);
      }
      merged = merge(part, merged);
    }
    return merged;
  }

  /** The first branch that has an instance; `null` only when nothing else does, or when the smallest is wanted. */
  private choose(given: Json, branches: readonly unknown[], place: Place): unknown {
    const { anyOf: _any, oneOf: _one, ...base } = given;
    const isNull = (branch: unknown): boolean => isObject(branch) && typeOf(branch) === 'null';
    const attempt = (limit: number): unknown => {
      const small = limit !== Infinity;
      const ordered = [...branches].sort((a, b) => (Number(isNull(a)) - Number(isNull(b))) * (small ? -1 : 1));
      let problem: unknown;
      for (const branch of ordered) {
        try {
          return this.make(merge(branch, base), { ...place, limit });
        } catch (error) {
          if (!(error instanceof TooDeep)) throw error;
          problem = error;
        }
      }
      throw problem;
    };
    return place.limit === Infinity ? attempt(Infinity) : this.smallest(attempt, place.limit);
  }

  /** Tries ever deeper instances up to a limit, so that the flattest one wins. */
  private smallest(attempt: (limit: number) => unknown, most: number): unknown {
    for (let limit = 0; limit < most; limit += 1) {
      try {
        return attempt(limit);
      } catch (error) {
        if (!(error instanceof TooDeep)) throw error;
      }
    }
    return attempt(most);
  }

  private object(schema: Json, place: Place): Json {
    const properties = isObject(schema['properties']) ? schema['properties'] : {};
    const required = strings(schema['required']);
    const all = place.limit === Infinity && (this.optional || required.length === 0);
    const keys = new Set(all ? [...Object.keys(properties), ...required] : required);
    const child = this.deeper(place, keys.size > 0);
    const out: Json = {};
    for (const key of keys) {
      const property = key in properties ? properties[key] : schema['additionalProperties'];
      if (property !== false) out[key] = this.make(property ?? {}, child);
    }
    const least = Number(schema['minProperties'] ?? 0);
    for (const key of Object.keys(properties)) {
      if (Object.keys(out).length < least && !(key in out)) out[key] = this.make(properties[key], child);
    }
    for (let i = 0; Object.keys(out).length < least && i < least * 2; i += 1) {
      const key = String(
        this.make(
          { type: 'string', ...(isObject(schema['propertyNames']) && schema['propertyNames']) },
          { ...child, nth: i },
        ),
      );
      out[key] ??= this.make(schema['additionalProperties'] ?? {}, child);
    }
    return out;
  }

  private array(schema: Json, place: Place): unknown[] {
    const fixed = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as unknown[]) : [];
    const items = schema['items'] ?? {};
    const least = Number(schema['minItems'] ?? 0);
    const most = Math.min(Number(schema['maxItems'] ?? Infinity), items === false ? fixed.length : Infinity);
    const wanted = place.limit === Infinity ? Math.max(fixed.length, Math.min(3, this.hints.strings.length)) : 0;
    const count = Math.min(most, Math.max(least, wanted));
    const child = this.deeper(place, count > 0);
    const out: unknown[] = [];
    const seen = new Set<string>();
    for (let nth = 0; out.length < count && nth < count * 4; nth += 1) {
      const value = this.make(fixed[out.length] ?? items, { ...child, nth });
      const key = JSON.stringify(value);
      if (schema['uniqueItems'] === true && seen.has(key)) continue;
      seen.add(key);
      out.push(value);
    }
    return out;
  }

  private deeper(place: Place, nests: boolean): Place {
    if (nests && place.limit <= 0) throw new TooDeep('The schema has no instance as flat as this.');
    return { ...place, limit: place.limit - 1 };
  }
}

function typeOf(schema: Json): string {
  if (typeof schema['type'] === 'string') return schema['type'].toLowerCase();
  if ('properties' in schema || 'required' in schema || 'additionalProperties' in schema) return 'object';
  if ('items' in schema || 'prefixItems' in schema) return 'array';
  if ('minimum' in schema || 'maximum' in schema || 'multipleOf' in schema) return 'number';
  return 'string';
}

/** Both schemas at once: properties and required names are joined, other fields of the second win. */
function merge(first: unknown, second: Json): Json {
  const base = isObject(first) ? first : {};
  const merged: Json = { ...base };
  for (const [key, value] of Object.entries(second)) if (value !== undefined) merged[key] = value;
  if (isObject(base['properties']) && isObject(second['properties'])) {
    merged['properties'] = { ...base['properties'], ...second['properties'] };
  }
  if (base['required'] && second['required']) {
    merged['required'] = [...new Set([...strings(base['required']), ...strings(second['required'])])];
  }
  return merged;
}
