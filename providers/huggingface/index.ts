/** Hugging Face: its router of inference providers, and inference endpoints of one's own. */
import type { Provider } from '../../src/core/spec.js';
import { makeProvider } from '../openai/compatible-provider.js';
import { embeddings } from './embeddings.js';
import { huggingfaceError } from './errors.js';

const row = makeProvider('huggingface', {
  base: 'https://router.huggingface.co',
  key: ['HF_TOKEN', 'HUGGINGFACE_API_KEY'],
  base_env: 'HF_API_BASE',
  // Rerankers run on endpoints of one's own.
  bases: { rerank: null },
  endpoints: ['chat', 'rerank'],
  quirks: {
    omit: ['verbosity'],
    // `together/deepseek-ai/DeepSeek-R1`: the inference provider comes last in the router's form.
    model_name: { match: /^([^/]+)\/([^/]+\/[^/]+)$/, to: '$2:$1' },
    path: { chat: '/v1/chat/completions', rerank: '/rerank' },
    rerank: {
      omit: ['max_chunks_per_doc', 'max_tokens_per_doc'],
      local: ['top_n', 'rank_fields'],
      rename: { return_documents: 'return_text' },
      model_in_body: false,
      documents: { name: 'texts' },
      text_only: true,
    },
  },
  docs: 'https://huggingface.co/docs/inference-providers',
  notes: [
    '`huggingface/<provider>/<org>/<model>` chooses the inference provider; without one the router does.',
    'With `api_base` calls go to an endpoint of your own: text-generation-inference for chat, text-embeddings-inference for embeddings and rerankers.',
    'Embeddings on the router run on `hf-inference`.',
  ],
});

export const huggingface: Provider = {
  ...row,
  endpoints: { ...row.endpoints, embeddings },
  error: huggingfaceError,
};
export default huggingface;
