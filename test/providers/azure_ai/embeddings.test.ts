/** Calls that one request cannot serve: images beside texts, and more texts than a request may hold. */
import { describe, expect, test } from 'vitest';
import { client, failure, sendJson, serve } from '../../behaviour/server.js';

const model = 'azure_ai/Cohere-embed-v3-english';
const png = (name: string): string => `data:image/png;base64,${Buffer.from(name).toString('base64')}`;

/** Answers with the inputs' lengths and first characters, the last input first. */
const measuring = () =>
  serve((res, { path, body }) => {
    const inputs = body['input'] as unknown[];
    const data = inputs.map((input, index) => {
      const text = typeof input === 'string' ? input : (input as { image: string }).image;
      return { object: 'embedding', index, embedding: [path.includes('images') ? 1 : 0, text.length] };
    });
    sendJson(res, {
      object: 'list',
      model: 'embed',
      data: data.reverse(),
      usage: { prompt_tokens: 2, total_tokens: 3 },
    });
  });

describe('images and texts', () => {
  test('go apart and come back in order', async () => {
    const server = await measuring();
    const input = [
      'a',
      { type: 'image_url', image_url: { url: png('buoy') } },
      'ccc',
      png('a red reef'),
      { image: png('tide'), text: 'high' },
      'ffffff',
    ];
    const result = await client({ api_base: server.url }).embedding({ model, input, input_type: 'search_query' });
    expect(result.data.map(({ index, embedding }) => [index, embedding])).toEqual([
      [0, [0, 1]],
      [1, [1, png('buoy').length]],
      [2, [0, 3]],
      [3, [1, png('a red reef').length]],
      [4, [1, png('tide').length]],
      [5, [0, 6]],
    ]);
    expect(result.usage).toEqual({ prompt_tokens: 8, total_tokens: 12 });
    const asked = server.requests.map(({ path, body }) => [
      path,
      (body['input'] as unknown[]).length,
      body['input_type'],
    ]);
    expect(asked.sort((a, b) => Number(b[1]) - Number(a[1]))).toEqual([
      ['/embeddings', 3, 'query'],
      ['/images/embeddings', 1, 'query'],
      ['/images/embeddings', 1, 'query'],
      ['/images/embeddings', 1, 'query'],
    ]);
    expect(server.requests.map(({ body }) => body['input'])).toContainEqual([{ image: png('tide'), text: 'high' }]);
    expect(result._hidden_params.attempts.length).toBe(4);
  });

  test('fail together', async () => {
    const server = await serve((res, { path }) =>
      path.includes('images')
        ? sendJson(res, { message: 'not an image', status: 422 }, 422)
        : sendJson(res, { data: [{ index: 0, embedding: [1] }], usage: {} }),
    );
    const error = await failure(client({ api_base: server.url }).embedding({ model, input: ['a', png('x')] }));
    expect(error.message).toContain('not an image');
  });
});

test('texts beyond the limit of a request go in several', async () => {
  const server = await measuring();
  const input = Array.from({ length: 200 }, (_, at) => 'x'.repeat(at + 1));
  const result = await client({ api_base: server.url }).embedding({ model, input });
  expect(result.data.map(({ embedding }) => embedding[1])).toEqual(input.map((text) => text.length));
  expect(server.requests.map(({ body }) => (body['input'] as unknown[]).length).sort((a, b) => a - b)).toEqual([
    8, 96, 96,
  ]);
});

test('token ids are one input', async () => {
  const server = await serve((res) => sendJson(res, { data: [{ index: 0, embedding: [1] }], usage: {} }));
  await client({ api_base: server.url }).embedding({ model, input: [1, 2, 3] });
  expect(server.requests[0]?.body['input']).toEqual([1, 2, 3]);
});
