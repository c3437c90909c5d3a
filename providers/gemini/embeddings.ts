/**
 * Embeddings over batchEmbedContents.
 * Sources: https://ai.google.dev/api/embeddings, https://ai.google.dev/gemini-api/docs/embeddings
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, HttpRequest, JsonObject, Params, ParamMapper, Transformer } from '../../src/core/spec.js';
import type { EmbeddingResponse } from '../../src/types/embeddings.js';
import { base64FromFloats } from '../openai/vectors.js';
import { sumUsage } from '../shared/embedding-usage.js';
import { isObject } from '../shared/messages.js';
import { readError } from './errors.js';
import { refuse, Resolution, toPart } from './media.js';
import { familyOf, resourceName } from './models.js';
import { modelPath } from './chat.js';
import { byModality } from './usage.js';
import type { Content, ModalityCount, Part, UsageMetadata } from './wire.js';

/** "At most 100 requests can be in one batch." */
const batch = 100;

/** What other vendors call Google's task types; Google's own names are taken as they are. */
const taskTypes: ReadonlyMap<string, string> = new Map([
  ['SEARCH_QUERY', 'RETRIEVAL_QUERY'],
  ['QUERY', 'RETRIEVAL_QUERY'],
  ['SEARCH_DOCUMENT', 'RETRIEVAL_DOCUMENT'],
  ['DOCUMENT', 'RETRIEVAL_DOCUMENT'],
  ['PASSAGE', 'RETRIEVAL_DOCUMENT'],
  ['RETRIEVAL_PASSAGE', 'RETRIEVAL_DOCUMENT'],
  ['TEXT_MATCHING', 'SEMANTIC_SIMILARITY'],
  ['SEPARATION', 'CLUSTERING'],
]);
const googleTypes = new Set([
  'RETRIEVAL_QUERY',
  'RETRIEVAL_DOCUMENT',
  'SEMANTIC_SIMILARITY',
  'CLASSIFICATION',
  'CLUSTERING',
  'QUESTION_ANSWERING',
  'FACT_VERIFICATION',
  'CODE_RETRIEVAL_QUERY',
]);

/** This model is told its task in the text. */
const toldInText = /\bgemini-embedding-2(?!-preview)/;
const tasksInText: Readonly<Record<string, string>> = {
  RETRIEVAL_QUERY: 'search result',
  SEMANTIC_SIMILARITY: 'sentence similarity',
  CLASSIFICATION: 'classification',
  CLUSTERING: 'clustering',
  QUESTION_ANSWERING: 'question answering',
  FACT_VERIFICATION: 'fact checking',
  CODE_RETRIEVAL_QUERY: 'code retrieval',
};

/** Google's name of a task; undefined, after a complaint, for one it does not know. */
export function toTaskType(value: unknown, param: string, call: Pick<Call, 'unsupported'>): string | undefined {
  const name = String(value)
    .toUpperCase()
    .replace(/[^A-Z]+/g, '_');
  const type = taskTypes.get(name) ?? (googleTypes.has(name) ? name : undefined);
  if (type === undefined) call.unsupported(param, `the task types are ${[...googleTypes].join(', ')}`);
  return type;
}

const later: ParamMapper = () => {};

/** Texts and multimodal entries, one for each vector. */
export function entriesOf(input: unknown): unknown[] {
  const list = Array.isArray(input) ? (input as unknown[]) : [input];
  if (list.some((entry) => typeof entry === 'number' || Array.isArray(entry)))
    refuse('input', 'holds token ids, and Gemini takes texts');
  return list;
}

/** A text that stands for a medium: its data, or its place in Google's storage. */
const isMedium = (entry: unknown): entry is string =>
  typeof entry === 'string' && /^(?:data:[\w.+-]+\/[^,\s]*;base64,|gs:\/\/)/i.test(entry);

function partsOf(entry: unknown, path: string, call: Call<'embeddings'>): Part[] {
  if (isMedium(entry)) return partsOf({ type: 'file', file: { file_data: entry } }, path, call);
  if (typeof entry === 'string') return [{ text: entry }];
  if (!isObject(entry)) refuse(path, 'must be a text or a content part');
  if (Array.isArray(entry['parts'])) return entry['parts'] as Part[];
  const given = Array.isArray(entry['content']) ? (entry['content'] as unknown[]) : [entry];
  return given.map((part, index) => {
    const at = given.length > 1 ? `${path}.content[${index}]` : path;
    const made = isObject(part) ? toPart(part, at, familyOf(call.model), new Resolution()) : undefined;
    return made ?? refuse(at, 'must be a content part with text, an image, audio, a video or a file');
  });
}

