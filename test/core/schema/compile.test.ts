import { describe, expect, it } from 'vitest';
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

describe('compileSchema', () => {
  it('gives the very object back when nothing has to change, with nothing to invert', () => {
    const schema = strict({ a: { type: 'string', description: 'A.' }, b: { type: ['number', 'null'] } });
    for (const dialect of ['json_schema', 'openai_strict', 'anthropic', 'gemini_json'] as const)
      expect(compileSchema(schema, dialect)).toEqual({ schema, changes: [], inverts: false, invert: identity });
    expect(compileSchema(schema, 'openai_strict').schema).toBe(schema);
  });

  it('leaves any schema as it is for json_schema', () => {
    const schema = { oneOf: [{ not: {} }], $ref: 'nowhere' };
    expect(compileSchema(schema, 'json_schema')).toEqual({ schema, changes: [], inverts: false, invert: identity });
  });

  it('compiles one object once for each dialect', () => {
    const schema = { type: 'object', properties: { a: { type: 'string' } } };
    expect(compileSchema(schema, 'anthropic')).toBe(compileSchema(schema, 'anthropic'));
    expect(compileSchema(schema, 'anthropic')).not.toBe(compileSchema(schema, 'openai_strict'));
  });

  it('does not touch the schema', () => {
    const items = Object.freeze({ oneOf: Object.freeze([Object.freeze({ type: 'string', minLength: 1 })]) });
    const schema: JsonSchema = Object.freeze({ type: 'array', items, description: 'A list.' });
    for (const dialect of ['openai_strict', 'anthropic', 'gemini_json', 'gemini_openapi'] as const)
      expect(compileSchema(schema, dialect).schema).not.toBe(schema);
  });

  it('takes a property named __proto__ for a property', () => {
    const schema = JSON.parse(
      '{"type":"object","properties":{"__proto__":{"type":"string","default":"x"}}}',
    ) as JsonSchema;
    const compiled = compileSchema(schema, 'openai_strict');
    expect(JSON.stringify(compiled.schema)).toBe(
      '{"type":"object","properties":{"__proto__":{"type":["string","null"]}},"required":["__proto__"],"additionalProperties":false}',
    );
    expect(JSON.stringify(compiled.invert(JSON.parse('{"__proto__":"a"}')))).toBe('{"__proto__":"a"}');
    expect(JSON.stringify(compiled.invert(JSON.parse('{"__proto__":null}')))).toBe('{}');
  });
});

