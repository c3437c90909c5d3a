import { Prices } from '../../src/prices/prices.js';
import type { CostInput } from '../../src/prices/cost-input.js';

/** A price list of invented models, so that no test moves with the market. */
export const rows = {
  'acme/plain': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 4e-6,
    source: 'https://acme.example/prices',
    checked: '2026-06-01',
  },
  'acme/full': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 2e-6,
    output_cost_per_token: 8e-6,
    output_cost_per_reasoning_token: 9e-6,
    cache_read_input_token_cost: 0.5e-6,
    cache_creation_input_token_cost: 2.5e-6,
    cache_creation_input_token_cost_above_1hr: 4e-6,
    cache_creation_input_token_cost_above_12hr: 5e-6,
    cache_read_input_audio_token_cost: 0.7e-6,
    input_cost_per_audio_token: 3e-6,
    input_cost_per_image_token: 2.2e-6,
    input_cost_per_video_token: 2.3e-6,
    output_cost_per_audio_token: 16e-6,
    output_cost_per_image_token: 30e-6,
    citation_cost_per_token: 1e-6,
    search_context_cost_per_query: {
      search_context_size_low: 0.01,
      search_context_size_medium: 0.02,
      search_context_size_high: 0.03,
    },
  },
  'acme/tiers': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    input_cost_per_token_priority: 2e-6,
    input_cost_per_token_batches: 0.4e-6,
    input_cost_per_token_above_200k_tokens: 2e-6,
    input_cost_per_token_above_200k_tokens_priority: 5e-6,
    output_cost_per_token: 4e-6,
    output_cost_per_token_priority: 8e-6,
    output_cost_per_token_above_200k_tokens: 6e-6,
    output_cost_per_reasoning_token: 4e-6,
    cache_read_input_token_cost: 0.1e-6,
  },
  'acme/steps': {
    litellm_provider: 'acme',
    mode: 'chat',
    output_cost_per_reasoning_token: 99e-6,
    tiered_pricing: [
      { range: [0, 32_000], input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 },
      { range: [32_000, 128_000], input_cost_per_token: 3e-6, output_cost_per_token: 6e-6 },
    ],
  },
  'acme/hours': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 2e-6,
    output_cost_per_token: 2e-6,
    off_peak_pricing: {
      input_cost_per_token: 1e-6,
      output_cost_per_token: 1e-6,
      windows: [
        { hours_utc: ['22:00-06:00'], weekdays: [1, 2, 3, 4, 5] },
        { hours_utc: '00:00-00:00', weekdays: [6, 7] },
      ],
    },
  },
  'acme/places': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    regional_processing_uplift_multiplier_eu: 1.1,
    regional_endpoint_uplift_multiplier: 1.2,
    provider_specific_entry: { us: 1.5, fast: 6 },
  },
  'acme/dated-2026-03-01': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    cache_read_input_token_cost: 0.5e-6,
    deprecation_date: '2026-08-01',
    history: [
      { until: '2026-05-01', input_cost_per_token: 2e-6, output_cost_per_token: 5e-6 },
      { until: '2026-01-01', input_cost_per_token: 3e-6, cache_read_input_token_cost: null },
    ],
  },
  'acme/free': {
    litellm_provider: 'acme',
    mode: 'chat',
    free: true,
    input_cost_per_token: 0,
    output_cost_per_token: 0,
  },
  'twins/model': { litellm_provider: 'twins', mode: 'chat', input_cost_per_token: 1e-6 },
  'twins/Model': { litellm_provider: 'twins', mode: 'chat', input_cost_per_token: 2e-6 },
  'acme/unpriced': { litellm_provider: 'acme', mode: 'chat' },
  'acme/input-only': { litellm_provider: 'acme', mode: 'chat', input_cost_per_token: 1e-6 },
  'acme/request': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    input_cost_per_request: 0.005,
  },
  'acme/disputed': {
    litellm_provider: 'acme',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    conflict: { input_cost_per_token: { one: 1e-6, two: 2e-6 } },
  },
  'acme/embed': { litellm_provider: 'acme', mode: 'embedding', input_cost_per_token: 1e-7, input_cost_per_image: 1e-4 },
  'acme/rerank': { litellm_provider: 'acme', mode: 'rerank', input_cost_per_query: 0.002 },
  'acme/rerank-tokens': { litellm_provider: 'acme', mode: 'rerank', input_cost_per_token: 5e-8 },
  'acme/paint': {
    litellm_provider: 'acme',
    mode: 'image_generation',
    output_cost_per_image: 0.04,
    output_cost_per_image_2K: 0.1,
  },
  'acme/hd/1024-x-1792/paint': { litellm_provider: 'acme', mode: 'image_generation', output_cost_per_image: 0.12 },
  'acme/dots': { litellm_provider: 'acme', mode: 'image_generation', input_cost_per_pixel: 1e-8 },
  'acme/paint-tokens': {
    litellm_provider: 'acme',
    mode: 'image_generation',
    input_cost_per_token: 5e-6,
    input_cost_per_image_token: 8e-6,
    output_cost_per_image_token: 3e-5,
  },
  'acme/say': { litellm_provider: 'acme', mode: 'audio_speech', input_cost_per_character: 1e-5 },
  'acme/hear': {
    litellm_provider: 'acme',
    mode: 'audio_transcription',
    input_cost_per_second: 1e-4,
    output_cost_per_second: 1e-4,
  },
  'acme/film': {
    litellm_provider: 'acme',
    mode: 'video_generation',
    output_cost_per_second: 0.1,
    output_cost_per_second_1080p: 0.3,
  },
  'acme/read': { litellm_provider: 'acme', mode: 'ocr', ocr_cost_per_page: 0.001, annotation_cost_per_page: 0.003 },
  'openai/container': { litellm_provider: 'openai', mode: 'chat', code_interpreter_cost_per_session: 0.03 },
  'gpt-9': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 },
  'ft:gpt-9': { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 7e-6, output_cost_per_token: 7e-6 },
  'acme.wonder-v1:0': {
    litellm_provider: 'bedrock',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
  },
  'us.acme.marvel-v1:0': {
    litellm_provider: 'bedrock',
    mode: 'chat',
    input_cost_per_token: 3e-6,
    output_cost_per_token: 1e-6,
  },
  'bedrock/eu-west-1/acme.wonder-v1:0': {
    litellm_provider: 'bedrock',
    mode: 'chat',
    input_cost_per_token: 2e-6,
    output_cost_per_token: 1e-6,
  },
  'azure/gpt-9': { litellm_provider: 'azure', mode: 'chat', input_cost_per_token: 1e-6, output_cost_per_token: 1e-6 },
  'azure/eu/gpt-9': {
    litellm_provider: 'azure',
    mode: 'chat',
    input_cost_per_token: 1.1e-6,
    output_cost_per_token: 1e-6,
  },
  'vertex_ai/wonder@20260101': {
    litellm_provider: 'vertex_ai-acme_models',
    mode: 'chat',
    input_cost_per_token: 4e-6,
    output_cost_per_token: 1e-6,
  },
  'gemini-9': {
    litellm_provider: 'vertex_ai-language-models',
    mode: 'chat',
    input_cost_per_token: 1e-6,
    output_cost_per_token: 1e-6,
    search_context_cost_per_query: { search_context_size_medium: 0.035 },
  },
  'gemini/gemini-9': {
    litellm_provider: 'gemini',
    mode: 'chat',
    input_cost_per_token: 9e-6,
    output_cost_per_token: 1e-6,
  },
  'openrouter/acme/nested': {
    litellm_provider: 'openrouter',
    mode: 'chat',
    input_cost_per_token: 6e-6,
    output_cost_per_token: 1e-6,
  },
  'perplexity/perplexity/sonar': {
    litellm_provider: 'perplexity',
    mode: 'chat',
    input_cost_per_token: 5e-6,
    output_cost_per_token: 1e-6,
  },
};

/** A Wednesday, 12:00 UTC. */
export const noon = Date.parse('2026-06-10T12:00:00Z');

export function priceList(now: () => number = () => noon): Prices {
  const prices = new Prices(undefined, now);
  prices.registerModel(rows);
  return prices;
}

/** The cost in millionths of a dollar, free of rounding. */
export function micros(input: CostInput, prices = priceList()): number | null {
  const cost = prices.completionCost(input);
  return cost === null ? null : Math.round(cost * 1e10) / 1e4;
}
