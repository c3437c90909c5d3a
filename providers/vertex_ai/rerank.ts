/**
 * Reranking with the ranking API of Vertex AI Search.
 * Source: https://cloud.google.com/generative-ai-app-builder/docs/ranking
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject, ParamMapper, Transformer } from '../../src/core/spec.js';
import type { RerankDocument, RerankResponse, RerankResult } from '../../src/types/rerank.js';
import { isObject } from '../shared/messages.js';
import { rankPath, unknownProject, projectOf } from './address.js';
import { vertexError } from './errors.js';

type Document = string | Readonly<JsonObject>;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const written = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

/**
 * A record's id is the document's place. Of an object `title` stays one, the content is `content` or `text`, else the
 * fields by which to rank (all, unless `rank_fields` names some), a line for each.
 */
function toRecord(document: Document, index: number, fields: readonly string[] | undefined): JsonObject {
  const id = String(index);
  if (typeof document === 'string') return { id, content: document };
  const { title, content, text: plain, ...rest } = document;
  const head = text(title) !== undefined && (fields?.includes('title') ?? true) ? { title } : {};
  const given = fields === undefined ? (text(content) ?? text(plain)) : undefined;
  if (given !== undefined) return { id, ...head, content: given };
  const all = fields === undefined ? rest : document;
  const lines = Object.entries(all)
    .filter(([name]) => (fields?.includes(name) ?? true) && name !== 'title')
    .map(([name, value]) => `${name}: ${written(value)}`);
  return { id, ...head, ...(lines.length > 0 && { content: lines.join('\n') }) };
}

const later: ParamMapper = () => {};

const topN = (value: unknown, body: JsonObject): void => {
  body['topN'] = value;
};

function readRecord(record: JsonObject, call: Call<'rerank'>): RerankResult {
  const index = Number(record['id']);
  const result: RerankResult = { index, relevance_score: record['score'] === undefined ? 0 : Number(record['score']) };
  if (call.params.return_documents !== true) return result;
  const given: Document | undefined = call.params.documents[index];
  const document: RerankDocument | undefined = typeof given === 'string' ? { text: given } : given;
  return document === undefined ? result : { ...result, document };
}

export const rerank: Transformer<'rerank'> = {
  params: { top_n: topN, return_documents: later, rank_fields: later },
  request(call, mapped) {
    const { query, documents, rank_fields } = call.params;
    const records = documents.map((document, index) => toRecord(document, index, rank_fields ?? undefined));
    // The documents are at hand: ids and scores are all that need come back.
    const body: JsonObject = { model: call.model, query, records, ignoreRecordDetailsInResponse: true, ...mapped };
    const headers = { 'x-goog-user-project': projectOf(call) ?? unknownProject };
    return { method: 'POST', path: rankPath(call), headers, body };
  },
  response(body, call): RerankResponse {
    const answer = isObject(body) ? body : {};
    if (answer['error']) throw new ProviderFault(vertexError(undefined, body));
    const { records } = answer;
    // What is no answer is shown to the core as it is.
    if (!Array.isArray(records)) return body as RerankResponse;
    return { id: '', results: records.filter(isObject).map((record) => readRecord(record, call)), model: call.model };
  },
};
