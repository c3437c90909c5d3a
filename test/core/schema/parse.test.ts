import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { compileSchema } from '../../../src/core/schema/compile.js';
import { invertText, parseAnswer } from '../../../src/core/schema/parse.js';
import { readResponseFormat } from '../../../src/core/schema/source.js';
import type { Dialect } from '../../../src/core/schema/dialects.js';
import type { Validated } from '../../../src/core/schema/source.js';

async function parse(format: unknown, dialect: Dialect, content: string): Promise<Validated> {
  const source = await readResponseFormat(format);
  if (source.kind !== 'schema') throw new Error('taken for OpenAI’s form');
  return parseAnswer(content, compileSchema(source.schema, dialect), source);
}

const person = z.object({ name: z.string(), born: z.string().transform(Number).optional() });

describe('parseAnswer', () => {
  it('gives the schema’s value, with the compiler’s changes undone', async () => {
    expect(await parse(person, 'openai_strict', ' {"name":"A","born":null}\n')).toEqual({ value: { name: 'A' } });
    expect(await parse(person, 'openai_strict', '{"name":"A","born":"1970"}')).toEqual({
      value: { name: 'A', born: 1970 },
    });
    expect(await parse({ type: 'array', items: { type: 'number' } }, 'anthropic', '{"value":[1]}')).toEqual({
      value: [1],
    });
  });

  it('gives the issues, with paths into the inverted value', async () => {
    expect(
      await parse({ type: 'array', items: { type: 'number', minimum: 1 } }, 'anthropic', '{"value":[1,0]}'),
    ).toEqual({
      issues: [{ path: '[1]', message: 'must be >= 1' }],
    });
  });

  it.each([
    ['', 'the answer is empty'],
    ['  \n', 'the answer is empty'],
    ['{"name":"A"', 'the answer is not JSON'],
    ['```json\n{"name":"A"}\n```', 'the answer is not JSON'],
    ['Sure: {"name":"A"}', 'the answer is not JSON'],
  ])('takes nothing but JSON: %j', async (content, message) => {
    expect(await parse(person, 'openai_strict', content)).toEqual({ issues: [{ path: '', message }] });
  });
});

describe('invertText', () => {
  const tool = {
    type: 'object',
    properties: { query: { type: 'string' }, limit: { type: 'integer' } },
    required: ['query'],
  };

  it('undoes the changes in a tool’s arguments', () => {
    expect(invertText('{"query":"x","limit":null}', compileSchema(tool, 'openai_strict'))).toBe('{"query":"x"}');
  });

  it('leaves the text alone when there is nothing to undo, or it is not JSON', () => {
    const text = '{ "query": "x", "limit": 1 }';
    expect(invertText(text, compileSchema(tool, 'gemini_json'))).toBe(text);
    expect(invertText('{"query":', compileSchema(tool, 'openai_strict'))).toBe('{"query":');
  });
});
