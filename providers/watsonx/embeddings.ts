/** Embeddings: https://cloud.ibm.com/apidocs/watsonx-ai#text-embeddings */
import { BadRequestError } from '../../src/core/errors.js';
import type { JsonObject, Transformer } from '../../src/core/spec.js';
import { embeddingsTransformer } from '../openai/embeddings.js';
import { isObject } from '../shared/messages.js';
import { place } from './place.js';

const base = embeddingsTransformer({
  embeddings: { omit: ['dimensions', 'user'], local: ['encoding_format'], max_batch: 1000 },
});

/** Whatever the model is told beside the texts stands in `parameters`. */
export function parametersOf(mapped: JsonObject): { parameters?: JsonObject } {
  const { parameters, ...rest } = mapped;
  const all = { ...(isObject(parameters) ? parameters : {}), ...rest };
  return Object.keys(all).length > 0 ? { parameters: all } : {};
}

export const embeddings: Transformer<'embeddings'> = {
  ...base,
  params: base.params,
  request(call, mapped) {
    const { input } = call.params;
    const inputs: readonly unknown[] = Array.isArray(input) ? input : [input];
    if (inputs.some((each) => typeof each !== 'string')) {
      const { llm_provider, model } = call;
      throw new BadRequestError('input: watsonx embeds texts alone', { param: 'input', llm_provider, model });
    }
    return place(call, 'text/embeddings', { inputs, ...parametersOf(mapped) });
  },
  response(body, call, meta) {
    if (!isObject(body) || !Array.isArray(body['results'])) return base.response(body, call, meta);
    const { results, model_id: model, input_token_count: tokens, created_at: _, ...rest } = body;
    const usage = { prompt_tokens: tokens, total_tokens: tokens };
    return base.response({ ...rest, data: results, model, ...(tokens === undefined ? {} : { usage }) }, call, meta);
  },
};
