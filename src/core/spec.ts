/**
 * The types every room of the library shares. Types only: nothing here exists at run time.
 */
import type { ChatCompletion, ChatCompletionChunk, ChatParams, JsonSchema } from '../types/chat.js';
import type { CountTokensResponse } from '../types/count-tokens.js';
import type { EmbeddingParams, EmbeddingResponse } from '../types/embeddings.js';
import type { Answered, AttemptRow, HiddenParams, Warning } from '../types/hidden.js';
import type { RerankParams, RerankResponse } from '../types/rerank.js';

export type { Answered, AttemptRow, HiddenParams, Warning };

/** Every endpoint, with what goes in, what comes out, and what a stream of it yields. The only list of endpoints. */
export interface Endpoints {
  chat: { params: ChatParams; result: ChatCompletion; chunk: ChatCompletionChunk };
  embeddings: { params: EmbeddingParams; result: EmbeddingResponse; chunk: never };
  count_tokens: { params: ChatParams; result: CountTokensResponse; chunk: never };
  rerank: { params: RerankParams; result: RerankResponse; chunk: never };
}
export type Endpoint = keyof Endpoints;
export type Params<E extends Endpoint> = Endpoints[E]['params'];
export type Result<E extends Endpoint> = Endpoints[E]['result'];
export type Chunk<E extends Endpoint> = Endpoints[E]['chunk'];

export type JsonObject = Record<string, unknown>;
/** Reads one environment variable; an empty one counts as absent. */
export type Env = (name: string) => string | undefined;
export type MaybePromise<T> = T | Promise<T>;
/** A secret, or a function asked for it before each attempt. */
export type Secret = string | (() => MaybePromise<string>);

/** Seconds. `first_token` and `idle` concern streams; `total` bounds an attempt, the body included. */
export interface Timeouts {
  first_token?: number;
  idle?: number;
  total?: number;
}

/** Options of ours that a call may carry beside OpenAI's parameters; none of them reaches a request body. */
export interface CallOptions {
  api_key?: Secret;
  api_base?: string;
  /** Same as `api_base`. */
  base_url?: string;
  api_version?: string;
  organization?: string;
  project?: string;
  custom_llm_provider?: string;
  headers?: Record<string, string>;
  extra_headers?: Record<string, string>;
  extra_body?: JsonObject;
  extra_query?: Record<string, string>;
  /** Seconds, per attempt; 600 by default. On a stream a number means `{ first_token: n, idle: n }`. */
  timeout?: number | Timeouts;
  /** Seconds; sets `first_token` and `idle` of a stream. */
  stream_timeout?: number;
  /** Seconds for the whole logical call: retries, waits and the stream. */
  deadline?: number;
  signal?: AbortSignal;
  /** Attempts after the first; 2 by default. */
  num_retries?: number;
  /** Same as `num_retries`. */
  max_retries?: number;
  /** Seconds; a longer Retry-After fails at once. 60 by default. */
  max_retry_delay?: number;
  /** Models to ask when this one fails, in order; objects have parameters of their own. A key goes to the same provider only. */
  fallbacks?: readonly (string | JsonObject)[];
  drop_params?: boolean;
  /** Paths to remove before mapping: `temperature`, `tools[*].function.strict`, `messages[0].name`. */
  additional_drop_params?: readonly string[];
  /** Parameters to send although the provider is not known to take them. */
  allowed_openai_params?: readonly string[];
  /** `'pass'` never downloads media for a provider that takes no URLs. */
  media?: 'inline' | 'pass';
  mock_response?: unknown;
  mock_tool_calls?: readonly unknown[];
  /** Seconds. */
  mock_delay?: number;
  mock_timeout?: boolean;
}
/** Options as a call holds them: those of one provider too (`vertex_project`, `aws_region_name` …), by name. */
export type Options = CallOptions & JsonObject;
/** `T` with further keys: parameters of a provider's own, and its options. */
export type Open<T> = T | (T & JsonObject);

/** One resolved invocation. */
export interface Call<E extends Endpoint = Endpoint> {
  readonly endpoint: E;
  readonly provider: Provider;
  readonly transformer: Transformer<E>;
  /** The provider's id as the caller named it. */
  readonly llm_provider: string;
  /** The model without the provider's prefix. */
  readonly model: string;
  /** What the caller gave for the endpoint: OpenAI's parameters and unknown keys, without options of ours, `null`s removed. Never change it. */
  readonly params: Params<E> & JsonObject;
  readonly options: Options;
  readonly stream: boolean;
  readonly env: Env;
  /** Notes a change made to what the caller gave. */
  warn(warning: Warning): void;
  /** For a value that the provider cannot take: throws UnsupportedParamsError, or with `drop_params` notes the drop and returns. */
  unsupported(param: string, why?: string): void;
  /** Writes a schema in a dialect; for calls with tools or a `response_format`, of transformers that name a dialect. */
  compile(schema: JsonSchema, dialect: Dialect): CompiledSchema;
}

