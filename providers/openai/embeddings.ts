/** Embeddings: https://platform.openai.com/docs/api-reference/embeddings */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject, Params, Transformer } from '../../src/core/spec.js';
import type { Embedding, EmbeddingResponse, EmbeddingUsage, EmbeddingVector } from '../../src/types/embeddings.js';
import { sumUsage } from '../shared/embedding-usage.js';
import { isObject, setAside } from './answer.js';
import { openaiError } from './errors.js';
import { headersOf } from './headers.js';
import { writeInput } from './embedding-input.js';
import { modelName } from './model-name.js';
import { specByModel } from './params.js';
import type { EmbeddingQuirks, Quirks } from './quirks.js';
import { toldCost } from './usage.js';
import { bytesFromBase64, base64FromFloats, floatsFromBase64 } from './vectors.js';

const embeddingParams = ['encoding_format', 'dimensions', 'user'] as const;

export function embeddingsTransformer(quirks: Quirks): Transformer<'embeddings'> {
  const own: EmbeddingQuirks = quirks.embeddings ?? {};
  const cap = own.max_batch;
  return {
    params: specByModel(embeddingParams, own),
    request(call, mapped) {
      const rule = own.models?.find(({ match }) => match.test(call.model));
      const path = rule?.path ?? quirks.path?.embeddings ?? '/embeddings';
      const model = modelName(call.model, quirks.model_name);
      const body: JsonObject = {
        ...(path.includes('{model}') ? {} : { model }),
        [rule?.input ?? own.input ?? 'input']: writeInput(call.params.input, own, rule),
        ...own.body,
        ...mapped,
      };
      if (own.base64 && call.params.encoding_format === undefined) body['encoding_format'] = 'base64';
      const headers = headersOf(call, quirks);
      return { method: 'POST', path: path.replace('{model}', model), body, ...(headers ? { headers } : {}) };
    },
    response: (body, call) => readEmbeddings(body, call, own.int8 === true),
    ...(cap === undefined
      ? {}
      : {
          split: (call: Call<'embeddings'>) => splitBatch(call.params, cap),
          merge: (results: EmbeddingResponse[]) => mergeBatches(results),
        }),
  };
}

function readEmbeddings(body: unknown, call: Call<'embeddings'>, int8: boolean): EmbeddingResponse {
  // Bare vectors, and one vector for one text.
  if (Array.isArray(body))
    return readEmbeddings({ data: typeof body[0] === 'number' ? [body] : (body as unknown[]) }, call, int8);
  if (!isObject(body)) return body as EmbeddingResponse;
  const data = body['data'];
  const error = body['error'];
  if (!Array.isArray(data)) {
    if (isObject(error) || (typeof error === 'string' && error !== ''))
      throw new ProviderFault(openaiError(undefined, body));
    return body as unknown as EmbeddingResponse;
  }
  const asked = call.params.encoding_format;
  const result: JsonObject = {
    object: 'list',
    data: flatten(data).map((row, i) => readRow(row, i, asked, int8)),
    model: typeof body['model'] === 'string' && body['model'] !== '' ? body['model'] : call.model,
    usage: readEmbeddingUsage(body['usage']),
  };
  for (const field of Object.keys(body)) if (!(field in result)) setAside(result, field, body[field]);
  return result as unknown as EmbeddingResponse;
}

/** Lists of chunks, one list for each document, as one list. */
function flatten(data: readonly unknown[]): readonly unknown[] {
  if (!data.some((row) => isObject(row) && Array.isArray(row['data']))) return data;
  const chunks = data.flatMap((row): unknown[] => (isObject(row) && Array.isArray(row['data']) ? row['data'] : [row]));
  return chunks.map((chunk) => (isObject(chunk) ? chunk['embedding'] : chunk));
}

function readRow(
  row: unknown,
  at: number,
  asked: string | null | undefined,
  int8: boolean,
): Embedding<EmbeddingVector> {
  const wire = isObject(row) ? row['embedding'] : row;
  const index = isObject(row) && typeof row['index'] === 'number' ? row['index'] : at;
  return { object: 'embedding', index, embedding: readVector(wire, asked, int8) };
}

/** Numbers, unless the caller asked for an encoding of its own. */
function readVector(wire: unknown, asked: string | null | undefined, int8: boolean): EmbeddingVector {
  if (typeof wire === 'string') {
    if (asked !== undefined && asked !== null && asked !== 'float') return wire;
    return int8 ? Array.from(new Int8Array(bytesFromBase64(wire).buffer)) : floatsFromBase64(wire);
  }
  return asked === 'base64' && Array.isArray(wire) ? base64FromFloats(wire as number[]) : (wire as EmbeddingVector);
}

function readEmbeddingUsage(raw: unknown): EmbeddingUsage {
  const usage = isObject(raw) ? raw : {};
  const total = typeof usage['total_tokens'] === 'number' ? usage['total_tokens'] : undefined;
  const prompt = typeof usage['prompt_tokens'] === 'number' ? usage['prompt_tokens'] : undefined;
  const cost = toldCost(usage);
  const out: JsonObject = { ...usage, prompt_tokens: prompt ?? total ?? 0, total_tokens: total ?? prompt ?? 0 };
  for (const key of Object.keys(out)) if (out[key] === null) delete out[key];
  if (isObject(usage['cost'])) {
    delete out['cost'];
    out['provider_specific_fields'] = { usage };
  }
  if (cost !== undefined) out['cost'] = cost;
  return out as unknown as EmbeddingUsage;
}

/** Lists longer than the cap; a flat list of numbers is one input of tokens. */
function splitBatch(params: Params<'embeddings'>, cap: number): Params<'embeddings'>[] | undefined {
  const input = params.input as unknown;
  if (!Array.isArray(input) || input.length <= cap || typeof input[0] === 'number') return undefined;
  const parts: Params<'embeddings'>[] = [];
  for (let i = 0; i < input.length; i += cap) parts.push({ ...params, input: input.slice(i, i + cap) as string[] });
  return parts;
}

function mergeBatches(results: EmbeddingResponse[]): EmbeddingResponse {
  const first = results[0];
  if (!first) throw new TypeError('nothing to merge');
  const data: Embedding<EmbeddingVector>[] = [];
  for (const result of results) {
    const offset = data.length;
    for (const row of result.data) data.push({ ...row, index: row.index + offset });
  }
  return { ...first, data, usage: sumUsage(results) };
}
