/** Vendors of embeddings and rerankers alone. */
import type { Quirks, Row } from '../openai/quirks.js';

/** https://api.jina.ai/redoc */
const jina: Quirks = {
  embeddings: {
    also: ['input_type'],
    images: 'image',
    omit: ['user'],
    rename: { encoding_format: 'embedding_type' },
    values: {
      input_type: {
        search_query: { task: 'retrieval.query' },
        search_document: { task: 'retrieval.passage' },
        classification: { task: 'classification' },
        clustering: { task: 'separation' },
      },
    },
  },
  rerank: { omit: ['max_chunks_per_doc', 'max_tokens_per_doc'], local: ['rank_fields'] },
};

/** https://docs.voyageai.com/reference/embeddings-api and …/reranker-api */
const voyage: Quirks = {
  embeddings: {
    also: ['input_type'],
    omit: ['user'],
    rename: { dimensions: 'output_dimension' },
    // Numbers are what comes without the field, and `float` is no value of it.
    values: {
      encoding_format: { float: {} },
      input_type: { search_query: { input_type: 'query' }, search_document: { input_type: 'document' } },
    },
    models: [
      // https://docs.voyageai.com/reference/multimodal-embeddings-api
      {
        match: /^voyage-multimodal/,
        path: '/multimodalembeddings',
        input: 'inputs',
        input_as: 'contents',
        rename: { encoding_format: 'output_encoding' },
      },
      // https://docs.voyageai.com/reference/contextualized-embeddings-api
      { match: /^voyage-context/, path: '/contextualizedembeddings', input: 'inputs', input_as: 'lists' },
    ],
    max_batch: 1000,
  },
  rerank: {
    omit: ['max_chunks_per_doc', 'max_tokens_per_doc'],
    local: ['rank_fields'],
    rename: { top_n: 'top_k' },
    text_only: true,
  },
};

export const retrieval = {
  jina_ai: {
    base: 'https://api.jina.ai/v1',
    key: ['JINA_AI_API_KEY', 'JINA_API_KEY', 'JINA_AI_TOKEN'],
    base_env: 'JINA_AI_API_BASE',
    endpoints: ['embeddings', 'rerank'],
    quirks: jina,
    docs: 'https://jina.ai/embeddings/',
  },
  voyage: {
    base: 'https://api.voyageai.com/v1',
    key: ['VOYAGE_API_KEY', 'VOYAGE_AI_API_KEY', 'VOYAGE_AI_TOKEN'],
    endpoints: ['embeddings', 'rerank'],
    quirks: voyage,
    docs: 'https://docs.voyageai.com/reference/embeddings-api',
  },
} as const satisfies Record<string, Row>;
