/** A client: its own defaults, providers, middleware and transport; nothing is shared between clients. */
import type { ChatCompletion, ChatParams, ParsedChatCompletion, ResponseFormat } from '../types/chat.js';
import type { EmbeddingParams, EmbeddingResponse } from '../types/embeddings.js';
import type { RerankParams, RerankResponse } from '../types/rerank.js';
import type { CountTokensInput, TokenCount } from '../types/tokens.js';
import type { EndpointSpec } from './endpoint.js';
import { BadRequestError } from './errors.js';
import { environmentOf, TokenMemory, type Variables } from './io.js';
import { compose } from './middleware.js';
import { isMocked } from './options.js';
import { execute } from './pipeline.js';
import type { PricingSource } from './pricing.js';
import type { Environment } from './run.js';
import { findTarget, resolve, type Registry } from './resolve.js';
import type { DryRun } from './dry-run.js';
import type {
  Answered,
  CallOptions,
  Endpoint,
  Env,
  Input,
  JsonObject,
  MaybePromise,
  Middleware,
  Open,
  Output,
  Provider,
  Runner,
  StreamOf,
  Transport,
  TransportFunction,
} from './spec.js';
import { checkModel } from './validate.js';

/** Any Standard Schema that can tell its JSON Schema: zod 4, arktype, valibot through `toStandardJsonSchema`. */
export interface StandardSchema<T = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (
      value: unknown,
    ) => MaybePromise<
      { readonly value: T; readonly issues?: undefined } | { readonly issues: readonly { readonly message: string }[] }
    >;
    readonly types?: { readonly input: unknown; readonly output: T } | undefined;
  };
}

export type ChatInput = Omit<ChatParams, 'response_format' | 'stream'>;
type Format = ResponseFormat | JsonObject | null;

export type ChatStream = StreamOf<'chat'>;

/** What a call may carry beside its parameters, and further keys of the provider's own. */
export type Given<T> = Open<T & CallOptions>;

/** `More`: options of those that stand between the caller and the client. */
export interface Completion<More = unknown> {
  /** With a Standard Schema as `response_format`, `choices[n].message.parsed` has its output type. */
  <T>(
    input: Given<ChatInput & More & { response_format: StandardSchema<T>; stream?: false | null }>,
  ): Promise<Answered<ParsedChatCompletion<T>>>;
  (
    input: Given<ChatInput & More & { response_format?: Format; stream?: false | null }>,
  ): Promise<Answered<ChatCompletion>>;
  (input: Given<ChatInput & More & { response_format?: Format | StandardSchema; stream: true }>): Promise<ChatStream>;
  (
    input: Given<ChatInput & More & { response_format?: Format | StandardSchema; stream?: boolean | null }>,
  ): Promise<Answered<ChatCompletion> | ChatStream>;
}

type EmbedInput = Omit<EmbeddingParams, 'encoding_format'>;

export interface Embed<More = unknown> {
  (
    input: Given<EmbedInput & More & { encoding_format?: 'float' | null }>,
  ): Promise<Answered<EmbeddingResponse<number[]>>>;
  (input: Given<EmbedInput & More & { encoding_format: 'base64' }>): Promise<Answered<EmbeddingResponse<string>>>;
  (input: Given<EmbeddingParams & More>): Promise<Answered<EmbeddingResponse>>;
}

export interface ClientOptions extends CallOptions {
  /** Around every call, the first outermost. */
  use?: readonly Middleware[];
  /** Instead of the runtime's own: `(wire, signal) => Promise<Response>`. */
  transport?: Transport | TransportFunction;
  /** An undici dispatcher: Agent, ProxyAgent, MockAgent … */
  dispatcher?: unknown;
  /** Providers beside, or instead of, the built-in ones. */
  providers?: readonly Provider[];
  /** In place of `process.env`. */
  env?: Variables | undefined;
}

/** Runs calls, and knows whose a model is. */
export interface Finder extends Runner {
  target(input: { model: string }): Promise<{ name: string }>;
}

/** What the entry gives a client: where providers come from, and how the transport is made. */
export interface Surroundings {
  registry?: Registry;
  transport?(options: { env: Env; dispatcher?: unknown }): MaybePromise<Transport>;
  pricing?: PricingSource;
  /** Runs a call that may go to several models; loaded with the first of them. */
  routed?(endpoint: Endpoint, input: JsonObject, client: Finder, env: Env): Promise<Output<Endpoint>>;
  /** Counts tokens; loaded when some are counted. */
  tokens(): Promise<{ countTokens(input: CountTokensInput, runner: Runner): Promise<TokenCount> }>;
  endpoints: { readonly [E in Endpoint]: EndpointSpec<E> };
}

