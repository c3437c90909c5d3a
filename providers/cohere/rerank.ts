/** Rerank over v2: https://docs.cohere.com/reference/rerank */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, HttpRequest, JsonObject, ParamMapper, Transformer } from '../../src/core/spec.js';
import type { RerankResponse, RerankResult } from '../../src/types/rerank.js';
import { asText, isObject } from '../shared/messages.js';
import { cohereError } from './errors.js';
import { modelName } from './models.js';

/** Done here: v2 takes texts, and sends none back. */
const local: ParamMapper = () => {};

export const rerank: Transformer<'rerank'> = {
  params: { top_n: true, max_tokens_per_doc: true, rank_fields: local, return_documents: local },
  request(call, mapped): HttpRequest {
    const { query, documents, rank_fields } = call.params;
    const texts = documents.map((document, at) => {
      if (typeof document === 'string') return document;
      call.warn({ type: 'rewrite', param: `documents[${at}]`, message: 'documents are sent as texts' });
      return textOf(document, rank_fields ?? undefined);
    });
    return { method: 'POST', path: '/v2/rerank', body: { model: modelName(call), query, documents: texts, ...mapped } };
  },
  response: readRerank,
};

/** Of an object the fields asked for, else its `text`, else all of it, as YAML: Cohere's advice for structured data. */
function textOf(document: Readonly<JsonObject>, fields: readonly string[] | undefined): string {
  if (fields === undefined && typeof document['text'] === 'string') return document['text'];
  return (fields ?? Object.keys(document))
    .filter((field) => document[field] !== undefined)
    .map((field) => `${field}: ${scalar(document[field])}`)
    .join('\n');
}

const scalar = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

function readRerank(body: unknown, call: Call<'rerank'>): RerankResponse {
  if (!isObject(body)) return body as RerankResponse;
  const { id, results, meta, ...other } = body;
  if (typeof body['message'] === 'string') throw new ProviderFault(cohereError(undefined, body));
  if (!Array.isArray(results)) return body as unknown as RerankResponse;
  return {
    id: asText(id),
    results: results.map((result: unknown) => withDocument(result, call)),
    ...(isObject(meta) && { meta }),
    ...(Object.keys(other).length > 0 && { provider_specific_fields: other }),
  };
}

/** The document stands in the result when it was asked for, as it was given. */
function withDocument(result: unknown, { params }: Call<'rerank'>): RerankResult {
  const row = result as RerankResult;
  if (params.return_documents !== true || !isObject(result)) return row;
  const document = row.document ?? params.documents[row.index];
  if (document === undefined) return row;
  return { ...row, document: typeof document === 'string' ? { text: document } : document };
}
