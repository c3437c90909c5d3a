/**
 * Which service of Vertex AI serves a model, told by its name; names that no row knows are Google's own.
 * Sources: https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/maas/use-open-models,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations
 */

export type Service =
  /** generateContent, predict, embedContent. */
  | 'google'
  /** Anthropic's Messages API over rawPredict. */
  | 'anthropic'
  /** The publisher's own OpenAI-shaped API over rawPredict. */
  | 'mistralai'
  | 'ai21'
  /** OpenAI's API, for open and partner models. */
  | 'openapi'
  /** A model that the project deployed itself. */
  | 'endpoint';

const rows: readonly { match: RegExp; service: Service }[] = [
  { match: /^(?:(?:openai|gemma)\/)?\d+$/, service: 'endpoint' },
  { match: /^(?:gemini\/\d+$|projects\/)/, service: 'google' },
  { match: /^(?:anthropic\/)?claude-/, service: 'anthropic' },
  { match: /^(?:mistralai\/)?(?:mistral|codestral|ministral|magistral|pixtral)/, service: 'mistralai' },
  { match: /^(?:ai21\/)?jamba-/, service: 'ai21' },
  { match: /-maas(?:@|$)/, service: 'openapi' },
  { match: /^google\//, service: 'google' },
  { match: /\//, service: 'openapi' },
];

export const serviceOf = (model: string): Service => rows.find(({ match }) => match.test(model))?.service ?? 'google';

/** A model's name without its publisher, where the path names that anyway. */
export function plainName(model: string, service: Service): string {
  const name = model.replace(/^publishers\/([^/]+)\/models\//, '$1/');
  return service === 'openapi' || service === 'endpoint'
    ? name
    : name.replace(/^(?:google|anthropic|mistralai|ai21)\//, '');
}

/** Models that Google serves at the global endpoint alone. */
export const globalOnly =
  /^(?:deepseek-ai\/deepseek-v(?:3\.[2-9]|[4-9])|qwen\/qwen3-(?:coder|next)|zai-org\/|google\/gemma-.+-maas)/;

/** Models that go there when nobody says where. */
export const globalFirst = /^(?:gemini-(?:[3-9]|[1-9]\d)|claude-|qwen\/|xai\/)/;
