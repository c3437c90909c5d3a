/** callm: one call, any model. */
import { type Callm, type ClientOptions, makeClient } from './core/client.js';
import { endpoints } from './core/index.js';
import type { Registry } from './core/resolve.js';
import type { Open } from './core/spec.js';
import { loadProvider, providerNames } from './registry.gen.js';

const registry: Registry = {
  provider: loadProvider,
  has: (name) => providerNames.has(name),
  names: () => [...providerNames],
  owners: async (model) => (await import('./models.js')).owners(model),
  similar: async (model) => (await import('./models.js')).similar(model),
  fromRow: async (row) => (await import('../providers/openai/register.js')).providerFromRow(row),
};

/**
 * Makes a client with its own defaults (any option of a call), middleware (`use`), transport and providers.
 * Clients share nothing.
 */
export function createCallm(options: Open<ClientOptions> = {}): Callm {
  return makeClient(
    {
      endpoints,
      registry,
      transport: async (settings) => (await import('#transport')).createTransport(settings),
    },
    options,
  );
}

/** The client behind the functions below. */
const client = createCallm();

/**
 * A chat completion by any provider: `completion({ model: 'anthropic/claude-sonnet-4-5', messages })`. With
 * `stream: true` it settles with the first content, as an async iterable of chunks.
 *
 * @throws {CallmError} every failure; see the classes of `callm/errors`
 */
export const completion = client.completion;
/** Embeddings by any provider, in OpenAI's shape. */
export const embedding = client.embedding;
/** Ranks documents by their relevance to a query; in Cohere's shape. */
export const rerank = client.rerank;
/** The exact request that a call would send, without sending it; secrets read `<redacted>`. */
export const dryRun = client.dryRun;
/** Adds a provider to the default client. */
export const registerProvider = client.registerProvider;
/** The provider and model that a model string means. */
export const getLlmProvider = client.getLlmProvider;
/** OpenAI's parameters that a model's provider takes. */
export const getSupportedOpenaiParams = client.getSupportedOpenaiParams;
/** Whether the environment holds what a model's provider needs. */
export const validateEnvironment = client.validateEnvironment;

export * from './core/errors.js';
export type {
  Callm,
  ChatInput,
  ChatStream,
  ClientOptions,
  Completion,
  Embed,
  EnvironmentCheck,
  ProviderRow,
  ProviderTarget,
  StandardSchema,
} from './core/client.js';
export type { DryRun } from './core/dry-run.js';
export type {
  AttemptRow,
  Call,
  CallOptions,
  Decoder,
  Endpoint,
  Endpoints,
  HiddenParams,
  HttpRequest,
  Input,
  JsonObject,
  Middleware,
  Output,
  Provider,
  Runner,
  StreamOf,
  Timeouts,
  Transformer,
  Transport,
  TransportFunction,
  Warning,
  Wire,
  WireResponse,
} from './core/spec.js';
export type { Stream } from './core/stream/stream.js';
export type { ProviderName } from './registry.gen.js';
export type * from './types/index.js';
