/** A client's price list: costs, explanations and facts about models. Synchronous; what it needs is loaded before. */
import { BadRequestError } from '../core/errors.js';
import type { BilledCall, CallCost, Pricing } from '../core/pricing.js';
import type { Warning } from '../core/spec.js';
import { loadFacts, loadPrices, type Book, type PriceRow } from './book.js';
import type { CostExplanation, CostInput } from './cost-input.js';
import { checkCounts, checkInput, checkText } from './check-input.js';
import { explain } from './explain.js';
import { capabilityField, modelInfo, type ModelInfo } from './info.js';
import { belongs, Lookup } from './lookup.js';
import { plainCost } from './plain-bill.js';
import { checkRows, type PriceRows } from './register.js';
import { PriceTable } from './table.js';

/** A model by its name, or by name and provider. */
export type ModelQuery = string | { model: string; custom_llm_provider?: string; base_model?: string };

/** LiteLLM's arguments of `cost_per_token`. */
export interface TokenCostInput extends Omit<CostInput, 'usage' | 'completion_response' | 'prompt'> {
  model: string;
  prompt_tokens?: number;
  completion_tokens?: number;
  cache_read_input_tokens?: number;
  cache_creation_input_tokens?: number;
  /** In place of the counts above. */
  usage_object?: object;
}

/** What a known model can unless its row says otherwise. */
const assumed = new Set(['supports_native_streaming']);

const tokenCounts = ['prompt_tokens', 'completion_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens'];

const day = 86_400_000;
/** How long before a model's end its calls begin to warn. */
const notice = 60 * day;

const callTypes: Readonly<Record<string, string>> = { chat: 'completion', embeddings: 'embedding', rerank: 'rerank' };

export class Prices implements Pricing {
  readonly #table: PriceTable;
  readonly #lookup: Lookup;
  #facts: PriceTable | undefined;
  #factLookup: Lookup | undefined;
  /** Rows registered before the facts were there. */
  readonly #registered: Record<string, PriceRow> = {};
  readonly #shipped: boolean;
  readonly #now: () => number;
  readonly #warned = new Set<string>();

  /** Made by `loadPrices()`; `now` gives milliseconds since the epoch. */
  constructor(prices: Book | undefined, now: () => number = Date.now) {
    this.#shipped = prices !== undefined;
    this.#table = new PriceTable(prices);
    this.#lookup = new Lookup(this.#table);
    this.#now = now;
  }

  /** Loads what is known of models beside their prices; costs do without it. */
  async withFacts(): Promise<this> {
    if (this.#facts === undefined) {
      const book = this.#shipped ? await loadFacts() : undefined;
      this.#facts = new PriceTable(book, this.#registered);
      this.#factLookup = new Lookup(this.#facts);
    }
    return this;
  }

