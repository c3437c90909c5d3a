import type { JsonObject } from '../../src/core/spec.js';
import type { ServiceTier, Usage } from '../../src/types/chat.js';
import { isObject } from '../shared/messages.js';

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** Fields that prices depend on, kept beside OpenAI's. */
const priced = ['server_tool_use', 'service_tier', 'inference_geo', 'speed'] as const;

/**
 * Anthropic's counts in OpenAI's fields. Anthropic tells input that was neither read from nor written to the cache
 * apart from what was; here `prompt_tokens` is all of it. The counts as they came stand in `provider_specific_fields.usage`.
 */
export function readUsage(raw: JsonObject): Usage {
  const written = count(raw['cache_creation_input_tokens']);
  const read = count(raw['cache_read_input_tokens']);
  const input = count(raw['input_tokens']) + written + read;
  const output = count(raw['output_tokens']);
  const usage: JsonObject = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  const byTtl = raw['cache_creation'];
  usage['prompt_tokens_details'] = {
    cached_tokens: read,
    cache_creation_tokens: written,
    ...(isObject(byTtl) && { cache_creation_token_details: byTtl }),
  };
  const details = raw['output_tokens_details'];
  if (isObject(details) && typeof details['thinking_tokens'] === 'number')
    usage['completion_tokens_details'] = { reasoning_tokens: details['thinking_tokens'] };
  for (const field of priced) if (raw[field] !== undefined && raw[field] !== null) usage[field] = raw[field];
  usage['provider_specific_fields'] = { usage: raw };
  return usage as unknown as Usage;
}

/** A stream tells its counts in pieces, each cumulative: the later one holds, field by field. */
export function mergeUsage(before: JsonObject, after: JsonObject): JsonObject {
  const merged = { ...before };
  for (const field in after) if (after[field] !== null && after[field] !== undefined) merged[field] = after[field];
  return merged;
}

const tiers: Readonly<Record<string, ServiceTier>> = { standard: 'default', priority: 'priority' };

/** The tier in OpenAI's words; undefined for one that OpenAI does not have. */
export const serviceTier = (raw: JsonObject): ServiceTier | undefined =>
  typeof raw['service_tier'] === 'string' ? tiers[raw['service_tier']] : undefined;
