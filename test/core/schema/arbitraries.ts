/** Random schemas, and values that fit a given schema. */
import fc from 'fast-check';
import type { JsonSchema } from '../../../src/core/schema/dialects.js';
import { isObject, resolveRef } from '../../../src/core/schema/document.js';

const names = ['a', 'b', 'c', 'key', 'value', 'kind', '__proto__', 'with/slash~'];
const key = fc.constantFrom(...names);
/** Patterns and formats with strings that fit them. */
export const examples: Record<string, readonly string[]> = {
  '^[a-c]+$': ['a', 'abc'],
  '^x': ['x', 'x1'],
  '^a(?=b)': ['ab'],
  date: ['2024-02-29'],
  'date-time': ['2024-02-29T10:00:00Z'],
  email: ['a@b.co'],
  uri: ['https://a.b/c'],
  odd: ['anything'],
};
const text = fc.constantFrom('', 'a', 'abc', 'x1', 'ab', '{"a":1}', '5', 'null', 'hello world', '2024-02-29', 'a@b.co');
const scalarValue = fc.oneof(
  text,
  fc.integer({ min: -3, max: 12 }),
  fc.constantFrom(0.5, 2.5),
  fc.boolean(),
  fc.constant(null),
);
export const jsonValue: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalarValue,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.uniqueArray(fc.tuple(key, tie('value')), { maxLength: 3, selector: ([name]) => name }).map(Object.fromEntries),
  ),
})).value;

const optional = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arb, { nil: undefined, freq: 4 });
const compact = (schema: Record<string, unknown>): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([, value]) => value !== undefined));
const record = (shape: Record<string, fc.Arbitrary<unknown>>): fc.Arbitrary<JsonSchema> =>
  fc.record(shape).map(compact);

const annotation = {
  description: optional(fc.constantFrom('Some text.')),
  title: optional(fc.constantFrom('A title')),
};

