/** What an answer tells decides about its bill. */
import { expect, it } from 'vitest';
import { loadPrices } from '../../src/prices/index.js';

const row = { mode: 'chat', input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 };
const search_context_cost_per_query = {
  search_context_size_low: 0.005,
  search_context_size_medium: 0.008,
  search_context_size_high: 0.012,
};
const searching = { ...row, search_context_cost_per_query };
const prices = await loadPrices({
  'acme/plain': { ...row, litellm_provider: 'acme' },
  'acme/search': { ...searching, input_cost_per_request: 0.1, litellm_provider: 'acme' },
  'cohere/search': { ...searching, litellm_provider: 'cohere' },
});
const usage = { prompt_tokens: 1000, completion_tokens: 500, total_tokens: 1500 };
const tokens = 0.002;

it('an answer that tells no usage has no known cost', () => {
  expect(prices.explainCost({ model: 'acme/plain', completion_response: { choices: [] } })).toMatchObject({
    total: null,
    reason: 'no usage is told',
  });
  expect(prices.completionCost({ model: 'acme/plain', usage: { prompt_tokens: 0, completion_tokens: 0 } })).toBe(0);
});

it('what callm made out itself is no report of the provider', () => {
  const answer = { usage, _hidden_params: { response_cost: tokens, computed_cost: tokens } };
  const own = prices.explainCost({ model: 'acme/plain', completion_response: answer });
  expect(own.lines.map(({ kind }) => kind)).toEqual(['input', 'output']);
  const told = { usage, _hidden_params: { response_cost: 1, computed_cost: tokens } };
  expect(prices.explainCost({ model: 'acme/plain', completion_response: told })).toMatchObject({
    total: 1,
    computed: { total: tokens },
  });
});

it('a search is billed by the size that is told, in place of the fee of a request', () => {
  const cost = (more: object): number | null =>
    prices.completionCost({ model: 'acme/search', usage: { ...usage, ...more } });
  expect(cost({ search_context_size: 'low' })).toBeCloseTo(tokens + 0.005, 12);
  expect(cost({ search_context_size: 'high', num_search_queries: 2 })).toBeCloseTo(tokens + 0.024, 12);
  expect(cost({})).toBeCloseTo(tokens + 0.1, 12);
});

it('cited pages are a search only where searches are not counted', () => {
  const annotations = [{ type: 'url_citation', url_citation: { url: 'https://example.com' } }];
  const answer = { usage, choices: [{ message: { annotations } }] };
  const kinds = (model: string): string[] =>
    prices.explainCost({ model, completion_response: answer }).lines.map(({ kind }) => kind);
  expect(kinds('acme/search')).toContain('web_search');
  expect(kinds('cohere/search')).not.toContain('web_search');
});
