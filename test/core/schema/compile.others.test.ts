import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { compileSchema } from '../../../src/core/schema/compile.js';
import type { Dialect, JsonSchema } from '../../../src/core/schema/dialects.js';
import { identity } from '../../../src/core/schema/invert.js';

const strict = (properties: JsonSchema, required = Object.keys(properties)): JsonSchema => ({
  type: 'object',
  properties,
  required,
  additionalProperties: false,
});
/** The compiled form of one property of a closed object. */
const inside = (part: unknown, dialect: Dialect): unknown => {
  const { schema } = compileSchema(strict({ x: part }), dialect);
  return (schema['properties'] as JsonSchema)['x'];
};
const weaker = (schema: JsonSchema, dialect: Dialect): string[] =>
  compileSchema(schema, dialect)
    .changes.filter((change) => change.weaker)
    .map(({ path, what }) => `${path} ${what}`);

describe('anthropic', () => {
  it('closes objects, leaves optional properties optional, and tells limits in the description', () => {
    const { schema, changes } = compileSchema(
      {
        type: 'object',
        properties: {
          age: { type: 'integer', minimum: 0, maximum: 150 },
          tags: { type: 'array', items: { type: 'string', maxLength: 9 }, minItems: 2, maxItems: 5 },
          mail: { type: 'string', format: 'email', pattern: '^.+@.+$' },
          word: { type: 'string', pattern: '\\bword\\b' },
        },
        required: ['age'],
      },
      'anthropic',
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        age: { type: 'integer', description: 'Constraints: {"minimum":0,"maximum":150}' },
        tags: {
          type: 'array',
          items: { type: 'string', description: 'Constraints: {"maxLength":9}' },
          minItems: 1,
          description: 'Constraints: {"minItems":2,"maxItems":5}',
        },
        mail: { type: 'string', format: 'email', pattern: '^.+@.+$' },
        word: { type: 'string', description: 'Constraints: {"pattern":"\\\\bword\\\\b"}' },
      },
      required: ['age'],
      additionalProperties: false,
    });
    expect(changes.filter((change) => change.weaker).map((change) => change.path)).toEqual([
      '#/properties/age',
      '#/properties/tags/items',
      '#/properties/tags',
      '#/properties/word',
    ]);
  });

  it('does not count the limits of safe integers as a loss', () => {
    const schema = strict({ n: { type: 'integer', minimum: -9007199254740991, maximum: 9007199254740991 } });
    expect(compileSchema(schema, 'anthropic').schema).toEqual(strict({ n: { type: 'integer' } }));
    expect(weaker(schema, 'anthropic')).toEqual([]);
  });

  it('ends recursion in JSON text', () => {
    const { schema, invert, changes } = compileSchema(
      {
        $ref: '#/$defs/Node',
        $defs: {
          Node: {
            title: 'Node',
            type: 'object',
            properties: {
              v: { type: 'number' },
              meta: { type: 'object', additionalProperties: { type: 'string' } },
              kids: { type: 'array', items: { $ref: '#/$defs/Node' } },
            },
            required: ['v'],
          },
        },
      },
      'anthropic',
    );
    expect((schema['properties'] as JsonSchema)['kids']).toEqual({
      type: 'array',
      items: { type: 'string', description: 'Like Node, written as JSON text.' },
    });
    expect(changes).toContainEqual({
      path: '#/properties/kids/items',
      what: 'recursion: written as JSON text',
      weaker: true,
    });
    const kid = JSON.stringify({ v: 2, kids: [{ v: 3 }] });
    const asSent = JSON.stringify({ v: 4, meta: [{ key: 'a', value: 'b' }], kids: ['{"v":5}'] });
    expect(invert({ v: 1, kids: [kid, asSent] })).toEqual({
      v: 1,
      kids: [
        { v: 2, kids: [{ v: 3 }] },
        { v: 4, meta: { a: 'b' }, kids: [{ v: 5 }] },
      ],
    });
    expect(invert({ v: 1, kids: ['no JSON'] })).toEqual({ v: 1, kids: ['no JSON'] });
  });

  it('keeps references that are not recursive, and moves them away from what stands beside them', () => {
    const { schema } = compileSchema(
      {
        ...strict({ a: { $ref: '#/$defs/P' }, b: { $ref: '#/$defs/P', description: 'B.' } }),
        $defs: { P: { type: 'object', properties: { x: { type: 'number' } } } },
      },
      'anthropic',
    );
    expect(schema).toEqual({
      ...strict({ a: { $ref: '#/$defs/P' }, b: { description: 'B.', anyOf: [{ $ref: '#/$defs/P' }] } }),
      $defs: { P: { type: 'object', properties: { x: { type: 'number' } }, additionalProperties: false } },
    });
  });
});

