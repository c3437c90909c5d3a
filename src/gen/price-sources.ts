/** Readers of the three data sets that prices are taken from: what each says, in the fields of src/prices/data. */
import { facts, isLimit, isPrice, shapedPrices } from './price-fields.js';
import { flatten } from './price-merge.js';

type Json = Readonly<Record<string, unknown>>;

/** What a source says of a model. */
export interface Told {
  /** Prices by the path of their field. */
  prices: Record<string, number>;
  /** Everything else that the row takes from it. */
  rest: Record<string, unknown>;
}

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Prices of a row of LiteLLM's map; of `provider_specific_entry` only what multiplies a price. */
function litellmRow(row: Json): Told {
  const factors = Object.entries((row['provider_specific_entry'] ?? {}) as Json).filter(
    ([name, factor]) => /^(?:us|fast)$/.test(name) && typeof factor === 'number',
  );
  const prices = flatten({ ...row, provider_specific_entry: Object.fromEntries(factors) }, isPrice);
  const rest: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(row)) {
    const shaped = field in shapedPrices.fields && !Object.keys(prices).some((path) => path.startsWith(`${field}.`));
    if (shaped && field !== 'provider_specific_entry') rest[field] = value;
    else if (isLimit(field) ? typeof value === 'number' && value > 0 : field in facts.fields) rest[field] = value;
  }
  if (typeof row['deprecation_date'] === 'string') rest['deprecation_date'] = row['deprecation_date'];
  if (/^https?:\/\/\S+$/.test(String(row['source']))) rest['source'] = row['source'];
  return { prices, rest };
}

/** LiteLLM's model map, by its keys. */
export function readLitellm(map: Json): Map<string, Told> {
  return new Map(
    Object.entries(map).flatMap(([key, row]) =>
      isObject(row) && key !== 'sample_spec' && typeof row['litellm_provider'] === 'string'
        ? [[key, litellmRow(row)]]
        : [],
    ),
  );
}

/** A source's name of a price: our field, and the power of ten it is for. */
type Fields = Readonly<Record<string, readonly [field: string, per: number]>>;

const modelsDevFields: Fields = {
  input: ['input_cost_per_token', 6],
  output: ['output_cost_per_token', 6],
  cache_read: ['cache_read_input_token_cost', 6],
  cache_write: ['cache_creation_input_token_cost', 6],
  reasoning: ['output_cost_per_reasoning_token', 6],
  input_audio: ['input_cost_per_audio_token', 6],
  output_audio: ['output_cost_per_audio_token', 6],
  citation: ['citation_cost_per_token', 6],
  request: ['input_cost_per_request', 3],
};

function modelsDevCost(cost: Json): Record<string, number> {
  const prices: Record<string, number> = {};
  const add = (from: Json, tier: string): void => {
    for (const [name, [field, per]] of Object.entries(modelsDevFields)) {
      const price = from[name];
      if (typeof price === 'number' && Number.isFinite(price)) prices[`${field}${tier}`] = Number(`${price}e-${per}`);
    }
  };
  add(cost, '');
  if (isObject(cost['context_over_200k'])) add(cost['context_over_200k'], '_above_200k_tokens');
  for (const tier of Array.isArray(cost['tiers']) ? (cost['tiers'] as Json[]) : []) {
    const size = (tier['tier'] as Json | undefined)?.['size'];
    if (typeof size === 'number') add(tier, `_above_${Math.round(size / 1000)}k_tokens`);
  }
  return Object.fromEntries(Object.entries(prices).filter(([field]) => isPrice(field)));
}

function modelsDevFacts(id: string, model: Json, prices: Told['prices']): Record<string, unknown> {
  const modalities = (model['modalities'] ?? {}) as Readonly<Record<string, readonly string[] | undefined>>;
  const input = modalities['input'] ?? [];
  const output = modalities['output'] ?? [];
  const limit = (model['limit'] ?? {}) as Json;
  const made = ['text', 'image', 'video', 'audio'].find((kind) => output.includes(kind)) ?? 'text';
  const modes: Readonly<Record<string, string>> = {
    text: 'chat',
    image: 'image_generation',
    video: 'video_generation',
    audio: 'audio_speech',
  };
  const found: Record<string, unknown> = {
    mode: /rerank/i.test(id) ? 'rerank' : /embed/i.test(id) ? 'embedding' : modes[made],
    max_input_tokens: limit['context'] || undefined,
    max_output_tokens: limit['output'] || undefined,
    supported_modalities: input.length > 0 ? input : undefined,
    supported_output_modalities: output.length > 0 ? output : undefined,
    supports_audio_input: input.includes('audio') || undefined,
    supports_audio_output: output.includes('audio') || undefined,
    supports_function_calling: model['tool_call'] === true || undefined,
    supports_pdf_input: input.includes('pdf') || undefined,
    supports_prompt_caching: (prices['cache_read_input_token_cost'] ?? 0) > 0 || undefined,
    supports_reasoning: model['reasoning'] === true || undefined,
    supports_response_schema: model['structured_output'] === true || undefined,
    supports_video_input: input.includes('video') || undefined,
    supports_vision: input.includes('image') || undefined,
    status: typeof model['status'] === 'string' ? model['status'] : undefined,
  };
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined));
}

