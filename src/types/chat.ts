/**
 * Chat: the request params and tools. Messages and answers are re-exported from their own files.
 * Sources: https://platform.openai.com/docs/api-reference/chat/create (and OpenAI's OpenAPI description, 2.3.0);
 * `thinking`: https://docs.anthropic.com/en/api/messages
 */
import type { ServiceTier } from './completion.js';
import type { CacheControl, ChatMessage, Metadata, TextPart } from './messages.js';

export type * from './completion.js';
export type * from './messages.js';

/** A JSON Schema object. */
export type JsonSchema = Record<string, unknown>;

export interface FunctionDefinition {
  name: string;
  description?: string;
  parameters?: JsonSchema;
  strict?: boolean | null;
}

export interface FunctionTool {
  type: 'function';
  function: FunctionDefinition;
  custom?: undefined;
  cache_control?: CacheControl | null;
}

/** A tool with free-text input, optionally bound to a grammar. */
export interface CustomTool {
  type: 'custom';
  custom: {
    name: string;
    description?: string;
    format?: { type: 'text' } | { type: 'grammar'; grammar: { definition: string; syntax: 'lark' | 'regex' } };
  };
  function?: undefined;
  cache_control?: CacheControl | null;
}

/**
 * A tool of the provider's own (web search, code execution, computer use, MCP), passed on as it is.
 * `function` and `custom` are ruled out so that testing them narrows `Tool`.
 */
export interface ProviderTool {
  type: string;
  function?: undefined;
  custom?: undefined;
  [key: string]: unknown;
}

export type Tool = FunctionTool | CustomTool | ProviderTool;

export type ToolChoice =
  | 'none'
  | 'auto'
  | 'required'
  | { type: 'function'; function: { name: string } }
  | { type: 'custom'; custom: { name: string } }
  | { type: 'allowed_tools'; allowed_tools: { mode: 'auto' | 'required'; tools: Array<Record<string, unknown>> } };

export type ResponseFormat =
  | { type: 'text' }
  | { type: 'json_object' }
  | {
      type: 'json_schema';
      json_schema: { name: string; description?: string; schema?: JsonSchema; strict?: boolean | null };
    };

export interface StreamOptions {
  /** Ask for a last chunk that carries `usage` and no choice. */
  include_usage?: boolean;
  include_obfuscation?: boolean;
}

export type ReasoningEffort = 'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max';

/** Anthropic's `thinking`. `budget_tokens` is at least 1024 and below `max_tokens`. */
export type ThinkingParam =
  | { type: 'enabled'; budget_tokens: number; display?: 'summarized' | 'omitted' | null }
  | { type: 'adaptive'; display?: 'summarized' | 'omitted' | null }
  | { type: 'disabled' };

export interface WebSearchOptions {
  search_context_size?: 'low' | 'medium' | 'high';
  user_location?: {
    type: 'approximate';
    /** `country` is ISO 3166-1 alpha-2, `timezone` an IANA name. */
    approximate: { city?: string; country?: string; region?: string; timezone?: string };
  } | null;
}

export interface AudioOutputParam {
  format: 'wav' | 'aac' | 'mp3' | 'flac' | 'opus' | 'pcm16';
  voice: string | { id: string };
}

export interface Prediction {
  type: 'content';
  content: string | TextPart[];
}

export interface ModerationOptions {
  model: string;
  policy?: {
    input?: { mode: 'score' | 'block' } | null;
    output?: { mode: 'score' | 'block' } | null;
  } | null;
}

/** Every param of OpenAI's chat completions, plus `thinking`. `null` means not sent. */
export interface ChatParams {
  model: string;
  messages: ChatMessage[];
  audio?: AudioOutputParam | null;
  frequency_penalty?: number | null;
  /** @deprecated use `tool_choice` */
  function_call?: 'none' | 'auto' | { name: string } | null;
  /** @deprecated use `tools` */
  functions?: FunctionDefinition[] | null;
  logit_bias?: Record<string, number> | null;
  logprobs?: boolean | null;
  max_completion_tokens?: number | null;
  max_tokens?: number | null;
  metadata?: Metadata | null;
  modalities?: Array<'text' | 'audio' | 'image'> | null;
  moderation?: ModerationOptions | null;
  n?: number | null;
  parallel_tool_calls?: boolean | null;
  prediction?: Prediction | null;
  presence_penalty?: number | null;
  prompt_cache_key?: string | null;
  prompt_cache_options?: { mode?: 'implicit' | 'explicit'; ttl?: '30m' } | null;
  prompt_cache_retention?: 'in_memory' | '24h' | null;
  reasoning_effort?: ReasoningEffort | null;
  response_format?: ResponseFormat | null;
  safety_identifier?: string | null;
  seed?: number | null;
  service_tier?: ServiceTier | 'fast' | (string & {}) | null;
  stop?: string | string[] | null;
  store?: boolean | null;
  stream?: boolean | null;
  stream_options?: StreamOptions | null;
  temperature?: number | null;
  thinking?: ThinkingParam | null;
  tool_choice?: ToolChoice | null;
  tools?: Tool[] | null;
  top_logprobs?: number | null;
  top_p?: number | null;
  /** @deprecated by OpenAI in favour of `safety_identifier` and `prompt_cache_key` */
  user?: string | null;
  verbosity?: 'low' | 'medium' | 'high' | null;
  web_search_options?: WebSearchOptions | null;
}
