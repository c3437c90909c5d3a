/** What a call used, read from any of the shapes in which usage is told. */
export interface Quantities {
  /** All input tokens: cached, written, audio, images included. */
  prompt: number;
  /** All output tokens: reasoning, audio, images included. */
  completion: number;
  /** Input read from a cache, text; audio and images apart. */
  cached: number;
  cached_audio: number;
  cached_image: number;
  /** Input written to a cache that lives minutes, an hour, half a day. */
  written: number;
  written_1h: number;
  written_12h: number;
  /** Input by kind, without what was cached. */
  audio_in: number;
  image_in: number;
  video_in: number;
  reasoning: number;
  audio_out: number;
  image_out: number;
  video_out: number;
  citation: number;
  /** Counts and lengths that some models are billed by. */
  images: number;
  characters: number;
  audio_seconds: number;
  video_seconds: number;
  /** Searches that a tool made, each billed. */
  web_searches: number;
  /** Searches that grounded an answer, billed as the row says. */
  grounding_searches: number;
  maps_queries: number;
  /** How much a search reads, as the provider tells it: `low`, `medium`, `high`. */
  search_size?: string | undefined;
  /** Anthropic: where and how fast it ran. */
  geo?: string | undefined;
  speed?: string | undefined;
  /** The service tier that served the call. */
  tier?: string | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

export const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const nothing: Fields = {};
function part(of: Fields, name: string, other?: string): Fields {
  if (of === nothing) return nothing;
  const value = of[name];
  if (isFields(value)) return value;
  return other === undefined ? nothing : part(of, other);
}

/** The first of the fields that holds a positive number, else 0. Every bill reads many: no lists are made. */
function count(of: Fields, name: string, other?: string): number {
  if (of === nothing) return 0;
  const value = of[name];
  if (typeof value === 'number' && value > 0 && value < Infinity) return value;
  return other === undefined ? 0 : count(of, other);
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** OpenAI's two shapes (chat, Responses and images), Anthropic's own, and the fields that other providers add. */
export function readUsage(usage: Fields): Quantities {
  const input = part(usage, 'prompt_tokens_details', 'input_tokens_details');
  const output = part(usage, 'completion_tokens_details', 'output_tokens_details');
  const lives = part(input, 'cache_creation_token_details');
  const raw = usage['prompt_tokens'] === undefined ? part(usage, 'cache_creation') : nothing;
  const cachedByKind = part(input, 'cached_tokens_details');

  const allCached = count(input, 'cached_tokens') || count(usage, 'cache_read_input_tokens', 'prompt_cache_hit_tokens');
  const hour = count(lives, 'ephemeral_1h_input_tokens') || count(raw, 'ephemeral_1h_input_tokens');
  const halfDay = count(lives, 'ephemeral_12h_input_tokens');
  const minutes =
    count(lives, 'ephemeral_5m_input_tokens') +
    count(lives, 'ephemeral_30m_input_tokens') +
    count(raw, 'ephemeral_5m_input_tokens');
  const allWritten =
    count(input, 'cache_creation_tokens', 'cache_write_tokens') || count(usage, 'cache_creation_input_tokens');
  const written = Math.max(allWritten - hour - halfDay, minutes, 0);

  // Cohere bills fewer tokens than its models see.
  const units = part(part(part(usage, 'provider_specific_fields'), 'usage'), 'billed_units');
  let prompt = count(units, 'input_tokens') || count(usage, 'prompt_tokens', 'input_tokens');
  // Anthropic's own shape counts cached and written input apart.
  if (usage['prompt_tokens'] === undefined && usage['cache_read_input_tokens'] !== undefined && input === nothing)
    prompt += allCached + written + hour + halfDay;

  // Some vendors tell a kind of token beside the sum that it should be in, and more cached tokens than there were.
  const media = count(input, 'audio_tokens') + count(input, 'image_tokens') + count(input, 'video_tokens');
  if (media > prompt) prompt += media;
  const reasoning = count(output, 'reasoning_tokens', 'thinking_tokens');
  let completion = count(units, 'output_tokens') || count(usage, 'completion_tokens', 'output_tokens');
  if (reasoning > completion) completion += reasoning;

  const cached_audio = count(cachedByKind, 'audio_tokens');
  const cached_image = count(cachedByKind, 'image_tokens');
  const readable = Math.min(allCached, Math.max(prompt - written - hour - halfDay, 0));
  // Told by a provider whose every answer is a search.
  const search_size = text(usage['search_context_size']);
  const tools = part(usage, 'server_tool_use');
  return {
    prompt,
    completion,
    cached: Math.max(readable - cached_audio - cached_image, 0),
    cached_audio,
    cached_image,
    written,
    written_1h: hour,
    written_12h: halfDay,
    audio_in: Math.max(count(input, 'audio_tokens') - cached_audio, 0),
    image_in: Math.max(count(input, 'image_tokens') - cached_image, 0),
    video_in: count(input, 'video_tokens'),
    reasoning,
    audio_out: count(output, 'audio_tokens'),
    image_out: count(output, 'image_tokens'),
    video_out: count(output, 'video_tokens'),
    citation: count(usage, 'citation_tokens'),
    images: count(input, 'image_count'),
    characters: count(input, 'character_count'),
    audio_seconds: count(input, 'audio_length_seconds'),
    video_seconds: count(input, 'video_length_seconds'),
    web_searches:
      count(tools, 'web_search_requests') ||
      count(part(usage, 'server_side_tool_usage_details'), 'web_search_calls') ||
      count(usage, 'num_search_queries') ||
      (search_size === undefined ? 0 : 1),
    search_size,
    grounding_searches: count(input, 'web_search_requests'),
    maps_queries: count(input, 'google_maps_requests'),
    geo: text(usage['inference_geo']),
    speed: text(usage['speed']),
    tier: text(usage['service_tier']) ?? trafficTier(usage),
  };
}

/** Gemini tells the tier in its traffic type: `ON_DEMAND_PRIORITY`, `ON_DEMAND_FLEX`. */
function trafficTier(usage: Fields): string | undefined {
  const kept = part(usage, 'provider_specific_fields');
  const type = text(usage['traffic_type']) ?? text(kept['trafficType']) ?? text(part(kept, 'usage')['trafficType']);
  const named = type === undefined ? null : /_(PRIORITY|FLEX)$/.exec(type);
  return named === null ? undefined : (named[1] as string).toLowerCase();
}
