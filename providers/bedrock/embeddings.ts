/**
 * Embeddings over InvokeModel. Titan, Nova and Marengo take one input a request, Cohere many.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/{titan-embedding-models,model-parameters-titan-embed-mm,
 * model-parameters-embed,model-parameters-embed-v4,model-parameters-marengo}.html,
 * https://docs.aws.amazon.com/nova/latest/userguide/embeddings-schema.html
 */
import type { Call, JsonObject, Params, ParamSpec, ResponseMeta, Transformer } from '../../src/core/spec.js';
import type { Embedding, EmbeddingResponse, EmbeddingVector } from '../../src/types/embeddings.js';
import { base64FromFloats } from '../openai/vectors.js';
import { sumUsage } from '../shared/embedding-usage.js';
import { isObject } from '../shared/messages.js';
import { modelPath } from './converse.js';
import { itemsOf, refuseInput, type Item } from './embedding-input.js';
import { faultOf } from './errors.js';
import { headersOf } from './invoke-headers.js';
import { baseName } from './models.js';
import { later, ownFields } from './params.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

interface Model {
  match: RegExp;
  params: ParamSpec;
  /** The body for inputs that one request may hold; `mapped` are the parameters. */
  body(items: readonly Item[], mapped: JsonObject, call: Call<'embeddings'>): JsonObject;
  /** Cohere: many texts, or one image, at once. */
  many?: true;
  /** An image is billed by the piece. */
  by_image?: true;
}

/** Vectors come as numbers; other forms of them are asked for by the model's own parameter. */
const encodingFormat: Mapper = (value, _, call) => {
  if (value !== 'float' && value !== 'base64') call.unsupported('encoding_format', 'is float or base64');
};

/** Cohere tells the form by a parameter of its own. */
const embeddingTypes: Mapper = (value, body) => {
  body['embedding_types'] = [value === 'base64' ? 'float' : value];
};

const ownParams: ParamSpec = { model_id: later, ...Object.fromEntries(ownFields.map((name) => [name, true])) };
const base: ParamSpec = { ...ownParams, encoding_format: encodingFormat, input_type: later };

const outputLength: Mapper = (value, body) => {
  body['embeddingConfig'] = { outputEmbeddingLength: value };
};

/** What vectors are for, in Nova's words. */
const purposes: Readonly<Record<string, string>> = {
  search_document: 'GENERIC_INDEX',
  search_query: 'GENERIC_RETRIEVAL',
  classification: 'CLASSIFICATION',
  clustering: 'CLUSTERING',
};

const models: readonly Model[] = [
  {
    match: /titan-embed-image|titan-embed-g1-mm/,
    params: { ...base, dimensions: outputLength },
    body: ([item], mapped) => ({
      ...(item?.text !== undefined && { inputText: item.text }),
      ...(item?.image !== undefined && { inputImage: item.image.data }),
      ...item?.own,
      ...mapped,
    }),
    by_image: true,
  },
  {
    match: /titan-embed-text-v2/,
    params: { ...base, dimensions: true },
    body: titanText,
  },
  { match: /titan-embed/, params: base, body: titanText },
  {
    match: /nova-.*embed/,
    params: { ...base, dimensions: later },
    body: nova,
    by_image: true,
  },
  {
    match: /cohere\.embed-(?:english|multilingual)/,
    params: { ...ownParams, encoding_format: embeddingTypes, input_type: later },
    body: cohere,
    many: true,
  },
  {
    match: /cohere\.embed|embed-v4/,
    params: { ...ownParams, encoding_format: embeddingTypes, input_type: later, dimensions: 'output_dimension' },
    body: cohere,
    many: true,
  },
  { match: /marengo-embed-(?:[3-9]|\d\d)/, params: base, body: marengoNested, by_image: true },
  { match: /marengo/, params: base, body: marengo, by_image: true },
];

const modelOf = (name: string): Model | undefined => models.find(({ match }) => match.test(name));

function titanText([item]: readonly Item[], mapped: JsonObject, call: Call<'embeddings'>): JsonObject {
  if (item?.image !== undefined) refuseInput('input', 'the model takes no images', call);
  return { ...(item?.own ?? { inputText: item?.text ?? '' }), ...mapped };
}

function nova([item]: readonly Item[], mapped: JsonObject, call: Call<'embeddings'>): JsonObject {
  const { input_type: type, dimensions } = call.params;
  const { singleEmbeddingParams: given, ...rest } = mapped;
  const input: JsonObject =
    item?.image === undefined
      ? { text: { truncationMode: 'END', value: item?.text ?? '' } }
      : { image: { format: item.image.format, source: { bytes: item.image.data } } };
  if (item?.image !== undefined && item.text !== undefined)
    refuseInput('input', 'the model takes a text or an image, not both as one', call);
  return {
    schemaVersion: 'nova-multimodal-embed-v1',
    taskType: 'SINGLE_EMBEDDING',
    singleEmbeddingParams: {
      embeddingPurpose: typeof type === 'string' ? (purposes[type] ?? type) : 'GENERIC_INDEX',
      ...(typeof dimensions === 'number' && { embeddingDimension: dimensions }),
      ...(item?.own ?? input),
      ...(isObject(given) && given),
    },
    ...rest,
  };
}

function cohere(items: readonly Item[], mapped: JsonObject, call: Call<'embeddings'>): JsonObject {
  const { input_type: type } = call.params;
  const mixed = items.some(({ text, image, own }) => own !== undefined || (text !== undefined && image !== undefined));
  if (mixed) {
    const inputs = items.map(({ text, image, own }) => own ?? { content: contentOf(text, image?.url) });
    return { input_type: type ?? 'search_document', inputs, ...mapped };
  }
  const images = items.flatMap(({ image }) => (image === undefined ? [] : [image.url]));
  if (images.length > 0) return { input_type: 'image', images, ...mapped };
  return { input_type: type ?? 'search_document', texts: items.map(({ text }) => text ?? ''), ...mapped };
}

