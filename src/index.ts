/** callm: one call, any model. */
import { type Callm as PlainCallm, type ClientOptions as PlainOptions, makeClient } from './core/client.js';
import { endpoints } from './core/index.js';
import { environmentOf } from './core/io.js';
import type { Registry } from './core/resolve.js';
import type { Open } from './core/spec.js';
import { priceFunctions, type PriceFunctions } from './prices/functions.js';
import { LazyPrices } from './prices/lazy.js';
import type { PriceRows, Prices } from './prices/index.js';
import { RouterShell } from './router/router.js';
import type { RouterOptions } from './router/types.js';
import { loadProvider, providerNames } from './registry.gen.js';
import type { Tokens, TrimOptions } from './tokens/index.js';
import type { ChatMessage } from './types/chat.js';

const registry: Registry = {
  provider: loadProvider,
  has: (name) => providerNames.has(name),
  names: () => [...providerNames],
  owners: async (model) => (await import('./models.js')).owners(model),
  similar: async (model) => (await import('./models.js')).similar(model),
  fromRow: async (row) => (await import('../providers/openai/register.js')).providerFromRow(row),
};

export interface ClientOptions extends PlainOptions {
  /** Price rows in place of the shipped ones, by LiteLLM's field names, or what `loadPrices()` gave. */
  prices?: PriceRows | Prices;
}

/** A client: endpoints, and what is known of models and costs. Methods are bound. */
export interface Callm extends PlainCallm, PriceFunctions {}

/**
 * Makes a client with its own defaults (any option of a call), middleware (`use`), transport, providers and prices.
 * Clients share nothing.
 */
export function createCallm(options: Open<ClientOptions> = {}): Callm {
  const pricing = new LazyPrices(options.prices);
  const plain = makeClient(
    {
      endpoints,
      registry,
      pricing,
      tokens: () => import('./tokens/index.js'),
      routed: async (endpoint, input, client, env) =>
        (await import('./router/one-off.js')).runOnce(endpoint, input, {
          client,
          env,
          prices: async () => pricing.load(),
        }),
      transport: async (settings) => (await import('#transport')).createTransport(settings),
    },
    options,
  );
  return Object.assign(
    plain,
    priceFunctions(pricing, (input) => tokenCounter(input)),
  );
}

/**
 * Many deployments behind one name: chosen well, retried, left alone when they fail, replaced by others, within limits
 * and one deadline. Takes LiteLLM's `model_list` and settings.
 *
 * @throws {BadRequestError} from the constructor, naming each wrong path
 */
export class Router extends RouterShell {
  constructor(options: RouterOptions = {}) {
    super(options, {
      makeClient: createCallm,
      prices: async () => await new LazyPrices(undefined).load(),
    });
  }

  /** A router of a whole LiteLLM configuration: `model_list`, `router_settings`, `litellm_settings` … */
  static async fromConfig(config: object, more: RouterOptions = {}): Promise<Router> {
    const { optionsFromConfig, variablesOf } = await import('./router/from-config.js');
    const env = variablesOf(config, environmentOf(more.env));
    return new Router(optionsFromConfig(config, more, env));
  }
}

/** The client behind the functions below. */
const client = createCallm();

/**
 * A chat completion by any provider: `completion({ model: 'anthropic/claude-haiku-4-5', messages })`. With
 * `stream: true` it settles with the first content, as an async iterable of chunks.
 *
 * @throws {CallmError} every failure; see the classes of `callm/errors`
 */
export const completion = client.completion;
/** Embeddings by any provider, in OpenAI's shape. */
export const embedding = client.embedding;
/** Ranks documents by their relevance to a query; in Cohere's shape. */
export const rerank = client.rerank;
/** The tokens of a text or of messages, and how sure the count is. */
export const countTokens = client.countTokens;
/** The number of tokens of a text or of messages; LiteLLM's `token_counter`. */
export const tokenCounter: Tokens['tokenCounter'] = async (input) =>
  (await import('./tokens/index.js')).tokenCounter(input);
/** The tokens of a text, as the model's tokenizer numbers them. */
export const encode: Tokens['encode'] = async (input) => (await import('./tokens/index.js')).encode(input);
/** The text of tokens. */
export const decode: Tokens['decode'] = async (input) => (await import('./tokens/index.js')).decode(input);
/** Messages cut down to a number of tokens: the oldest go first; instructions, and results with their calls, stay. */
export const trimMessages = (async (messages: readonly ChatMessage[], options?: TrimOptions) =>
  (await import('./tokens/index.js')).trimMessages(messages, { limits, ...options })) as Tokens['trimMessages'];
const limits = async (model: string): Promise<number | undefined> =>
  (await client.getModelInfo(model))?.max_input_tokens;
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
/** What the price list knows: costs, explanations, limits and capabilities of models; null or false when unknown. */
export const {
  completionCost,
  explainCost,
  costPerToken,
  getModelInfo,
  getMaxTokens,
  supports,
  registerModel,
  modelsByProvider,
  supportsAssistantPrefill,
  supportsAudioInput,
  supportsAudioOutput,
  supportsComputerUse,
  supportsEmbeddingImageInput,
  supportsFunctionCalling,
  supportsNativeStreaming,
  supportsParallelFunctionCalling,
  supportsPdfInput,
  supportsPromptCaching,
  supportsReasoning,
  supportsResponseSchema,
  supportsSystemMessages,
  supportsToolChoice,
  supportsUrlContext,
  supportsVideoInput,
  supportsVision,
  supportsWebSearch,
} = client;

export * from './core/errors.js';
export type {
  ChatInput,
  ChatStream,
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
  Count,
  Counted,
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
  Store,
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
export type {
  CostExplanation,
  CostInput,
  CostLine,
  ModelInfo,
  ModelQuery,
  PriceFunctions,
  PriceRow,
  PriceRows,
  TokenCostInput,
} from './prices/index.js';
export type { Encoder, Tokens, TrimOptions } from './tokens/index.js';
export type {
  Clock,
  Deployment,
  DeploymentEntry,
  HedgeOptions,
  MidStream,
  Plan,
  PlannedDeployment,
  RouteContext,
  RouterEvent,
  RouterOptions,
  Stats,
  Strategy,
  StrategyName,
} from './router/types.js';
export type { ProviderName } from './registry.gen.js';
export type * from './types/index.js';
