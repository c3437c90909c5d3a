import { describe, expect, test } from 'vitest';
import { failure, type Received, sendJson, sleep } from '../../behaviour/server.js';
import { google, grant } from './google.js';

const key = { api_key: 'ya29.given', vertex_project: 'p-1' };
type Instance = Record<string, unknown> & { content: string };
const instancesOf = ({ body }: Received): Instance[] => body['instances'] as Instance[];

/** Answers each text `t<n>` with the vector [n] and n tokens, the first requests last. */
const counting = () =>
  google(grant, async (res, request, index) => {
    await sleep(Math.max(0, 40 - 20 * index));
    const predictions = instancesOf(request).map(({ content }) => {
      const number = Number(content.slice(1));
      return { embeddings: { values: [number], statistics: { token_count: number, truncated: false } } };
    });
    sendJson(res, { predictions, metadata: { billableCharacterCount: predictions.length } });
  });
const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);

describe('a batch beyond the limit of the model', () => {
  test.each([
    ['gemini-embedding-001', 3, [1, 1, 1]],
    ['text-embedding-large-exp-03-07', 2, [1, 1]],
    ['text-embedding-005', 250, [250]],
    ['text-embedding-005', 251, [1, 250]],
    ['text-multilingual-embedding-002', 501, [1, 250, 250]],
  ])('%s: %i texts are sent as %j, and put together in order', async (model, count, sizes) => {
    const { models, client } = await counting();
    const answer = await client(key).embedding({ model: `vertex_ai/${model}`, input: texts(count), dimensions: 1 });
    expect(models.requests.map((request) => instancesOf(request).length).sort((a, b) => a - b)).toEqual(sizes);
    expect(
      models.requests.every(
        ({ body }) => (body['parameters'] as Record<string, unknown>)['outputDimensionality'] === 1,
      ),
    ).toBe(true);
    expect(answer.data).toEqual(
      Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: [index] })),
    );
    const total = (count * (count - 1)) / 2;
    expect(answer.usage).toMatchObject({ prompt_tokens: total, total_tokens: total });
    expect(answer.provider_specific_fields).toMatchObject({ metadata: { billableCharacterCount: count } });
    const vectors = answer.provider_specific_fields?.['vectors'] as unknown[];
    expect(vectors.at(-1)).toEqual({ token_count: count - 1, truncated: false });
  });

  test('fails as a whole, with the error of the part', async () => {
    const { client } = await google(grant, (res, request) =>
      instancesOf(request)[0]?.content === 't1'
        ? sendJson(res, { error: { code: 400, message: 'too long', status: 'INVALID_ARGUMENT' } }, 400)
        : sendJson(res, { predictions: [{ embeddings: { values: [1] } }] }),
    );
    const error = await failure(client(key).embedding({ model: 'vertex_ai/gemini-embedding-001', input: texts(3) }));
    expect(error).toMatchObject({ name: 'BadRequestError', status: 400 });
  });
});

test('the multimodal model takes one input a request; those of several media have several vectors with one index', async () => {
  const { models, client } = await google(grant, (res, { body }) => {
    const [instance] = body['instances'] as Record<string, unknown>[];
    const prediction = {
      ...(instance?.['text'] !== undefined && { textEmbedding: [1] }),
      ...(instance?.['image'] !== undefined && { imageEmbedding: [2] }),
    };
    sendJson(res, { predictions: [prediction] });
  });
  const image = { type: 'image_url', image_url: { url: 'gs://harbour/buoy.png' } };
  const both = { content: [{ type: 'text', text: 'a buoy' }, image] };
  const answer = await client(key).embedding({
    model: 'vertex_ai/multimodalembedding@001',
    input: ['a lock', both, image] as never,
  });
  expect(models.requests.map(({ body }) => (body['instances'] as unknown[]).length)).toEqual([1, 1, 1]);
  expect(answer.data.map(({ index, embedding }) => [index, embedding])).toEqual([
    [0, [1]],
    [1, [1]],
    [1, [2]],
    [2, [2]],
  ]);
  expect(answer.provider_specific_fields?.['vectors']).toEqual([
    { kind: 'text' },
    { kind: 'text' },
    { kind: 'image' },
    { kind: 'image' },
  ]);
});

test('gemini-embedding-2 takes one content a request; its counts are summed', async () => {
  const { models, client } = await google(grant, (res, _, index) =>
    sendJson(res, { embedding: { values: [1] }, usageMetadata: { promptTokenCount: index + 2 } }),
  );
  const answer = await client(key).embedding({ model: 'vertex_ai/gemini-embedding-2', input: ['a', 'b'] });
  expect(models.requests.map(({ path }) => path.split('/').at(-1))).toEqual(
    Array(2).fill('gemini-embedding-2:embedContent'),
  );
  expect(answer.data.map(({ index }) => index)).toEqual([0, 1]);
  expect(answer.usage).toMatchObject({ prompt_tokens: 5, total_tokens: 5 });
});
