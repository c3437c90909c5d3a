import { expect, test } from 'vitest';
import type { Wanted } from '../../src/prices/lookup.js';
import { Lookup } from '../../src/prices/lookup.js';
import { PriceTable } from '../../src/prices/table.js';
import { priceList, rows } from './rows.js';

const lookup = new Lookup(new PriceTable(undefined, rows));
const key = (wanted: Wanted | string): string | undefined =>
  lookup.find(typeof wanted === 'string' ? { model: wanted } : wanted)?.key;

test.each<[Wanted | string, string | undefined]>([
  ['acme/plain', 'acme/plain'],
  [{ model: 'plain', provider: 'acme' }, 'acme/plain'],
  [{ model: 'acme/plain', provider: 'acme' }, 'acme/plain'],
  ['gpt-9', 'gpt-9'],
  ['openai/gpt-9', 'gpt-9'],
  [{ model: 'gpt-9', provider: 'acme' }, undefined],
  ['azure/gpt-9', 'azure/gpt-9'],
  ['azure/eu/gpt-9', 'azure/eu/gpt-9'],
  ['azure/us/gpt-9', 'azure/gpt-9'],
  ['azure/o_series/gpt-9', 'azure/gpt-9'],
  ['azure/my-deployment', undefined],
  [{ model: 'azure/my-deployment', served: 'gpt-9' }, 'azure/gpt-9'],
  [{ model: 'azure/my-deployment', base_model: 'azure/gpt-9' }, 'azure/gpt-9'],
  [{ model: 'azure/my-deployment', base_model: 'gpt-9' }, 'azure/gpt-9'],
  [{ model: 'azure/my-deployment', base_model: 'acme/plain' }, 'acme/plain'],
  [{ model: 'mine', provider: 'hosted_vllm', base_model: 'gpt-9' }, 'gpt-9'],
  [{ model: 'azure/eu/gpt-9', served: 'gpt-9' }, 'azure/eu/gpt-9'],
  ['bedrock/acme.wonder-v1:0', 'acme.wonder-v1:0'],
  ['bedrock/converse/acme.wonder-v1:0', 'acme.wonder-v1:0'],
  ['bedrock/invoke/acme.wonder-v1:0', 'acme.wonder-v1:0'],
  ['bedrock/eu-west-1/acme.wonder-v1:0', 'bedrock/eu-west-1/acme.wonder-v1:0'],
  ['bedrock/us-west-2/acme.wonder-v1:0', 'acme.wonder-v1:0'],
  [{ model: 'bedrock/acme.wonder-v1:0', region: 'eu-west-1' }, 'bedrock/eu-west-1/acme.wonder-v1:0'],
  ['bedrock/us.acme.wonder-v1:0', 'acme.wonder-v1:0'],
  ['bedrock/us.acme.marvel-v1:0', 'us.acme.marvel-v1:0'],
  ['bedrock/acme.marvel-v1:0', undefined],
  ['bedrock/arn:aws:bedrock:us-east-1::foundation-model/acme.wonder-v1:0', 'acme.wonder-v1:0'],
  ['bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/abc', undefined],
  [
    { model: 'bedrock/arn:aws:bedrock:us-east-1:1:application-inference-profile/abc', base_model: 'acme.wonder-v1:0' },
    'acme.wonder-v1:0',
  ],
  ['vertex_ai/wonder@20260101', 'vertex_ai/wonder@20260101'],
  ['vertex_ai/wonder', 'vertex_ai/wonder@20260101'],
  ['vertex_ai/gemini-9', 'gemini-9'],
  ['vertex_ai/gemini-9@default', 'gemini-9'],
  ['vertex_ai/gemini-9@001', 'gemini-9'],
  ['vertex_ai/gemini-9@mini', undefined],
  ['vertex_ai/gemini-9@default-mini', undefined],
  ['bedrock/acme.wonder-v1:0:200k', 'acme.wonder-v1:0'],
  ['acme/plain-v1:0:200k', undefined],
  ['GPT-9', 'gpt-9'],
  ['openai/GPT-9', 'gpt-9'],
  [{ model: 'Plain', provider: 'acme' }, 'acme/plain'],
  [{ model: 'GPT-9', provider: 'acme' }, undefined],
  ['twins/MODEL', undefined],
  ['twins/Model', 'twins/Model'],
  ['gemini/gemini-9', 'gemini/gemini-9'],
  [{ model: 'gemini-9', provider: 'gemini' }, 'gemini/gemini-9'],
  ['ft:gpt-9:acme::abc', 'ft:gpt-9'],
  ['openai/ft:gpt-9:acme:name:abc', 'ft:gpt-9'],
  ['ft:gpt-nope:acme::1', undefined],
  ['openrouter/acme/nested', 'openrouter/acme/nested'],
  ['openrouter/acme/plain', undefined],
  [{ model: 'perplexity/sonar', provider: 'perplexity' }, 'perplexity/perplexity/sonar'],
  ['perplexity/perplexity/sonar', 'perplexity/perplexity/sonar'],
  // A snapshot from before the day of the price costs what its alias costs; a younger one is not known.
  ['acme/plain-2026-05-01', 'acme/plain'],
  ['acme/plain-20260501', 'acme/plain'],
  ['acme/plain-2031-01-01', undefined],
  ['acme/dated', 'acme/dated-2026-03-01'],
  ['acme/dated-latest', 'acme/dated-2026-03-01'],
  ['acme/plain-latest', 'acme/plain'],
  ['nope-model', undefined],
])('%o is %s', (wanted, expected) => {
  expect(key(wanted)).toBe(expected);
});

