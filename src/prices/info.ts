/** Facts about models: limits, modalities, capabilities, prices; LiteLLM's field names. */
import type { PriceRow } from './book.js';

/** What is known of a model. Fields that are not known are absent. */
export interface ModelInfo {
  /** The row's key, LiteLLM's name of the model. */
  key: string;
  litellm_provider: string;
  /** `chat`, `embedding`, `rerank`, `image_generation` … */
  mode?: string;
  max_tokens?: number;
  max_input_tokens?: number;
  max_output_tokens?: number;
  /** USD per token; further price fields by LiteLLM's names. */
  input_cost_per_token?: number;
  output_cost_per_token?: number;
  /** `YYYY-MM-DD`. */
  deprecation_date?: string;
  /** The page the prices come from, and the day they were known to be so. */
  source?: string;
  checked?: string;
  supports_function_calling?: boolean;
  supports_vision?: boolean;
  supports_reasoning?: boolean;
  supports_response_schema?: boolean;
  supports_prompt_caching?: boolean;
  [field: string]: unknown;
}

export function modelInfo(key: string, prices: PriceRow | undefined, facts: PriceRow | undefined): ModelInfo {
  const info = { key, ...facts, ...prices } as unknown as ModelInfo;
  // Prices name the fields alone.
  if (facts?.['conflict'] !== undefined) info['conflict'] = facts['conflict'];
  // LiteLLM's older name of the output limit.
  if (info.max_output_tokens !== undefined) info.max_tokens ??= info.max_output_tokens;
  return info;
}

/** `vision` and `supports_vision` mean the same. */
export const capabilityField = (capability: string): string =>
  capability.startsWith('supports_') ? capability : `supports_${capability}`;
