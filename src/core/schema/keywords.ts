/** Which keywords of a schema stay, and what becomes of the others. */
import type { JsonSchema, Rules } from './dialects.js';
import { isObject } from './document.js';
import { isKnownFormat } from './formats.js';
import { annotations } from './intersect.js';
import type { Scope, TypeName } from './scope.js';

const words = (list: string): ReadonlySet<string> => new Set(`${list} not if then else`.split(' '));
const ofNumber = words('minimum maximum exclusiveMinimum exclusiveMaximum multipleOf format');

/** The keywords that constrain values of a type; others have no effect on it. */
export const keywordsOf: Readonly<Record<TypeName, ReadonlySet<string>>> = {
  string: words('minLength maxLength pattern format'),
  number: ofNumber,
  integer: ofNumber,
  boolean: words(''),
  array: words('items prefixItems minItems maxItems uniqueItems contains minContains maxContains unevaluatedItems'),
  object: words(
    'properties required additionalProperties patternProperties propertyNames minProperties maxProperties ' +
      'dependentRequired dependentSchemas dependencies unevaluatedProperties',
  ),
};

/** Written by the compiler itself. */
const structural: ReadonlySet<string> = new Set(
  'type enum const nullable $defs definitions $ref anyOf oneOf allOf'.split(' '),
);

/** Constraints longer than this, as JSON, are not repeated in a description. */
const longestNote = 400;

/**
 * Completes `out` with those of the given schema's other keywords that the dialect takes. Constraints that it does not
 * take are told in the description, so that the model at least reads of them. `done` names keywords already seen to.
 */
export function finish(
  scope: Scope,
  out: JsonSchema,
  given: JsonSchema,
  path: string,
  type?: TypeName,
  done: readonly string[] = [],
): JsonSchema {
  const { rules } = scope;
  const idle: string[] = [];
  const lost: string[] = [];
  const notes: JsonSchema = {};
  for (const [key, value] of Object.entries(given)) {
    if (structural.has(key) || done.includes(key)) continue;
    if (annotations.has(key)) {
      if (rules.keep.has(key)) out[key] = value;
      else idle.push(key);
    } else if (!keywordsOf[type ?? 'boolean'].has(key)) idle.push(key);
    else if (type && accepts(rules, type, key, value)) out[key] ??= value;
    else {
      const limit = type && inclusive(rules, type, key, value);
      if (limit) out[limit.key] = Math[limit.tighter](limit.value, ...numbersOf(out[limit.key], given[limit.key]));
      if (limit?.exact) scope.report(`${path}/${key}`, `written as ${limit.key}`);
      else {
        const matters = constrains(key, value);
        (matters ? lost : idle).push(key);
        // A format says more to a model than the regex that generators put beside it.
        if (key === 'format' || (matters && !(key === 'pattern' && 'format' in given))) notes[key] = value;
      }
    }
  }
  if (lost.includes('minItems') && rules.keep.has('minItems')) out['minItems'] = 1;
  if (idle.length > 0) scope.report(path, `dropped ${idle.join(', ')}`);
  if (lost.length > 0)
    scope.report(path, `dropped ${lost.join(', ')}, told in the description instead`, { weaker: true });
  const note = JSON.stringify(notes);
  if (note !== '{}' && note.length <= longestNote) addNote(out, `Constraints: ${note}`);
  return out;
}

export function addNote(schema: JsonSchema, note: string): void {
  const own = schema['description'];
  schema['description'] = typeof own === 'string' && own !== '' ? `${own}\n${note}` : note;
}

export function accepts(rules: Rules, type: TypeName, key: string, value: unknown): boolean {
  if (!rules.keep.has(key)) return false;
  if (key === 'format') return type in rules.formats && rules.formats[type as 'string']?.has(String(value)) === true;
  if (key === 'pattern') return rules.pattern?.(String(value)) ?? true;
  if (key === 'minItems') return rules.minItems?.(Number(value)) ?? true;
  return true;
}

/** Whether dropping the keyword lets more values pass. */
function constrains(key: string, value: unknown): boolean {
  if (key === 'format') return isKnownFormat(value);
  if (key === 'propertyNames') return isObject(value) && Object.keys(value).some((name) => name !== 'type');
  // Generators write the limits of safe integers on every integer.
  return !(typeof value === 'number' && Math.abs(value) >= Number.MAX_SAFE_INTEGER);
}

const numbersOf = (...values: unknown[]): number[] => values.filter((value) => typeof value === 'number');

/** An exclusive limit where only inclusive ones are taken: the same for integers, wider by one value for others. */
function inclusive(
  rules: Rules,
  type: TypeName,
  key: string,
  value: unknown,
): { key: string; value: number; tighter: 'max' | 'min'; exact: boolean } | undefined {
  if (typeof value !== 'number' || !rules.keep.has('minimum')) return undefined;
  const exact = type === 'integer';
  if (key === 'exclusiveMinimum')
    return { key: 'minimum', value: exact ? Math.floor(value) + 1 : value, tighter: 'max', exact };
  if (key === 'exclusiveMaximum')
    return { key: 'maximum', value: exact ? Math.ceil(value) - 1 : value, tighter: 'min', exact };
  return undefined;
}
