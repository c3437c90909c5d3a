/**
 * Reranking in Cohere's shape.
 * Sources: https://docs.cohere.com/reference/rerank; `rank_fields`, `return_documents`, `max_chunks_per_doc`:
 * https://docs.cohere.com/v1/reference/rerank and https://docs.litellm.ai/docs/rerank
 */
import type { ProviderSpecificFields, Usage } from './chat.js';

export interface RerankParams {
  model: string;
  query: string;
  /** Texts, or objects whose `rank_fields` (default: `text`) are compared. */
  documents: Array<string | Record<string, unknown>>;
  /** How many results to return; default all. */
  top_n?: number | null;
  rank_fields?: string[] | null;
  return_documents?: boolean | null;
  max_chunks_per_doc?: number | null;
  max_tokens_per_doc?: number | null;
}

/** The document as it was given; a plain text stands in `text`. */
export interface RerankDocument {
  text?: string;
  [key: string]: unknown;
}

export interface RerankResult {
  /** Position in `documents`. */
  index: number;
  relevance_score: number;
  /** Only with `return_documents`. */
  document?: RerankDocument;
}

export interface RerankMeta {
  api_version?: { version?: string; is_deprecated?: boolean; is_experimental?: boolean };
  billed_units?: {
    search_units?: number;
    total_tokens?: number;
    input_tokens?: number;
    output_tokens?: number;
    images?: number;
    classifications?: number;
  };
  tokens?: { input_tokens?: number; output_tokens?: number };
  warnings?: string[];
}

export interface RerankResponse {
  id: string;
  /** Best first. */
  results: RerankResult[];
  meta?: RerankMeta;
  model?: string;
  usage?: Partial<Usage>;
  provider_specific_fields?: ProviderSpecificFields;
}
