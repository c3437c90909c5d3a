import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { findHints } from '../../src/testing/hints.js';
import { matchPattern } from '../../src/testing/pattern-instance.js';
import { instanceOf } from '../../src/testing/schema-instance.js';

const ajv = new Ajv2020({ strict: false, allErrors: true });
addFormats.default(ajv);

/** An instance that has been checked against its schema. */
function instance(schema: object, text = 'Compare Paris and Oslo in 2030', optional = true): unknown {
  const value = instanceOf(schema, findHints(text), { optional });
  const validate = ajv.compile(schema);
  if (!validate(value)) throw new Error(`${JSON.stringify(value)} is no instance: ${ajv.errorsText(validate.errors)}`);
  return value;
}

const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest });

describe('hints', () => {
  test.each([
    ["What's the weather in New York today?", ['New York'], []],
    ['Compare Paris and London', ['Paris', 'London'], []],
    ['Ada Lovelace is 36 years old.', ['Ada Lovelace'], [36]],
    ['weather in rome please', ['rome'], []],
    ['Search for "node streams" in Deno', ['node streams', 'Deno'], []],
    ['Add 2.5 to -3', ['3'], [2.5, -3]],
    ['', ['example'], []],
  ])('%s', (text, strings, numbers) => {
    expect(findHints(text)).toEqual({ text, strings, numbers });
  });
});

