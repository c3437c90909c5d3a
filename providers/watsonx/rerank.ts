/** Rerank: https://cloud.ibm.com/apidocs/watsonx-ai#text-rerank */
import type { JsonObject, Transformer } from '../../src/core/spec.js';
import { rerankTransformer } from '../openai/rerank.js';
import { isObject } from '../shared/messages.js';
import { parametersOf } from './embeddings.js';
import { place } from './place.js';

const base = rerankTransformer({
  rerank: {
    omit: ['max_chunks_per_doc'],
    // Documents are put back from the request.
    local: ['rank_fields', 'return_documents'],
    rename: { max_tokens_per_doc: 'truncate_input_tokens' },
    documents: { name: 'inputs', as: 'object' },
    text_only: true,
    model_in_body: false,
  },
});

export const rerank: Transformer<'rerank'> = {
  ...base,
  params: base.params,
  request(call, mapped) {
    const { query, inputs } = base.request(call, {}).body as JsonObject;
    const { top_n: top, ...rest } = mapped;
    const { parameters = {} } = parametersOf(rest);
    if (top !== undefined) parameters['return_options'] = { ...optionsOf(parameters), top_n: top };
    return place(call, 'text/rerank', {
      query,
      inputs,
      ...(Object.keys(parameters).length > 0 ? { parameters } : {}),
    });
  },
  response(body, call, meta) {
    if (!isObject(body) || !Array.isArray(body['results'])) return base.response(body, call, meta);
    const { model_id: model, input_token_count: tokens, created_at: _, ...rest } = body;
    const usage = { total_tokens: tokens };
    return base.response({ ...rest, model, ...(tokens === undefined ? {} : { usage }) }, call, meta);
  },
};

const optionsOf = ({ return_options: options }: JsonObject): JsonObject => (isObject(options) ? options : {});
