import type { JsonObject } from '../../src/core/spec.js';
import type { ServiceTier, Usage } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

/**
 * Bedrock's counts in OpenAI's fields. Bedrock tells input that was neither read from nor written to the cache apart from
 * what was; here `prompt_tokens` is all of it. `extra` holds the model's own fields that were asked for,
 * `searches` is how many the answer shows.
 * Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html
 */
export function readUsage(raw: JsonObject, extra: unknown, searches = 0): Usage {
  const read = count(raw['cacheReadInputTokens'] ?? raw['cacheReadInputTokenCount']);
  const written = count(raw['cacheWriteInputTokens'] ?? raw['cacheWriteInputTokenCount']);
  const input = count(raw['inputTokens']) + read + written;
  const output = count(raw['outputTokens']);
  const usage: Usage = {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: {
      cached_tokens: read,
      cache_creation_tokens: written,
      ...cacheDetails(raw['cacheDetails']),
    },
  };
  const thinking = thinkingTokens(extra);
  if (thinking !== undefined) usage.completion_tokens_details = { reasoning_tokens: thinking };
  if (searches > 0) usage.server_tool_use = { web_search_requests: searches };
  usage.provider_specific_fields = { usage: raw };
  return usage;
}

/** What was written to the cache, by its time to live. */
function cacheDetails(details: unknown): JsonObject {
  if (!Array.isArray(details) || details.length === 0) return {};
  const written: JsonObject = {};
  for (const detail of details.filter(isObject))
    written[`ephemeral_${asText(detail['ttl'])}_input_tokens`] = detail['inputTokens'];
  return { cache_creation_token_details: written };
}

/** Claude counts its thinking apart, where Converse is asked for it. */
export const thinkingPath = '/usage/output_tokens_details';

function thinkingTokens(extra: unknown): number | undefined {
  const usage = isObject(extra) ? extra['usage'] : undefined;
  const details = isObject(usage) ? usage['output_tokens_details'] : undefined;
  const tokens = isObject(details) ? details['thinking_tokens'] : undefined;
  return typeof tokens === 'number' ? tokens : undefined;
}

const tiers: Readonly<Record<string, ServiceTier>> = { default: 'default', flex: 'flex', priority: 'priority' };

/** The tier in OpenAI's words; undefined for one that OpenAI does not have. */
export const serviceTier = (told: unknown): ServiceTier | undefined =>
  tiers[asText(isObject(told) ? told['type'] : told)];
