/**
 * Embeddings of texts and of images, which have an operation of their own and go one at a time.
 * Sources: https://learn.microsoft.com/rest/api/aifoundry/modelinference/get-embeddings,
 * https://learn.microsoft.com/azure/ai-foundry/foundry-models/how-to/use-image-embeddings
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, JsonObject, Params, Transformer } from '../../src/core/spec.js';
import type { Embedding, EmbeddingResponse, EmbeddingVector } from '../../src/types/embeddings.js';
import { noteVersion } from '../azure/address.js';
import { reading } from '../azure/filters.js';
import { embeddingsTransformer } from '../openai/embeddings.js';
import { sumUsage } from '../shared/embedding-usage.js';
import { mediaUrl, isObject } from '../shared/messages.js';
import { inferenceAddress } from './address.js';
import { passThrough } from './chat.js';

type EmbeddingParams = Params<'embeddings'>;

/** Texts that a request may hold: https://docs.cohere.com/reference/embed */
const most = 96;
const fields: ReadonlySet<string> = new Set(['input', 'model', 'dimensions', 'encoding_format', 'input_type']);

const openai = embeddingsTransformer({
  embeddings: {
    also: ['input_type'],
    omit: ['user'],
    values: {
      input_type: { search_query: { input_type: 'query' }, search_document: { input_type: 'document' } },
    },
  },
});

/** The inputs one by one; a flat list of token ids is one input. */
function itemsOf({ input }: EmbeddingParams): readonly unknown[] {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
}

/** Where an image is told: a data URL, a content part, or the API's own form. */
function imageOf(item: unknown): JsonObject | undefined {
  if (typeof item === 'string') return item.startsWith('data:image/') ? { image: item } : undefined;
  if (!isObject(item)) return undefined;
  if (typeof item['image'] === 'string') return item;
  const image = item['type'] === 'image_url' ? mediaUrl(item, 'image_url') : undefined;
  return image && { image: image.url };
}

function checkImage(image: JsonObject): JsonObject {
  if (String(image['image']).startsWith('data:')) return image;
  throw new BadRequestError('input: an image must be a data URL, its content in base64', {
    param: 'input',
    code: 'invalid_input',
  });
}

/** The positions of the inputs that go together, in the order of the requests. */
function groupsOf(params: EmbeddingParams): number[][] {
  const groups: number[][] = [];
  let texts: number[] | undefined;
  for (const [at, item] of itemsOf(params).entries()) {
    if (imageOf(item) !== undefined) groups.push([at]);
    else if (texts !== undefined && texts.length < most) texts.push(at);
    else groups.push((texts = [at]));
  }
  return groups;
}

function split(call: Call<'embeddings'>): EmbeddingParams[] | undefined {
  const groups = groupsOf(call.params);
  if (groups.length < 2) return undefined;
  const items = itemsOf(call.params);
  return groups.map((group) => ({ ...call.params, input: group.map((at) => items[at]) as string[] }));
}

function merge(results: EmbeddingResponse[], call: Call<'embeddings'>): EmbeddingResponse {
  const [first] = results;
  if (first === undefined) throw new TypeError('nothing to merge');
  const groups = groupsOf(call.params);
  const data: Embedding<EmbeddingVector>[] = [];
  for (const [part, result] of results.entries()) {
    for (const row of result.data) data.push({ ...row, index: groups[part]?.[row.index] ?? data.length });
  }
  return { ...first, data: data.sort((a, b) => a.index - b.index), usage: sumUsage(results) };
}

export const embeddings: Transformer<'embeddings'> = {
  ...openai,
  request(call, mapped) {
    const request = openai.request(call, mapped);
    const image = imageOf(itemsOf(call.params)[0]);
    const own = call as unknown as Call;
    const address = inferenceAddress(own, image === undefined ? '/embeddings' : '/images/embeddings');
    noteVersion(own, address);
    const { path, query, inference } = address;
    const body: JsonObject = { ...(request.body as JsonObject) };
    if (image !== undefined) body['input'] = [checkImage(image)];
    const made = { ...request, path, query, body };
    return inference ? passThrough(made, fields, own) : made;
  },
  response: (body, call, meta) => reading(body, () => openai.response(body, call, meta)),
  split,
  merge,
};
