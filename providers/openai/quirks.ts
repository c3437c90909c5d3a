/**
 * What may differ between vendors that speak OpenAI's protocol, as data. A vendor is a row of the compatible table;
 * it becomes a folder of its own only when a quirk would have to be a function.
 */
import type { Dialect, Endpoint, JsonObject } from '../../src/core/spec.js';

/**
 * For each listed value of a parameter, the body fields sent instead; null refuses the value. Objects are looked up
 * under `object`. The fields under `*` are added to the parameter for every value not listed.
 */
export type ValueTable = Readonly<Record<string, Readonly<JsonObject> | null>>;

/** How the parameters of one endpoint go out. */
export interface ParamQuirks {
  /** Parameters that the vendor refuses. */
  omit?: readonly string[];
  /** Parameters outside OpenAI's list that the vendor takes under the same name (`thinking`, `input_type`). */
  also?: readonly string[];
  /** Parameters that are honoured here instead of being sent. */
  local?: readonly string[];
  /** Names on the wire. */
  rename?: Readonly<Record<string, string>>;
  values?: Readonly<Record<string, ValueTable>>;
}

/** What holds while a model reasons. */
export interface ReasoningLock {
  /** Parameters refused; `temperature: 1` always passes. */
  params: readonly string[];
  /** The values that they have, and that may be given. */
  fixed?: Readonly<JsonObject>;
  /** The effort when none is given; unless it is `none`, the model reasons. */
  default?: 'none';
  /** Reasoning cannot be switched off. */
  always?: true;
}

/** Roles to rewrite; the role `developer` becomes `system` unless a row says otherwise. */
export type Roles = Readonly<{ developer?: 'developer' | 'system' | 'user'; system?: 'developer' | 'user' }>;

/** Ids of tool calls that the vendor takes: of so many characters at most, or of exactly so many letters and digits. */
export type CallIds = Readonly<{ longest?: number; exactly?: undefined } | { exactly: number; longest?: undefined }>;

/** What the root of a tool's schema must be: of type object, and with `plain` without alternatives, references, literals. */
export type ToolRoot = 'object' | 'plain';

/** Rules of the models whose name (without the provider's prefix) matches; the first match counts. */
export interface ModelRule extends ParamQuirks {
  match: RegExp;
  roles?: Roles;
  lock?: ReasoningLock;
  /** `none`: these models take no reasoning back. `required`: they refuse turns that call tools and bear none. */
  reasoning_back?: 'none' | 'required';
  send_back?: readonly string[];
  /** Cache marks are kept, or go out as OpenAI's `prompt_cache_breakpoint`. */
  cache_control?: 'keep' | 'breakpoint';
  tool_root?: ToolRoot;
  /** The type of the vendor's own tool that `web_search_options` asks for. */
  web_search_tool?: string;
}

/** The embedding models whose name matches; the first match counts. */
export interface EmbeddingRule extends ParamQuirks {
  match: RegExp;
  path?: string;
  /** The body's name for `input`. */
  input?: string;
  /** Each input as `{ content: [parts] }`, or as a list of its own. */
  input_as?: 'contents' | 'lists';
}

/** A `{model}` in a path is replaced by the model's name, which the body then leaves out. */
export interface EmbeddingQuirks extends ParamQuirks {
  models?: readonly EmbeddingRule[];
  /** Inputs that are images go as `{ image }`. */
  images?: 'image';
  /** Vectors travel as base64 of 32-bit floats unless the caller asks for numbers; the vendor documents it. */
  base64?: true;
  /** Vectors arrive as base64 of signed bytes. */
  int8?: true;
  /** Inputs a request may hold. */
  max_batch?: number;
  /** The body's name for `input`. */
  input?: string;
  /** Sent with every request, below the caller's own values. */
  body?: Readonly<JsonObject>;
}

/** The rerankers whose name matches; the first match counts. */
export interface RerankRule extends ParamQuirks {
  match: RegExp;
  path?: string;
  model_name?: { match: RegExp; to: string };
}

/** Where `rank_fields` are honoured here (`local`), documents that are objects go out as the texts of these fields. */
export interface RerankQuirks extends ParamQuirks {
  /** Documents must be texts: of objects the `rank_fields` are sent, else their `text`, else they themselves as JSON. */
  text_only?: true;
  models?: readonly RerankRule[];
  /** Whether the body names the model; it does unless the path does. */
  model_in_body?: boolean;
  /** The body's field for the query: once for each document, or as `{ text }`. */
  query?: { name?: string; as?: 'each' | 'object' };
  /** The body's field for the documents; texts as `{ text }`. */
  documents?: { name?: string; as?: 'object' };
  /** Sent with every request, below the caller's own values. */
  body?: Readonly<JsonObject>;
}

