/**
 * Embeddings: of texts over predict, of text, image and video over predict's multimodal model, of content parts over
 * embedContent. Sources: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/text-embeddings-api,
 * …/multimodal-embeddings-api, https://cloud.google.com/vertex-ai/generative-ai/docs/embeddings/get-text-embeddings
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, HttpRequest, JsonObject, ParamMapper, Params, Transformer } from '../../src/core/spec.js';
import type { Embedding, EmbeddingResponse, EmbeddingVector } from '../../src/types/embeddings.js';
import { embeddings as gemini, entriesOf, toRequests, toTaskType } from '../gemini/embeddings.js';
import { refuse } from '../gemini/media.js';
import { base64FromFloats } from '../openai/vectors.js';
import { sumUsage } from '../shared/embedding-usage.js';
import { isObject } from '../shared/messages.js';
import { endpointPath, googlePath } from './address.js';
import { vertexError } from './errors.js';
import { toInstance } from './multimodal.js';

type Kind = 'predict' | 'multimodal' | 'embedContent';

interface Row {
  kind: Kind;
  /** Inputs that one request may hold. */
  most: number;
}

/** The first match counts. */
const rows: readonly (Row & { match: RegExp })[] = [
  { match: /^multimodalembedding/, kind: 'multimodal', most: 1 },
  { match: /^(?:gemini-embedding-001|text-embedding-large)/, kind: 'predict', most: 1 },
  { match: /^gemini-/, kind: 'embedContent', most: 1 },
];
const texts: Row = { kind: 'predict', most: 250 };
const rowOf = (model: string): Row => rows.find(({ match }) => match.test(model)) ?? texts;

/** Read from the call when the request is built. */
const later: ParamMapper = () => {};

/** What stands for OpenAI's `dimensions`, by kind of model. */
const dimension: Readonly<Record<Kind, string>> = {
  predict: 'outputDimensionality',
  multimodal: 'dimension',
  embedContent: 'outputDimensionality',
};

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;
const size: Mapper = (value, body, call) => {
  body[dimension[rowOf(call.model).kind]] = value;
};
const truncation: Mapper = (value, body, call) => {
  if (rowOf(call.model).kind === 'multimodal') call.unsupported('auto_truncate', 'the model takes texts of 32 tokens');
  else body['autoTruncate'] = value;
};

/** The task that the caller names, and how. */
function taskOf({ params }: Call<'embeddings'>): { task: unknown; param: string } | undefined {
  const task = params['task_type'] ?? params['taskType'] ?? params.input_type;
  if (task === undefined || task === null) return undefined;
  return { task, param: params.input_type === task ? 'input_type' : 'task_type' };
}

function textInstances(call: Call<'embeddings'>): JsonObject[] {
  const asked = taskOf(call);
  const task = asked && toTaskType(asked.task, asked.param, call);
  const { title } = call.params;
  return entriesOf(call.params.input).map((entry, index) => {
    const content = isObject(entry) && entry['type'] === 'text' ? entry['text'] : entry;
    if (typeof content !== 'string') refuse(`input[${index}]`, `must be a text: ${call.model} embeds texts alone`);
    return {
      content,
      ...(task !== undefined && { task_type: task }),
      ...(typeof title === 'string' && { title }),
    };
  });
}

function mediaInstances(call: Call<'embeddings'>): JsonObject[] {
  const asked = taskOf(call);
  if (asked !== undefined) call.warn({ type: 'drop', param: asked.param, message: 'the model knows no tasks' });
  return entriesOf(call.params.input).map((entry, index) => toInstance(entry, `input[${index}]`));
}

function request(call: Call<'embeddings'>, mapped: JsonObject): HttpRequest {
  const { kind } = rowOf(call.model);
  if (kind === 'embedContent') {
    const [{ model: _, content, ...config } = {}] = toRequests(call, mapped);
    const body: JsonObject = { content, ...(Object.keys(config).length > 0 && { embedContentConfig: config }) };
    return { method: 'POST', path: googlePath(call, 'embedContent'), body };
  }
  const instances = kind === 'predict' ? textInstances(call) : mediaInstances(call);
  const body: JsonObject = { instances, ...(Object.keys(mapped).length > 0 && { parameters: mapped }) };
  const path = /^\d+$/.test(call.model) ? endpointPath(call, call.model, ':predict') : googlePath(call, 'predict');
  return { method: 'POST', path, body };
}

interface Statistics {
  token_count?: number;
  truncated?: boolean;
}
interface Prediction {
  embeddings?: { values?: number[]; statistics?: Statistics };
  textEmbedding?: number[];
  imageEmbedding?: number[];
  videoEmbeddings?: { embedding?: number[]; startOffsetSec?: number; endOffsetSec?: number }[];
}

