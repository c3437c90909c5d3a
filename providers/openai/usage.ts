import type { JsonObject } from '../../src/core/spec.js';
import type { Usage } from '../../src/types/chat.js';

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;
const object = (value: unknown): JsonObject | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : undefined;

function withoutNulls(details: JsonObject | undefined): JsonObject | undefined {
  if (details === undefined) return undefined;
  for (const key in details) {
    if (details[key] === null) return Object.fromEntries(Object.entries(details).filter(([, value]) => value !== null));
  }
  return details;
}

/**
 * Reads every vendor's usage into OpenAI's fields: cache reads and writes and reasoning under `…_details`, the three
 * sums as numbers. Fields beyond OpenAI's stay where they are.
 */
export function readUsage(raw: JsonObject, reasoningApart = false): Usage {
  const usage: JsonObject = {};
  for (const key in raw) if (raw[key] !== null) usage[key] = raw[key];

  const prompt = withoutNulls(
    object(raw['prompt_tokens_details']) ?? object(raw['prompt_token_details']) ?? object(raw['input_tokens_details']),
  );
  const completion = withoutNulls(
    object(raw['completion_tokens_details']) ??
      object(raw['completion_token_details']) ??
      object(raw['output_tokens_details']),
  );
  const cached =
    count(prompt?.['cached_tokens']) ??
    count(raw['prompt_cache_hit_tokens']) ??
    count(raw['num_cached_tokens']) ??
    count(raw['cached_tokens']) ??
    count(raw['cache_read_input_tokens']);
  const written =
    count(prompt?.['cache_creation_tokens']) ??
    count(prompt?.['cache_write_tokens']) ??
    count(raw['cache_creation_input_tokens']);
  const reasoning = count(completion?.['reasoning_tokens']) ?? count(raw['reasoning_tokens']);

  const input = count(raw['prompt_tokens']) ?? count(raw['input_tokens']);
  let output = count(raw['completion_tokens']) ?? count(raw['output_tokens']);
  const total = count(raw['total_tokens']);
  if (reasoningApart && reasoning !== undefined && output !== undefined) output += reasoning;
  usage['prompt_tokens'] = input ?? Math.max(0, (total ?? 0) - (output ?? 0));
  usage['completion_tokens'] = output ?? Math.max(0, (total ?? 0) - (input ?? total ?? 0));
  usage['total_tokens'] = total ?? (input ?? 0) + (output ?? 0);

  delete usage['prompt_tokens_details'];
  delete usage['completion_tokens_details'];
  if (prompt !== undefined || cached !== undefined || written !== undefined) {
    usage['prompt_tokens_details'] = {
      ...prompt,
      ...(cached === undefined ? {} : { cached_tokens: cached }),
      ...(written === undefined ? {} : { cache_creation_tokens: written }),
    };
  }
  if (completion !== undefined || reasoning !== undefined) {
    usage['completion_tokens_details'] = {
      ...completion,
      ...(reasoning === undefined ? {} : { reasoning_tokens: reasoning }),
    };
  }

  // A cost told in parts: the sum takes OpenAI-like vendors' place of a number.
  const cost = object(raw['cost']);
  if (cost) {
    const sum = count(cost['total_cost']);
    delete usage['cost'];
    if (sum !== undefined) usage['cost'] = sum;
    usage['provider_specific_fields'] = { ...object(raw['provider_specific_fields']), cost };
  }
  return usage as unknown as Usage;
}
