/** What is no call is refused, and the field is named: a wrong number would be a wrong bill. */
import { expect, test } from 'vitest';
import { completionCost, createCallm } from '../../src/index.js';
import { BadRequestError } from '../../src/core/errors.js';
import { priceList } from './rows.js';

const prices = priceList();
const usage = { prompt_tokens: 1000, completion_tokens: 100 };
const model = 'acme/plain';

test.each<[object | null | undefined, string]>([
  [undefined, 'input'],
  [null, 'input'],
  ['acme/plain' as never, 'input'],
  [{ model: 5 }, 'model'],
  [{ model, usage: 'many' }, 'usage'],
  [{ model, usage: [1] }, 'usage'],
  [{ model, usage: { prompt_tokens: '1000' } }, 'usage.prompt_tokens'],
  [{ model, usage: { prompt_tokens: NaN } }, 'usage.prompt_tokens'],
  [{ model, usage: { completion_tokens: -1 } }, 'usage.completion_tokens'],
  [{ model, usage: { output_tokens: Infinity } }, 'usage.output_tokens'],
  [{ model, completion_response: 'hello' }, 'completion_response'],
  [{ model, completion_response: { usage: { prompt_tokens: 10n } } }, 'completion_response.usage.prompt_tokens'],
  [{ model, usage, service_tier: 7 }, 'service_tier'],
  [{ model, usage, base_model: 7 }, 'base_model'],
  [{ model, usage, call_type: 7 }, 'call_type'],
  [{ model, messages: 'Ahoy' }, 'messages'],
  [{ model, completion: ['Ahoy'] }, 'completion'],
  [{ model, usage, n: -2 }, 'n'],
  [{ model, usage, size: 1024 }, 'size'],
  [{ model, usage, as_of: 'yesterday' }, 'as_of'],
  [{ model, usage, as_of: '2026-13-40' }, 'as_of'],
  [{ model, usage, current_time: 'noon' }, 'current_time'],
  [{ model, usage, cost_discount: 10 }, 'cost_discount'],
  [{ model, usage, cost_margin: '10 %' }, 'cost_margin'],
  [{ model, usage, cost_margin: { percentage: -0.5 } }, 'cost_margin'],
  [{ model, usage, input_cost_per_token: '1e-6' }, 'input_cost_per_token'],
  [{ model, usage, input_cost_per_token: 2.5 }, 'input_cost_per_token'],
  [{ model, usage, cache_read_input_token_cost: 2.5 }, 'cache_read_input_token_cost'],
  [
    { model, usage, custom_cost_per_token: { output_cost_per_token: -1 } },
    'custom_cost_per_token.output_cost_per_token',
  ],
])('%o is refused', async (input, param) => {
  expect(() => prices.completionCost(input as never)).toThrow(BadRequestError);
  expect(() => prices.completionCost(input as never)).toThrow(expect.objectContaining({ param }));
  await expect(completionCost(input as never)).rejects.toMatchObject({ param, code: 'invalid_input' });
});

test('what is null is absent', () => {
  const nothing = { service_tier: null, n: null, as_of: null, base_model: null, cost_margin: null, call_type: null };
  expect(prices.completionCost({ model, usage, ...nothing } as never)).toBe(prices.completionCost({ model, usage }));
  expect(prices.completionCost({ model, usage: { ...usage, completion_tokens: null } })).toBeCloseTo(0.001, 12);
});

test("LiteLLM's custom_cost_per_token is a price of the caller's own", () => {
  const custom_cost_per_token = { input_cost_per_token: 3e-6, output_cost_per_token: 5e-6 };
  expect(prices.completionCost({ model, usage, custom_cost_per_token })).toBeCloseTo(0.0035, 12);
  expect(prices.completionCost({ model: 'nobody/knows', usage, custom_cost_per_token })).toBeCloseTo(0.0035, 12);
});

test('search prices of the caller are taken', () => {
  const search_context_cost_per_query = { search_context_size_medium: 0.5 };
  const searched = { ...usage, server_tool_use: { web_search_requests: 2 } };
  const own = prices.explainCost({ model, usage: searched, search_context_cost_per_query });
  expect(own.lines.find(({ kind }) => kind === 'web_search')?.amount).toBe(1);
});

test('costPerToken, supports and modelsByProvider name what is wrong', () => {
  expect(() => prices.costPerToken({} as never)).toThrow(/^model: /);
  expect(() => prices.costPerToken(undefined as never)).toThrow(/^model: /);
  expect(() => prices.costPerToken({ model, prompt_tokens: '5' as never })).toThrow(/^prompt_tokens: /);
  expect(() => prices.supports(model, undefined as never)).toThrow(/^capability: /);
  expect(() => prices.modelsByProvider(5 as never)).toThrow(/^provider: /);
  expect(prices.modelsByProvider('__proto__')).toEqual([]);
});

test.each<[object | null, string]>([
  [{ 'acme/x': { litellm_provider: 5 } }, 'acme/x.litellm_provider'],
  [{ 'acme/x': { mode: '' } }, 'acme/x.mode'],
  [{ 'acme/x': { max_tokens: 'many' } }, 'acme/x.max_tokens'],
  [{ 'acme/x': { supports_vision: 'yes' } }, 'acme/x.supports_vision'],
  [{ 'acme/x': { deprecation_date: 'soon' } }, 'acme/x.deprecation_date'],
  [{ 'acme/x': { cache_read_input_token_cost: 5 } }, 'acme/x.cache_read_input_token_cost'],
  [
    { 'acme/x': { search_context_cost_per_query: { search_context_size_low: -1 } } },
    'acme/x.search_context_cost_per_query.search_context_size_low',
  ],
  [{ 'acme/x': { tiered_pricing: 'steps' } }, 'acme/x.tiered_pricing'],
  [
    { 'acme/x': { tiered_pricing: [{ range: [0, 1000], input_cost_per_token: 'x' }] } },
    'acme/x.tiered_pricing[0].input_cost_per_token',
  ],
  [{ 'acme/x': { off_peak_pricing: { hours_utc: 'at night' } } }, 'acme/x.off_peak_pricing.hours_utc'],
  [null, 'prices'],
  [[], 'prices'],
])('a price list of %o is refused', async (rows, param) => {
  const cost = createCallm({ prices: rows as never }).completionCost({ model, usage });
  await expect(cost).rejects.toMatchObject({ param, code: 'invalid_input' });
});

test('a text to be spoken is billed by its characters, whether or not the kind of call is named', async () => {
  const row = { litellm_provider: 'openai', mode: 'audio_speech', input_cost_per_character: 1e-5 };
  const callm = createCallm({ prices: { 'loud-1': row } });
  const prompt = 'Ahoy there';
  expect(await callm.completionCost({ model: 'loud-1', prompt })).toBeCloseTo(1e-4, 12);
  expect(await callm.completionCost({ model: 'loud-1', prompt, call_type: 'speech' })).toBeCloseTo(1e-4, 12);
});
