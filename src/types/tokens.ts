/** Counting tokens: what goes in, and what comes out. */
import type { ChatMessage, Tool, ToolChoice } from './chat.js';

/** A tokenizer's vocabulary and rules. */
export type EncodingName = 'o200k_base' | 'cl100k_base' | 'p50k_base' | 'r50k_base' | 'claude_2' | 'deepseek_v3';

/** A text or messages, and how to count them. */
export interface CountInput {
  /** Without one, as a model that is not known. */
  model?: string;
  text?: string | readonly string[];
  messages?: readonly ChatMessage[];
  tools?: readonly Tool[] | null;
  tool_choice?: ToolChoice | null;
  /** The messages are an answer: nothing is added for the reply to come. */
  count_response_tokens?: boolean | null;
  /** 250 for every image, without a look at it. */
  use_default_image_token_count?: boolean | null;
  /** Stands for the content of a message that cannot be counted; otherwise it is refused. */
  default_token_count?: number | null;
  /** In place of the model's own. */
  encoding?: EncodingName;
}

export interface CountTokensInput extends CountInput {
  /** `provider` asks the provider, `estimate` guesses by characters. `tokenizer` by default. */
  method?: 'tokenizer' | 'estimate' | 'provider';
}

export interface TokenCount {
  tokens: number;
  /** How the count came about: by the model's own tokenizer, by something near it, or by the provider. */
  method: 'tokenizer' | 'estimate' | 'provider';
  /** The number is that of the model's own tokenizer. */
  exact: boolean;
  /** The encoding that was used. */
  tokenizer?: string;
  /** Why it is not exact. */
  note?: string;
}