export interface Quirks extends ParamQuirks {
  models?: readonly ModelRule[];
  roles?: Roles;
  /** Paths that differ from `/chat/completions`, `/embeddings`, `/rerank`. */
  path?: Readonly<{ chat?: string; embeddings?: string; rerank?: string }>;
  /** Sent with every chat request, below the caller's own values. */
  body?: Readonly<JsonObject>;
  /** Model names that match are rewritten; `$1` and so on stand for the groups. */
  model_name?: { match: RegExp; to: string };
  /** False: the vendor refuses `stream_options`. */
  usage_in_stream?: false;
  /** False: the vendor refuses `name` on messages other than tool results; `user`: on all but the user's. */
  message_name?: false | 'user';
  /** `drop`: the vendor refuses assistant turns without content and tool calls. */
  empty_turns?: 'drop';
  /** A turn that calls tools must have content, if only an empty text. */
  content_required?: true;
  /** The vendor takes `refusal` on earlier turns; elsewhere it is sent as their text. */
  refusal?: true;
  /** How `file` parts go out: as Mistral's `document_url` and `file` parts; media among them by their address. */
  file_as?: 'document_url' | 'media_url';
  /**
   * Addresses of files: `data`: stand in `file_data`; `as_given`: such parts go as they are, also with LiteLLM's fields.
   * Elsewhere files are downloaded and sent inline.
   */
  file_urls?: 'data' | 'as_given';
  /** Ids of other providers' tool calls that do not fit are replaced, in calls and results. */
  call_ids?: CallIds;
  /** The vendor reads the thought signatures that LiteLLM writes into ids of tool calls; elsewhere they are cut off. */
  signed_ids?: true;
  /** The vendor refuses a message of the user after tool results: a turn of the assistant is put between. */
  after_tools?: 'assistant';
  /** Tool results may hold images; elsewhere they follow in a user message. */
  tool_media?: true;
  /**
   * How `thinking` goes out: `reasoning`: as `reasoning.max_tokens`, `.enabled`, `.effort`; `switch`: without a budget;
   * `thinking_token_budget`: as that number, and other than by a budget not at all;
   * `enable_thinking`: as that switch and a `thinking_budget`.
   */
  thinking_as?: 'reasoning' | 'switch' | 'thinking_token_budget' | 'enable_thinking';
  /** Messages hold plain strings only: lists of text parts are joined by line breaks. */
  content_as_string?: true;
  /** The message field in which the vendor wants earlier reasoning back; `thinking_part`: as a content part. */
  reasoning_back?: 'reasoning_content' | 'reasoning' | 'thinking_part';
  /** Further fields of its answers that the vendor wants back, on messages and tool calls; they stand in `provider_specific_fields` meanwhile. */
  send_back?: readonly string[];
  /** Formats of sealed reasoning (`reasoning_details[].format`) that the vendor's models can open; others are not sent. */
  seals?: RegExp;
  /** The vendor reads `cache_control`. */
  cache_control?: true;
  /** The vendor refuses `strict` on tools. */
  strict_tools?: false;
  /** JSON Schema keywords that the vendor refuses in tools. */
  tool_schema_omit?: readonly string[];
  /** Absent: tools have any schema. */
  tool_root?: ToolRoot;
  /** Stop sequences accepted. */
  max_stop?: number;
  /** The highest `temperature`; a higher one is sent as this. */
  max_temperature?: number;
  /** `completion_tokens` does not count reasoning; it is added. */
  reasoning_apart?: true;
  /** The form in which schemas are written; as given when absent. */
  dialect?: Dialect;
  /** Sends `openai-organization` and `openai-project`. */
  organization?: true;
  /** Headers whose value a variable of the environment gives; left out while it is not set. */
  header_env?: Readonly<Record<string, string>>;
  embeddings?: EmbeddingQuirks;
  rerank?: RerankQuirks;
}

/** A part of a base that options or variables of the environment give. */
export interface BaseVariable {
  option?: string;
  env?: readonly string[];
  default?: string;
}

/** One vendor of the compatible table. */
export interface Row {
  /** Where requests go unless `api_base` says otherwise; absent where the user must give it. `{name}` is a variable. */
  base?: string;
  /** Bases of endpoints that live elsewhere; null where the user must give one. */
  bases?: Readonly<Partial<Record<Endpoint, string | null>>>;
  /** Bases of models whose name matches; `{model}` is the name. The first match counts. */
  model_bases?: readonly { match: RegExp; base: string }[];
  /** What is added to a base that the caller or the environment gives, by its form; the first match counts. */
  base_ends?: readonly { match: RegExp; add: string }[];
  /** What `{name}` in a base stands for. */
  variables?: Readonly<Record<string, BaseVariable>>;
  /** Environment variables holding the key, the first set one counts. */
  key?: string | readonly string[];
  /** Environment variables holding the base. */
  base_env?: string | readonly string[];
  /** Local servers and the like: no key is no error. */
  key_optional?: true;
  /** The header that carries the key, when it is not a bearer token. */
  auth?: { header: string; prefix?: string };
  headers?: Readonly<Record<string, string>>;
  /** Default: chat alone. */
  endpoints?: readonly ('chat' | 'embeddings' | 'rerank')[];
  quirks?: Quirks;
  /** The vendor's documentation. */
  docs?: string;
  /** One line for the provider's page. */
  notes?: readonly string[];
}
