/**
 * The bill of most calls: text in, text out, at the plain prices of a row. It is the sum that `explain` comes to, in
 * the same order, without its lines; whatever else a call, its usage or its answer tells is left to `explain`.
 */
import type { BilledCall } from '../core/pricing.js';
import type { PriceRow } from './book.js';
import type { Lookup } from './lookup.js';
import { placeFactor } from './places.js';
import { isFields } from './quantities.js';
import { thresholdsOf, tierSuffix } from './rates.js';

/** USD a token. */
interface PlainRates {
  input: number;
  output: number;
  cached: number | undefined;
  reasoning: number;
  /** Longer prompts have other prices. */
  below: number;
  /** Where it is served changes the price. */
  placed: boolean;
}

/** Fields of rows that change the price of plain tokens. */
const special = /^(?:off_peak_pricing|tiered_pricing|input_cost_per_request|free)$/;
const known = new WeakMap<PriceRow, PlainRates | false>();

function ratesOf(row: PriceRow): PlainRates | false {
  let rates = known.get(row);
  if (rates === undefined) known.set(row, (rates = readRates(row)));
  return rates;
}

function readRates(row: PriceRow): PlainRates | false {
  const {
    input_cost_per_token: input,
    output_cost_per_token: output,
    cache_read_input_token_cost: cached,
    output_cost_per_reasoning_token: thought,
  } = row;
  if (typeof input !== 'number' || typeof output !== 'number') return false;
  let placed = false;
  for (const field in row) {
    if (special.test(field)) return false;
    placed ||= field.includes('multiplier');
  }
  return {
    input,
    output,
    cached: typeof cached === 'number' ? cached : undefined,
    reasoning: typeof thought === 'number' ? thought : output,
    below: (thresholdsOf(row).at(-1) ?? Infinity) * 1000,
    placed,
  };
}

/** Options that no price depends on. */
const priceless = new Set([
  'api_key',
  'api_base',
  'base_url',
  'api_version',
  'organization',
  'project',
  'headers',
  'extra_headers',
  'extra_body',
  'extra_query',
  'timeout',
  'request_timeout',
  'stream_timeout',
  'deadline',
  'signal',
  'num_retries',
  'max_retries',
  'max_retry_delay',
  'drop_params',
  'additional_drop_params',
  'allowed_openai_params',
  'media',
  'custom_llm_provider',
  'vertex_project',
  'vertex_credentials',
]);
const credentials = /^(?:aws|azure|snowflake|databricks|watsonx)_/;
const isPriceless = (name: string): boolean => priceless.has(name) || credentials.test(name);

type Fields = Readonly<Record<string, unknown>>;

/** Whether something that is told says nothing: no count, no text, nothing within. */
function isVoid(value: unknown): boolean {
  if (value === undefined || value === null || value === 0 || value === '') return true;
  if (typeof value !== 'object') return false;
  for (const name in value) if (!isVoid((value as Fields)[name])) return false;
  return true;
}

/** A count among details of which no other may be told; undefined if there is one. */
function only(details: unknown, name: string): number | undefined {
  if (details === undefined || details === null) return 0;
  if (!isFields(details)) return undefined;
  let count = 0;
  for (const field in details) {
    const value = details[field];
    // Text is the rest.
    if (field === 'text_tokens' || isVoid(value)) continue;
    if (field !== name || typeof value !== 'number') return undefined;
    count = value;
  }
  return count;
}

/** What a vendor keeps beside its usage: tokens that it bills in place of those it counts, or a tier. */
const tellsMore = (kept: unknown): boolean => {
  if (!isFields(kept)) return kept !== undefined && kept !== null;
  const { usage } = kept;
  return (
    kept['trafficType'] !== undefined ||
    (isFields(usage) && (usage['billed_units'] !== undefined || usage['trafficType'] !== undefined))
  );
};

const isStandard = (tier: unknown): boolean =>
  tier === undefined || tier === null || (typeof tier === 'string' && tierSuffix(tier) === undefined);

function cites(choices: unknown): boolean {
  if (!Array.isArray(choices)) return true;
  for (const { message } of choices as { message?: { annotations?: unknown } }[])
    if (!isVoid(message?.annotations)) return true;
  return false;
}

/** USD; undefined for a call that is not as plain as that. */
export function plainCost(lookup: Lookup, call: BilledCall): number | undefined {
  const { endpoint, llm_provider, model, region, options, usage } = call;
  const params = call.params as Fields;
  const answer = call.result as Fields;
  if (endpoint !== 'chat' || !isFields(usage)) return undefined;
  let location: unknown;
  for (const name in options)
    if (name === 'vertex_location') location = options[name];
    else if (!isPriceless(name)) return undefined;
  if (params['web_search_options'] !== undefined || answer['output'] !== undefined) return undefined;
  if (!isStandard(params['service_tier']) || !isStandard(answer['service_tier'])) return undefined;
  let cached: number | undefined = 0;
  let reasoning: number | undefined = 0;
  /** Cached tokens, told once more in a vendor's own field. */
  let beside: unknown;
  for (const field in usage) {
    const value = usage[field];
    if (isVoid(value)) continue;
    if (field === 'prompt_tokens_details') cached = only(value, 'cached_tokens');
    else if (field === 'completion_tokens_details') reasoning = only(value, 'reasoning_tokens');
    else if (field === 'provider_specific_fields') {
      if (tellsMore(value)) return undefined;
    } else if (field === 'service_tier') {
      if (!isStandard(value)) return undefined;
    } else if (field === 'cache_read_input_tokens' || field === 'prompt_cache_hit_tokens') beside = value;
    else if (field !== 'prompt_tokens' && field !== 'completion_tokens' && field !== 'total_tokens') return undefined;
  }
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (typeof prompt !== 'number' || typeof completion !== 'number') return undefined;
  if (cached === undefined || reasoning === undefined || !(cached >= 0 && reasoning >= 0)) return undefined;
  if (beside !== undefined && beside !== cached) return undefined;
  if (!(prompt > 0 && prompt >= cached && prompt < Infinity)) return undefined;
  if (!(completion >= reasoning && completion < Infinity) || cites(answer['choices'])) return undefined;
  const served = typeof answer['model'] === 'string' && answer['model'] !== '' ? answer['model'] : undefined;
  const found = lookup.find({ model, provider: llm_provider, region, served });
  const rates = found !== undefined && ratesOf(found.row);
  if (rates === undefined || rates === false) return undefined;
  if (prompt >= rates.below) return undefined;
  if (cached > 0 && rates.cached === undefined) return undefined;
  const place = { region_name: region, vertex_location: location as string | undefined };
  const factor = rates.placed ? placeFactor(found.row, place) : 1;
  // In the order of the lines, for sums of fractions depend on it.
  let total = cached > 0 ? cached * ((rates.cached as number) * factor) : 0;
  if (prompt > cached) total += (prompt - cached) * (rates.input * factor);
  if (reasoning > 0) total += reasoning * (rates.reasoning * factor);
  if (completion > reasoning) total += (completion - reasoning) * (rates.output * factor);
  return total;
}
