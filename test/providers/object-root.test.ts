/** Schemas of tools for APIs that want one plain object at the root. */
import { describe, expect, test } from 'vitest';
import { objectRoot, typedRoot } from '../../providers/shared/object-root.js';
import { createCallm, type JsonObject } from '../../src/index.js';

const text = { type: 'string' };
const object = (properties: JsonObject, required: string[] = [], more: JsonObject = {}): JsonObject => ({
  type: 'object',
  properties,
  ...(required.length > 0 && { required }),
  ...more,
});

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    Object.freeze(value);
    Object.values(value).forEach(frozen);
  }
  return value;
}
const plain = (schema: JsonObject, strict = false): JsonObject => objectRoot(frozen(schema), strict).schema;

describe('a root', () => {
  test('that is an object stays the very object', () => {
    const schema = object({ a: { anyOf: [text, { type: 'null' }] } }, ['a']);
    expect(objectRoot(schema)).toEqual({ schema });
    expect(objectRoot(schema).schema).toBe(schema);
    expect(typedRoot(schema)).toBe(schema);
  });

  test('of alternatives has all of their properties, and requires what all of them require', () => {
    const schema = {
      anyOf: [object({ a: text, b: text }, ['a', 'b']), object({ a: text, c: { type: 'integer' } }, ['a', 'c'])],
    };
    expect(plain(schema)).toEqual(
      object({ a: text, b: text, c: { type: 'integer' } }, ['a'], {
        description: 'At least one of these sets of properties must be given: a and b; a and c.',
      }),
    );
  });

  test('of alternatives that say different things of a property allows each', () => {
    const schema = {
      oneOf: [object({ a: text, k: { const: 1 } }), object({ a: { type: 'integer' }, k: { enum: [2, 3] } })],
    };
    expect(plain(schema)['properties']).toEqual({ a: { anyOf: [text, { type: 'integer' }] }, k: { enum: [1, 2, 3] } });
  });

  test('closed in every alternative stays closed, and open where one is open', () => {
    const closed = { additionalProperties: false };
    const [a, b] = [object({ a: text }, [], closed), object({ b: text }, [], closed)];
    expect(plain({ oneOf: [a, b] })['additionalProperties']).toBe(false);
    expect(plain({ oneOf: [a, object({ b: text })] })['additionalProperties']).toBeUndefined();
  });

  test('leaves out alternatives that no input can be', () => {
    const schema = {
      anyOf: [object({ a: text }, ['a']), { type: 'null' }, { type: 'array', items: text }, { const: 3 }, false],
    };
    expect(plain(schema)).toEqual(object({ a: text }, ['a']));
    expect(plain({ anyOf: [text, { type: 'null' }] })).toEqual(object({}));
  });

  test('of parts says what all of them say', () => {
    const schema = {
      description: 'A place.',
      allOf: [
        { $ref: '#/$defs/Point' },
        object({ x: { minimum: 0 }, name: text }, ['name'], { description: 'Named.' }),
      ],
      $defs: { Point: object({ x: { type: 'number' }, y: { type: 'number' } }, ['x', 'y']) },
    };
    expect(plain(schema)).toEqual({
      ...object({ x: { type: 'number', minimum: 0 }, y: { type: 'number' }, name: text }, ['x', 'y', 'name']),
      description: 'A place.\nNamed.',
      $defs: schema.$defs,
    });
    expect(plain({ allOf: [object({ a: text }), object({ a: { type: 'integer' } })] })['properties']).toEqual({
      a: { allOf: [text, { type: 'integer' }] },
    });
  });

  test('that refers, or whose alternatives do, is written out', () => {
    const Named = object({ port: text }, ['port']);
    expect(plain({ $ref: '#/definitions/Named', definitions: { Named } })).toEqual({
      ...Named,
      definitions: { Named },
    });
    const nested = {
      anyOf: [{ $ref: '#/$defs/Either' }, object({ c: text })],
      $defs: { Either: { oneOf: [Named, object({ b: text })] } },
    };
    expect(plain(nested)['properties']).toEqual({ port: text, b: text, c: text });
  });

  test('that leads back to itself, or nowhere, comes to an end', () => {
    expect(plain({ $ref: '#' })).toEqual(object({}));
    const schema = { anyOf: [{ $ref: '#' }, object({ a: text })], properties: { b: text } };
    expect(plain(schema)['properties']).toEqual({ a: text, b: text });
    expect(plain({ $ref: '#/$defs/None' })).toEqual(object({}));
    const wide: JsonObject = { $defs: {} };
    for (let i = 0; i < 40; i++)
      (wide['$defs'] as JsonObject)[`L${i}`] = {
        anyOf: Array.from({ length: 8 }, () => ({ $ref: `#/$defs/L${i + 1}` })),
      };
    expect(plain({ ...wide, $ref: '#/$defs/L0' })).toMatchObject({ type: 'object' });
  });

  test('asks for nothing in words where an alternative asks for nothing', () => {
    expect(plain({ anyOf: [object({ a: text }, ['a']), object({ b: text })] })['description']).toBeUndefined();
  });

  test('of literals is plain only where they are refused', () => {
    const schema = object({ a: text, b: text }, [], { not: { required: ['a', 'b'] }, enum: [{ a: '1' }] });
    expect(objectRoot(schema).schema).toBe(schema);
    expect(objectRoot(schema, true)).toEqual({
      schema: object({ a: text, b: text }),
      change: 'enum at the root left out; not at the root left out',
    });
  });

  test('without a type is said to be an object, unless it is something else', () => {
    expect(typedRoot({})).toEqual(object({}));
    expect(typedRoot({ properties: { a: text } })).toEqual(object({ a: text }));
    expect(typedRoot({ type: ['object', 'null'], properties: {} })).toEqual(object({}));
    expect(typedRoot({ anyOf: [{}] })).toEqual({ anyOf: [{}], type: 'object' });
    for (const other of [text, { enum: [1] }]) expect(typedRoot(other)).toBe(other);
  });
});