/** The vectors of one prediction, and what is said of them: which medium, which stretch of a video, how it was counted. */
function vectorsOf(prediction: Prediction): { values: number[]; about: JsonObject }[] {
  const { embeddings, textEmbedding, imageEmbedding, videoEmbeddings } = prediction;
  const found: { values: number[]; about: JsonObject }[] = [];
  if (embeddings?.values) found.push({ values: embeddings.values, about: { ...embeddings.statistics } });
  if (textEmbedding) found.push({ values: textEmbedding, about: { kind: 'text' } });
  if (imageEmbedding) found.push({ values: imageEmbedding, about: { kind: 'image' } });
  for (const { embedding, startOffsetSec, endOffsetSec } of videoEmbeddings ?? [])
    if (embedding)
      found.push({
        values: embedding,
        about: { kind: 'video', start_offset_sec: startOffsetSec, end_offset_sec: endOffsetSec },
      });
  return found;
}

/** Seconds of film behind a vector. */
function lengthOf({ start_offset_sec: from, end_offset_sec: to }: JsonObject): number {
  return typeof to === 'number' ? Math.max(to - (typeof from === 'number' ? from : 0), 0) : 0;
}

/** `index` is the input's place; an input of several media has a vector for each. */
function readPredictions(predictions: unknown[], metadata: unknown, call: Call<'embeddings'>): EmbeddingResponse {
  const base64 = call.params.encoding_format === 'base64';
  const data: Embedding<EmbeddingVector>[] = [];
  const about: JsonObject[] = [];
  let tokens = 0;
  let pictures = 0;
  let seconds = 0;
  for (const [index, prediction] of predictions.entries())
    for (const vector of vectorsOf(isObject(prediction) ? prediction : {})) {
      if (vector.about['kind'] === 'image') pictures++;
      seconds += lengthOf(vector.about);
      data.push({ object: 'embedding', index, embedding: base64 ? base64FromFloats(vector.values) : vector.values });
      about.push(vector.about);
      if (typeof vector.about['token_count'] === 'number') tokens += vector.about['token_count'];
    }
  const fields: JsonObject = {
    ...(about.some((facts) => Object.keys(facts).length > 0) && { vectors: about }),
    ...(isObject(metadata) && { metadata }),
  };
  return {
    object: 'list',
    data,
    model: call.model,
    usage: {
      prompt_tokens: tokens,
      total_tokens: tokens,
      ...(pictures + seconds > 0 && {
        prompt_tokens_details: {
          ...(pictures > 0 && { image_count: pictures }),
          ...(seconds > 0 && { video_length_seconds: seconds }),
        },
      }),
      ...(isObject(metadata) && { provider_specific_fields: { usage: metadata } }),
    },
    ...(Object.keys(fields).length > 0 && { provider_specific_fields: fields }),
  };
}

function response(body: unknown, call: Call<'embeddings'>): EmbeddingResponse {
  const answer = isObject(body) ? body : {};
  if (answer['error']) throw new ProviderFault(vertexError(undefined, body));
  if (Array.isArray(answer['predictions'])) return readPredictions(answer['predictions'], answer['metadata'], call);
  const result = gemini.response(body, call, { status: 200, headers: {} }) as EmbeddingResponse;
  return answer['truncated'] === true ? { ...result, provider_specific_fields: { truncated: true } } : result;
}

/** Lists that the parts of a split call gave, and sums of their counts. */
function mergeFields(results: readonly EmbeddingResponse[]): JsonObject | undefined {
  const fields = results.map((result) => result.provider_specific_fields ?? {});
  const vectors = fields.flatMap((each) => (Array.isArray(each['vectors']) ? (each['vectors'] as unknown[]) : []));
  const metadata: Record<string, number> = {};
  for (const each of fields)
    for (const [name, value] of Object.entries(isObject(each['metadata']) ? each['metadata'] : {}))
      if (typeof value === 'number') metadata[name] = (metadata[name] ?? 0) + value;
  const merged: JsonObject = {
    ...(vectors.length > 0 && { vectors }),
    ...(Object.keys(metadata).length > 0 && { metadata }),
    ...(fields.some((each) => each['truncated'] === true) && { truncated: true }),
  };
  return Object.keys(merged).length > 0 ? merged : undefined;
}

export const embeddings: Transformer<'embeddings'> = {
  params: {
    dimensions: size,
    output_dimensionality: size,
    outputDimensionality: size,
    auto_truncate: truncation,
    autoTruncate: truncation,
    encoding_format: later,
    input_type: later,
    task_type: later,
    taskType: later,
    title: later,
  },
  request,
  response,
  split(call) {
    const { input } = call.params;
    const { most } = rowOf(call.model);
    if (!Array.isArray(input) || input.length <= most) return undefined;
    const entries = entriesOf(input);
    const parts: Params<'embeddings'>[] = [];
    for (let at = 0; at < entries.length; at += most)
      parts.push({ ...call.params, input: entries.slice(at, at + most) as string[] });
    return parts;
  },
  merge(results, call) {
    const { most } = rowOf(call.model);
    const data = results.flatMap((result, part) =>
      result.data.map((row) => ({ ...row, index: row.index + part * most })),
    );
    const fields = mergeFields(results);
    return {
      object: 'list',
      data,
      model: call.model,
      usage: sumUsage(results),
      ...(fields && { provider_specific_fields: fields }),
    };
  },
};
