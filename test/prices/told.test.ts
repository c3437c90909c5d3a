/** What an answer tells decides about its bill. */
import { describe, expect, it } from 'vitest';
import { createCallm } from '../../src/index.js';
import { type CostInput, loadPrices } from '../../src/prices/index.js';

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
  expect(cost({})).toBeCloseTo(tokens, 12);
});

describe('pictures', () => {
  const painter = { litellm_provider: 'acme', mode: 'image_generation' };
  const painters = {
    'acme/paint': {
      ...painter,
      input_cost_per_token: 5e-6,
      output_cost_per_token: 1e-5,
      output_cost_per_image_token: 3e-5,
    },
    '1024-x-1024/paint': { ...painter, input_cost_per_image: 0.009 },
    'acme/high/1024-x-1536/pixels': { ...painter, input_cost_per_pixel: 1e-7 },
    'acme/textual': { ...painter, input_cost_per_token: 5e-6, output_cost_per_token: 4e-5 },
    'acme/hd/1024-x-1792/dall': { ...painter, output_cost_per_image: 0.12 },
  };
  const told = { input_tokens: 100, output_tokens: 1000, total_tokens: 1100 };
  const cost = async (input: CostInput): Promise<number | null> => (await loadPrices(painters)).completionCost(input);

  it('cost the tokens that are told, not the flat price of their size', async () => {
    const drawn = { model: 'acme/paint', call_type: 'image_generation' };
    const data = [{ b64_json: 'x' }];
    expect(await cost({ ...drawn, completion_response: { data, usage: told } })).toBeCloseTo(0.0305, 12);
    expect(await cost({ ...drawn, size: '1024x1024', completion_response: { data } })).toBe(0.009);
  });
  it('have the size that the name of their row tells', async () => {
    const model = 'acme/high/1024-x-1536/pixels';
    expect(await cost({ model, call_type: 'image_generation' })).toBeCloseTo(1024 * 1536e-7, 12);
  });
  it('cost tokens where the row has no other price', async () => {
    expect(await cost({ model: 'acme/textual', usage: told })).toBeCloseTo(0.0405, 12);
    expect(await cost({ model: 'acme/textual', completion_response: { data: [{}] } })).toBeNull();
  });
  it('are looked up by size and quality also where no kind of call is named', async () => {
    expect(await cost({ model: 'acme/dall', size: '1024x1792', quality: 'hd', n: 2 })).toBe(0.24);
  });
  it('of a conversation are the tokens that are told as such; the rest is text', async () => {
    const callm = createCallm({ prices: painters });
    const cost = async (details: object): Promise<number | null> => {
      const usage = { prompt_tokens: 100, completion_tokens: 1000, total_tokens: 1100, ...details };
      const { _hidden_params } = await callm.completion({
        model: 'acme/paint',
        custom_llm_provider: 'custom_openai',
        base_model: 'acme/paint',
        api_base: 'https://acme.example.com',
        messages: [{ role: 'user', content: 'Draw the sea.' }],
        mock_response: { choices: [{ message: { role: 'assistant', content: 'The sea.' } }], usage },
      });
      return _hidden_params.response_cost;
    };
    expect(await cost({})).toBeCloseTo(0.0105, 12);
    expect(await cost({ completion_tokens_details: { image_tokens: 800 } })).toBeCloseTo(0.0265, 12);
  });
});

it('a transcript is billed by tokens where the sound alone has a price for them', async () => {
  const hearing = await loadPrices({
    'acme/hear': {
      litellm_provider: 'acme',
      mode: 'audio_transcription',
      input_cost_per_audio_token: 2e-6,
      input_cost_per_second: 5e-5,
      output_cost_per_token: 1e-5,
    },
  });
  const spoken = { prompt_tokens: 600, completion_tokens: 90, prompt_tokens_details: { audio_tokens: 600 } };
  const cost = (completion_response: object): number | null =>
    hearing.completionCost({ model: 'acme/hear', call_type: 'transcription', completion_response });
  expect(cost({ text: 'x', usage: spoken })).toBeCloseTo(0.0021, 12);
  expect(cost({ text: 'x', duration: 60 })).toBeCloseTo(0.003, 12);
});

it('cited pages are a search only where searches are not counted', () => {
  const annotations = [{ type: 'url_citation', url_citation: { url: 'https://example.com' } }];
  const answer = { usage, choices: [{ message: { annotations } }] };
  const kinds = (model: string): string[] =>
    prices.explainCost({ model, completion_response: answer }).lines.map(({ kind }) => kind);
  expect(kinds('acme/search')).toContain('web_search');
  expect(kinds('cohere/search')).not.toContain('web_search');
});
