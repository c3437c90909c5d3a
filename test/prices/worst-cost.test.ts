/** What a call may cost at the most: never less than what it does cost. */
import { describe, expect, test } from 'vitest';
import { createCallm } from '../../src/index.js';
import { budget, type BudgetOptions } from '../../src/middleware/budget.js';
import { worstInputTokens } from '../../src/core/estimate.js';
import { loadPrices } from '../../src/prices/index.js';
import { worstCost } from '../../src/prices/worst-cost.js';

const row = { litellm_provider: 'openai', mode: 'chat', input_cost_per_token: 1e-6, output_cost_per_token: 1e-5 };
const prices = await loadPrices({
  plain: row,
  writes: { ...row, cache_creation_input_token_cost: 2e-6, cache_creation_input_token_cost_above_1hr: 4e-6 },
  speaks: { ...row, input_cost_per_audio_token: 1e-4, output_cost_per_audio_token: 2e-4 },
  thinks: { ...row, output_cost_per_reasoning_token: 4e-5 },
  draws: { ...row, output_cost_per_image_token: 3e-4 },
  searches: {
    ...row,
    search_context_cost_per_query: {
      search_context_size_low: 0.005,
      search_context_size_medium: 0.008,
      search_context_size_high: 0.012,
    },
  },
  always: { ...row, input_cost_per_request: 0.012, search_context_cost_per_query: { search_context_size_high: 0.02 } },
  ranks: { litellm_provider: 'cohere', mode: 'rerank', input_cost_per_token: 0, input_cost_per_query: 0.002 },
  'ranks-tokens': { litellm_provider: 'voyage', mode: 'rerank', input_cost_per_token: 1e-6 },
});
const ask = (content: unknown): object[] => [{ role: 'user', content }];
const worst = (model: string, more: object = {}): { input: number; output: number } => {
  const input = { model, custom_llm_provider: 'openai', max_tokens: 100, messages: ask('Ahoy'), ...more };
  const cost = worstCost(prices, 'chat', input as never, worstInputTokens);
  if (cost === null) throw new Error('no price');
  return cost;
};
const plain = worst('plain').input;

describe('the most that the input costs', () => {
  test('an image by its address counts as one that is given', () => {
    const image = (url: string): number =>
      worst('plain', { messages: ask([{ type: 'image_url', image_url: { url } }]) }).input;
    const given = image(`data:image/png;base64,${'A'.repeat(3000)}`);
    expect(image('https://example.com/a.png')).toBeGreaterThan(given * 0.95);
    expect(given).toBeGreaterThan(0.005);
  });
  test('caches are written unasked, for an hour when asked to', () => {
    expect(worst('writes').input).toBeCloseTo(2 * plain, 12);
    const content = [{ type: 'text', text: 'Ahoy', cache_control: { type: 'ephemeral', ttl: '1h' } }];
    const marked = worst('plain', { messages: ask(content) }).input;
    expect(worst('writes', { messages: ask(content) }).input).toBeCloseTo(4 * marked, 12);
  });
  test('sound has its own price', () => {
    const messages = ask([{ type: 'input_audio', input_audio: { data: 'A'.repeat(3000), format: 'wav' } }]);
    expect(worst('speaks', { messages }).input).toBeCloseTo(100 * worst('plain', { messages }).input, 9);
  });
  test('a search is reckoned with where one is asked for, or every call is one', () => {
    expect(worst('searches').input).toBeCloseTo(plain, 12);
    expect(worst('searches', { web_search_options: {} }).input).toBeCloseTo(plain + 0.012, 12);
    const low = { web_search_options: { search_context_size: 'low' } };
    expect(worst('searches', low).input).toBeCloseTo(plain + 0.005, 12);
    expect(worst('always').input).toBeCloseTo(plain + 0.02, 12);
  });
});

test('the output may be thoughts, sound or pictures', () => {
  expect(worst('thinks').output).toBeCloseTo(0.004, 12);
  expect(worst('speaks').output).toBeCloseTo(0.001, 12);
  expect(worst('speaks', { modalities: ['text', 'audio'] }).output).toBeCloseTo(0.02, 12);
  expect(worst('draws', { modalities: ['image'] }).output).toBeCloseTo(0.03, 12);
  expect(worst('plain', { n: 3 }).output).toBeCloseTo(0.003, 12);
});

test('a reranker costs its units, or the query once more with each document', () => {
  const rank = (model: string, custom_llm_provider: string, documents: string[]): number | undefined =>
    worstCost(prices, 'rerank', { model, custom_llm_provider, query: 'high water?', documents }, worstInputTokens)
      ?.input;
  expect(rank('ranks', 'cohere', ['a'])).toBe(0.002);
  expect(
    rank(
      'ranks',
      'cohere',
      Array.from({ length: 101 }, () => 'a'),
    ),
  ).toBe(0.004);
  expect(rank('ranks', 'cohere', ['a long document '.repeat(30_000)])).toBeGreaterThan(0.004);
  const one = rank('ranks-tokens', 'voyage', ['a']) as number;
  expect(
    rank(
      'ranks-tokens',
      'voyage',
      Array.from({ length: 10 }, () => 'a'),
    ),
  ).toBeGreaterThan(5 * one);
});

test('max_tokens that fit are told for one answer of several', async () => {
  const callm = createCallm({ prices, api_key: 'k', use: [budget({ prices, max: 0.002 })] });
  const call = {
    model: 'openai/plain',
    n: 4,
    messages: [{ role: 'user' as const, content: 'Ahoy' }],
    mock_response: 'Aye.',
  };
  const error: unknown = await callm.completion({ ...call, max_tokens: 100 }).catch((reason: unknown) => reason);
  const { fitting_max_tokens: fits } = error as { fitting_max_tokens: number };
  expect(fits).toBeGreaterThan(30);
  expect(fits).toBeLessThan(50);
  await expect(callm.completion({ ...call, max_tokens: fits })).resolves.toBeDefined();
});

test.each<[unknown, string]>([
  [undefined, 'max'],
  [{ max: '5' }, 'max'],
  [{ max: -1 }, 'max'],
  [{ max: 5, scope: 5 }, 'scope'],
  [{ max: 5, store: 5 }, 'store'],
  [{ max: 5, prices: {} }, 'prices'],
  [{ max: 5, unknown_price: 'ignore' }, 'unknown_price'],
  [{ max: 5, store_failure: 'ignore' }, 'store_failure'],
  [{ max: 5, window: '1w' }, 'window'],
])('the budget %o is refused', (options, name) => {
  expect(() => budget(options as BudgetOptions)).toThrow(new RegExp(`^budget: ${name} must be `));
});
