/**
 * Chat messages, their content parts and tool calls.
 * Sources: https://platform.openai.com/docs/api-reference/chat/create; `cache_control`, `ThinkingBlock`:
 * https://docs.anthropic.com/en/api/messages; `video_url`, `format`, `images`, `provider_specific_fields`:
 * https://docs.litellm.ai/docs/completion/input
 */

/** What a provider sent that has no place in OpenAI's shape. */
export type ProviderSpecificFields = Record<string, unknown>;

/** Up to 16 string pairs kept with a stored object. */
export type Metadata = Record<string, string>;

/** Anthropic's cache mark; dropped for providers without one. */
export interface CacheControl {
  type: 'ephemeral';
  ttl?: '5m' | '1h';
}

export interface Cacheable {
  cache_control?: CacheControl | null;
  /** OpenAI's explicit cache mark (models with `prompt_cache_options.mode: 'explicit'`). */
  prompt_cache_breakpoint?: { mode: 'explicit' };
}

export interface TextPart extends Cacheable {
  type: 'text';
  text: string;
}

export interface ImagePart extends Cacheable {
  type: 'image_url';
  image_url: {
    /** `https:`, `gs:`, `s3:` or `data:` URL. */
    url: string;
    detail?: 'auto' | 'low' | 'high' | (string & {});
    /** MIME type, when the URL does not tell it. */
    format?: string;
  };
}

export interface AudioPart extends Cacheable {
  type: 'input_audio';
  input_audio: {
    /** Base64. */
    data: string;
    format: 'wav' | 'mp3' | (string & {});
  };
}

export interface FilePart extends Cacheable {
  type: 'file';
  file: {
    /** `data:` URL. */
    file_data?: string;
    /** Id of an uploaded file; a URL where the provider reads files by URL. */
    file_id?: string;
    filename?: string;
    /** MIME type. */
    format?: string;
  };
}

export interface VideoPart extends Cacheable {
  type: 'video_url';
  video_url: { url: string; detail?: string; format?: string };
}

export interface RefusalPart {
  type: 'refusal';
  refusal: string;
}

export type ContentPart = TextPart | ImagePart | AudioPart | FilePart | VideoPart;

/** Anthropic's reasoning blocks; `signature` and `data` must go back unchanged in the next turn. */
export type ThinkingBlock =
  | { type: 'thinking'; thinking: string; signature?: string; cache_control?: CacheControl | null }
  | { type: 'redacted_thinking'; data: string; cache_control?: CacheControl | null };

export interface Annotation {
  type: 'url_citation';
  url_citation: {
    /** Character offsets into `content`. */
    start_index: number;
    end_index: number;
    title: string;
    url: string;
  };
}

/** A generated image; `url` is mostly a `data:` URL. */
export interface ImageOutput {
  type: 'image_url';
  image_url: { url: string; detail?: string };
  index?: number;
}

export interface AudioOutput {
  id: string;
  /** Base64. */
  data: string;
  /** Unix seconds; until then `id` can be named in a later turn. */
  expires_at: number;
  transcript: string;
}

export interface FunctionCall {
  name: string;
  /** JSON text as the model wrote it; may be invalid. */
  arguments: string;
}

export interface FunctionToolCall {
  type: 'function';
  id: string;
  function: FunctionCall;
  custom?: undefined;
  provider_specific_fields?: ProviderSpecificFields;
}

export interface CustomToolCall {
  type: 'custom';
  id: string;
  custom: { name: string; input: string };
  function?: undefined;
  provider_specific_fields?: ProviderSpecificFields;
}

export type ToolCall = FunctionToolCall | CustomToolCall;

export interface SystemMessage {
  role: 'system';
  content: string | TextPart[];
  name?: string;
  cache_control?: CacheControl | null;
}

export interface DeveloperMessage {
  role: 'developer';
  content: string | TextPart[];
  name?: string;
  cache_control?: CacheControl | null;
}

export interface UserMessage {
  role: 'user';
  content: string | ContentPart[];
  name?: string;
  cache_control?: CacheControl | null;
}

/** An earlier answer; a `ChatCompletionMessage` can be pushed back as it is. */
export interface AssistantMessage {
  role: 'assistant';
  content?: string | Array<TextPart | RefusalPart> | null;
  name?: string;
  refusal?: string | null;
  tool_calls?: ToolCall[] | null;
  /** @deprecated OpenAI's older form of `tool_calls`. */
  function_call?: FunctionCall | null;
  /** Refers to an earlier audio answer. */
  audio?: { id: string } | null;
  annotations?: Annotation[] | null;
  images?: ImageOutput[] | null;
  reasoning_content?: string | null;
  thinking_blocks?: ThinkingBlock[] | null;
  cache_control?: CacheControl | null;
  provider_specific_fields?: ProviderSpecificFields | null;
}

export interface ToolMessage {
  role: 'tool';
  tool_call_id: string;
  /** OpenAI takes text only; other providers take images and files too. */
  content: string | ContentPart[];
  name?: string;
  cache_control?: CacheControl | null;
}

/** @deprecated OpenAI's older form of `ToolMessage`. */
export interface FunctionMessage {
  role: 'function';
  name: string;
  content: string | null;
  cache_control?: CacheControl | null;
}

export type ChatMessage =
  | SystemMessage
  | DeveloperMessage
  | UserMessage
  | AssistantMessage
  | ToolMessage
  | FunctionMessage;