describe('gemini_json', () => {
  it('keeps what the page lists', () => {
    const schema = {
      $defs: { P: { type: 'object', properties: { x: { type: 'number', minimum: 0, maximum: 9 } }, required: ['x'] } },
      type: 'object',
      title: 'T',
      properties: {
        a: { $ref: '#/$defs/P' },
        b: { type: ['string', 'null'], format: 'date', description: 'B.' },
        c: { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' }, minItems: 1, maxItems: 3 },
        d: { anyOf: [{ type: 'integer', enum: [1, 2] }, { type: 'boolean' }], default: 1 },
        e: { type: 'object', additionalProperties: { type: 'string' } },
        f: {},
      },
      required: ['a'],
      additionalProperties: false,
      propertyOrdering: ['b', 'a'],
    };
    expect(compileSchema(schema, 'gemini_json')).toEqual({ schema, changes: [], inverts: false, invert: identity });
  });

  it('says const, exclusive limits and oneOf in the words it knows', () => {
    expect(inside({ type: 'string', const: 'x' }, 'gemini_json')).toEqual({ type: 'string', enum: ['x'] });
    expect(inside({ type: 'integer', exclusiveMinimum: 0, exclusiveMaximum: 9.5 }, 'gemini_json')).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 9,
    });
    expect(inside({ type: 'number', exclusiveMinimum: 0, minimum: 2 }, 'gemini_json')).toEqual({
      type: 'number',
      minimum: 2,
      description: 'Constraints: {"exclusiveMinimum":0}',
    });
    expect(inside({ type: 'boolean', const: true, description: 'Yes.' }, 'gemini_json')).toEqual({
      type: 'boolean',
      description: 'Yes.\nAlways true.',
    });
    expect(inside({ oneOf: [{ type: 'string' }, { type: 'null' }] }, 'gemini_json')).toEqual({
      anyOf: [{ type: 'string' }, { type: 'null' }],
    });
  });

  it('makes the properties of a recursion optional, absent ones standing for empty ones', () => {
    const schema = {
      type: 'object',
      properties: {
        v: { type: 'number' },
        kids: { type: 'array', items: { $ref: '#' } },
        next: { anyOf: [{ $ref: '#' }, { type: 'null' }] },
      },
      required: ['v', 'kids', 'next'],
    };
    const { schema: sent, invert, changes } = compileSchema(schema, 'gemini_json');
    expect(sent['required']).toEqual(['v']);
    expect(changes.map((change) => change.weaker)).toEqual([false, false]);
    expect(invert({ v: 1, kids: [{ v: 2 }] })).toEqual({ v: 1, kids: [{ v: 2, kids: [], next: null }], next: null });
  });
});