describe('openai_strict', () => {
  it('makes optional properties required and nullable, and takes the added nulls out again', () => {
    const { schema, invert, changes } = compileSchema(
      {
        type: 'object',
        properties: {
          name: { type: 'string' },
          age: { type: 'integer', description: 'In years.' },
          nick: { type: ['string', 'null'] },
          kind: { enum: ['a', 'b'], type: 'string' },
          one: { const: 'x', type: 'string' },
          home: { type: 'object', properties: { zip: { type: 'string' } } },
        },
        required: ['name'],
      },
      'openai_strict',
    );
    expect(schema).toEqual(
      strict({
        name: { type: 'string' },
        age: { type: ['integer', 'null'], description: 'In years.' },
        nick: { type: ['string', 'null'] },
        kind: { type: ['string', 'null'], enum: ['a', 'b', null] },
        one: { anyOf: [{ type: 'string', const: 'x' }, { type: 'null' }] },
        home: { anyOf: [strict({ zip: { type: ['string', 'null'] } }), { type: 'null' }] },
      }),
    );
    expect(invert({ name: 'A', age: null, nick: null, kind: null, one: null, home: { zip: null } })).toEqual({
      name: 'A',
      nick: null,
      home: {},
    });
    expect(invert({ name: 'A', age: 3, nick: 'x', kind: 'a', one: 'x', home: null })).toEqual({
      name: 'A',
      age: 3,
      nick: 'x',
      kind: 'a',
      one: 'x',
    });
    expect(changes).toContainEqual({
      path: '#/properties/age',
      what: 'made required, null standing for absent',
      weaker: false,
    });
    expect(changes.some((change) => change.weaker)).toBe(false);
  });

  it.each([
    ['a string', { type: 'string' }, 'text'],
    ['an array', { type: 'array', items: { type: 'number' } }, [1, 2]],
    ['alternatives', { anyOf: [{ type: 'string' }, { type: 'number' }] }, 5],
  ])('wraps a root that is %s', (_name, root, value) => {
    const { schema, invert } = compileSchema(root, 'openai_strict');
    expect(schema).toEqual(strict({ value: root }));
    expect(invert({ value })).toEqual(value);
    expect(invert(value)).toEqual(value);
  });

  it('writes maps as entries', () => {
    const { schema, invert, changes } = compileSchema(
      strict({
        scores: { type: 'object', propertyNames: { type: 'string' }, additionalProperties: { type: 'number' } },
      }),
      'openai_strict',
    );
    expect(schema).toEqual(
      strict({ scores: { type: 'array', items: strict({ key: { type: 'string' }, value: { type: 'number' } }) } }),
    );
    expect(
      invert({
        scores: [
          { key: 'a', value: 1 },
          { key: '__proto__', value: 2 },
        ],
      }),
    ).toEqual({
      scores: Object.fromEntries([
        ['a', 1],
        ['__proto__', 2],
      ]),
    });
    expect(invert({ scores: { a: 1 } })).toEqual({ scores: { a: 1 } });
    expect(changes).toEqual([
      { path: '#/properties/scores', what: 'written as an array of { key, value }', weaker: false },
    ]);
  });

  it('names the properties of a map with listed keys', () => {
    const map = {
      type: 'object',
      propertyNames: { enum: ['p', 'q'] },
      additionalProperties: { type: 'number' },
      required: ['p'],
    };
    expect(inside(map, 'openai_strict')).toEqual(strict({ p: { type: 'number' }, q: { type: ['number', 'null'] } }));
  });

  it('writes a tuple as an object', () => {
    const pair = { type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], items: false, minItems: 2 };
    const more = { type: 'array', prefixItems: [{ type: 'string' }], items: { type: 'number' } };
    const { schema, invert } = compileSchema(strict({ pair, more }), 'openai_strict');
    expect(schema).toEqual(
      strict({
        pair: strict({ 0: { type: 'string' }, 1: { type: 'number' } }),
        more: strict({ 0: { type: 'string' }, rest: { type: 'array', items: { type: 'number' } } }),
      }),
    );
    expect(invert({ pair: { 0: 'a', 1: 2 }, more: { 0: 'b', rest: [3, 4] } })).toEqual({
      pair: ['a', 2],
      more: ['b', 3, 4],
    });
  });

  it('writes a value of any type as JSON text', () => {
    const { schema, invert } = compileSchema(strict({ any: {} }), 'openai_strict');
    expect(schema).toEqual(strict({ any: { type: 'string', description: 'Any JSON value, written as JSON text.' } }));
    expect(invert({ any: '{"a":[1]}' })).toEqual({ any: { a: [1] } });
    expect(invert({ any: 'not JSON' })).toEqual({ any: 'not JSON' });
  });

  it('writes oneOf as anyOf, which is weaker only if the alternatives overlap', () => {
    const kinds = ['a', 'b'].map((kind) => strict({ kind: { type: 'string', const: kind } }));
    expect(inside({ oneOf: kinds }, 'openai_strict')).toEqual({ anyOf: kinds });
    expect(weaker(strict({ x: { oneOf: kinds } }), 'openai_strict')).toEqual([]);
    expect(weaker(strict({ x: { oneOf: [{ type: 'integer' }, { type: 'number' }] } }), 'openai_strict')).toEqual([
      '#/properties/x oneOf written as anyOf',
    ]);
  });

  it.each([
    [[{ type: 'string' }, { type: 'null' }], false],
    [[{ type: 'STRING', nullable: true }, { type: 'null' }], true],
    [[{ anyOf: [{ type: 'string' }], nullable: true }, { type: 'null' }], true],
    [[{ anyOf: [{ type: 'string' }, { type: 'null' }] }, { type: 'number' }], false],
    [[{ enum: ['a', 'b'] }, { enum: ['b', 'c'] }], true],
    [[{ enum: ['a', 'b'] }, { const: 'c' }], false],
    [[strict({ k: { $ref: '#/$defs/one' } }), strict({ k: { const: 2 } })], false],
    [
      [
        { type: 'object', properties: { k: { const: 1 } } },
        { type: 'object', properties: { k: { const: 2 } } },
      ],
      true,
    ],
    [
      [
        { properties: { k: { const: 1 } }, required: ['k'] },
        { properties: { k: { const: 2 } }, required: ['k'] },
      ],
      true,
    ],
  ])('knows which alternatives overlap: %j', (oneOf, overlap) => {
    const schema = { ...strict({ x: { oneOf } }), $defs: { one: { const: 1 } } };
    expect(weaker(schema, 'openai_strict').includes('#/properties/x oneOf written as anyOf')).toBe(overlap);
  });

  it('inverts the alternative that the answer belongs to', () => {
    const { invert } = compileSchema(
      {
        anyOf: [
          {
            type: 'object',
            properties: { kind: { const: 'map' }, map: { type: 'object', additionalProperties: { type: 'number' } } },
            required: ['kind', 'map'],
          },
          {
            type: 'object',
            properties: { kind: { const: 'opt' }, map: { type: 'number' }, key: { type: 'string' } },
            required: ['kind', 'map'],
          },
        ],
      },
      'openai_strict',
    );
    expect(invert({ value: { kind: 'map', map: [{ key: 'a', value: 1 }] } })).toEqual({ kind: 'map', map: { a: 1 } });
    expect(invert({ value: { kind: 'opt', map: 1, key: null } })).toEqual({ kind: 'opt', map: 1 });
  });

  it('merges allOf', () => {
    const schema = {
      type: 'object',
      properties: {
        x: {
          description: 'Both.',
          allOf: [
            { $ref: '#/$defs/base' },
            { type: 'object', properties: { id: { minimum: 3 }, name: { type: 'string' } }, required: ['name'] },
          ],
        },
      },
      required: ['x'],
      $defs: { base: { type: 'object', properties: { id: { type: 'integer', minimum: 1 } }, required: ['id'] } },
    };
    expect(compileSchema(schema, 'openai_strict').schema).toEqual(
      strict({
        x: { ...strict({ id: { type: 'integer', minimum: 3 }, name: { type: 'string' } }), description: 'Both.' },
      }),
    );
    expect(weaker(schema, 'openai_strict')).toEqual([]);
  });

  it('moves what stands beside anyOf into its alternatives', () => {
    const either = {
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    };
    const [text, orNull] = [{ type: 'string' }, { type: ['string', 'null'] }];
    expect(inside(either, 'openai_strict')).toEqual({
      anyOf: [strict({ a: text, b: orNull }, ['a', 'b']), strict({ a: orNull, b: text }, ['b', 'a'])],
    });
  });

  it('keeps recursion, and points references at the root’s definitions', () => {
    const tree = {
      type: 'object',
      properties: { kids: { type: 'array', items: { $ref: '#/definitions/tree' } } },
      required: ['kids'],
    };
    const at = { $ref: '#/$defs/tree' };
    expect(
      compileSchema({ type: 'array', items: { $ref: '#/definitions/tree' }, definitions: { tree } }, 'openai_strict')
        .schema,
    ).toEqual({
      ...strict({ value: { type: 'array', items: at } }),
      $defs: { tree: strict({ kids: { type: 'array', items: at } }) },
    });
    expect(compileSchema({ $ref: '#/definitions/tree', definitions: { tree } }, 'openai_strict').schema).toEqual(
      strict({ kids: { type: 'array', items: { $ref: '#' } } }),
    );
  });

  it('inverts through recursion', () => {
    const { invert } = compileSchema(
      { type: 'object', properties: { label: { type: 'string' }, next: { $ref: '#' }, any: {} }, required: ['any'] },
      'openai_strict',
    );
    expect(invert({ label: null, any: '1', next: { label: 'b', any: '[2]', next: null } })).toEqual({
      any: 1,
      next: { label: 'b', any: [2] },
    });
  });

  it('moves the root’s references along when it is wrapped', () => {
    const { schema, invert } = compileSchema(
      { type: 'array', items: { anyOf: [{ type: 'number' }, { $ref: '#' }] } },
      'openai_strict',
    );
    const list = { type: 'array', items: { anyOf: [{ type: 'number' }, { $ref: '#/$defs/root' }] } };
    expect(schema).toEqual({ ...strict({ value: list }), $defs: { root: list } });
    expect(invert({ value: [1, [2, [3]]] })).toEqual([1, [2, [3]]]);
  });

  it('drops what strict mode refuses and tells it in the description', () => {
    const part = {
      type: 'string',
      description: 'A slug.',
      minLength: 2,
      pattern: '^(?!x)',
      format: 'uri',
      'x-note': 1,
      examples: ['a'],
    };
    expect(inside(part, 'openai_strict')).toEqual({
      type: 'string',
      description: 'A slug.\nConstraints: {"minLength":2,"format":"uri"}',
    });
    expect(weaker(strict({ x: part }), 'openai_strict')).toEqual([
      '#/properties/x dropped minLength, pattern, format, told in the description instead',
    ]);
    expect(inside({ type: 'string', pattern: '^a+$', format: 'date' }, 'openai_strict')).toEqual({
      type: 'string',
      pattern: '^a+$',
      format: 'date',
    });
    expect(
      inside({ type: 'array', items: { type: 'string' }, uniqueItems: true, minItems: 2 }, 'openai_strict'),
    ).toEqual({
      type: 'array',
      items: { type: 'string' },
      minItems: 2,
      description: 'Constraints: {"uniqueItems":true}',
    });
  });

  it('reports references that lead nowhere', () => {
    expect(weaker(strict({ x: { $ref: 'https://x.test/s.json' } }), 'openai_strict')).toEqual([
      '#/properties/x $ref https://x.test/s.json leads nowhere',
    ]);
  });

  it('brings old spellings up to date', () => {
    expect(inside({ type: 'STRING', nullable: true }, 'openai_strict')).toEqual({ type: ['string', 'null'] });
    expect(inside({ type: 'number', minimum: 1, exclusiveMinimum: true }, 'openai_strict')).toEqual({
      type: 'number',
      exclusiveMinimum: 1,
    });
    expect(inside({ type: 'array', items: [{ type: 'string' }], additionalItems: false }, 'openai_strict')).toEqual(
      strict({ 0: { type: 'string' } }),
    );
  });

  it('leaves the added nulls of a tool’s arguments out', () => {
    const { invert } = compileSchema(
      { type: 'object', properties: { query: { type: 'string' }, limit: { type: 'integer' } }, required: ['query'] },
      'openai_strict',
    );
    expect(invert({ query: 'x', limit: null })).toEqual({ query: 'x' });
  });

  it('keeps an object without properties', () => {
    const { schema } = compileSchema({ type: 'object', properties: {} }, 'openai_strict');
    expect(schema).toEqual({ type: 'object', properties: {}, additionalProperties: false });
  });
});
