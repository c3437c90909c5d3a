/**
 * Embeddings in OpenAI's shape.
 * Sources: https://platform.openai.com/docs/api-reference/embeddings;
 * `input_type`: https://docs.litellm.ai/docs/embedding/supported_embedding
 */
import type { ContentPart, PromptTokensDetails, ProviderSpecificFields } from './chat.js';

/** Input of a multimodal model: a content part, several embedded as one, or the provider's own form. */
export type EmbeddingInputObject = ContentPart | { content: ContentPart[] } | { [key: string]: unknown };

/** One text, several texts, one list of token ids, several such lists, or multimodal objects. */
export type EmbeddingInput = string | string[] | number[] | number[][] | Array<string | EmbeddingInputObject>;

export interface EmbeddingParams {
  model: string;
  input: EmbeddingInput;
  /** Vectors as numbers, or as base64 of little-endian 32-bit floats. */
  encoding_format?: 'float' | 'base64' | (string & {}) | null;
  dimensions?: number | null;
  user?: string | null;
  /** What the vectors are for, where models tell queries from documents: `search_query`, `search_document`, … */
  input_type?: string | null;
}

/** Numbers, or base64 when that was asked for. */
export type EmbeddingVector = number[] | string;

export interface Embedding<V extends EmbeddingVector = EmbeddingVector> {
  object: 'embedding';
  /** Position in the input. */
  index: number;
  embedding: V;
}

export interface EmbeddingUsage {
  prompt_tokens: number;
  total_tokens: number;
  completion_tokens?: number;
  prompt_tokens_details?: PromptTokensDetails;
  /** US dollars, where the provider reports it itself. */
  cost?: number;
  /** The counts are ours: the provider sent none. */
  estimated?: boolean;
  provider_specific_fields?: ProviderSpecificFields;
}

export interface EmbeddingResponse<V extends EmbeddingVector = EmbeddingVector> {
  object: 'list';
  data: Array<Embedding<V>>;
  model: string;
  usage: EmbeddingUsage;
  provider_specific_fields?: ProviderSpecificFields;
}
