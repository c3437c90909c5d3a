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

/** USD; https://docs.x.ai/developers/cost-tracking. Hosts that do not bill by it send 0. */
const usdPerTick = 1e-10;

/**
 * What the vendor says the call cost: a number, a sum told with its parts, or ticks. With a key of the caller's own
 * (https://openrouter.ai/docs/use-cases/byok) the model's price is beside the gateway's fee.
 */
export function toldCost(raw: JsonObject): number | undefined {
  const cost = raw['cost'];
  const told = count(cost) ?? count(object(cost)?.['total_cost']);
  const beside = raw['is_byok'] === true ? count(object(raw['cost_details'])?.['upstream_inference_cost']) : undefined;
  if (told !== undefined) return told + (beside ?? 0);
  const ticks = count(raw['cost_in_usd_ticks']) ?? 0;
  return ticks > 0 ? ticks * usdPerTick : undefined;
}

/**
 * Tokens that only the total counts. Where nothing else explains them they were thought: xAI's and Gemini's wires leave
 * the reasoning out of `completion_tokens`.
 */
function uncounted(more: number, reasoning: number | undefined, prompt: JsonObject | undefined): number {
  if ((reasoning ?? more) !== more) return 0;
  return (count(prompt?.['audio_tokens']) ?? 0) === more ? 0 : more;
}

/**
 * Reads every vendor's usage into OpenAI's fields: cache reads and writes and reasoning under `…_details`, the three
 * sums as numbers that add up. Fields beyond OpenAI's stay where they are; where a number had to change, all of them
 * stand in `provider_specific_fields.usage` as they came.
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
  if (output !== undefined) {
    const more = (total ?? 0) - (input ?? 0) - output;
    const thought = reasoning ?? 0;
    if (input !== undefined && more > 0) output += uncounted(more, reasoning || undefined, prompt);
    else if (reasoningApart && (total === undefined || thought > output)) output += thought;
  }
  const asked = input ?? Math.max(0, (total ?? 0) - (output ?? 0));
  const answered = output ?? Math.max(0, (total ?? 0) - (input ?? total ?? 0));
  usage['prompt_tokens'] = asked;
  usage['completion_tokens'] = answered;
  usage['total_tokens'] = asked + answered;
  const changed = differs(raw['completion_tokens'], answered) || differs(total, asked + answered);

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

  const cost = toldCost(raw);
  const inParts = object(raw['cost']) !== undefined;
  const totalled = cost !== undefined && differs(raw['cost'], cost);
  if (inParts) delete usage['cost'];
  if (cost !== undefined) usage['cost'] = cost;
  if (changed || inParts || totalled)
    usage['provider_specific_fields'] = { ...object(raw['provider_specific_fields']), usage: raw };
  return usage as unknown as Usage;
}

const differs = (told: unknown, read: number): boolean => typeof told === 'number' && told !== read;
