/** Cohere's rerankers, in both versions of its API: https://docs.cohere.com/reference/rerank and …/v1/reference/rerank */
import type { Call, JsonObject, ParamMapper, Transformer } from '../../src/core/spec.js';
import { noteVersion } from '../azure/address.js';
import { reading } from '../azure/filters.js';
import { rerankTransformer } from '../openai/rerank.js';
import { rerankAddress } from './address.js';

const first = rerankTransformer({});
/** Documents are texts, and do not come back. */
const second = rerankTransformer({ rerank: { text_only: true } });

const versionOf = (call: Pick<Call, 'options' | 'provider' | 'env'>): 'v1' | 'v2' =>
  rerankAddress(call as Call).version;

/** A parameter of the first version, honoured here for the second. */
const onlyFirst =
  (name: string): ParamMapper =>
  (value: unknown, body: JsonObject, call: Call<never>) => {
    if (versionOf(call) === 'v1') body[name] = value;
  };

const ofVersion =
  (name: string, version: 'v1' | 'v2'): ParamMapper =>
  (value: unknown, body: JsonObject, call: Call<never>) => {
    if (versionOf(call) === version) body[name] = value;
    else call.unsupported(name, `this is ${versionOf(call)} of the rerank API`);
  };

export const rerank: Transformer<'rerank'> = {
  params: {
    top_n: true,
    rank_fields: onlyFirst('rank_fields'),
    return_documents: onlyFirst('return_documents'),
    max_chunks_per_doc: ofVersion('max_chunks_per_doc', 'v1'),
    max_tokens_per_doc: ofVersion('max_tokens_per_doc', 'v2'),
  },
  request(call, mapped) {
    const own = call as unknown as Call;
    const address = rerankAddress(own);
    noteVersion(own, address);
    const { path, query, version } = address;
    return { ...(version === 'v1' ? first : second).request(call, mapped), path, query };
  },
  response: (body, call, meta) => reading(body, () => first.response(body, call, meta)),
};
