import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../../src/core/spec.js';
import { clientFor } from './client.js';

/** One vector a text or image: its position over all requests is not known here, so its length stands for it. */
const answer = (body: JsonObject): JsonObject => {
  const inputs = (body['texts'] ?? body['images'] ?? body['inputs']) as unknown[];
  return {
    id: 'e',
    embeddings: { float: inputs.map((input) => [String(input).length]) },
    meta: { billed_units: { input_tokens: inputs.length, image_tokens: 0 } },
  };
};
const png = 'data:image/png;base64,iVBORw0KGgo=';

describe('batches', () => {
  test('more than 96 texts are several requests, put together in order', async () => {
    const { client, sent } = clientFor(answer);
    const input = Array.from({ length: 200 }, (_, at) => 'x'.repeat(at + 1));
    const result = await client.embedding({ model: 'cohere/embed-v4.0', input });
    expect(sent.map(({ body }) => (body['texts'] as unknown[]).length).sort((a, b) => a - b)).toEqual([8, 96, 96]);
    expect(result.data.map(({ index, embedding }) => [index, embedding[0]])).toEqual(
      input.map((_, at) => [at, at + 1]),
    );
    expect(result.usage).toMatchObject({ prompt_tokens: 200, total_tokens: 200 });
    expect(result.usage.provider_specific_fields?.['meta']).toHaveLength(3);
  });

  test.each([
    ['embed-english-v3.0', 3],
    ['embed-multilingual-light-v3.0', 3],
    ['embed-v4.0', 1],
  ])('three images to %s are %i requests', async (model, requests) => {
    const { client, sent } = clientFor(answer);
    const result = await client.embedding({ model: `cohere/${model}`, input: [png, png, png] });
    expect(result.data).toHaveLength(3);
    expect(sent).toHaveLength(requests);
    expect(sent[0]?.body).toMatchObject({ input_type: 'image' });
  });

  test('token ids among many inputs are refused before any request', async () => {
    const { client, sent } = clientFor(answer);
    const input = Array.from({ length: 100 }, () => [1, 2]);
    await expect(client.embedding({ model: 'cohere/embed-v4.0', input })).rejects.toMatchObject({ param: 'input' });
    expect(sent).toEqual([]);
  });
});