describe('gemini_openapi', () => {
  it('inlines references and says null by a flag', () => {
    const { schema } = compileSchema(
      {
        $schema: 'http://json-schema.org/draft-07/schema#',
        type: 'object',
        properties: {
          a: { $ref: '#/$defs/P', description: 'A.' },
          b: { type: ['string', 'null'], default: 'x' },
          c: { anyOf: [{ type: 'integer' }, { type: 'null' }], description: 'C.' },
          d: { type: ['string', 'number', 'null'] },
        },
        required: ['a'],
        additionalProperties: false,
        $defs: { P: { type: 'object', properties: { x: { type: 'number', exclusiveMinimum: 0 } }, description: 'P.' } },
      },
      'gemini_openapi',
    );
    expect(schema).toEqual({
      type: 'object',
      properties: {
        a: {
          type: 'object',
          properties: { x: { type: 'number', minimum: 0, description: 'Constraints: {"exclusiveMinimum":0}' } },
          description: 'A.',
        },
        b: { type: 'string', nullable: true },
        c: { type: 'integer', nullable: true, description: 'C.' },
        d: { anyOf: [{ type: 'string' }, { type: 'number' }], nullable: true },
      },
      required: ['a'],
    });
  });

  it('writes literals as strings and reads them back', () => {
    const { schema, invert } = compileSchema(
      strict({
        n: { type: 'integer', enum: [1, 2] },
        b: { const: true },
        s: { enum: ['', 'a'] },
        m: { enum: ['1', 1, null] },
      }),
      'gemini_openapi',
    );
    expect(schema['properties']).toEqual({
      n: { type: 'string', enum: ['1', '2'] },
      b: { type: 'string', enum: ['true'] },
      s: { type: 'string', enum: ['(empty)', 'a'] },
      m: {
        anyOf: [
          { type: 'string', enum: ['1'] },
          { type: 'string', enum: ['1'] },
        ],
        nullable: true,
      },
    });
    expect(invert({ n: '2', b: 'true', s: '(empty)', m: null })).toEqual({ n: 2, b: true, s: '', m: null });
    expect(invert({ n: 2, b: true, s: 'a', m: '1' })).toEqual({ n: 2, b: true, s: 'a', m: '1' });
  });

  it('cuts recursion, and gives up inlining what grows too large', () => {
    const loop = { type: 'object', properties: { next: { $ref: '#' } } };
    expect(compileSchema(loop, 'gemini_openapi').schema).toEqual({
      type: 'object',
      properties: { next: { type: 'string', description: 'Like the whole answer, written as JSON text.' } },
    });
    const $defs = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [
        `d${n}`,
        { type: 'object', properties: { a: { $ref: `#/$defs/d${n + 1}` }, b: { $ref: `#/$defs/d${n + 1}` } } },
      ]),
    );
    const bomb = { $ref: '#/$defs/d0', $defs: { ...$defs, d30: { type: 'string' } } };
    expect(weaker(bomb, 'gemini_openapi').some((change) => change.includes('too large'))).toBe(true);
  });

  it('leaves an object without properties to the caller, and any other object as it is', () => {
    expect(compileSchema({ type: 'object', properties: {} }, 'gemini_openapi').schema).toEqual({ type: 'object' });
    const any = { type: 'object' };
    expect(compileSchema(any, 'gemini_openapi').schema).toBe(any);
  });

  it('wraps a root that must stay an object', () => {
    const { schema, invert } = compileSchema(
      { type: 'object', additionalProperties: { type: 'number' } },
      'gemini_openapi',
    );
    expect(schema['type']).toBe('object');
    expect(invert({ value: [{ key: 'a', value: 1 }] })).toEqual({ a: 1 });
    const list = { type: 'array', items: { type: 'string' } };
    expect(compileSchema(list, 'gemini_openapi').schema).toBe(list);
  });
});

describe('schemas of zod', () => {
  const schema = z.object({
    name: z.string(),
    nick: z.string().optional(),
    tone: z.string().default('plain'),
    shape: z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('dot') }),
      z.object({ kind: z.literal('line'), to: z.tuple([z.number(), z.number()]) }),
    ]),
    scores: z.record(z.string(), z.int()),
    extra: z.unknown(),
  });
  const json = z.toJSONSchema(schema, { io: 'input' }) as JsonSchema;
  const value = {
    name: 'A',
    tone: 'plain',
    shape: { kind: 'line', to: [1, 2] },
    scores: { a: 1 },
    extra: { b: [null] },
  };

  it.each([
    [
      'openai_strict',
      {
        ...value,
        nick: null,
        shape: { kind: 'line', to: { 0: 1, 1: 2 } },
        scores: [{ key: 'a', value: 1 }],
        extra: '{"b":[null]}',
      },
    ],
    [
      'anthropic',
      {
        ...value,
        shape: { kind: 'line', to: { 0: 1, 1: 2 } },
        scores: [{ key: 'a', value: 1 }],
        extra: '{"b":[null]}',
      },
    ],
    ['gemini_json', value],
    [
      'gemini_openapi',
      {
        ...value,
        shape: { kind: 'line', to: { 0: 1, 1: 2 } },
        scores: [{ key: 'a', value: 1 }],
        extra: '{"b":[null]}',
      },
    ],
  ] as const)('come back whole from %s, without loss', (dialect, answer) => {
    const compiled = compileSchema(json, dialect);
    expect(compiled.changes.filter((change) => change.weaker)).toEqual([]);
    expect(compiled.invert(answer)).toEqual(value);
    expect(schema.parse(compiled.invert(answer))).toEqual(value);
  });
});
