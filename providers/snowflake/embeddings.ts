/** Embeddings: https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api#embed-api */
import type { JsonObject, Transformer } from '../../src/core/spec.js';
import { embeddingsTransformer } from '../openai/embeddings.js';
import { isObject } from '../shared/messages.js';

const base = embeddingsTransformer({ embeddings: { omit: ['dimensions', 'user'], local: ['encoding_format'] } });

export const embeddings: Transformer<'embeddings'> = {
  ...base,
  params: base.params,
  request(call, mapped) {
    const { input } = call.params;
    const text = Array.isArray(input) ? input : [input];
    return { method: 'POST', path: '/api/v2/cortex/inference:embed', body: { model: call.model, text, ...mapped } };
  },
  response(body, call, meta) {
    // Each vector stands in a list of its own.
    if (isObject(body) && Array.isArray(body['data'])) body['data'] = body['data'].map(unwrap);
    return base.response(body, call, meta);
  },
};

function unwrap(row: unknown): unknown {
  if (!isObject(row)) return row;
  const { embedding }: JsonObject = row;
  return Array.isArray(embedding) && Array.isArray(embedding[0]) ? { ...row, embedding: embedding[0] } : row;
}