const contentOf = (text: string | undefined, image: string | undefined): JsonObject[] => [
  ...(text === undefined ? [] : [{ type: 'text', text }]),
  ...(image === undefined ? [] : [{ type: 'image_url', image_url: { url: image } }]),
];

function marengo([item]: readonly Item[], mapped: JsonObject): JsonObject {
  if (item?.own !== undefined) return { ...item.own, ...mapped };
  if (item?.image !== undefined)
    return { inputType: 'image', mediaSource: { base64String: item.image.data }, ...mapped };
  return { inputType: 'text', inputText: item?.text ?? '', textTruncate: 'end', ...mapped };
}

/** https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-marengo-3.html */
function marengoNested([item]: readonly Item[], mapped: JsonObject): JsonObject {
  if (item?.own !== undefined) return { ...item.own, ...mapped };
  const { text, image } = item ?? {};
  const parts = {
    ...((text !== undefined || image === undefined) && { inputText: text ?? '' }),
    ...(image !== undefined && { mediaSource: { base64String: image.data } }),
  };
  const type = image === undefined ? 'text' : text === undefined ? 'image' : 'text_image';
  return { inputType: type, [type]: parts, ...mapped };
}

/** Inputs that one request of Cohere may hold. */
const mostTexts = 96;

/** Texts go together, as many as may; an image goes alone. */
function split(call: Call<'embeddings'>): Params<'embeddings'>[] | undefined {
  const input = call.params.input as unknown;
  if (!Array.isArray(input) || input.length < 2 || typeof input[0] === 'number') return undefined;
  const many = modelOf(baseName(call.model, call.options))?.many === true;
  const isText = (entry: unknown): boolean => typeof entry === 'string' && !entry.startsWith('data:image/');
  const parts: unknown[][] = [];
  for (const entry of input as unknown[]) {
    const last = parts.at(-1);
    if (many && last !== undefined && last.length < mostTexts && isText(entry) && isText(last[0])) last.push(entry);
    else parts.push([entry]);
  }
  return parts.map((part) => ({ ...call.params, input: part as string[] }));
}

export const embeddings: Transformer<'embeddings'> = {
  params: (model) => modelOf(model)?.params ?? { ...base, dimensions: true },
  request(call, mapped) {
    const { headers, rest } = headersOf(mapped);
    const model = modelOf(baseName(call.model, call.options));
    const items = itemsOf(call);
    // An ARN does not tell its model: as the most common ones have it, unless the caller gives the body himself.
    const body = model === undefined ? titanText(items, rest, call) : model.body(items, rest, call);
    return { method: 'POST', path: `${modelPath(call)}/invoke`, body, ...(headers && { headers }) };
  },
  response: readEmbeddings,
  split,
  merge(results, call) {
    const data: Embedding<EmbeddingVector>[] = [];
    for (const result of results) {
      const before = data.length;
      for (const row of result.data) data.push({ ...row, index: row.index + before });
    }
    return { object: 'list', data, model: call.model, usage: sumUsage(results) };
  },
};

/** The vectors of an answer, whichever model's shape it has. */
function vectorsOf({ embedding, embeddings: many, embeddingsByType: byType, data }: JsonObject): unknown[] | undefined {
  if (Array.isArray(embedding)) return [embedding];
  const list = Array.isArray(many) ? many : Array.isArray(data) ? data : undefined;
  if (list !== undefined) return list.map((row: unknown) => (isObject(row) ? row['embedding'] : row));
  const typed = isObject(many) ? many : byType;
  if (!isObject(typed)) return undefined;
  const [first] = Object.values(typed);
  if (!Array.isArray(first)) return undefined;
  return Array.isArray(first[0]) ? first : [first];
}

const known = new Set([
  'embedding',
  'embeddings',
  'embeddingsByType',
  'data',
  'inputTextTokenCount',
  'response_type',
  'texts',
]);

function readEmbeddings(body: unknown, call: Call<'embeddings'>, meta: ResponseMeta): EmbeddingResponse {
  if (!isObject(body)) return body as EmbeddingResponse;
  const vectors = vectorsOf(body);
  if (vectors === undefined) {
    if (typeof body['message'] === 'string') throw faultOf(body);
    return body as unknown as EmbeddingResponse;
  }
  const tokens = Number(meta.headers['x-amzn-bedrock-input-token-count'] ?? body['inputTextTokenCount'] ?? 0);
  const picture =
    modelOf(baseName(call.model, call.options))?.by_image === true && itemsOf(call)[0]?.image !== undefined;
  const base64 = call.params.encoding_format === 'base64';
  const data = vectors.map((vector, index) => ({
    object: 'embedding' as const,
    index,
    embedding: (base64 && Array.isArray(vector) ? base64FromFloats(vector as number[]) : vector) as EmbeddingVector,
  }));
  const other = Object.fromEntries(
    Object.entries(body).filter(([name, value]) => !known.has(name) && value !== null && value !== undefined),
  );
  return {
    object: 'list',
    data,
    model: call.model,
    usage: {
      prompt_tokens: tokens,
      total_tokens: tokens,
      ...(picture && { prompt_tokens_details: { image_count: 1 } }),
    },
    ...(Object.keys(other).length > 0 && { provider_specific_fields: other }),
  };
}
