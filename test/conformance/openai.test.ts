/**
 * What callm returns, held against OpenAI's own OpenAPI description. The description is not part of this repository:
 * where it is absent, the suite says so and skips.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const description = join(root, '../shared/specs/openai.openapi.json.gz');
const present = existsSync(description);
if (!present) console.warn('skipped: ../shared/specs/openai.openapi.json.gz is not there');

type Json = Record<string, unknown>;

/** OpenAPI 3.0's `nullable`, which the description still uses, in JSON Schema's words. */
function plainSchema(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plainSchema);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = Object.fromEntries(
    Object.entries(value).map(([name, entry]) => [name, plainSchema(entry)]),
  );
  if (nullable !== true) return rest;
  if (typeof rest['type'] !== 'string') return { anyOf: [rest, { type: 'null' }] };
  const { enum: values } = rest;
  return {
    ...rest,
    type: [rest['type'], 'null'],
    ...(Array.isArray(values) && { enum: [...(values as unknown[]), null] }),
  };
}

function validators(): Record<'completion' | 'chunk' | 'embeddings', ValidateFunction> {
  const document = plainSchema(JSON.parse(gunzipSync(readFileSync(description)).toString('utf8'))) as Json;
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: true });
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  ajv.addSchema({ $id: 'openai', components: document['components'] });
  const of = (name: string): ValidateFunction => ajv.compile({ $ref: `openai#/components/schemas/${name}` });
  return {
    completion: of('CreateChatCompletionResponse'),
    chunk: of('CreateChatCompletionStreamResponse'),
    embeddings: of('CreateEmbeddingResponse'),
  };
}

interface Vector {
  name: string;
  output?: Json;
  chunks?: Json[];
}

function vectors(endpoint: string): Vector[] {
  const folder = join(root, 'test/vectors');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.includes(`/${endpoint}/`) && path.endsWith('.json'))
    .sort()
    .map((path) => ({ ...(JSON.parse(readFileSync(join(folder, path), 'utf8')) as Vector), name: path }));
}

/** What a clock or a counter decides is not in the vectors. */
const complete = (value: Json): Json => ({ id: 'x', created: 1, ...value });

describe.skipIf(!present)('results have the shape of OpenAI', () => {
  const check = present ? validators() : undefined;
  const problems = (validate: ValidateFunction, value: Json): string[] =>
    validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`);

  test('completions', () => {
    const found = vectors('chat').filter((vector) => vector.output !== undefined);
    expect(found.length).toBeGreaterThan(100);
    const bad = found.flatMap(({ name, output }) =>
      problems(check!.completion, complete(output!)).map((problem) => `${name}: ${problem}`),
    );
    expect(bad).toEqual([]);
  });

  test('chunks', () => {
    const found = vectors('chat').flatMap(({ name, chunks = [] }) => chunks.map((chunk) => ({ name, chunk })));
    expect(found.length).toBeGreaterThan(100);
    const bad = found.flatMap(({ name, chunk }) =>
      problems(check!.chunk, complete(chunk)).map((problem) => `${name}: ${problem}`),
    );
    expect(bad).toEqual([]);
  });

  test('embeddings', () => {
    const found = vectors('embeddings').filter((vector) =>
      Array.isArray((vector.output?.['data'] as Json[] | undefined)?.[0]?.['embedding']),
    );
    expect(found.length).toBeGreaterThan(3);
    const bad = found.flatMap(({ name, output }) =>
      problems(check!.embeddings, output!).map((problem) => `${name}: ${problem}`),
    );
    expect(bad).toEqual([]);
  });
});
