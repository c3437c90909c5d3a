import { expect, test } from 'vitest';
import { loadPrices } from '../../src/prices/index.js';

const row = {
  litellm_provider: 'acme',
  mode: 'chat',
  input_cost_per_token: 1e-6,
  cache_read_input_token_cost: 1e-7,
  cache_creation_input_token_cost: 2e-6,
  input_cost_per_audio_token: 5e-6,
  output_cost_per_token: 1e-5,
  output_cost_per_reasoning_token: 2e-5,
  output_cost_per_image_token: 1e-4,
};
const prices = await loadPrices({ 'acme/all': row });
const model = 'acme/all';
const micros = (input: object): number | null => {
  const cost = prices.completionCost({ model, ...input });
  return cost === null ? null : Math.round(cost * 1e9) / 1e3;
};

test("Gemini's own usage", () => {
  const usage = {
    promptTokenCount: 1000,
    cachedContentTokenCount: 200,
    candidatesTokenCount: 50,
    thoughtsTokenCount: 10,
    totalTokenCount: 1060,
    promptTokensDetails: [
      { modality: 'TEXT', tokenCount: 900 },
      { modality: 'AUDIO', tokenCount: 100 },
    ],
    candidatesTokensDetails: [{ modality: 'IMAGE', tokenCount: 20 }],
  };
  const cost = 200 * 0.1 + 100 * 5 + 700 + 10 * 20 + 20 * 100 + 30 * 10;
  expect(micros({ usage })).toBeCloseTo(cost, 6);
  expect(micros({ completion_response: { candidates: [], usageMetadata: usage } })).toBeCloseTo(cost, 6);
});

test("Bedrock's own usage, with cached input beside the rest", () => {
  const usage = { inputTokens: 500, outputTokens: 40, cacheReadInputTokens: 300, cacheWriteInputTokens: 100 };
  expect(micros({ usage })).toBeCloseTo(500 + 30 + 200 + 400, 6);
  expect(micros({ completion_response: { output: {}, usage } })).toBeCloseTo(1130, 6);
});

test("Cohere's and Ollama's own", () => {
  const usage = {
    billed_units: { input_tokens: 10, output_tokens: 4 },
    tokens: { input_tokens: 600, output_tokens: 4 },
  };
  expect(micros({ usage })).toBeCloseTo(50, 6);
  expect(micros({ completion_response: { message: {}, prompt_eval_count: 30, eval_count: 2 } })).toBeCloseTo(50, 6);
});

test('a usage in which nothing is known is none, not 0', () => {
  for (const usage of [{}, { whatever: 5 }, { input: 5, output: 7 }])
    expect(prices.explainCost({ model, usage })).toMatchObject({ total: null, reason: 'no usage is told' });
  expect(micros({ usage: { prompt_tokens: 0, completion_tokens: 0 } })).toBe(0);
});