/** One row of data: an OpenAI-compatible provider. Its fields are those of the compatible table. */
export interface ProviderRow {
  name: string;
  [field: string]: unknown;
}

export interface ProviderTarget {
  /** The provider's id. */
  provider: string;
  model: string;
}

export interface EnvironmentCheck {
  /** All that the provider needs is set: a key or what stands in for one, an address, an account. */
  keys_in_environment: boolean;
  /** Of what is missing the usual variables. */
  missing_keys: string[];
}

/** Methods are bound: they may be taken off the client and passed around. */
export interface Callm extends Runner {
  completion: Completion;
  embedding: Embed;
  rerank(input: Given<RerankParams>): Promise<Answered<RerankResponse>>;
  /** The tokens of a text or of messages: counted here, or with `method: 'provider'` by the provider. */
  countTokens(input: Given<CountTokensInput>): Promise<TokenCount>;
  /** The request that a call would send; nothing is sent. */
  dryRun<E extends Endpoint>(endpoint: E, input: Input<E> | JsonObject): Promise<DryRun>;
  /** Adds a provider to this client: one row of data for an OpenAI-compatible one, or an own protocol as an object. */
  registerProvider(provider: Provider | ProviderRow): Promise<void>;
  getLlmProvider(input: { model: string; custom_llm_provider?: string }): Promise<ProviderTarget>;
  getSupportedOpenaiParams(input: {
    model: string;
    custom_llm_provider?: string;
    endpoint?: Endpoint;
  }): Promise<string[]>;
  validateEnvironment(input: { model: string; custom_llm_provider?: string }): Promise<EnvironmentCheck>;
  /** Closes the connections; may be called twice. */
  close(): Promise<void>;
}

