/**
 * What a provider's price list demands beside its figures: how its rows are named, and the charges that stand in no row.
 * Data only, so that the code names no provider.
 */
export interface ProviderRules {
  /** The `litellm_provider` groups that hold the provider's rows; by default its own id. */
  groups?: RegExp;
  /** Parts at the beginning of a model string that choose a way to the model, not another model. */
  routes?: RegExp;
  /** A region or a similar scope as the first part of a model string. */
  scope?: RegExp;
  /** A geography at the beginning of a model's name, whose price is that of the plain name unless it has a row. */
  geography?: RegExp;
  /** A length of context at the end of a model's name, at the same price. */
  context?: RegExp;
  /** What short model names are short for. */
  expand?: string;
  /** The share of the input price that cached input costs where the row has no price for it. */
  cached_share?: number;
  /** A tier above N tokens begins at N itself. */
  tier_includes_edge?: true;
  /** A search fee is one a prompt, however many queries it took, unless the row says `per_query`. */
  search_per_prompt?: true;
  /** Searches are counted in the usage; pages cited without one are the caller's own. */
  searches_told?: true;
  /** The provider documents that every character of speech is billed, blanks too. */
  blanks_billed?: true;
  /** USD for one file search call. */
  file_search?: number;
  /** The row with the price of a code interpreter session. */
  container?: string;
  /** Where the charges above are told. */
  source?: string;
}

/** `…-v1:0:200k` */
const awsContext = /(?<=-v\d+(?::\d+)?):\d+k$/;
const awsGeography = /^(?:us-gov|us|eu|apac|au|jp|ca|sa|global)\./;

export const providerRules: Readonly<Record<string, ProviderRules>> = {
  // Their rows have no prefix.
  ai21: {},
  amazon_nova: {},
  anthropic: { searches_told: true },
  jina_ai: {},
  nlp_cloud: {},
  aws_polly: { blanks_billed: true },
  azure: {
    groups: /^azure(?:_text)?$/,
    routes: /^(?:o_series|gpt5_series|responses)\//,
    scope: /^(?:eu|us|us-gov|apac|global|global-standard)\//,
    container: 'azure/container',
    blanks_billed: true,
  },
  azure_text: { groups: /^azure(?:_text)?$/ },
  bedrock: {
    groups: /^bedrock(?:_converse)?$/,
    routes: /^(?:converse|converse_like|invoke|llama|deepseek_r1|openai|qwen3|qwen2|nova|async_invoke)\//,
    scope: /^[a-z]{2}(?:-[a-z]+)+-\d\//,
    geography: awsGeography,
    context: awsContext,
    searches_told: true,
  },
  bedrock_converse: { groups: /^bedrock(?:_converse)?$/, geography: awsGeography, context: awsContext },
  cohere: { groups: /^cohere(?:_chat)?$/, searches_told: true },
  cohere_chat: { groups: /^cohere(?:_chat)?$/, searches_told: true },
  fireworks_ai: {
    groups: /^fireworks_ai(?:-embedding-models)?$/,
    expand: 'accounts/fireworks/models/',
    cached_share: 0.5,
    source: 'https://docs.fireworks.ai/serverless/pricing',
  },
  elevenlabs: { blanks_billed: true },
  gemini: { search_per_prompt: true, searches_told: true, blanks_billed: true },
  ollama_chat: { groups: /^ollama$/ },
  openai: {
    groups: /^(?:text-completion-)?openai$/,
    routes: /^responses\//,
    file_search: 0.0025,
    container: 'openai/container',
    blanks_billed: true,
    source: 'https://openai.com/api/pricing/',
  },
  'text-completion-openai': { groups: /^(?:text-completion-)?openai$/ },
  vertex_ai: { groups: /^vertex_ai(?:-[\w-]+)?$/, search_per_prompt: true, searches_told: true, blanks_billed: true },
  vertex_ai_beta: {
    groups: /^vertex_ai(?:-[\w-]+)?$/,
    search_per_prompt: true,
    searches_told: true,
    blanks_billed: true,
  },
  xai: { tier_includes_edge: true },
};

const none: ProviderRules = {};
const byGroup = new Map<string, ProviderRules>();

/** The rules of a provider, or of a group of rows (`vertex_ai-language-models`). */
export function rulesOf(provider: string | undefined): ProviderRules {
  if (provider === undefined) return none;
  const own = Object.hasOwn(providerRules, provider) ? providerRules[provider] : byGroup.get(provider);
  if (own !== undefined) return own;
  const found = Object.values(providerRules).find(({ groups }) => groups?.test(provider)) ?? none;
  if (byGroup.size < 1000) byGroup.set(provider, found);
  return found;
}
