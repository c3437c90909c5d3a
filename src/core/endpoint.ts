/** What the core knows of an endpoint, whatever the provider. Each file of src/endpoints makes one. */
import type { Chunk, Endpoint, JsonObject, Options, Result } from './spec.js';

/** Gathers a stream's chunks into the endpoint's result. */
export interface Assembler<C, R> {
  /** Takes a chunk in, completing what every chunk must carry. */
  add(chunk: C): ChunkUse;
  /** The chunk that tells the usage, for callers who asked for it. */
  usageChunk(): C | undefined;
  /** What has come so far. */
  result(): R;
  /** A finish reason or another sign that the answer is whole has been seen. */
  readonly finished: boolean;
  /** Any content has come. */
  readonly started: boolean;
}

/** `skip`: not for the caller (usage alone); `quiet`: no content (a role, a filter's verdict); `content`: text, reasoning, tool call, media, finish. */
export type ChunkUse = 'skip' | 'quiet' | 'content';

export interface EndpointSpec<E extends Endpoint> {
  name: E;
  /** OpenAI's parameters (and LiteLLM's additions): unknown to a provider, they are refused, not passed. */
  params: ReadonlySet<string>;
  /** Parameters that transformers place themselves. */
  own: ReadonlySet<string>;
  /** Refuses bad parameters. */
  validate(params: JsonObject, options: Options): void;
  /** Says what is wrong with a result that is not of the endpoint's shape. */
  problem(result: unknown): string | undefined;
  /** Fills what a provider left out (id, created) and only a clock or a counter can give. */
  complete(result: Result<E>, now: number): void;
  usage(result: Result<E>): unknown;
  /** What its streams need, loaded with the first one. Absent: it has none. */
  streaming?(): Promise<EndpointStreams<E>>;
}

export interface EndpointStreams<E extends Endpoint> {
  assembler(model: string, now: number): Assembler<Chunk<E>, Result<E>>;
  /** A whole result as the chunks of a stream. */
  toChunks(result: Result<E>): Chunk<E>[];
}
