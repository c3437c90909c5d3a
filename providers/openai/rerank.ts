/**
 * Rerank in the shape that Cohere and Jina set (https://docs.cohere.com/reference/rerank, https://api.jina.ai/redoc),
 * and its relatives: other field names, texts wrapped in objects, scores alone.
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject, Transformer } from '../../src/core/spec.js';
import type { RerankResponse, RerankResult } from '../../src/types/rerank.js';
import { isObject, setAside } from './answer.js';
import { openaiError } from './errors.js';
import { headersOf } from './headers.js';
import { modelName } from './model-name.js';
import { specByModel } from './params.js';
import type { Quirks, RerankQuirks } from './quirks.js';

const rerankParams = ['top_n', 'rank_fields', 'return_documents', 'max_chunks_per_doc', 'max_tokens_per_doc'] as const;

export function rerankTransformer(quirks: Quirks): Transformer<'rerank'> {
  const own: RerankQuirks = quirks.rerank ?? {};
  return {
    params: specByModel(rerankParams, own),
    request(call, mapped) {
      const rule = own.models?.find(({ match }) => match.test(call.model));
      const path = rule?.path ?? quirks.path?.rerank ?? '/rerank';
      const model = modelName(call.model, rule?.model_name ?? quirks.model_name);
      const body: JsonObject = (own.model_in_body ?? !path.includes('{model}')) ? { model } : {};
      const { query, documents } = call.params;
      body[own.query?.name ?? 'query'] = writeQuery(query, documents.length, own);
      body[own.documents?.name ?? 'documents'] = documents.map((document) =>
        writeDocument(document, call.params.rank_fields ?? undefined, own),
      );
      Object.assign(body, own.body, mapped);
      const headers = headersOf(call, quirks);
      return { method: 'POST', path: path.replace('{model}', model), body, ...(headers ? { headers } : {}) };
    },
    response: readRerank,
  };
}

function writeQuery(query: string, documents: number, own: RerankQuirks): unknown {
  if (own.query?.as === 'each') return new Array<string>(documents).fill(query);
  return own.query?.as === 'object' ? { text: query } : query;
}

function writeDocument(
  document: string | Readonly<JsonObject>,
  fields: readonly string[] | undefined,
  own: RerankQuirks,
): unknown {
  const chosen = fields !== undefined && own.local?.includes('rank_fields') === true;
  const reduced = typeof document === 'string' || !(own.text_only || chosen) ? document : textOf(document, fields);
  return own.documents?.as === 'object' && typeof reduced === 'string' ? { text: reduced } : reduced;
}
function textOf(document: Readonly<JsonObject>, fields: readonly string[] | undefined): string {
  if (fields) {
    const lines = fields
      .filter((field) => document[field] !== undefined)
      .map((field) => `${field}: ${String(document[field])}`);
    return lines.join('\n');
  }
  return typeof document['text'] === 'string' ? document['text'] : JSON.stringify(document);
}

function readRerank(body: unknown, call: Call<'rerank'>): RerankResponse {
  const root: JsonObject = isObject(body) ? body : { results: body };
  const list = root['results'] ?? root['data'] ?? root['rankings'] ?? root['scores'];
  if (!Array.isArray(list)) {
    const error = root['error'];
    if (isObject(error) || (typeof error === 'string' && error !== ''))
      throw new ProviderFault(openaiError(undefined, body));
    return body as RerankResponse;
  }
  const scores = list.every((entry) => typeof entry === 'number');
  let results = list.map((entry: unknown, i) => readResult(entry, i, call));
  if (scores) results.sort((a, b) => b.relevance_score - a.relevance_score);
  const top = call.params.top_n;
  if (typeof top === 'number' && results.length > top) results = results.slice(0, top);
  const out: JsonObject = { id: typeof root['id'] === 'string' ? root['id'] : '', results };
  const meta = readMeta(root);
  if (meta) out['meta'] = meta;
  if (typeof root['model'] === 'string') out['model'] = root['model'];
  if (isObject(root['usage'])) out['usage'] = root['usage'];
  for (const field of Object.keys(root))
    if (!(field in out) && !listFields.has(field)) setAside(out, field, root[field]);
  return out as unknown as RerankResponse;
}
const listFields: ReadonlySet<string> = new Set(['results', 'data', 'rankings', 'scores', 'meta', 'object']);

function readResult(entry: unknown, at: number, call: Call<'rerank'>): RerankResult {
  if (typeof entry === 'number') return withDocument({ index: at, relevance_score: entry }, undefined, call);
  if (!isObject(entry)) return { index: at, relevance_score: Number.NaN };
  const index = typeof entry['index'] === 'number' ? entry['index'] : at;
  const score = entry['relevance_score'] ?? entry['score'] ?? entry['logit'];
  return withDocument({ index, relevance_score: Number(score) }, entry['document'] ?? entry['text'], call);
}

/** Documents stand in the result when they were asked for, from the request if the vendor left them out. */
function withDocument(result: RerankResult, sent: unknown, call: Call<'rerank'>): RerankResult {
  if (call.params.return_documents !== true) return result;
  const document = sent ?? call.params.documents[result.index];
  if (typeof document === 'string') result.document = { text: document };
  else if (isObject(document)) result.document = document;
  return result;
}

/** Cohere's `meta`, or the vendor's count of tokens in its form. */
function readMeta(root: JsonObject): JsonObject | undefined {
  if (isObject(root['meta'])) return root['meta'];
  const usage = root['usage'];
  const total = isObject(usage) ? (usage['total_tokens'] ?? usage['prompt_tokens']) : root['input_tokens'];
  if (typeof total !== 'number') return undefined;
  return { billed_units: { total_tokens: total }, tokens: { input_tokens: total } };
}
