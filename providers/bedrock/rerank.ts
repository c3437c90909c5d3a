/** Rerank: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_agent-runtime_Rerank.html */
import type { Call, JsonObject, ResponseMeta, Transformer } from '../../src/core/spec.js';
import type { RerankResponse, RerankResult } from '../../src/types/rerank.js';
import { awsRegion } from '../shared/aws-options.js';
import { isObject } from '../shared/messages.js';
import { runtime } from './endpoint.js';
import { faultOf } from './errors.js';
import { later } from './params.js';
import { answerId } from './response.js';

const noteUse =
  (name: string) =>
  (_: unknown, __: JsonObject, call: Call<never>): void =>
    call.warn({ type: 'drop', param: name, message: `Bedrock has no ${name}; it is not sent` });

const partitions: readonly (readonly [string, string])[] = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['eusc-', 'aws-eusc'],
];

/** Reranking models are named by ARN; an id is that of a foundation model. */
function modelArn({ model, options, env }: Call<'rerank'>, named: string | undefined): string {
  if (model.startsWith('arn:')) return model;
  const region = named ?? awsRegion(options, env) ?? runtime.default_region;
  const partition = partitions.find(([start]) => region.startsWith(start))?.[1] ?? 'aws';
  return `arn:${partition}:bedrock:${region}::foundation-model/${model}`;
}

function source(document: string | Readonly<JsonObject>, fields: readonly string[] | undefined): JsonObject {
  if (typeof document === 'string') return inline({ type: 'TEXT', textDocument: { text: document } });
  const present = fields?.filter((name) => document[name] !== undefined);
  const kept = present ? Object.fromEntries(present.map((name) => [name, document[name]])) : document;
  const names = Object.keys(kept);
  if (names.length === 1 && typeof kept['text'] === 'string')
    return inline({ type: 'TEXT', textDocument: { text: kept['text'] } });
  return inline({ type: 'JSON', jsonDocument: kept });
}

const inline = (document: JsonObject): JsonObject => ({ type: 'INLINE', inlineDocumentSource: document });

/** `region`: the one that the model string names. */
export function rerankTransformer(region: string | undefined): Transformer<'rerank'> {
  return {
    params: {
      top_n: later,
      rank_fields: later,
      return_documents: later,
      max_chunks_per_doc: noteUse('max_chunks_per_doc'),
      max_tokens_per_doc: noteUse('max_tokens_per_doc'),
      additionalModelRequestFields: true,
      nextToken: true,
    },
    request(call, mapped) {
      const { query, documents, top_n, rank_fields } = call.params;
      const { additionalModelRequestFields: extra, nextToken, ...fields } = mapped;
      const more = { ...fields, ...(isObject(extra) && extra) };
      const model: JsonObject = { modelArn: modelArn(call, region) };
      if (Object.keys(more).length > 0) model['additionalModelRequestFields'] = more;
      const body: JsonObject = {
        queries: [{ type: 'TEXT', textQuery: { text: query } }],
        sources: documents.map((document) => source(document, rank_fields ?? undefined)),
        rerankingConfiguration: {
          type: 'BEDROCK_RERANKING_MODEL',
          bedrockRerankingConfiguration: {
            modelConfiguration: model,
            numberOfResults: Math.min(top_n ?? documents.length, documents.length),
          },
        },
        ...(nextToken !== undefined && { nextToken }),
      };
      return { method: 'POST', path: '/rerank', body };
    },
    response: readRerank,
  };
}

function readRerank(body: unknown, call: Call<'rerank'>, meta: ResponseMeta): RerankResponse {
  if (!isObject(body)) return body as RerankResponse;
  const { results, nextToken, ...rest } = body;
  if (!Array.isArray(results)) {
    if (typeof body['message'] === 'string') throw faultOf(body);
    return body as unknown as RerankResponse;
  }
  const fields = { ...rest, ...(nextToken !== undefined && nextToken !== null && { nextToken }) };
  return {
    id: answerId(meta),
    results: results.map((entry: unknown) => readResult(entry, call)),
    ...(Object.keys(fields).length > 0 && { provider_specific_fields: fields }),
  };
}

function readResult(entry: unknown, call: Call<'rerank'>): RerankResult {
  const { index, relevanceScore } = isObject(entry) ? entry : {};
  const result = { index, relevance_score: relevanceScore } as RerankResult;
  if (call.params.return_documents !== true) return result;
  const document = call.params.documents[result.index];
  if (typeof document === 'string') result.document = { text: document };
  else if (document !== undefined) result.document = document;
  return result;
}
