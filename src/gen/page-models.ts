/** Chooses the model that a provider's page shows, among the names of src/prices/data. */
import type { Endpoint } from '../core/spec.js';
import { nameAt, type Rows } from './price-data.js';

/** Names that most readers know, first come first served. */
const wellKnown: readonly RegExp[] = [
  /^sonar$/,
  /^mistral-large-latest$/,
  /^codestral-latest$/,
  /^grok-4\.20$/,
  /^qwen3\.7-plus$/,
  /^glm-5\.1$/,
  /^kimi-k2\.6$/,
  /^muse-spark-1\.2$/,
  /(?:^|[/.])gpt-5\.4$/,
  /(?:^|\/)claude-sonnet-4[-.]5$/,
  /^gemini-2\.5-flash$/,
  /(?:^|[/.])gpt-oss-120b$/,
  /llama-?3[.-]3-70b/i,
  /(?:^|\/)deepseek-v4-flash$/i,
];

const embedding = /embed|(?:^|\/)bge-(?!rerank)|^voyage-\d(?:\.\d)?$/i;
const rerank = /^(?!ranking\/).*rerank/i;
/** Models of other endpoints, and those that only accompany a chat. */
const notChat =
  /embed|rerank|bge-|ocr|whisper|tts|speech|voice|audio|transcri|live|realtime|image|imagen|banana|flux|diffusion|dall-e|sora|veo|video|lyria|guard|moderation|edit|parse|sam-|-(?:i|r|t)2v|search|container|computer-use|deep-research/i;

const chooses: Record<Endpoint, { fits(name: string): boolean; first: readonly RegExp[] }> = {
  chat: { fits: (name) => !notChat.test(name), first: wellKnown },
  embeddings: {
    fits: (name) => embedding.test(name),
    first: [/^text-embedding-3-small$/, /^gemini-embedding-001$/, /^mistral-embed$/],
  },
  count_tokens: { fits: (name) => !notChat.test(name), first: wellKnown },
  rerank: { fits: (name) => rerank.test(name), first: [] },
};

const natural = new Intl.Collator('en', { numeric: true });

/** A model of the provider for an endpoint; undefined where the data has none. */
export function typicalModel(
  data: ReadonlyMap<string, Rows>,
  provider: string,
  endpoint: Endpoint,
): string | undefined {
  const names = Object.entries(data.get(provider) ?? {}).map(([key, row]) => nameAt(provider, key, row));
  const { fits, first } = chooses[endpoint];
  const fitting = names.filter(fits).sort((a, b) => natural.compare(b, a));
  for (const pattern of first) {
    const known = fitting.filter((name) => pattern.test(name)).sort((a, b) => a.length - b.length);
    if (known.length > 0) return known[0];
  }
  return fitting[0];
}
