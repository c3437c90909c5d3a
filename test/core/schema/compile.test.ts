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

describe('compileSchema', () => {
  it('gives the very object back when nothing has to change, with nothing to invert', () => {
    const schema = strict({ a: { type: 'string', description: 'A.' }, b: { type: ['number', 'null'] } });
    for (const dialect of ['json_schema', 'openai_strict', 'anthropic', 'gemini_json'] as const)
      expect(compileSchema(schema, dialect)).toEqual({ schema, changes: [], invert: identity });
    expect(compileSchema(schema, 'openai_strict').schema).toBe(schema);
  });

  it('leaves any schema as it is for json_schema', () => {
    const schema = { oneOf: [{ not: {} }], $ref: 'nowhere' };
    expect(compileSchema(schema, 'json_schema')).toEqual({ schema, changes: [], invert: identity });
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
      anyOf: [strict({ a: text, b: orNull }, ['a', 'b']), strict({ a: orNull, b: text }, ['a', 'b'])],
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
    expect(compileSchema({ type: 'object', properties: {} }, 'openai_strict').schema).toEqual(strict({}));
  });
});

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
    expect(compileSchema(schema, 'gemini_json')).toEqual({ schema, changes: [], invert: identity });
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
