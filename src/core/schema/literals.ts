/** How `const` and `enum` are written in a dialect. */
import type { JsonSchema } from './dialects.js';
import { isObject } from './document.js';
import { annotationsOf } from './intersect.js';
import { literalInverse } from './invert.js';
import { addNote, finish } from './keywords.js';
import { withNull } from './nulls.js';
import type { Compiled, Scope, TypeName } from './scope.js';
import { isValid } from './validate.js';

interface Group {
  type: TypeName;
  values: unknown[];
  schema: JsonSchema;
}

/** Compiles a schema that allows `values` and no others; its other constraints are used up by filtering them. */
export function literal(scope: Scope, given: JsonSchema, values: readonly unknown[], path: string): Compiled {
  const fitting = values.filter((value) => isValid(given, value, scope.root));
  const outer = annotationsOf(given);
  const groups = groupByType(fitting);
  const [first, ...more] = groups;
  const orNull = fitting.includes(null);
  if (!first) return orNull ? { schema: finish(scope, { type: 'null' }, outer, path) } : scope.compile(false, path);
  if (more.length > 0) {
    scope.report(path, 'values of several types written as anyOf');
    const parts: JsonSchema[] = groups.map((group) => group.schema);
    if (orNull) parts.push({ type: 'null' });
    return scope.union({ ...outer, anyOf: parts }, 'anyOf', parts, path);
  }
  const compiled =
    first.type === 'object' || first.type === 'array'
      ? scope.compile({ ...outer, ...first.schema }, path)
      : scalars(scope, given, first, outer, path);
  return orNull ? withNull(scope, compiled) : compiled;
}

/** Literals by type, null left out; objects and arrays one by one, spelled out as schemas. */
function groupByType(values: readonly unknown[]): Group[] {
  const groups: Group[] = [];
  const add = (type: TypeName, fitting: unknown[]): void => {
    if (fitting.length > 0) groups.push({ type, values: fitting, schema: { type, enum: fitting } });
  };
  const numbers = values.filter((value) => typeof value === 'number');
  add(
    'string',
    values.filter((value) => typeof value === 'string'),
  );
  add(numbers.every((value) => Number.isInteger(value)) ? 'integer' : 'number', numbers);
  add(
    'boolean',
    values.filter((value) => typeof value === 'boolean'),
  );
  for (const value of values) {
    if (Array.isArray(value)) {
      const prefixItems = value.map((item: unknown) => ({ const: item }));
      const schema = { type: 'array', prefixItems, items: false, minItems: value.length };
      groups.push({ type: 'array', values: [value], schema });
    } else if (isObject(value)) {
      const properties = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, { const: item }]));
      const schema = { type: 'object', properties, required: Object.keys(value), additionalProperties: false };
      groups.push({ type: 'object', values: [value], schema });
    }
  }
  return groups;
}

function scalars(scope: Scope, given: JsonSchema, group: Group, outer: JsonSchema, path: string): Compiled {
  const { literals, keep } = scope.rules;
  const { values } = group;
  const declared = [given['type']].flat().filter((type) => type !== undefined && type !== 'null');
  const type = group.type === 'integer' && declared.length === 1 ? declared[0] : group.type;
  if (given['type'] === undefined) scope.report(path, `type ${group.type} named`);
  if (group.type === 'boolean' && values.length === 2) return { schema: finish(scope, { type }, outer, path) };
  if (group.type === 'boolean' && literals === 'no booleans') {
    scope.report(path, 'dropped the only value, told in the description instead', { weaker: true });
    const schema = finish(scope, { type }, outer, path);
    addNote(schema, `Always ${String(values[0])}.`);
    return { schema };
  }
  const constant = 'const' in given && keep.has('const');
  if ('const' in given && !constant) scope.report(path, 'const written as enum');
  if (literals !== 'strings only')
    return { schema: finish(scope, { type, ...(constant ? { const: values[0] } : { enum: values }) }, outer, path) };
  // No empty strings either.
  const names = new Map(values.map((value) => [value === '' ? '(empty)' : String(value), value]));
  const schema = finish(scope, { type: 'string', enum: [...names.keys()] }, outer, path);
  if ([...names].every(([name, value]) => name === value)) return { schema };
  scope.report(path, 'values written as strings', { undone: true });
  return { schema, invert: literalInverse(names) };
}