test('a region without a price of its own is told', () => {
  expect(lookup.find({ model: 'bedrock/us-west-2/acme.wonder-v1:0' })).toMatchObject({
    key: 'acme.wonder-v1:0',
    rule: 'no price for us-west-2: priced as acme.wonder-v1:0',
  });
  expect(lookup.find({ model: 'bedrock/eu-west-1/acme.wonder-v1:0' })).not.toHaveProperty('rule');
});

test('what is registered later is found', () => {
  const prices = priceList();
  expect(prices.completionCost({ model: 'acme/new', usage: { prompt_tokens: 1 } })).toBeNull();
  prices.registerModel({ 'acme/new': { input_cost_per_token: 1e-6 } });
  expect(prices.completionCost({ model: 'acme/new', usage: { prompt_tokens: 1 } })).toBe(1e-6);
  prices.registerModel({ 'acme/new': { output_cost_per_token: 2e-6 } });
  expect(prices.completionCost({ model: 'acme/new', usage: { prompt_tokens: 1, completion_tokens: 1 } })).toBe(3e-6);
});

test.each([
  [{ 'acme/x': { input_cost_per_token: -1 } }, /acme\/x\.input_cost_per_token must be USD/],
  [
    { 'acme/x': { input_cost_per_token: 2.5 } },
    /acme\/x\.input_cost_per_token is USD for one token; 2\.5 looks like a price per million/,
  ],
  [{ 'acme/x': { output_cost_per_token: '1' } }, /acme\/x\.output_cost_per_token/],
  [{ 'acme/x': null }, /acme\/x must be an object/],
  [{ nameless: { input_cost_per_token: 1e-6 } }, /"nameless" needs litellm_provider/],
  [[], /takes an object/],
])('%o is refused', (wrong, message) => {
  expect(() => priceList().registerModel(wrong as never)).toThrow(message);
});

test('facts about models', async () => {
  const prices = priceList();
  prices.registerModel({ 'acme/plain': { max_input_tokens: 1000, max_output_tokens: 100, supports_vision: true } });
  await prices.withFacts();
  expect(prices.getModelInfo('acme/plain')).toMatchObject({
    key: 'acme/plain',
    litellm_provider: 'acme',
    mode: 'chat',
    max_input_tokens: 1000,
    max_tokens: 100,
    input_cost_per_token: 1e-6,
  });
  expect(prices.getMaxTokens({ model: 'plain', custom_llm_provider: 'acme' })).toBe(100);
  expect(prices.supports('acme/plain', 'vision')).toBe(true);
  expect(prices.supports('acme/plain', 'supports_vision')).toBe(true);
  expect(prices.supports('acme/plain', 'audio_input')).toBe(false);
  expect(prices.supports('acme/plain', 'native_streaming')).toBe(true);
  prices.registerModel({ 'acme/whole': { supports_native_streaming: false, input_cost_per_token: 1e-6 } });
  expect(prices.supports('acme/whole', 'native_streaming')).toBe(false);
  expect(prices.supports('nobody/knows', 'native_streaming')).toBe(false);
  expect(prices.getModelInfo('nobody/knows')).toBeNull();
  expect(prices.modelsByProvider('vertex_ai')).toEqual(['vertex_ai/wonder@20260101', 'gemini-9']);
  expect(Object.keys(prices.modelsByProvider())).toContain('acme');
  expect(() => prices.getModelInfo({} as never)).toThrow(/model: a model name is needed/);
});