/** The instruction that a task becomes in the text. */
function told(text: string, task: string | undefined, title: string | undefined): string {
  if (task === undefined && title === undefined) return text;
  const query = task === undefined ? undefined : tasksInText[task];
  return query === undefined ? `title: ${title ?? 'none'} | text: ${text}` : `task: ${query} | query: ${text}`;
}

/** One request of batchEmbedContents for each entry. */
export function toRequests(call: Call<'embeddings'>, mapped: JsonObject): JsonObject[] {
  const { params, model } = call;
  const given = params['task_type'] ?? params['taskType'] ?? params.input_type;
  const param = params.input_type === given ? 'input_type' : 'task_type';
  const task = given === undefined || given === null ? undefined : toTaskType(given, param, call);
  const title = typeof params['title'] === 'string' ? params['title'] : undefined;
  const inText = toldInText.test(model);
  const entries = entriesOf(params.input);
  if (inText && (task !== undefined || title !== undefined))
    call.warn({ type: 'rewrite', param, message: 'the model is told its task at the beginning of each text' });
  return entries.map((entry, index) => {
    const said = inText && typeof entry === 'string' && !isMedium(entry) ? told(entry, task, title) : entry;
    const content: Content = { parts: partsOf(said, `input[${index}]`, call) };
    return {
      model: resourceName(model),
      content,
      ...(!inText && task !== undefined && { taskType: task }),
      ...(!inText && title !== undefined && { title }),
      ...mapped,
    };
  });
}

interface Answer {
  embeddings?: { values?: number[] }[];
  embedding?: { values?: number[] };
  usageMetadata?: UsageMetadata & { promptTokenDetails?: ModalityCount[] };
  error?: unknown;
}

export interface EmbeddingOptions {
  path?(call: Call, method: string): string;
}

export function embeddingTransformer(options: EmbeddingOptions = {}): Transformer<'embeddings'> {
  const path = options.path ?? modelPath;
  return {
    params: {
      dimensions: (value: unknown, body: JsonObject) => {
        body['outputDimensionality'] = value;
      },
      output_dimensionality: (value: unknown, body: JsonObject) => {
        body['outputDimensionality'] = value;
      },
      encoding_format: later,
      input_type: later,
      task_type: later,
      taskType: later,
      title: later,
    },
    request(call, mapped): HttpRequest {
      const body = { requests: toRequests(call, mapped) };
      return { method: 'POST', path: path(call, 'batchEmbedContents'), body };
    },
    response: toEmbeddings,
    split(call) {
      const { input } = call.params;
      if (!Array.isArray(input) || input.length <= batch) return undefined;
      const entries = entriesOf(input);
      const parts: Params<'embeddings'>[] = [];
      for (let at = 0; at < entries.length; at += batch)
        parts.push({ ...call.params, input: entries.slice(at, at + batch) as string[] });
      return parts;
    },
    merge(results) {
      const data = results.flatMap((result) => result.data).map((entry, index) => ({ ...entry, index }));
      return { ...(results[0] as EmbeddingResponse), data, usage: sumUsage(results) };
    },
  };
}

function toEmbeddings(body: unknown, call: Call<'embeddings'>): EmbeddingResponse {
  const answer: Answer = isObject(body) ? body : {};
  if (answer.error) throw new ProviderFault(readError(undefined, body));
  const vectors = answer.embeddings ?? (answer.embedding === undefined ? undefined : [answer.embedding]);
  // What is no answer is shown to the core as it is.
  if (vectors === undefined) return body as EmbeddingResponse;
  const base64 = call.params.encoding_format === 'base64';
  const told = answer.usageMetadata;
  const tokens = told?.promptTokenCount ?? 0;
  const kinds = byModality(told?.promptTokenDetails, told?.promptTokensDetails);
  return {
    object: 'list',
    data: vectors.map(({ values = [] }, index) => ({
      object: 'embedding',
      index,
      embedding: base64 ? base64FromFloats(values) : values,
    })),
    model: call.model,
    usage: {
      prompt_tokens: tokens,
      total_tokens: tokens,
      ...(Object.keys(kinds).length > 0 && { prompt_tokens_details: kinds }),
      ...(told !== undefined && { provider_specific_fields: { usage: told } }),
    },
  };
}

export const embeddings = embeddingTransformer();