describe('OpenAI', () => {
  const union = { anyOf: [object({ a: text }, ['a']), object({ b: text }, ['b'])] };
  const send = async (model: string, more: JsonObject) => {
    const input = { model, messages: [{ role: 'user', content: '?' }], api_base: 'https://x.example.com/v1', ...more };
    const { body, warnings } = await createCallm({ env: {}, api_key: 'k' }).dryRun('chat', input);
    return { body: body as JsonObject, told: warnings.map(({ type, param }) => `${type} ${param}`) };
  };

  test.each([
    ['openai/gpt-4.1', true],
    ['openai/ft:gpt-4o-mini:acme', true],
    ['openai/o3', true],
    ['openai/gpt-5.2', false],
    ['openai/an-unknown-model', false],
    ['groq/openai/gpt-oss-120b', undefined],
  ])('%s: alternatives at the root', async (model, merged) => {
    const { body, told } = await send(model, {
      tools: [{ type: 'function', function: { name: 'f', parameters: union } }],
    });
    const [{ function: sent }] = body['tools'] as [{ function: JsonObject }];
    const parameters = sent['parameters'] as JsonObject;
    expect(parameters['type']).toBe(merged === undefined ? undefined : 'object');
    expect('anyOf' in parameters).toBe(merged !== true);
    expect(told).toEqual(merged === undefined ? [] : ['schema tools[0].function.parameters']);
  });

  test('functions are treated alike', async () => {
    const { body, told } = await send('openai/gpt-4.1', {
      functions: [{ name: 'f', parameters: union }, { name: 'g' }],
    });
    const [first, second] = body['functions'] as JsonObject[];
    expect(first?.['parameters']).toMatchObject(object({ a: text, b: text }));
    expect(second).toEqual({ name: 'g' });
    expect(told).toEqual(['schema functions[0].parameters']);
  });
});