  /**
   * The cost of a call, line by line: tokens × rate, the rule, the page and the day of the price. The lines add up to
   * the total. A cost that the provider told itself is the total, with what its prices give in `computed`.
   */
  explainCost(input: CostInput): CostExplanation {
    return explain(this.#table, this.#lookup, checkInput(input), this.#now());
  }

  /** USD for a call, or null when its price is not known. */
  completionCost(input: CostInput): number | null {
    return this.explainCost(input).total;
  }

  /** USD for the input and the output of a call, or null when unknown. */
  costPerToken(input: TokenCostInput): [prompt_cost: number, completion_cost: number] | null {
    checkText('model', input?.model);
    checkCounts(input, tokenCounts);
    const { prompt_tokens, completion_tokens, cache_read_input_tokens, cache_creation_input_tokens, usage_object } =
      input;
    const usage = usage_object ?? {
      prompt_tokens: prompt_tokens ?? 0,
      completion_tokens: completion_tokens ?? 0,
      prompt_tokens_details: {
        cached_tokens: cache_read_input_tokens ?? 0,
        cache_creation_tokens: cache_creation_input_tokens ?? 0,
      },
    };
    const { total, lines } = this.explainCost({ ...input, usage });
    if (total === null) return null;
    const output = lines.filter(({ kind }) => outputKinds.has(kind)).reduce((sum, { amount }) => sum + amount, 0);
    return [total - output, output];
  }

  /** All that is known of a model, or null. */
  getModelInfo(query: ModelQuery): ModelInfo | null {
    const { model, provider, base_model } = parts(query);
    const wanted = { model, provider, base_model };
    const found = this.#lookup.find(wanted);
    const known = found === undefined ? this.#factLookup?.find(wanted) : undefined;
    const key = found?.key ?? known?.key;
    return key === undefined ? null : modelInfo(key, found?.row, known?.row ?? this.#facts?.get(key));
  }

  /** The most tokens that a model puts out, or null when unknown. */
  getMaxTokens(query: ModelQuery): number | null {
    return this.getModelInfo(query)?.max_tokens ?? null;
  }

  /** Whether a model can: `vision`, `function_calling`, `reasoning` …; false when unknown. */
  supports(query: ModelQuery, capability: string): boolean {
    checkText('capability', capability);
    const info = this.getModelInfo(query);
    const field = capabilityField(capability);
    return info?.[field] === true || (info !== null && info[field] === undefined && assumed.has(field));
  }

  /**
   * Adds models, or changes fields of known ones: `{ 'my/model': { litellm_provider, input_cost_per_token … } }`.
   * @throws {BadRequestError} naming the row and the field that are wrong
   */
  registerModel(rows: PriceRows, what = 'registerModel'): void {
    const checked = checkRows(rows, what);
    const known = (key: string): PriceRow | undefined => this.#table.get(key);
    const complete: Record<string, PriceRow> = {};
    for (const [key, row] of Object.entries(checked))
      complete[key] = {
        ...row,
        litellm_provider: row['litellm_provider'] ?? known(key)?.litellm_provider ?? providerOf(key),
      } as PriceRow;
    this.#table.set(complete);
    if (this.#facts === undefined) Object.assign(this.#registered, complete);
    else this.#facts.set(complete);
  }

  /** Names of the models that a provider offers, or of all providers' models. */
  modelsByProvider(): Record<string, string[]>;
  modelsByProvider(provider: string): string[];
  modelsByProvider(provider?: string): string[] | Record<string, string[]> {
    if (provider !== undefined) checkText('provider', provider);
    const models: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
    for (const key of this.#table.keys()) {
      const row = this.#table.get(key);
      if (row === undefined) continue;
      if (provider === undefined) (models[row.litellm_provider] ??= []).push(key);
      else if (belongs(row, provider)) (models[provider] ??= []).push(key);
    }
    return provider === undefined ? models : (models[provider] ?? []);
  }

  price(call: BilledCall): CallCost {
    const { endpoint, llm_provider, model, region, params, options, usage, result } = call;
    try {
      const plain = plainCost(this.#lookup, call);
      if (plain !== undefined) return { cost: plain, computed: plain };
      const asked = params as { service_tier?: string; web_search_options?: unknown };
      const explained = this.explainCost({
        ...options,
        model,
        custom_llm_provider: llm_provider,
        usage: usage as object,
        completion_response: result,
        ...(region !== undefined && { region_name: region }),
        ...(callTypes[endpoint] !== undefined && { call_type: callTypes[endpoint] }),
        ...(typeof asked.service_tier === 'string' && { service_tier: asked.service_tier }),
        ...(asked.web_search_options !== undefined && {
          standard_built_in_tools_params: { web_search_options: asked.web_search_options },
        }),
      });
      return { cost: explained.total, computed: (explained.computed ?? explained).total };
    } catch {
      // A bill that cannot be made out must not spoil the answer.
      return { cost: null, computed: null };
    }
  }

  retired(llm_provider: string, model: string): string | undefined {
    const date = this.#lookup.find({ model, provider: llm_provider })?.row['deprecation_date'];
    return typeof date === 'string' ? date : undefined;
  }

  lifecycle(llm_provider: string, model: string): Warning | undefined {
    const date = this.retired(llm_provider, model);
    if (date === undefined) return undefined;
    const end = endOf(date);
    if (Number.isNaN(end) || end > this.#now() + notice) return undefined;
    const name = `${llm_provider}/${model}`;
    if (this.#warned.has(name)) return undefined;
    if (this.#warned.size < 2000) this.#warned.add(name);
    const when = end > this.#now() ? 'will be retired' : 'was to be retired';
    return { type: 'lifecycle', param: 'model', message: `${name} ${when} on ${date}` };
  }
}

const ends = new Map<string, number>();
/** The start of a day, in milliseconds since the epoch; few days are asked for, and often. */
function endOf(date: string): number {
  let end = ends.get(date);
  if (end === undefined) {
    end = Date.parse(date);
    if (ends.size < 2000) ends.set(date, end);
  }
  return end;
}

const outputKinds = new Set(['output', 'reasoning', 'audio_output', 'image_output', 'video_output']);

function parts(query: ModelQuery): { model: string; provider?: string | undefined; base_model?: string | undefined } {
  if (typeof query === 'string') return { model: query };
  if (typeof query !== 'object' || query === null || typeof query.model !== 'string')
    throw new BadRequestError('model: a model name is needed', { param: 'model', code: 'invalid_input' });
  return { model: query.model, provider: query.custom_llm_provider, base_model: query.base_model };
}

/** The provider of a new row, by its key. */
function providerOf(key: string): string {
  const slash = key.indexOf('/');
  const prefix = slash < 0 ? '' : key.slice(0, slash);
  if (prefix === '')
    throw new BadRequestError(`registerModel: "${key}" needs litellm_provider, for its name tells none`, {
      param: `${key}.litellm_provider`,
      code: 'invalid_input',
    });
  return prefix;
}

/**
 * The shipped price list, or the given rows in place of it.
 * @throws {BadRequestError} for rows that are none
 */
export async function makePrices(rows?: PriceRows): Promise<Prices> {
  if (rows === undefined) return new Prices(await loadPrices());
  const prices = new Prices(undefined);
  prices.registerModel(rows, 'prices');
  return prices;
}
