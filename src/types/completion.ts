/**
 * Chat completions and their stream chunks.
 * Sources: https://platform.openai.com/docs/api-reference/chat/object and …/chat/streaming;
 * `reasoning_content`, `thinking_blocks`, `images`, the cache counts: https://docs.litellm.ai/docs/completion/output
 */
import type {
  Annotation,
  AudioOutput,
  FunctionCall,
  ImageOutput,
  Metadata,
  ProviderSpecificFields,
  ThinkingBlock,
  ToolCall,
} from './messages.js';

/** Of an answer; requests take more. */
export type ServiceTier = 'auto' | 'default' | 'flex' | 'scale' | 'priority';

export type FinishReason = 'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call';

export interface TokenLogprob {
  token: string;
  /** UTF-8 bytes of the token; null when it has none. */
  bytes: number[] | null;
  logprob: number;
  top_logprobs: Array<{ token: string; bytes: number[] | null; logprob: number }>;
}

export interface Logprobs {
  content: TokenLogprob[] | null;
  refusal: TokenLogprob[] | null;
}

export interface PromptTokensDetails {
  /** Read from the cache. */
  cached_tokens?: number;
  audio_tokens?: number;
  text_tokens?: number;
  image_tokens?: number;
  video_tokens?: number;
  /** Written to the cache. */
  cache_creation_tokens?: number;
  cache_creation_token_details?: { ephemeral_5m_input_tokens?: number; ephemeral_1h_input_tokens?: number };
  /** `cached_tokens` by kind. */
  cached_tokens_details?: { text_tokens?: number; audio_tokens?: number; image_tokens?: number; video_tokens?: number };
  /** OpenAI's own name for `cache_creation_tokens`. */
  cache_write_tokens?: number;
  /** Searches and maps that grounded the answer, where the provider bills them. */
  web_search_requests?: number;
  google_maps_requests?: number;
  /** Counts and lengths that some embedding models are billed by. */
  image_count?: number;
  character_count?: number;
  audio_length_seconds?: number;
  video_length_seconds?: number;
}

export interface CompletionTokensDetails {
  reasoning_tokens?: number;
  audio_tokens?: number;
  text_tokens?: number;
  image_tokens?: number;
  video_tokens?: number;
  accepted_prediction_tokens?: number;
  rejected_prediction_tokens?: number;
}

export interface Usage {
  /** All input, cache reads and writes included. */
  prompt_tokens: number;
  /** All output, reasoning included. */
  completion_tokens: number;
  total_tokens: number;
  prompt_tokens_details?: PromptTokensDetails;
  completion_tokens_details?: CompletionTokensDetails;
  /** US dollars, where the provider reports it itself. */
  cost?: number;
  /** Searches that the provider made and bills. */
  server_tool_use?: { web_search_requests?: number };
  /** The counts are ours: the provider sent none. */
  estimated?: boolean;
  provider_specific_fields?: ProviderSpecificFields;
}

export interface ChatCompletionMessage {
  role: 'assistant';
  content: string | null;
  refusal: string | null;
  tool_calls?: ToolCall[];
  /** @deprecated OpenAI's older form of `tool_calls`. */
  function_call?: FunctionCall | null;
  annotations?: Annotation[];
  audio?: AudioOutput | null;
  images?: ImageOutput[];
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[];
  provider_specific_fields?: ProviderSpecificFields;
  /** With a schema as `response_format`: the answer, validated; null on a refusal, a tool call or a cut answer. */
  parsed?: unknown;
}

export interface Choice {
  index: number;
  finish_reason: FinishReason;
  logprobs: Logprobs | null;
  message: ChatCompletionMessage;
  provider_specific_fields?: ProviderSpecificFields;
}

export interface ModerationResults {
  type: 'moderation_results';
  model: string;
  results: Array<{
    type: 'moderation_result';
    model: string;
    flagged: boolean;
    categories: Record<string, boolean>;
    category_scores: Record<string, number>;
    category_applied_input_types: Record<string, Array<'text' | 'image'>>;
  }>;
}

/** What the `moderation` param gave, for the input and the output. */
export interface ChatModeration {
  input: ModerationResults | { type: 'error'; code: string; message: string };
  output: ModerationResults | { type: 'error'; code: string; message: string };
}

export interface ChatCompletion {
  id: string;
  object: 'chat.completion';
  /** Unix seconds. */
  created: number;
  model: string;
  choices: Choice[];
  usage?: Usage;
  metadata?: Metadata | null;
  moderation?: ChatModeration | null;
  service_tier?: ServiceTier | null;
  system_fingerprint?: string;
  provider_specific_fields?: ProviderSpecificFields;
}

/** What had come of a stream that broke off: the finish reason is null where none was sent. */
export interface PartialChatCompletion extends Omit<ChatCompletion, 'choices'> {
  choices: Array<Omit<Choice, 'finish_reason'> & { finish_reason: FinishReason | null }>;
}

/** The answer to a call with a schema; `parsed` is null on a refusal, a tool call or a cut answer. */
export interface ParsedChatCompletion<T> extends Omit<ChatCompletion, 'choices'> {
  choices: Array<Omit<Choice, 'message'> & { message: ChatCompletionMessage & { parsed: T | null } }>;
}

/** A piece of a tool call; `arguments` is complete only after the stream's terminal event. */
export interface ToolCallDelta {
  /** Dense from 0, in order of appearance. */
  index: number;
  id?: string;
  /** OpenAI's schema knows `function` only, though custom calls are streamed too: test `custom`, not `type`. */
  type?: 'function';
  function?: { name?: string; arguments?: string };
  custom?: { name?: string; input?: string };
  provider_specific_fields?: ProviderSpecificFields;
}

export interface Delta {
  role?: 'developer' | 'system' | 'user' | 'assistant' | 'tool';
  content?: string | null;
  refusal?: string | null;
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[];
  tool_calls?: ToolCallDelta[];
  /** @deprecated OpenAI's older form of `tool_calls`. */
  function_call?: { name?: string; arguments?: string };
  audio?: Partial<AudioOutput>;
  images?: ImageOutput[];
  annotations?: Annotation[];
  provider_specific_fields?: ProviderSpecificFields;
}

export interface ChunkChoice {
  index: number;
  delta: Delta;
  finish_reason: FinishReason | null;
  logprobs?: Logprobs | null;
  provider_specific_fields?: ProviderSpecificFields;
}

export interface ChatCompletionChunk {
  id: string;
  object: 'chat.completion.chunk';
  /** Unix seconds, the same on all chunks. */
  created: number;
  model: string;
  /** Empty on the chunk that carries `usage`. */
  choices: ChunkChoice[];
  usage?: Usage | null;
  moderation?: ChatModeration | null;
  /** Padding against guessing by length. */
  obfuscation?: string;
  service_tier?: ServiceTier | null;
  system_fingerprint?: string;
  provider_specific_fields?: ProviderSpecificFields;
}