describe('an instance', () => {
  test('takes names and numbers from the message in order', () => {
    const schema = object({ from: { type: 'string' }, to: { type: 'string' }, year: { type: 'integer' } });
    expect(instance(schema)).toEqual({ from: 'Paris', to: 'Oslo', year: 2030 });
  });

  test('leaves optional properties out when told to, unless nothing is required', () => {
    const properties = { a: { type: 'string' }, b: { type: 'string' } };
    expect(instance(object(properties, { required: ['b'] }), 'Oslo', false)).toEqual({ b: 'Oslo' });
    expect(instance(object(properties), 'Oslo', false)).toEqual({ a: 'Oslo', b: 'Oslo' });
  });

  test('prefers the value of an enum that the message names', () => {
    const schema = { enum: ['celsius', 'fahrenheit'] };
    expect(instance(schema, 'in Fahrenheit please')).toBe('fahrenheit');
    expect(instance(schema, 'how warm')).toBe('celsius');
  });

  const schemas: Record<string, object> = {
    const: { const: { a: [1] } },
    'a nullable type': { type: ['null', 'integer'], minimum: 5 },
    'bounds below the hint': { type: 'integer', minimum: 1, maximum: 10 },
    'bounds above the hint': { type: 'number', minimum: 5000.5 },
    'exclusive bounds': { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 0.5 },
    'exclusive integer bounds': { type: 'integer', exclusiveMinimum: 3, exclusiveMaximum: 5 },
    multiples: { type: 'number', multipleOf: 0.1, minimum: 0.25, maximum: 1 },
    'integer multiples': { type: 'integer', multipleOf: 7, maximum: 100 },
    'a long string': { type: 'string', minLength: 40 },
    'a short string': { type: 'string', maxLength: 2 },
    'a short string of wide characters': { type: 'string', minLength: 3, maxLength: 3 },
    'an exact list': { type: 'array', items: { type: 'integer' }, minItems: 4, maxItems: 4 },
    'a set of strings': { type: 'array', items: { type: 'string' }, minItems: 6, uniqueItems: true },
    'a set of an enum': { type: 'array', items: { enum: ['a', 'b', 'c'] }, minItems: 3, uniqueItems: true },
    'a set of bounded numbers': {
      type: 'array',
      items: { type: 'integer', minimum: 1, maximum: 3 },
      minItems: 3,
      uniqueItems: true,
    },
    'a set of objects': {
      type: 'array',
      items: object({ n: { type: 'integer' } }, { required: ['n'] }),
      minItems: 3,
      uniqueItems: true,
    },
    'a tuple': { type: 'array', prefixItems: [{ type: 'string' }, { type: 'boolean' }], items: false, minItems: 2 },
    'an empty list': { type: 'array', maxItems: 0 },
    'a required name without a schema': object({}, { required: ['x'], additionalProperties: { type: 'boolean' } }),
    'a map with a least size': { type: 'object', additionalProperties: { type: 'number' }, minProperties: 2 },
    'a map with named keys': {
      type: 'object',
      propertyNames: { pattern: '^k\\d+$' },
      additionalProperties: true,
      minProperties: 1,
    },
    'least properties of optional ones': object({ a: { type: 'string' }, b: { type: 'string' } }, { minProperties: 2 }),
    anyOf: { anyOf: [{ type: 'null' }, object({ kind: { const: 'a' } }, { required: ['kind'] })] },
    'anyOf beside properties': object(
      { a: { type: 'string' }, b: { type: 'integer' } },
      { anyOf: [{ required: ['a'] }, { required: ['b'] }] },
    ),
    oneOf: {
      oneOf: [object({ t: { const: 1 } }, { required: ['t'], additionalProperties: false }), { type: 'string' }],
    },
    allOf: {
      allOf: [{ $ref: '#/$defs/a' }, object({ b: { type: 'string' } }, { required: ['b'] })],
      $defs: { a: object({ a: { type: 'integer' } }, { required: ['a'] }) },
    },
    '$ref with escapes': { $ref: '#/$defs/a~1b%20c', $defs: { 'a/b c': { type: 'integer' } } },
    '$ref with siblings': object(
      { a: { $ref: '#/$defs/s', minLength: 30 } },
      { required: ['a'], $defs: { s: { type: 'string' } } },
    ),
    'a linked list': object(
      { value: { type: 'integer' }, next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
      { required: ['value', 'next'] },
    ),
    'a tree': object({ children: { type: 'array', items: { $ref: '#' }, minItems: 0 } }, { required: ['children'] }),
    'an expression, objects first': {
      $ref: '#/$defs/e',
      $defs: {
        e: {
          anyOf: [
            object(
              { op: { enum: ['+'] }, left: { $ref: '#/$defs/e' }, right: { $ref: '#/$defs/e' } },
              { required: ['op', 'left', 'right'] },
            ),
            { type: 'number' },
          ],
        },
      },
    },
    'two schemas that need each other': {
      $ref: '#/$defs/a',
      $defs: {
        a: object({ b: { $ref: '#/$defs/b' } }, { required: ['b'] }),
        b: object({ a: { anyOf: [{ $ref: '#/$defs/a' }, { type: 'string' }] } }, { required: ['a'] }),
      },
    },
    true: object({ any: true }, { required: ['any'] }),
    'no type': { properties: { a: { items: { minimum: 3 } } }, required: ['a'] },
  };
  test.each(Object.entries(schemas))('is valid: %s', (_name, schema) => {
    for (const text of ['Compare Paris and Oslo in 2030', '', 'Über 🙂🙂🙂🙂']) {
      expect(() => instance(schema, text)).not.toThrow();
      expect(() => instance(schema, text, false)).not.toThrow();
    }
  });

  test('of a list of objects takes each entry from the message', () => {
    const person = object({ name: { type: 'string' }, age: { type: 'integer' } });
    expect(instance({ type: 'array', items: person }, 'Ada is 36 and Grace is 40')).toEqual([
      { name: 'Ada', age: 36 },
      { name: 'Grace', age: 40 },
    ]);
  });

  test('of a recursive schema stays small', () => {
    const list = schemas['a linked list'] ?? {};
    expect(instance(list)).toEqual({ value: 2030, next: { value: 2030, next: null } });
    expect(JSON.stringify(instance(schemas['an expression, objects first'] ?? {})).length).toBeLessThan(100);
  });

  test.each([
    'date',
    'date-time',
    'time',
    'duration',
    'email',
    'hostname',
    'uri',
    'uri-reference',
    'uuid',
    'ipv4',
    'ipv6',
  ])('has the format %s, many times over', (format) => {
    const list = instance({ type: 'array', items: { type: 'string', format }, minItems: 4, uniqueItems: true });
    expect(list).toHaveLength(4);
  });

  test('of what zod writes is what zod reads', () => {
    const schema = z.object({
      id: z.uuid(),
      email: z.email(),
      when: z.iso.datetime(),
      age: z.number().int().min(18).max(99),
      share: z.number().gt(0).lt(1),
      code: z.string().regex(/^[A-Z]{2}-\d{4}$/),
      tags: z.array(z.string().min(3)).min(1).max(5),
      role: z.enum(['admin', 'user']),
      pet: z.discriminatedUnion('kind', [
        z.object({ kind: z.literal('cat'), lives: z.number() }),
        z.object({ kind: z.literal('dog') }),
      ]),
      scores: z.record(z.enum(['a', 'b']), z.number()),
      pair: z.tuple([z.string(), z.number()]),
      note: z.string().nullable().optional(),
    });
    const value = instance(z.toJSONSchema(schema));
    expect(schema.safeParse(value)).toMatchObject({ success: true });
  });

  test('is valid for any schema of these kinds', () => {
    const { schema } = fc.letrec<{ schema: object }>((tie) => ({
      schema: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.record({ type: fc.constant('string'), minLength: fc.nat(20), maxLength: fc.integer({ min: 20, max: 40 }) }),
        fc.record({
          type: fc.constantFrom('integer', 'number'),
          minimum: fc.integer({ min: -50, max: 50 }),
          maximum: fc.integer({ min: 50, max: 90 }),
        }),
        fc.record({
          type: fc.constant('integer'),
          multipleOf: fc.integer({ min: 1, max: 9 }),
          minimum: fc.integer({ min: -20, max: 20 }),
        }),
        fc.record({ enum: fc.array(fc.oneof(fc.string(), fc.integer(), fc.constant(null)), { minLength: 1 }) }),
        fc.constant({ type: 'boolean' }),
        fc.record({
          type: fc.constant('array'),
          items: tie('schema'),
          minItems: fc.nat(3),
          maxItems: fc.integer({ min: 3, max: 5 }),
        }),
        fc.record({ anyOf: fc.array(tie('schema'), { minLength: 1, maxLength: 3 }) }),
        fc
          .dictionary(
            fc.string({ minLength: 1 }).filter((key) => key !== '__proto__'),
            tie('schema'),
            { maxKeys: 4, noNullPrototype: true },
          )
          .chain((properties) =>
            fc.record({
              type: fc.constant('object'),
              properties: fc.constant(properties),
              required: fc.subarray(Object.keys(properties)),
              additionalProperties: fc.constant(false),
            }),
          ),
      ),
    }));
    fc.assert(
      fc.property(schema, fc.string(), fc.boolean(), (one, text, optional) => {
        expect(instance(one, text, optional)).toEqual(instance(one, text, optional));
      }),
      { numRuns: 150 },
    );
  });
});

