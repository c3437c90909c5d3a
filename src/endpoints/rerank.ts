/** Rerank: Cohere's parameters and what a good call looks like. */
import type { EndpointSpec } from '../core/endpoint.js';
import { checkNumbers, isObject, refuse } from '../core/validate.js';

export const rerank: EndpointSpec<'rerank'> = {
  name: 'rerank',
  params: new Set(['top_n', 'rank_fields', 'return_documents', 'max_chunks_per_doc', 'max_tokens_per_doc', 'user']),
  own: new Set(['model', 'query', 'documents']),
  validate(params) {
    const { query, documents } = params;
    if (typeof query !== 'string' || query === '') refuse('query', query, 'must be a text');
    if (!Array.isArray(documents)) refuse('documents', documents, 'must be an array of texts or objects');
    if (documents.length === 0) refuse('documents', documents, 'must hold at least one document');
    for (let index = 0; index < documents.length; index++) {
      const entry: unknown = documents[index];
      if (typeof entry !== 'string' && (typeof entry !== 'object' || entry === null))
        refuse(`documents[${index}]`, entry, 'must be a text or an object');
    }
    checkNumbers(params);
  },
  problem(result) {
    if (typeof result !== 'object' || result === null) return 'a body that is no JSON object';
    const { results } = result as { results?: unknown };
    if (!Array.isArray(results)) return 'a body without results';
    const whole = results.every(
      (row: unknown) => isObject(row) && typeof row['index'] === 'number' && typeof row['relevance_score'] === 'number',
    );
    return whole ? undefined : 'a result without index and score';
  },
  complete(result) {
    result.id ||= crypto.randomUUID();
  },
  usage: (result) => result.meta ?? result.usage,
};
