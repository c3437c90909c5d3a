import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import * as mini from 'zod/mini';
import * as z3 from 'zod/v3';
import { BadRequestError } from '../../../src/core/errors.js';
import { readResponseFormat } from '../../../src/core/schema/source.js';
import type { SchemaSource } from '../../../src/core/schema/source.js';

async function schemaOf(format: unknown): Promise<SchemaSource> {
  const source = await readResponseFormat(format);
  if (source.kind !== 'schema') throw new Error('taken for OpenAI’s form');
  return source;
}

async function refusalOf(format: unknown): Promise<string> {
  const error: unknown = await readResponseFormat(format).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BadRequestError);
  expect(error).toMatchObject({ param: 'response_format', status_code: 400 });
  return (error as Error).message;
}

const person = {
  type: 'object',
  properties: { name: { type: 'string' }, age: { type: 'number' } },
  required: ['name'],
};

describe('readResponseFormat', () => {
  it.each([
    [{ type: 'text' }],
    [{ type: 'json_object' }],
    [{ type: 'json_object', schema: person }],
    [{ type: 'json_schema', json_schema: { name: 'x', schema: person, strict: true } }],
    [{ type: 'grammar', grammar: '' }],
  ])('passes on OpenAI’s form %j', async (format) => {
    expect(await readResponseFormat(format)).toEqual({ kind: 'native', format });
  });

  it('takes a JSON Schema, and gives valid values as they are', async () => {
    const source = await schemaOf({ ...person, title: 'A person / human' });
    expect(source.name).toBe('A_person_human');
    expect(source.schema).toEqual({ ...person, title: 'A person / human' });
    const value = { name: 'A' };
    const result = await source.validate(value);
    expect('value' in result && result.value).toBe(value);
    expect(await source.validate({ name: 1 })).toEqual({
      issues: [{ path: 'name', message: 'must be string, is number' }],
    });
  });

  it.each([
    [{ anyOf: [{ type: 'string' }] }],
    [{ enum: ['a'] }],
    [{ $ref: '#/$defs/a', $defs: { a: {} } }],
    [{ type: ['string', 'null'] }],
    [{ type: 'STRING' }],
  ])('takes %j for a JSON Schema', async (format) => {
    const source = await schemaOf(format);
    expect(source.schema).toBe(format);
    expect(source.name).toBe('response');
  });

  it('reads the same input once', async () => {
    const schema = z.object({ a: z.string() });
    expect((await schemaOf(schema)).schema).toBe((await schemaOf(schema)).schema);
  });

  it.each([
    ['zod', z.object({ name: z.string(), age: z.number().optional() })],
    ['zod/mini', mini.object({ name: mini.string(), age: mini.optional(mini.number()) })],
    ['arktype', type({ name: 'string', 'age?': 'number' })],
  ])('takes a schema of %s', async (_library, schema) => {
    const source = await schemaOf(schema);
    expect(source.schema).toMatchObject(person);
    expect(source.schema).not.toHaveProperty('$schema');
    expect(await source.validate({ name: 'A', age: 1 })).toEqual({ value: { name: 'A', age: 1 } });
    const wrong = await source.validate({ name: 1 });
    expect('issues' in wrong && wrong.issues[0]).toMatchObject({ path: 'name', message: expect.any(String) });
  });

  it('takes a schema of valibot that has been given JSON Schema support', async () => {
    const schema = v.object({ name: v.string(), tags: v.array(v.string()) });
    const standard = {
      '~standard': { ...schema['~standard'], jsonSchema: { input: () => person, output: () => person } },
    } satisfies StandardSchemaV1 & StandardJSONSchemaV1;
    const source = await schemaOf(standard);
    expect(source.schema).toEqual(person);
    const wrong = await source.validate({ name: 'A', tags: ['x', 1] });
    expect('issues' in wrong && wrong.issues.map((issue) => issue.path)).toEqual(['tags[1]']);
  });

  it('asks for the input, which the model writes, and gives the output', async () => {
    const schema = z.object({ length: z.string().transform((text) => text.length), tone: z.string().default('plain') });
    const source = await schemaOf(schema);
    expect(source.schema).toMatchObject({ properties: { length: { type: 'string' } }, required: ['length'] });
    expect(await source.validate({ length: 'abc' })).toEqual({ value: { length: 3, tone: 'plain' } });
  });

  it('waits for asynchronous validation', async () => {
    const schema = z.object({ a: z.string().refine(async (text) => text !== 'no', 'not that') });
    const source = await schemaOf(schema);
    expect(await source.validate({ a: 'no' })).toEqual({ issues: [{ path: 'a', message: 'not that' }] });
  });

  it('falls back to draft 7 where the present draft is not offered', async () => {
    const standard = {
      '~standard': {
        version: 1,
        vendor: 'own',
        jsonSchema: {
          input: ({ target }: { target: string }) => {
            if (target !== 'draft-07') throw new Error('only draft-07');
            return { $schema: 'http://json-schema.org/draft-07/schema#', type: 'string' };
          },
        },
      },
    };
    expect((await schemaOf(standard)).schema).toEqual({ type: 'string' });
  });

  it('says what to do when JSON Schema cannot be had', async () => {
    expect(await refusalOf(z3.object({}))).toContain('use zod 4');
    expect(await refusalOf(v.object({}))).toContain('toStandardJsonSchema');
    expect(await refusalOf(z.object({ at: z.date() }))).toContain('Date cannot be represented');
    expect(await refusalOf(mini.date())).toContain('Date cannot be represented');
    expect(await refusalOf({ '~standard': { version: 1, vendor: 'own' } })).toContain('no JSON Schema support');
  });

  it('refuses what is none of these, anew each time', async () => {
    for (const format of ['json', 1, null, [], {}, { name: 'x', schema: {} }, () => 1])
      expect(await refusalOf(format)).toContain('response_format');
    const format = {};
    const [first, second] = await Promise.all(
      [1, 2].map(() => readResponseFormat(format).catch((error: unknown) => error)),
    );
    expect(first).toBeInstanceOf(BadRequestError);
    expect(await readResponseFormat(format).catch((error: unknown) => error)).not.toBe(second);
  });

  it('refuses a $ref that leads nowhere before anything is sent', async () => {
    expect(await refusalOf({ type: 'array', items: { $ref: 'other.json' } })).toContain('other.json');
    expect(await refusalOf({ $defs: { a: { not: { $ref: '#/$defs/b' } } }, type: 'string' })).toContain('#/$defs/b');
  });
});