describe('a pattern', () => {
  test.each([
    '^[A-Z]{3}-\\d{2,4}$',
    '^(foo|bar)+$',
    '^\\w+@\\w+\\.(com|org)$',
    '^#[0-9a-fA-F]{6}$',
    '^\\+?[1-9]\\d{6,14}$',
    '^(?:a|b)?c*$',
    '^[^a-z]$',
    '^\\p{Lu}\\p{Ll}+$',
    '\\d{3}',
    '^$',
    '^[\\w.-]+/[\\]x]$',
    '^(?<year>\\d{4})-(0[1-9]|1[0-2])$',
    '^\\u0041\\x42\\t$',
    '^.{12,}$',
  ])('%s', (pattern) => {
    expect(matchPattern(pattern)).toMatch(new RegExp(pattern, 'u'));
  });

  test('keeps to lengths', () => {
    expect(matchPattern('^[a-z]+$', 7, 7)).toHaveLength(7);
    expect(matchPattern('^[a-z]{3}$', 5)).toBeUndefined();
  });

  test('that is none, or cannot match, gives nothing', () => {
    expect(matchPattern('(')).toBeUndefined();
    expect(matchPattern('^a\\bb$')).toBeUndefined();
    expect(matchPattern('^(?=.*\\d)[a-z\\d]{8}$')).toBeUndefined();
  });
});
