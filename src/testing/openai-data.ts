import { isObject, strings, text, type Json } from './json.js';
import { invalid, missing } from './openai-refusals.js';
import type { Reply } from './reply.js';
import { embed, rank } from './similarity.js';
import { DIMENSIONS, type Received } from './vendor.js';
import { makeId, tokens } from './words.js';

/** The endpoints beside chat completions, by method and path. */
export const openaiData: Readonly<Record<string, (received: Received, body: Json) => Reply>> = {
  'POST /embeddings': (_received, body) => ok(embeddings(body)),
  'POST /rerank': (received, body) => ok(rerank(received, body)),
  'GET /models': () =>
    ok({
      object: 'list',
      data: MODELS.map((id) => ({ id, object: 'model', created: 1_750_000_000, owned_by: 'callm' })),
    }),
};

const ok = (body: Json): Reply => ({ status: 200, headers: {}, body });

/** Names to choose from; every other name but `missing-model` works too. */
const MODELS = ['gpt-4o', 'gpt-4o-mini', 'o4-mini', 'text-embedding-3-small', 'text-embedding-3-large', 'rerank-v3.5'];

function embeddings(body: Json): Json {
  const texts = readInput(body['input']);
  const dimensions = body['dimensions'] ?? DIMENSIONS.default;
  if (
    typeof dimensions !== 'number' ||
    !Number.isInteger(dimensions) ||
    dimensions < 1 ||
    dimensions > DIMENSIONS.most
  ) {
    throw invalid(
      `Invalid 'dimensions': expected an integer from 1 to ${DIMENSIONS.most}.`,
      'dimensions',
      'invalid_value',
    );
  }
  const format = body['encoding_format'] ?? 'float';
  if (format !== 'float' && format !== 'base64') {
    throw invalid(
      "Invalid value for 'encoding_format': expected 'float' or 'base64'.",
      'encoding_format',
      'invalid_value',
    );
  }
  const total = texts.reduce((sum, one) => sum + tokens(one), 0);
  return {
    object: 'list',
    data: texts.map((one, index) => {
      const vector = embed(one, dimensions);
      return { object: 'embedding', index, embedding: format === 'base64' ? toBase64(vector) : [...vector] };
    }),
    model: body['model'],
    usage: { prompt_tokens: total, total_tokens: total },
  };
}

/** One text, several, or token ids, which stand for a text of their own. */
function readInput(input: unknown): string[] {
  if (input == null) throw missing('input');
  const items: unknown[] = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const texts = items.map((item) => (Array.isArray(item) ? item.join(' ') : typeof item === 'string' ? item : ''));
  if (texts.length > 0 && texts.length <= 2048 && texts.every((one) => one !== '')) return texts;
  throw invalid("'$.input' is invalid: expected a string or 1 to 2048 strings or token lists, none empty.", null, null);
}

/** Little-endian float32, whatever the machine's own order. */
function toBase64(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  vector.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}

function rerank(received: Received, body: Json): Json {
  const query = text(body['query']);
  if (query === '') throw missing('query');
  const documents = readDocuments(body['documents']);
  if (documents.length === 0) {
    throw missing('documents');
  }
  const top = typeof body['top_n'] === 'number' ? body['top_n'] : documents.length;
  const results = rank(query, documents).slice(0, top);
  const total = [query, ...documents].reduce((sum, one) => sum + tokens(one), 0);
  return {
    id: makeId('rerank-', received.seed),
    model: body['model'],
    results: results.map((result) => ({
      ...result,
      ...(body['return_documents'] === true && { document: { text: documents[result.index] } }),
    })),
    usage: { total_tokens: total },
    meta: { billed_units: { search_units: 1 } },
  };
}

/** Documents as texts, or as objects with a `text`. */
export const readDocuments = (documents: unknown): string[] =>
  Array.isArray(documents) ? strings(documents.map((one: unknown) => (isObject(one) ? text(one['text']) : one))) : [];
