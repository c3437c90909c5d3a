/** Token counts. Source: https://ai.google.dev/api/generate-content#UsageMetadata */
import type { PromptTokensDetails, ServiceTier, Usage } from '../../src/types/chat.js';
import type { GroundingMetadata, ModalityCount, UsageMetadata } from './wire.js';

type Details = { text_tokens?: number; image_tokens?: number; audio_tokens?: number; video_tokens?: number };

/** Pages of documents are billed as text. */
const fields: Readonly<Record<string, keyof Details>> = {
  IMAGE: 'image_tokens',
  AUDIO: 'audio_tokens',
  VIDEO: 'video_tokens',
};

/** Counts by kind. */
export function byModality(...lists: (ModalityCount[] | undefined)[]): Details {
  const out: Details = {};
  for (const list of lists)
    for (const { modality, tokenCount } of list ?? []) {
      const field = fields[modality ?? ''] ?? 'text_tokens';
      if (tokenCount != null) out[field] = (out[field] ?? 0) + tokenCount;
    }
  return out;
}

/**
 * What grounded an answer, as far as it is billed: queries, each once and no empty ones, and whether maps were used.
 * Source: https://ai.google.dev/gemini-api/docs/google-search#pricing and …/maps-grounding#pricing
 */
function grounded(all: readonly (GroundingMetadata | undefined)[]): PromptTokensDetails {
  const queries = new Set<unknown>();
  let maps = false;
  for (const { webSearchQueries, groundingChunks } of all.filter((each) => each !== undefined)) {
    if (Array.isArray(webSearchQueries)) for (const query of webSearchQueries) if (query) queries.add(query);
    if (groundingChunks?.some((chunk) => chunk.maps !== undefined) === true) maps = true;
  }
  return {
    ...(queries.size > 0 && { web_search_requests: queries.size }),
    ...(maps && { google_maps_requests: 1 }),
  };
}

/** The counts, and what grounded the answer's candidates. */
export function toUsage(metadata: UsageMetadata, grounding: readonly (GroundingMetadata | undefined)[] = []): Usage {
  const prompt = (metadata.promptTokenCount ?? 0) + (metadata.toolUsePromptTokenCount ?? 0);
  const thoughts = metadata.thoughtsTokenCount ?? 0;
  const candidates = metadata.candidatesTokenCount ?? 0;
  // Where the sum is told without the thoughts, they are in the candidates' count already.
  const inclusive = thoughts > 0 && candidates >= thoughts && prompt + candidates === metadata.totalTokenCount;
  const completion = inclusive ? candidates : candidates + thoughts;
  const cached = metadata.cachedContentTokenCount;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    prompt_tokens_details: {
      ...(cached != null && { cached_tokens: cached }),
      ...byModality(metadata.promptTokensDetails, metadata.toolUsePromptTokensDetails),
      ...(metadata.cacheTokensDetails != null && { cached_tokens_details: byModality(metadata.cacheTokensDetails) }),
      ...grounded(grounding),
    },
    completion_tokens_details: {
      ...(metadata.thoughtsTokenCount != null && { reasoning_tokens: thoughts }),
      ...byModality(metadata.candidatesTokensDetails),
    },
    provider_specific_fields: { usage: metadata },
  };
}

const tiers: Readonly<Record<string, ServiceTier>> = {
  standard: 'default',
  flex: 'flex',
  priority: 'priority',
  ON_DEMAND_FLEX: 'flex',
  ON_DEMAND_PRIORITY: 'priority',
};

/** The tier that served the call, in OpenAI's words. */
export const toServiceTier = (metadata: UsageMetadata | undefined): ServiceTier | undefined =>
  tiers[metadata?.serviceTier ?? ''] ?? tiers[metadata?.trafficType ?? ''];