/** `loose` adds keywords that some dialects can only weaken; `refs` are names in `$defs` that may be referred to. */
export function schemaArbitrary(loose: boolean, refs: readonly string[] = ['node', 'leaf']): fc.Arbitrary<JsonSchema> {
  const only = <T>(arb: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
    loose ? optional(arb) : fc.constant(undefined);
  const nested = fc.letrec<{ schema: JsonSchema; simple: JsonSchema; part: JsonSchema | boolean; object: JsonSchema }>(
    (tie) => ({
      simple: fc.oneof(
        record({
          type: fc.constantFrom('string', ['string', 'null'], 'STRING'),
          minLength: only(fc.constant(1)),
          maxLength: only(fc.constant(4)),
          pattern: only(fc.constantFrom('^[a-c]+$', '^x', '^a(?=b)')),
          format: optional(loose ? fc.constantFrom('date', 'date-time', 'email', 'uri', 'odd') : fc.constant('odd')),
          nullable: optional(fc.constant(true)),
          ...annotation,
        }),
        record({
          type: fc.constantFrom('integer', 'number', ['integer', 'null']),
          minimum: only(fc.integer({ min: -2, max: 2 })),
          exclusiveMinimum: only(fc.constantFrom(0, 0.5)),
          exclusiveMaximum: only(fc.constant(10)),
          maximum: only(fc.integer({ min: 3, max: 9 })),
          multipleOf: only(fc.constantFrom(1, 2)),
          ...annotation,
        }),
        record({ type: fc.constantFrom('boolean', 'null', ['boolean', 'null']), default: optional(fc.constant(true)) }),
        record({ type: fc.constant(['string', 'integer', 'boolean', 'null']), description: annotation.description }),
        fc.uniqueArray(scalarValue, { minLength: 1, maxLength: 4 }).map((values) => ({ enum: values })),
        jsonValue.map((value) => ({ const: value })),
        fc.constantFrom({}, { description: 'Anything.' }),
        ...(refs.length > 0 ? [fc.constantFrom(...refs).map((name) => ({ $ref: `#/$defs/${name}` }))] : []),
      ),
      object: record({
        type: fc.constantFrom('object', ['object', 'null'], undefined),
        properties: fc
          .uniqueArray(fc.tuple(key, tie('part')), { maxLength: 3, selector: ([name]) => name })
          .map(Object.fromEntries),
        required: optional(fc.uniqueArray(key, { maxLength: 3 })),
        additionalProperties: optional(fc.oneof(fc.boolean(), tie('simple'))),
        patternProperties: only(tie('simple').map((schema) => ({ '^x': schema }))),
        propertyNames: only(fc.constantFrom({ type: 'string' }, { enum: ['a', 'x'] }, { pattern: '^[a-c]+$' })),
        minProperties: only(fc.constant(1)),
        ...annotation,
      }),
      part: fc.oneof({ weight: 12, arbitrary: tie('schema') }, { weight: 1, arbitrary: fc.boolean() }),
      schema: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        tie('simple'),
        tie('object'),
        record({
          type: fc.constant('object'),
          additionalProperties: tie('schema'),
          propertyNames: optional(fc.constant({ type: 'string' })),
        }),
        record({
          type: fc.constantFrom('array', ['array', 'null']),
          items: optional(tie('part')),
          minItems: only(fc.constantFrom(1, 2)),
          maxItems: only(fc.constant(3)),
          uniqueItems: only(fc.boolean()),
          ...annotation,
        }),
        record({
          type: fc.constant('array'),
          prefixItems: fc.array(tie('schema'), { minLength: 1, maxLength: 2 }),
          items: optional(tie('part')),
          minItems: optional(fc.constantFrom(1, 2, 3)),
        }),
        record({ anyOf: fc.array(tie('part'), { minLength: 1, maxLength: 3 }), description: annotation.description }),
        record({ oneOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
        record({
          allOf: fc.array(fc.oneof(tie('object'), tie('simple')), { minLength: 1, maxLength: 2 }),
          description: annotation.description,
        }),
        record({
          type: fc.constant('object'),
          properties: fc.constant({ a: { type: 'string' }, b: {} }),
          anyOf: fc.constant([{ required: ['a'] }, { required: ['b'] }]),
        }),
        record({
          $ref: refs.length > 0 ? fc.constantFrom(...refs).map((name) => `#/$defs/${name}`) : fc.constant('#'),
          description: annotation.description,
        }),
        ...(loose ? [tie('schema').map((schema) => ({ ...schema, not: { type: 'boolean' } }))] : []),
      ),
    }),
  );
  return fc
    .record({ root: nested.schema, node: nested.object, leaf: schemaWithoutRefs(loose, refs) })
    .map(({ root, node, leaf }) =>
      JSON.stringify(root).includes('"$ref"') && refs.length > 0 ? { ...root, $defs: { node, leaf } } : root,
    );
}

/** Definitions that refer to nothing, so that not every schema is recursive. */
const schemaWithoutRefs = (loose: boolean, refs: readonly string[]): fc.Arbitrary<JsonSchema> =>
  refs.length > 0 ? schemaArbitrary(loose, []) : fc.constant({});

/** A value meant to fit the schema, made by following it; undefined where that fails. The result needs checking. */
export function sample(schema: unknown, root: JsonSchema, pick: (count: number) => number, depth = 0): unknown {
  const choose = <T>(list: readonly T[]): T => list[pick(list.length)]!;
  if (depth > 12) return undefined;
  if (!isObject(schema)) return choose(['x', 1, null, { a: 1 }]);
  const inner = (part: unknown): unknown => sample(part, root, pick, depth + 1);
  if (schema['nullable'] === true && pick(3) === 0) return null;
  if (typeof schema['$ref'] === 'string') return inner(resolveRef(root, schema['$ref']));
  const parts = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(parts)) return inner(choose(parts));
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return choose(schema['enum'] as unknown[]);
  const number = (name: string, otherwise: number): number =>
    typeof schema[name] === 'number' ? schema[name] : otherwise;
  switch (choose([schema['type']].flat())) {
    case 'null':
      return null;
    case 'boolean':
      return pick(2) === 0;
    case 'integer':
    case 'number':
      return number('minimum', number('exclusiveMinimum', -1)) + choose([0, 1, 2, 3, 0.5]);
    case 'string': {
      const known = examples[String(schema['pattern'] ?? schema['format'])];
      return choose(known ?? ['', 'a', 'abc', '{"a":1}', '[1]', '"q"', '5', 'null', 'hello', 'x1']);
    }
    case 'array': {
      const prefix = Array.isArray(schema['prefixItems']) ? (schema['prefixItems'] as unknown[]) : [];
      const least = number('minItems', 0);
      const length = Math.min(least + pick(3), number('maxItems', Infinity));
      return Array.from({ length }, (_, index) => inner(prefix[index] ?? schema['items'] ?? true));
    }
    case 'object': {
      const required = Array.isArray(schema['required']) ? schema['required'] : [];
      const properties = Object.entries(isObject(schema['properties']) ? schema['properties'] : {});
      const chosen = properties.filter(([name]) => required.includes(name) || pick(2) === 0);
      const out = chosen.map(([name, part]): [string, unknown] => [name, inner(part)]);
      const others = schema['additionalProperties'];
      if (others !== undefined && others !== false && pick(2) === 0) out.push([choose(['extra', 'x9']), inner(others)]);
      for (const name of required)
        if (!out.some(([one]) => one === name)) out.push([String(name), inner(others ?? true)]);
      return Object.fromEntries(out);
    }
    default:
      return choose<unknown>(['x', 1, null, { a: 1 }, [2]]);
  }
}