/** The api.json of models.dev, by `<provider>/<model>`. */
export function readModelsDev(api: Json): Map<string, Told> {
  const found = new Map<string, Told>();
  for (const [provider, { models }] of Object.entries(api) as [string, { models: Record<string, Json> }][])
    for (const [id, model] of Object.entries(models)) {
      const prices = isObject(model['cost']) ? modelsDevCost(model['cost']) : {};
      found.set(`${provider}/${id}`, { prices, rest: modelsDevFacts(id, model, prices) });
    }
  return found;
}

const genaiFields: Fields = {
  input_mtok: ['input_cost_per_token', 6],
  output_mtok: ['output_cost_per_token', 6],
  cache_read_mtok: ['cache_read_input_token_cost', 6],
  cache_write_mtok: ['cache_creation_input_token_cost', 6],
  cache_write_1h_mtok: ['cache_creation_input_token_cost_above_1hr', 6],
  input_audio_mtok: ['input_cost_per_audio_token', 6],
  output_audio_mtok: ['output_cost_per_audio_token', 6],
  cache_audio_read_mtok: ['cache_read_input_audio_token_cost', 6],
  cache_image_read_mtok: ['cache_read_input_image_token_cost', 6],
  input_image_mtok: ['input_cost_per_image_token', 6],
  output_image_mtok: ['output_cost_per_image_token', 6],
  input_video_mtok: ['input_cost_per_video_token', 6],
  output_video_mtok: ['output_cost_per_video_token', 6],
  output_reasoning_mtok: ['output_cost_per_reasoning_token', 6],
  output_citation_mtok: ['citation_cost_per_token', 6],
  web_searches_kcount: ['search_context_cost_per_query.search_context_size_medium', 3],
  requests_kcount: ['input_cost_per_request', 3],
  input_text_messages_kcount: ['input_cost_per_text_message', 3],
  input_document_kpages: ['ocr_cost_per_page', 3],
  input_annotated_document_kpages: ['annotation_cost_per_page', 3],
};

function genaiPrices(given: Json): Record<string, number> {
  const prices: Record<string, number> = {};
  for (const [name, price] of Object.entries(given)) {
    const [field, per] = genaiFields[name] ?? [];
    if (field === undefined) continue;
    const { base, tiers } = (isObject(price) ? price : { base: price }) as { base: number; tiers?: Json[] };
    prices[field] = Number(`${base}e-${per}`);
    for (const { start, price: above } of (tiers ?? []) as { start: number; price: number }[])
      prices[`${field}_above_${Math.ceil(start / 1000)}k_tokens`] = Number(`${above}e-${per}`);
  }
  return prices;
}

/** The price in force on a day: the last that started. Of models with prices by the hour nothing is taken. */
function onDay(prices: unknown, day: string): Json {
  if (!Array.isArray(prices)) return prices as Json;
  const all = prices as { constraint?: { type: string; start_date?: string }; prices: Json }[];
  if (all.some(({ constraint }) => constraint !== undefined && constraint.type !== 'start_date')) return {};
  const started = all
    .filter(({ constraint }) => (constraint?.start_date ?? '') <= day)
    .sort((a, b) => ((a.constraint?.start_date ?? '') < (b.constraint?.start_date ?? '') ? -1 : 1));
  return started.at(-1)?.prices ?? {};
}

interface GenaiProvider {
  id?: string;
  models: { id: string; prices: unknown }[];
}

/** The data.json of genai-prices, by `<provider>/<model>`. */
export function readGenaiPrices(data: unknown, day: string): Map<string, Told> {
  const providers = (Array.isArray(data) ? data.map((one) => [one.id, one]) : Object.entries(data as object)) as [
    string,
    GenaiProvider,
  ][];
  return new Map(
    providers.flatMap(([provider, { models }]) =>
      models.map(({ id, prices }): [string, Told] => [
        `${provider}/${id}`,
        { prices: genaiPrices(onDay(prices, day)), rest: {} },
      ]),
    ),
  );
}