/** A request before encoding: readable, as `dryRun` and vectors show it. */
export interface HttpRequest {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Appended to the base (a version segment is not doubled); an absolute URL is taken as it is. */
  path: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  body?: JsonObject | string | Uint8Array;
}

/** A request ready to be sent. Header names are in lower case. `auth` may change every field. */
export interface Wire {
  method: string;
  url: string;
  headers: Record<string, string>;
  body?: string | Uint8Array;
  /** Values that must never show in an error, a log or a dry run; whoever adds a credential adds it here too. */
  secrets: string[];
}

/** What a provider's response carried beside its body. */
export interface ResponseMeta {
  status: number;
  headers: Record<string, string>;
}

/** A follow-up request that the provider's answer demands (polling), `after` seconds. */
export interface Next {
  next: HttpRequest;
  after?: number;
}

/** One event of a stream. SSE: `data` and the event's name; NDJSON: one line; AWS: payload, type and headers of a message. */
export interface WireEvent {
  data: string;
  event?: string | undefined;
  /** Of an AWS message: its text headers. */
  headers?: Readonly<Record<string, string>>;
}

/**
 * Turns wire events into chunks, pushed to `out` in order. To report an in-band error it throws ProviderFault.
 * A chunk's `usage` may stand on any chunk; the stream hands it on once, and only if the caller asked.
 */
export interface Decoder<C> {
  push(event: WireEvent, out: C[]): void;
  /** The body has ended: hand over what was held back, and set `done` if that end was a proper one. */
  end?(out: C[]): void;
  /** The protocol's terminal event has been seen; what follows is not read. */
  readonly done: boolean;
  /** The answer is whole, but facts about it (usage) may follow: they are waited for shortly. */
  readonly closing?: boolean;
}

export type ParamMapper = (value: never, body: JsonObject, call: Call<never>) => void;
/** For each accepted parameter: `true` = sent as it is, a string = sent under that name, a function = writes into the body itself. */
export type ParamSpec = Readonly<Record<string, true | string | ParamMapper>>;

export interface MediaPart {
  kind: 'image' | 'file' | 'audio' | 'video';
  url: URL;
  mime?: string;
}

/** How a provider wants JSON schemas written; see core/schema. */
export type Dialect = 'json_schema' | 'openai_strict' | 'anthropic' | 'gemini_json' | 'gemini_openapi';

export interface SchemaChange {
  /** JSON pointer into the schema given, as a URI fragment (`#/properties/name`). */
  path: string;
  what: string;
  /** True when an answer that fits the compiled schema may still break the schema given. */
  weaker: boolean;
}

export interface CompiledSchema {
  /** Shared between calls: not to be mutated. The very object given when nothing had to change. */
  schema: JsonSchema;
  changes: readonly SchemaChange[];
  /** Whether there is anything to undo. */
  inverts: boolean;
  /** Turns an answer to `schema` into one to the schema given. Never throws. */
  invert(this: void, value: unknown): unknown;
}

/** One endpoint of one provider: pure functions from data to data. */
export interface Transformer<E extends Endpoint> {
  /** OpenAI's parameters that this provider takes (by model), and own ones that need a place. Unknown keys go into the body as they are. */
  params: ParamSpec | ((model: string) => ParamSpec);
  /** Builds the request. `mapped` is the body made from the parameters, owned by the callee. */
  request(call: Call<E>, mapped: JsonObject): HttpRequest;
  /** Reads a whole answer. Throws ProviderFault for an error told in a 200. */
  response(body: unknown, call: Call<E>, meta: ResponseMeta): Result<E> | Next;
  stream?: {
    framing: 'sse' | 'ndjson' | 'aws';
    decoder(call: Call<E>, meta: ResponseMeta): Decoder<Chunk<E>>;
  };
  /** True for media that the provider cannot fetch by URL, so that the core downloads and inlines it first. */
  inline?(part: MediaPart, call: Call<E>): boolean;
  /** The dialect in which `response_format` schemas must arrive in `params`. Absent: OpenAI's form as it is given, other schemas in strict form. */
  dialect?(model: string): Dialect;
  /** Splits a call that exceeds the provider's batch limit into the params of several; undefined = one request. */
  split?(call: Call<E>): Params<E>[] | undefined;
  /** Puts the results of a split call together, in order. */
  merge?(results: Result<E>[], call: Call<E>): Result<E>;
}

