/** Embeddings over v2: https://docs.cohere.com/reference/embed, …/docs/embeddings, …/docs/multimodal-embeddings */
import { BadRequestError, ProviderFault } from '../../src/core/errors.js';
import type { Call, HttpRequest, JsonObject, ParamMapper, Params, Transformer } from '../../src/core/spec.js';
import type { EmbeddingResponse, EmbeddingVector } from '../../src/types/embeddings.js';
import { base64FromFloats, floatsFromBase64 } from '../openai/vectors.js';
import { sumUsage } from '../shared/embedding-usage.js';
import { asText, isObject, mediaUrl } from '../shared/messages.js';
import { cohereError } from './errors.js';
import { modelName } from './models.js';

/** Inputs that a request may hold; of images, models before v4 take one. */
const most = 96;

/** What other vendors call Cohere's input types. */
const types: ReadonlyMap<string, string> = new Map([
  ['query', 'search_query'],
  ['document', 'search_document'],
  ['passage', 'search_document'],
]);

const later: ParamMapper = () => {};

/** Inputs one by one: texts, images, or content of several parts that is embedded as one. */
function entriesOf(input: unknown): unknown[] {
  const list: unknown[] = Array.isArray(input) ? input : [input];
  if (list.some((entry) => typeof entry === 'number' || Array.isArray(entry)))
    throw new BadRequestError('input: holds token ids, and Cohere takes texts', {
      param: 'input',
      code: 'invalid_input',
    });
  return list;
}

/** The image that an input is, as its address; undefined for any other. */
function imageOf(entry: unknown): string | undefined {
  if (typeof entry === 'string') return /^data:image\//i.test(entry) ? entry : undefined;
  return isObject(entry) && entry['type'] === 'image_url' ? mediaUrl(entry, 'image_url')?.url : undefined;
}

function textOf(entry: unknown): string | undefined {
  if (typeof entry === 'string') return imageOf(entry) === undefined ? entry : undefined;
  return isObject(entry) && entry['type'] === 'text' ? asText(entry['text']) : undefined;
}

/** One input as content parts. */
function contentOf(entry: unknown): JsonObject {
  const part = (one: unknown): unknown => {
    const text = textOf(one);
    const url = imageOf(one);
    return text !== undefined
      ? { type: 'text', text }
      : url !== undefined
        ? { type: 'image_url', image_url: { url } }
        : one;
  };
  if (!isObject(entry) || typeof entry['type'] === 'string') return { content: [part(entry)] };
  const { content } = entry;
  return { ...entry, ...(Array.isArray(content) && { content: content.map(part) }) };
}

/** All texts go as `texts`, all images as `images`, anything else as `inputs`. */
function placeInput(entries: readonly unknown[]): JsonObject {
  const texts = entries.map(textOf);
  if (!texts.includes(undefined)) return { texts };
  const images = entries.map(imageOf);
  return images.includes(undefined) ? { inputs: entries.map(contentOf) } : { images };
}

function inputType(call: Call<'embeddings'>, images: boolean): unknown {
  const given = call.params.input_type;
  if (given === undefined || given === null) return images ? 'image' : 'search_document';
  const type = types.get(given);
  if (type === undefined) return given;
  call.warn({ type: 'rewrite', param: 'input_type', message: `input_type ${given} is sent as ${type}` });
  return type;
}

/** The encodings asked for; the first is the one of `data`. */
function encodingsOf({ params }: Pick<Call<'embeddings'>, 'params'>): string[] {
  const given = params['embedding_types'];
  const listed = Array.isArray(given) ? given.filter((type): type is string => typeof type === 'string') : [];
  return listed.length > 0 ? listed : [params.encoding_format ?? 'float'];
}

export const embeddings: Transformer<'embeddings'> = {
  params: {
    dimensions: 'output_dimension',
    encoding_format: later,
    embedding_types: later,
    input_type: later,
  },
  request(call, mapped): HttpRequest {
    const placed = placeInput(entriesOf(call.params.input));
    const body: JsonObject = {
      model: modelName(call),
      ...placed,
      input_type: inputType(call, placed['images'] !== undefined),
      embedding_types: encodingsOf(call),
      ...mapped,
    };
    return { method: 'POST', path: '/v2/embed', body };
  },
  response: readEmbeddings,
  split(call) {
    const { input } = call.params;
    if (!Array.isArray(input)) return undefined;
    const entries = entriesOf(input);
    const single = /-v[1-3]\./.test(call.model) && entries.every((entry) => imageOf(entry) !== undefined);
    const size = single ? 1 : most;
    if (entries.length <= size) return undefined;
    const parts: Params<'embeddings'>[] = [];
    for (let at = 0; at < entries.length; at += size)
      parts.push({ ...call.params, input: entries.slice(at, at + size) as string[] });
    return parts;
  },
  merge(results) {
    const first = results[0] as EmbeddingResponse;
    const data = results.flatMap((result) => result.data).map((row, index) => ({ ...row, index }));
    return {
      ...first,
      data,
      usage: sumUsage(results),
    };
  },
};

function readEmbeddings(body: unknown, call: Call<'embeddings'>): EmbeddingResponse {
  if (!isObject(body)) return body as EmbeddingResponse;
  // The texts are those of the request.
  const { embeddings: held, meta, texts: _, ...other } = body;
  if (typeof body['message'] === 'string') throw new ProviderFault(cohereError(undefined, body));
  const [encoding = 'float', ...further] = encodingsOf(call);
  const vectors = Array.isArray(held) ? held : isObject(held) ? held[encoding] : undefined;
  if (!Array.isArray(vectors)) return body as unknown as EmbeddingResponse;
  const asked = call.params.encoding_format;
  const billed = isObject(meta) && isObject(meta['billed_units']) ? meta['billed_units'] : {};
  const pictures = Number(billed['image_tokens'] ?? 0);
  const tokens = Number(billed['input_tokens'] ?? 0) + pictures;
  const pieces = Number(billed['images'] ?? 0);
  const rest = further.filter((type) => isObject(held) && held[type] !== undefined);
  return {
    object: 'list',
    data: vectors.map((vector: unknown, index) => ({ object: 'embedding', index, embedding: asVector(vector, asked) })),
    model: call.model,
    usage: {
      prompt_tokens: tokens,
      total_tokens: tokens,
      ...(pictures + pieces > 0 && {
        prompt_tokens_details: {
          ...(pictures > 0 && { image_tokens: pictures }),
          ...(pieces > 0 && { image_count: pieces }),
        },
      }),
      ...(isObject(meta) && { provider_specific_fields: { meta } }),
    },
    provider_specific_fields: {
      ...other,
      ...(rest.length > 0 && {
        embeddings: Object.fromEntries(rest.map((type) => [type, (held as JsonObject)[type]])),
      }),
    },
  };
}

/** Numbers unless base64 was asked for, whichever of the two came. */
function asVector(vector: unknown, asked: string | null | undefined): EmbeddingVector {
  if (typeof vector === 'string') return asked === 'base64' ? vector : floatsFromBase64(vector);
  return asked === 'base64' ? base64FromFloats(vector as number[]) : (vector as number[]);
}
