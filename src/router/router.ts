/** Many deployments behind one name. This is the shell: it checks its options at once; the engine loads with the first call. */
import type { Callm, ChatInput, ChatStream, Completion, Embed, Given } from '../core/client.js';
import { compose } from '../core/middleware.js';
import type { Variables } from '../core/io.js';
import type { Answered, Endpoint, Input, JsonObject, Open, Runner } from '../core/spec.js';
import type { Prices } from '../prices/prices.js';
import type { ChatCompletion } from '../types/chat.js';
import type { RerankParams, RerankResponse } from '../types/rerank.js';
import type { Engine } from './engine.js';
import type { RoutedCall } from './routed-call.js';
import { checkEntry, checkSettings } from './settings.js';
import type { DeploymentEntry, Plan, RoutedOptions, RouterEvent, RouterOptions } from './types.js';

/** What the entry gives a router. */
export interface RouterSurroundings {
  makeClient(options: { env?: Variables | undefined }): Callm;
  prices(): Promise<Prices>;
}

type Fixed = 'model_list' | 'client' | 'store' | 'use' | 'clock' | 'random' | 'env' | `redis_${string}`;
/** Options that may change, or be taken back. */
type Changes = { [Name in keyof RouterOptions as Exclude<Name, Fixed>]: RouterOptions[Name] | null };
/** One question to several models. */
type Several = Given<Omit<ChatInput, 'model'> & RoutedOptions & { model?: string; models?: readonly string[]; stream?: boolean | null }>; // prettier-ignore
/** The events of a type; `*` is all. */
type EventOf<T extends RouterEvent['type'] | '*'> = T extends '*' ? RouterEvent : Extract<RouterEvent, { type: T }>;

interface Loaded {
  engine: Engine;
  RoutedCall: typeof RoutedCall;
}

export class RouterShell implements Runner {
  #options: RouterOptions;
  readonly #surroundings: RouterSurroundings;
  readonly #client: Runner & Partial<Callm>;
  readonly #ownsClient: boolean;
  #engine: Promise<Engine> | undefined;
  /** What calls need, when the first has loaded it: importing again costs as much as the rest of a call here. */
  #loaded: Loaded | undefined;
  readonly run: Runner['run'];
  readonly completion: Completion<RoutedOptions>;
  readonly embedding: Embed<RoutedOptions>;

  constructor(options: RouterOptions, surroundings: RouterSurroundings) {
    this.#options = checkSettings(options);
    this.#surroundings = surroundings;
    const { client, use = [], env } = this.#options;
    this.#ownsClient = client === undefined;
    this.#client = client ?? surroundings.makeClient({ env });
    const plain: Runner['run'] = async (endpoint, input) => {
      const { engine, RoutedCall } = this.#loaded ?? (await this.#load());
      return new RoutedCall(engine, endpoint, input).run();
    };
    this.run = use.length === 0 ? plain : compose(use, plain);
    this.completion = ((input: Input<'chat'>) => this.run('chat', input)) as Completion<RoutedOptions>;
    this.embedding = ((input: Input<'embeddings'>) => this.run('embeddings', input)) as Embed<RoutedOptions>;
  }

  async #load(): Promise<Loaded> {
    const [engine, { RoutedCall }] = await Promise.all([this.#ready(), import('./routed-call.js')]);
    this.#loaded = { engine, RoutedCall };
    return this.#loaded;
  }

  #ready(): Promise<Engine> {
    this.#engine ??= import('./start.js').then(({ start }) => start(this.#options, this.#client, this.#surroundings));
    return this.#engine;
  }

  /** Ranks documents by their relevance to a query. */
  rerank(input: Given<RerankParams & RoutedOptions>): Promise<Answered<RerankResponse>> {
    return this.run('rerank', input) as Promise<Answered<RerankResponse>>;
  }

  /** Asks several models (`models`, or a list with commas): an answer or an error for each, in order. */
  async batchCompletion(input: Several): Promise<(Answered<ChatCompletion> | ChatStream | Error)[]> {
    const { batch } = await import('./parallel.js');
    return batch(this, input as JsonObject);
  }

  /** Asks several models and gives the first answer; the other calls are ended. */
  async fastest(input: Several): Promise<Answered<ChatCompletion> | ChatStream> {
    const { fastest } = await import('./parallel.js');
    return fastest(this, 'chat', input as JsonObject);
  }

  /** Groups, candidates in their order, why others are none, and the redacted request for each. Nothing is sent. */
  async plan<E extends Endpoint>(endpoint: E, input: Open<Input<E>>): Promise<Plan> {
    const engine = await this.#ready();
    const { plan } = await import('./plan.js');
    const { dryRun } = this.#client;
    return plan(engine, endpoint, input as Input<E>, dryRun && ((of, made) => dryRun(of, made)));
  }

  /** Tells what happens: `attempt`, `cooldown`, `recovered`, `fallback`, `limit_wait`, `hedge`, `store_failure`, or all (`*`). */
  async on<T extends RouterEvent['type'] | '*'>(
    type: T,
    listener: (event: EventOf<T>) => unknown,
  ): Promise<() => void> {
    return (await this.#ready()).events.on(type, listener as (event: RouterEvent) => unknown);
  }

  /** Adds a deployment and gives its id. */
  async addDeployment(entry: DeploymentEntry): Promise<string> {
    checkEntry(entry, 'deployment');
    return (await this.#ready()).add(entry);
  }

  /** Adds a deployment, or puts it in place of the one with its id. */
  async upsertDeployment(entry: DeploymentEntry): Promise<string> {
    checkEntry(entry, 'deployment');
    return (await this.#ready()).upsert(entry);
  }

  /** Takes a deployment out; calls under way go on. Whether there was one. */
  async deleteDeployment(id: string): Promise<boolean> {
    return (await this.#ready()).remove(id);
  }

  /** Another list of deployments; those with the same id keep their figures. */
  async setModelList(model_list: readonly DeploymentEntry[]): Promise<void> {
    checkSettings({ model_list, credential_list: this.#options.credential_list });
    (await this.#ready()).replace(model_list);
  }

  /** Changes options, and takes those that are null back; deployments and their figures stay. */
  async updateSettings(options: Changes): Promise<void> {
    const said = checkSettings(options as RouterOptions);
    const unset = Object.keys(options).filter((name) => options[name as keyof typeof options] === null);
    (await this.#ready()).update(said, unset);
  }

  /** The deployments of a group, or all, with their ids. */
  async getModelList(model_name?: string): Promise<DeploymentEntry[]> {
    return (await this.#ready()).fleet.entries(model_name);
  }

  /** What a group offers: its models, providers, limits added up. */
  async getModelGroupInfo(model_group: string): Promise<JsonObject | null> {
    const engine = await this.#ready();
    const { groupInfo } = await import('./group-info.js');
    return groupInfo(engine, model_group);
  }

  /** The deployment that a call would go to now. */
  async getAvailableDeployment(input: { model: string } & JsonObject): Promise<DeploymentEntry> {
    const engine = await this.#ready();
    const { available } = await import('./group-info.js');
    return available(engine, input);
  }

  /** Live figures of every deployment, by id. */
  async health(): Promise<Record<string, JsonObject>> {
    const engine = await this.#ready();
    const { health } = await import('./group-info.js');
    return health(engine);
  }

  /** Closes what the router made itself; may be called twice. */
  async close(): Promise<void> {
    if (this.#ownsClient) await this.#client.close?.();
    if (this.#engine !== undefined) await (await this.#engine).close();
  }
}