export type ErrorKind =
  | 'bad_request'
  | 'context_window'
  | 'content_policy'
  | 'authentication'
  | 'permission'
  | 'not_found'
  | 'conflict'
  | 'unprocessable'
  | 'rate_limit'
  | 'quota'
  | 'timeout'
  | 'overloaded'
  | 'bad_gateway'
  | 'server';

/** What a provider's error body says; class, retryability and wording are decided in core/errors. */
export interface ErrorFacts {
  message: string;
  code?: string | null;
  type?: string | null;
  param?: string | null;
  /** An HTTP status told inside the body; for errors within a 200. */
  status?: number;
  /** Overrides the class that the status alone would give. */
  kind?: ErrorKind;
  /** Seconds, when the body tells how long to wait. */
  retry_after?: number;
  /** The request's id, when the body tells it; one in the headers comes before it. */
  request_id?: string;
  provider_specific_fields?: JsonObject;
}

/** The impure services an auth hook may use. */
export interface Io {
  env: Env;
  /** Milliseconds since the epoch. */
  now(): number;
  /** The call's key: the option (functions are asked), else the provider's environment variables, else undefined. Registered as a secret. */
  key(): MaybePromise<string | undefined>;
  /** Like `key`, but a missing one throws AuthenticationError naming the variables. */
  requireKey(): MaybePromise<string>;
  /**
   * Sends a token request over the client's transport, within the call's limits and `timeout` seconds; the body is
   * parsed JSON, or text.
   */
  fetch(request: {
    method: string;
    url: string;
    headers?: Record<string, string>;
    body?: string;
    timeout?: number;
  }): Promise<{ status: number; headers: Record<string, string>; body: unknown }>;
  /** Remembers a token for the client's life, one refresh at a time; `expires` is milliseconds since the epoch. */
  memo<T>(key: string, make: () => Promise<{ value: T; expires?: number }>): Promise<T>;
  /** Forgets a remembered token. */
  forget(key: string): void;
  /** A dry run: no network, no secret; leave a placeholder. */
  dry: boolean;
}

/** What an AuthenticationError says. */
export interface Refusal {
  readonly status: number | undefined;
  readonly code: string | null;
  readonly message: string;
  readonly headers: Record<string, string> | undefined;
}

/** A header carrying the key, or a hook that changes the encoded request (signing, tokens). */
export type Auth = { header: string; prefix?: string } | ((wire: Wire, call: Call, io: Io) => void | Promise<void>);

/** The environment variables of a provider. */
export interface Variables {
  /** Of each list the first that is set counts. */
  key?: readonly string[];
  base?: readonly string[];
  /** Sets that stand in for a key, each whole: variables, or files by a path (`$HOME/.aws/credentials`). */
  alternatives?: readonly (readonly string[])[];
  /** What a call needs besides, such as an account: of each list one. */
  needs?: readonly (readonly string[])[];
}

/** A provider: data and pure functions; `auth` hooks alone may do I/O. Experimental until 1.0. */
export interface Provider {
  name: string;
  /** Where requests go unless `api_base` says otherwise. Absent: the caller or a variable must give it. */
  base?: string | ((call: Call, env: Env) => string);
  env?: Variables;
  /** Local servers: no key is no error. */
  key_optional?: boolean;
  /** Bearer by default. */
  auth?: Auth;
  /**
   * Asked when the provider refuses the credentials of a call, at most once a call: forgets what `auth` remembers of
   * them. True if others can be had, so that one more attempt is worth it.
   */
  renew?(refusal: Refusal, call: Call, io: Pick<Io, 'env' | 'now' | 'memo' | 'forget'>): boolean;
  /** Sent with every request. */
  headers?: Readonly<Record<string, string>>;
  endpoints: { readonly [E in Endpoint]?: Transformer<E> };
  /** Picks another provider object (and model name) by model, keeping the id: vertex → gemini or anthropic. */
  route?(model: string, options: Options): { provider: Provider; model?: string };
  /** Where a call is served, as far as its options and address tell: prices may go by it. */
  region?(call: Call, env: Env): string | undefined;
  /** Reads an error body (parsed JSON, or text). Default: OpenAI's shape and its near relatives. */
  error?(status: number, body: unknown, headers: Record<string, string>): ErrorFacts;
  /** The vendor's documentation. */
  docs?: string;
  /** One line for the provider's page: what is special here. */
  notes?: readonly string[];
}

