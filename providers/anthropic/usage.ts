import type { JsonObject } from '../../src/core/spec.js';
import type { ServiceTier, Usage } from '../../src/types/chat.js';
import { isObject } from '../shared/messages.js';

const count = (value: unknown): number => (typeof value === 'number' ? value : 0);

/** Fields that prices depend on, kept beside OpenAI's. */
const priced = ['server_tool_use', 'service_tier', 'inference_geo', 'speed'] as const;

const counted = ['input_tokens', 'output_tokens', 'cache_creation_input_tokens', 'cache_read_input_tokens'] as const;

/**
 * All that was billed of the model: summaries made of a long conversation stand in `iterations` alone. An adviser's
 * tokens, billed as another model's, stay there.
 * Source: https://platform.claude.com/docs/en/build-with-claude/compaction
 */
function billed(raw: JsonObject): JsonObject {
  const all: unknown[] = Array.isArray(raw['iterations']) ? raw['iterations'] : [];
  const summaries = all.filter(isObject).filter(({ type }) => type === 'compaction');
  if (summaries.length === 0) return raw;
  const sum = { ...raw };
  for (const each of summaries) {
    for (const field of counted) sum[field] = count(sum[field]) + count(each[field]);
    const lives = each['cache_creation'];
    if (!isObject(lives)) continue;
    const before = isObject(sum['cache_creation']) ? sum['cache_creation'] : {};
    const after = { ...before };
    for (const name in lives) after[name] = count(before[name]) + count(lives[name]);
    sum['cache_creation'] = after;
  }
  return sum;
}

/**
 * Anthropic's counts in OpenAI's fields. Anthropic tells input that was neither read from nor written to the cache
 * apart from what was; here `prompt_tokens` is all of it. The counts as they came stand in `provider_specific_fields.usage`.
 */
export function readUsage(raw: JsonObject): Usage {
  const all = billed(raw);
  const written = count(all['cache_creation_input_tokens']);
  const read = count(all['cache_read_input_tokens']);
  const input = count(all['input_tokens']) + written + read;
  const output = count(all['output_tokens']);
  const usage: JsonObject = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
  const byTtl = all['cache_creation'];
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
