/** Usage as Gemini, Bedrock, Ollama and Cohere tell it themselves, in OpenAI's shape. */

type Fields = Readonly<Record<string, unknown>>;

const tokens = (value: unknown): number => (typeof value === 'number' && value > 0 ? value : 0);
const fields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

/** Tokens by kind: `[{ modality: 'AUDIO', tokenCount: 5 }]`. */
function kinds(list: unknown): Record<string, number> {
  const found: Record<string, number> = {};
  for (const each of Array.isArray(list) ? (list as unknown[]) : []) {
    const { modality, tokenCount } = fields(each);
    if (typeof modality === 'string' && modality !== 'TEXT')
      found[`${modality.toLowerCase()}_tokens`] = tokens(tokenCount);
  }
  return found;
}

function ofGemini(usage: Fields): Fields {
  const thoughts = tokens(usage['thoughtsTokenCount']);
  return {
    prompt_tokens: tokens(usage['promptTokenCount']) + tokens(usage['toolUsePromptTokenCount']),
    completion_tokens: tokens(usage['candidatesTokenCount'] ?? usage['responseTokenCount']) + thoughts,
    prompt_tokens_details: {
      ...kinds(usage['promptTokensDetails']),
      cached_tokens: tokens(usage['cachedContentTokenCount']),
      cached_tokens_details: kinds(usage['cacheTokensDetails']),
    },
    completion_tokens_details: {
      ...kinds(usage['candidatesTokensDetails'] ?? usage['responseTokensDetails']),
      reasoning_tokens: thoughts,
    },
    traffic_type: usage['trafficType'],
  };
}

function ofBedrock(usage: Fields): Fields {
  const cached_tokens = tokens(usage['cacheReadInputTokens']);
  const cache_creation_tokens = tokens(usage['cacheWriteInputTokens']);
  return {
    prompt_tokens: tokens(usage['inputTokens']) + cached_tokens + cache_creation_tokens,
    completion_tokens: tokens(usage['outputTokens']),
    prompt_tokens_details: { cached_tokens, cache_creation_tokens },
  };
}

function ofCohere(usage: Fields): Fields {
  const { input_tokens, output_tokens } = fields(usage['billed_units'] ?? usage['tokens']);
  return { prompt_tokens: tokens(input_tokens), completion_tokens: tokens(output_tokens) };
}

const ofOllama = (usage: Fields): Fields => ({
  prompt_tokens: tokens(usage['prompt_eval_count']),
  completion_tokens: tokens(usage['eval_count']),
});

const shapes: readonly [field: string, read: (usage: Fields) => Fields][] = [
  ['promptTokenCount', ofGemini],
  ['totalTokenCount', ofGemini],
  ['inputTokens', ofBedrock],
  ['outputTokens', ofBedrock],
  ['billed_units', ofCohere],
  ['prompt_eval_count', ofOllama],
  ['eval_count', ofOllama],
];

/** The usage in OpenAI's shape, if it is told in one that a provider has. */
export function nativeUsage(usage: Fields): Fields | undefined {
  if (usage['prompt_tokens'] !== undefined || usage['input_tokens'] !== undefined) return undefined;
  for (const [field, read] of shapes) if (usage[field] !== undefined) return read(usage);
  return undefined;
}