/** The registry of the entry, with the client's own providers before it. */
class ClientRegistry implements Registry {
  readonly #own = new Map<string, Provider>();
  readonly #base: Registry | undefined;
  constructor(base: Registry | undefined, own: readonly Provider[] = []) {
    this.#base = base;
    for (const provider of own) this.add(provider);
  }
  add(provider: Provider): void {
    this.#own.set(provider.name, provider);
  }
  provider(name: string): MaybePromise<Provider | undefined> {
    return this.#own.get(name) ?? this.#base?.provider(name);
  }
  has(name: string): boolean {
    return this.#own.has(name) || this.#base?.has(name) === true;
  }
  names(): readonly string[] {
    return [...this.#own.keys(), ...(this.#base?.names() ?? [])];
  }
  async owners(model: string): Promise<readonly string[]> {
    return (await this.#base?.owners?.(model)) ?? [];
  }
  async similar(model: string): Promise<readonly string[]> {
    return (await this.#base?.similar?.(model)) ?? [];
  }
  async fromRow(row: ProviderRow): Promise<Provider> {
    if (this.#base?.fromRow === undefined)
      throw new BadRequestError('registerProvider: this client takes provider objects only, no rows', {
        param: 'provider',
      });
    return this.#base.fromRow(row);
  }
}

const clientOptions = new Set(['use', 'transport', 'dispatcher', 'providers', 'env', 'prices']);

export function makeClient(surroundings: Surroundings, options: Open<ClientOptions> = {}): Callm {
  const { use = [], transport: given, dispatcher, providers, env: variables } = options;
  const env = environmentOf(variables);
  const entries = Object.entries(options).filter(([name, value]) => !clientOptions.has(name) && value !== undefined);
  const defaults = entries.length === 0 ? undefined : Object.fromEntries(entries);
  const registry = new ClientRegistry(surroundings.registry, providers);
  let transport: MaybePromise<Transport> | undefined;

  const environment: Environment = {
    env,
    tokens: new TokenMemory(),
    pricing: surroundings.pricing,
    now: () => Date.now(),
    random: () => Math.random(),
    transport(): MaybePromise<Transport> {
      if (transport === undefined) {
        const making = makeTransport(surroundings, given, { env, dispatcher });
        transport = making;
        if (making instanceof Promise)
          making.then(
            (made) => (transport = made),
            () => (transport = undefined),
          );
      }
      return transport;
    },
  };
  const context = { registry, env, defaults };
  const specOfEndpoint = <E extends Endpoint>(endpoint: E): EndpointSpec<E> => {
    const found = (surroundings.endpoints as Partial<typeof surroundings.endpoints>)[endpoint];
    if (found === undefined)
      throw new BadRequestError(
        `endpoint: "${endpoint}" is unknown; there are ${Object.keys(surroundings.endpoints).join(', ')}`,
        {
          param: 'endpoint',
        },
      );
    return found;
  };

  const runPlain = <E extends Endpoint>(endpoint: E, input: Input<E>): Promise<Output<E>> => {
    const several = surroundings.routed === undefined ? undefined : severalModels(defaults, input);
    return several === undefined
      ? runSingle(endpoint, input)
      : (surroundings.routed?.(endpoint, several, { run: runSingle, target }, env) as Promise<Output<E>>);
  };
  async function runSingle<E extends Endpoint>(endpoint: E, input: Input<E>): Promise<Output<E>> {
    const spec = specOfEndpoint(endpoint);
    const resolving = resolve(context, spec, checkInput(input));
    const call = resolving instanceof Promise ? await resolving : resolving;
    if (isMocked(call.options)) {
      const { executeMock } = await import('./mock.js');
      return executeMock(environment, spec, call);
    }
    return execute(environment, spec, call);
  }
  const run: Runner['run'] = use.length === 0 ? runPlain : compose(use, runPlain);

  async function target(input: { model: string; custom_llm_provider?: string }) {
    checkModel(input?.model);
    const found = await findTarget(input.model, input.custom_llm_provider, registry);
    if (found.provider.route === undefined) return found;
    const routed = found.provider.route(found.model, {});
    return { name: found.name, model: routed.model ?? found.model, provider: routed.provider };
  }

  return {
    run,
    completion: ((input: Input<'chat'>) => run('chat', input)) as Completion,
    embedding: ((input: Input<'embeddings'>) => run('embeddings', input)) as Embed,
    rerank: (input) => run('rerank', input as Input<'rerank'>) as Promise<Answered<RerankResponse>>,
    countTokens: async (input) => (await surroundings.tokens()).countTokens(input, { run }),
    async dryRun(endpoint, input) {
      const spec = specOfEndpoint(endpoint);
      const call = await resolve(context, spec, checkInput(input));
      const { dryRun } = await import('./dry-run.js');
      return dryRun(environment, spec, call);
    },
    async registerProvider(provider) {
      if (isProvider(provider)) {
        registry.add(provider);
        return;
      }
      registry.add(await registry.fromRow(provider));
    },
    async getLlmProvider(input) {
      const { name, model } = await target(input);
      return { provider: name, model };
    },
    async getSupportedOpenaiParams(input) {
      const { provider, model } = await target(input);
      const { supportedParams } = await import('./supported-params.js');
      return supportedParams(provider, model, specOfEndpoint(input.endpoint ?? 'chat'));
    },
    async validateEnvironment(input) {
      const { provider } = await target(input);
      const { missingKeys } = await import('./environment.js');
      const missing_keys = await missingKeys(provider, env);
      return { keys_in_environment: missing_keys.length === 0, missing_keys };
    },
    async close() {
      const closing = transport;
      transport = undefined;
      if (closing !== undefined) await (await closing).close();
    },
  };
}

function isProvider(value: Provider | ProviderRow): value is Provider {
  return typeof value === 'object' && value !== null && 'endpoints' in value && !Array.isArray(value.endpoints);
}

const some = (list: unknown): boolean => list != null && (!Array.isArray(list) || list.length > 0);
const namesModels = (given: JsonObject): boolean =>
  some(given['fallbacks']) ||
  some(given['model_list']) ||
  some(given['context_window_fallbacks']) ||
  some(given['content_policy_fallbacks']) ||
  some(given['context_window_fallback_dict']);

/** The whole input of a call that names further models; undefined for one that does not. */
function severalModels(defaults: JsonObject | undefined, input: object | null | undefined): JsonObject | undefined {
  const given = input as JsonObject | null | undefined;
  if (given == null || !(namesModels(given) || (defaults !== undefined && namesModels(defaults)))) return undefined;
  const whole = { ...defaults };
  for (const name in given) if (given[name] !== undefined) whole[name] = given[name];
  return namesModels(whole) && whole['disable_fallbacks'] !== true ? whole : undefined;
}

function checkInput(input: unknown): JsonObject {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new BadRequestError('a call takes one object, with model and the parameters of its endpoint', {
      param: 'model',
      code: 'invalid_input',
    });
  return input as JsonObject;
}

async function makeTransport(
  surroundings: Surroundings,
  given: Transport | TransportFunction | undefined,
  options: { env: Env; dispatcher?: unknown },
): Promise<Transport> {
  if (typeof given === 'function') {
    const { functionTransport } = await import('./fetch-response.js');
    return functionTransport(given);
  }
  if (given !== undefined) return given;
  if (surroundings.transport === undefined)
    throw new BadRequestError('transport: this client was made without one', { param: 'transport' });
  return surroundings.transport(options);
}