/** Anything that answers calls: a client, a Router, either wrapped in middleware. */
export interface Runner {
  run<E extends Endpoint>(endpoint: E, input: Input<E>): Promise<Output<E>>;
}
export type Input<E extends Endpoint> = Params<E> & CallOptions;
/** A result, or with `stream: true` an async iterable of chunks (see Stream). */
export type Output<E extends Endpoint> = Answered<Result<E>> | StreamOf<E>;

/** A counter to be changed. */
export interface Count {
  key: string;
  /** Added to it; negative to give back. Whole numbers: counters are exact. */
  by: number;
  /** The counter may not rise above it. */
  limit?: number;
  /** Seconds: the counter starts at 0 with every window of the store's own clock. */
  window?: number;
  /** Seconds after which an untouched counter is forgotten; needed without a window. */
  ttl?: number;
}

export interface Counted {
  /** Whether all were counted; if one would have risen above its limit, none was. */
  ok: boolean;
  /** The first one above its limit. */
  over?: number;
  /** The counters now. */
  values: number[];
  /** The keys of the counters that were changed, with their windows: to give back to just these. */
  keys: string[];
  /** Seconds until the window of `over` ends; absent without a window. */
  retry_after?: number;
}

/**
 * Where state is kept that outlives a call, or is shared by processes: caches, budgets, limits, cooldowns. Values are
 * JSON. A store that fails rejects; who uses it decides what then.
 */
export interface Store {
  /** It rejects by itself when it takes too long; a Router waits 2 s for others. */
  readonly bounded?: boolean;
  get(key: string): MaybePromise<unknown>;
  /** `ttl` in seconds. */
  set(key: string, value: unknown, ttl?: number): MaybePromise<void>;
  delete(key: string): MaybePromise<void>;
  /** Changes counters of different keys, all or none, in one step that no other process can come between. */
  count(counts: readonly Count[]): MaybePromise<Counted>;
  /**
   * Takes one of `limit` places for `ttl` seconds, or keeps it for as long again; false when all are held by others.
   * Places of those who died come back by themselves. Without it places are counted, and come back only with the
   * counter's end.
   */
  hold?(key: string, holder: string, limit: number, ttl: number): MaybePromise<boolean>;
  /** Gives a place back before its time. */
  release?(key: string, holder: string): MaybePromise<void>;
  close?(): MaybePromise<void>;
}

/** The surface of a stream; the class is core/stream/stream. */
export interface StreamOf<E extends Endpoint> extends AsyncIterableIterator<Chunk<E>> {
  readonly controller: AbortController;
  /** The assembled result, with usage. */
  final(): Promise<Answered<Result<E>>>;
  /** Settles when nothing more will be read, in whatever way that came; reads nothing itself and never rejects. */
  finished(): Promise<void>;
  /** What broke it, once it is over; undefined also when it was left. */
  readonly failure: Error | undefined;
  tee(): [StreamOf<E>, StreamOf<E>];
  toReadableStream(): ReadableStream<Uint8Array>;
  readonly _hidden_params: HiddenParams;
  [Symbol.asyncIterator](): StreamOf<E>;
  [Symbol.asyncDispose](): Promise<void>;
}

export type Middleware = <E extends Endpoint>(
  endpoint: E,
  input: Input<E>,
  next: (input: Input<E>) => Promise<Output<E>>,
) => Promise<Output<E>>;

/** A response as a transport gives it. `read` gives the next piece, undefined at the end; it rejects when the body breaks off. */
export interface WireResponse {
  status: number;
  headers: Record<string, string>;
  read(): MaybePromise<Uint8Array | undefined>;
  /** The whole body, decoded from UTF-8. */
  text(): Promise<string>;
  /** Closes the connection; safe at any time. */
  cancel(): void;
}

/** Ends an attempt. `signal` is made only when somebody asks for it. */
export interface Abort {
  readonly signal: AbortSignal;
  readonly aborted: boolean;
  readonly reason: unknown;
  /** One listener, called at once if already aborted; undefined removes it. */
  onAbort(listener: ((reason: unknown) => void) | undefined): void;
}

export interface Transport {
  send(wire: Wire, abort: Abort): Promise<WireResponse>;
  close(): Promise<void>;
}

/** A transport of the user's: gets the encoded request, answers like `fetch`. */
export type TransportFunction = (wire: Wire, signal: AbortSignal) => Promise<Response | WireResponse>;
