/** The most that a call may cost, told before it is sent. */
import type { Endpoint, Input, JsonObject } from '../core/spec.js';
import type { CostInput } from './cost-input.js';
import type { Prices } from './prices.js';

/** USD. */
export interface WorstCost {
  input: number;
  output: number;
  /** The most output tokens that the call allows, of each answer. */
  max_tokens: number;
}

/** Output tokens of a model of which no limit is known, when the call sets none. */
const unknownOutput = 4096;
/** A picture, a page or a recording that is given by its address: as much as one that is given inline. */
const addressed = 6000;
/** Documents of a reranker's search unit, and the tokens of one: a longer one counts as several. */
const unitDocuments = 100;
const unitTokens = 500;

/** What of a prompt may cost more than its text. */
interface Traits {
  /** It asks for a cache to be written. */
  caches: boolean;
  /** Media by address or id. */
  media: number;
  /** It holds sound. */
  sound: boolean;
}

const mediaTypes =
  /^(?:image|image_url|input_image|input_file|file|document|document_url|video|video_url|input_audio|audio_url)$/;
const inline = /^data:|^[\w+/=]{2000}/;

function look(value: unknown, traits: Traits): boolean {
  if (typeof value === 'string') {
    if (value.startsWith('data:audio/')) traits.sound = true;
    return inline.test(value);
  }
  if (typeof value !== 'object' || value === null) return false;
  let given = false;
  for (const each of Object.values(value)) if (look(each, traits)) given = true;
  const { type, cache_control } = value as JsonObject;
  if (cache_control !== undefined && cache_control !== null) traits.caches = true;
  if (typeof type !== 'string' || !mediaTypes.test(type)) return given;
  if (type.includes('audio')) traits.sound = true;
  if (!given) traits.media++;
  return false;
}

const callTypes: Readonly<Record<string, string>> = { chat: 'completion', embeddings: 'embedding', rerank: 'rerank' };

/** The most tokens that the input of a call can have. */
type Most = (params: JsonObject) => number;

/** Null where the price is not known. */
export function worstCost(prices: Prices, endpoint: Endpoint, input: Input<Endpoint>, most: Most): WorstCost | null {
  const given = input as unknown as JsonObject;
  const { messages, input: embedded, tools, stream: _, prompt: __, usage: ___, ...options } = given;
  const traits: Traits = { caches: false, media: 0, sound: false };
  look([messages, embedded, tools], traits);
  const prompt_tokens = promptTokens(given, most) + traits.media * addressed;
  const call = { ...options, call_type: callTypes[endpoint] } as CostInput;
  const cost = (completion_tokens: number, details: object = {}): number | null =>
    prices.completionCost({ ...call, usage: { prompt_tokens, completion_tokens, ...details } });
  if (endpoint === 'rerank') {
    const meta = { billed_units: { search_units: searchUnits(given, most) } };
    const units = prices.completionCost({ ...call, completion_response: { meta } });
    const whole = units ?? cost(0);
    return whole === null ? null : { input: whole, output: 0, max_tokens: 0 };
  }
  const plain = cost(0);
  if (plain === null) return null;
  const worst = (base: number, tokens: number, variants: object[]): number =>
    variants.reduce<number>((top, each) => Math.max(top, (cost(tokens, each) ?? 0) - base), 0);

  // Some providers write caches unasked, for minutes; for an hour only when told to.
  const writes = { cache_creation_tokens: prompt_tokens };
  const kinds: object[] = [{}, { prompt_tokens_details: writes }];
  if (traits.caches) {
    const cache_creation_token_details = { ephemeral_1h_input_tokens: prompt_tokens };
    kinds.push({ prompt_tokens_details: { ...writes, cache_creation_token_details } });
  }
  if (traits.sound) kinds.push({ prompt_tokens_details: { audio_tokens: prompt_tokens } });
  const asked = worst(0, 0, kinds) + searchFee(prices, call, given);
  if (endpoint !== 'chat') return { input: asked, output: 0, max_tokens: 0 };

  const max_tokens = mostTokens(prices, input);
  const output_tokens = max_tokens * (typeof given['n'] === 'number' ? given['n'] : 1);
  const spoken = (given['modalities'] as unknown[] | undefined) ?? [];
  const made: object[] = [{}, { completion_tokens_details: { reasoning_tokens: output_tokens } }];
  for (const kind of ['audio', 'image'])
    if (Array.isArray(spoken) && spoken.includes(kind))
      made.push({ completion_tokens_details: { [`${kind}_tokens`]: output_tokens } });
  if (output_tokens > 0 && cost(output_tokens) === null) return null;
  return { input: asked, output: worst(plain, output_tokens, made), max_tokens };
}

function promptTokens(given: JsonObject, most: Most): number {
  const { query, documents } = given;
  // Rerankers that bill tokens read the query with each document.
  const again = Array.isArray(documents) ? most({ query }) * documents.length : 0;
  return most(given) + again;
}

function searchUnits({ query, documents }: JsonObject, most: Most): number {
  const each = (document: unknown): number => Math.ceil(most({ query, documents: [document] }) / unitTokens);
  const counted = Array.isArray(documents)
    ? (documents as unknown[]).reduce<number>((sum, one) => sum + each(one), 0)
    : 1;
  return Math.max(Math.ceil(counted / unitDocuments), 1);
}

function mostTokens(prices: Prices, input: Input<Endpoint>): number {
  const { max_completion_tokens, max_tokens } = input as unknown as JsonObject;
  const asked = max_completion_tokens ?? max_tokens;
  return typeof asked === 'number' ? asked : (prices.getMaxTokens(query(input)) ?? unknownOutput);
}

const query = (input: Input<Endpoint>): { model: string; custom_llm_provider?: string; base_model?: string } => {
  const { model, custom_llm_provider, base_model } = input as Input<Endpoint> & { base_model?: string };
  return {
    model,
    ...(custom_llm_provider !== undefined && { custom_llm_provider }),
    ...(base_model !== undefined && { base_model }),
  };
};

/** One search, at the size asked for or the dearest, where the call asks for one or every call of the model is one. */
function searchFee(prices: Prices, call: CostInput, given: JsonObject): number {
  const asked = given['web_search_options'] as { search_context_size?: unknown } | undefined | null;
  const always = prices.getModelInfo(query(given as never))?.['input_cost_per_request'] !== undefined;
  if ((asked === undefined || asked === null) && !always) return 0;
  const size = typeof asked?.search_context_size === 'string' ? asked.search_context_size : 'high';
  const usage = { prompt_tokens: 0, completion_tokens: 0 };
  const without = prices.completionCost({ ...call, usage }) ?? 0;
  return Math.max(
    (prices.completionCost({ ...call, usage: { ...usage, search_context_size: size } }) ?? 0) - without,
    0,
  );
}
