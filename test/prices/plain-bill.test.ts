/** The short way to a bill comes to what the long way does, to the last bit. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BilledCall } from '../../src/core/pricing.js';
import { makePrices, type Prices } from '../../src/prices/prices.js';

let prices: Prices;
let models: { llm_provider: string; model: string }[];
beforeAll(async () => {
  prices = await makePrices();
  models = Object.entries(prices.modelsByProvider()).flatMap(([llm_provider, keys]) =>
    keys.map((key) => ({
      llm_provider,
      model: key.startsWith(`${llm_provider}/`) ? key.slice(llm_provider.length + 1) : key,
    })),
  );
});

const tokens = fc.oneof(fc.nat(2000), fc.integer({ min: 100_000, max: 600_000 }), fc.constant(0));
const maybe = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(value, { nil: undefined, freq: 2 });
const usage = fc.record({
  prompt_tokens: tokens,
  completion_tokens: tokens,
  total_tokens: tokens,
  prompt_tokens_details: maybe(
    fc.record({
      cached_tokens: fc.nat(3000),
      audio_tokens: fc.constantFrom(0, 0, 0, 7),
      cache_creation_tokens: fc.constantFrom(0, 0, 0, 9),
    }),
  ),
  completion_tokens_details: maybe(
    fc.record({ reasoning_tokens: fc.nat(1500), image_tokens: fc.constantFrom(0, 0, 0, 5), text_tokens: fc.nat(9) }),
  ),
  service_tier: fc.constantFrom(undefined, undefined, 'standard', 'priority'),
  cache_read_input_tokens: fc.constantFrom(undefined, 0, 0, 40),
  cache_creation_input_tokens: fc.constantFrom(undefined, 0, 0, 40),
  server_tool_use: fc.constantFrom(undefined, { web_search_requests: 0 }, { web_search_requests: 2 }),
  inference_geo: fc.constantFrom(undefined, undefined, 'us'),
  citation_tokens: fc.constantFrom(undefined, undefined, undefined, 11),
  provider_specific_fields: fc.constantFrom<unknown[]>(
    undefined,
    { usage: { prompt_tokens: 5 } },
    { usage: { billed_units: { input_tokens: 3, output_tokens: 4 } } },
    { trafficType: 'ON_DEMAND_FLEX' },
  ),
});
const annotations = [{ type: 'url_citation', url_citation: { url: 'https://a.example' } }];
const call = fc.record({
  pick: fc.nat(),
  usage,
  region: fc.constantFrom(undefined, undefined, 'eu', 'us-east-1'),
  options: fc.constantFrom<Record<string, unknown>[]>(
    {},
    { api_key: 'k', num_retries: 0, timeout: 5 },
    { cost_discount: 0.1 },
    { input_cost_per_token: 1e-6 },
    { base_model: 'openai/gpt-4o' },
    { as_of: '2026-01-01' },
    { vertex_project: 'p', vertex_location: 'us-east5' },
    { aws_region_name: 'us-east-1', azure_ad_token: 't' },
  ),
  params: fc.constantFrom<object[]>(
    {},
    {},
    { service_tier: 'flex' },
    { web_search_options: { search_context_size: 'low' } },
  ),
  result: fc.constantFrom<object[]>(
    { model: 'x', choices: [{ message: { content: 'a' } }], service_tier: 'default' },
    { choices: [{ message: { content: 'a' } }], service_tier: 'priority' },
    { choices: [{ message: { content: 'a', annotations: [] } }] },
    { choices: [{ message: { content: 'a', annotations } }] },
    {},
  ),
});

/** The same call by the long way. */
function explained(billed: BilledCall): number | null {
  const { llm_provider, model, region, options, params, usage, result } = billed;
  const { service_tier, web_search_options } = params as { service_tier?: string; web_search_options?: unknown };
  return prices.explainCost({
    ...options,
    model,
    custom_llm_provider: llm_provider,
    usage: usage as object,
    completion_response: result,
    call_type: 'completion',
    ...(region !== undefined && { region_name: region }),
    ...(service_tier !== undefined && { service_tier }),
    ...(web_search_options !== undefined && { standard_built_in_tools_params: { web_search_options } }),
  }).total;
}

test('of any model, usage and answer', () => {
  fc.assert(
    fc.property(call, ({ pick, ...rest }) => {
      const billed = { endpoint: 'chat', ...models[pick % models.length], ...rest } as BilledCall;
      expect(prices.price(billed).cost).toBe(explained(billed));
    }),
    { numRuns: 6000 },
  );
});

describe('of every model', () => {
  test.each([
    ['plain', { prompt_tokens: 1234, completion_tokens: 567, total_tokens: 1801 }],
    ['long', { prompt_tokens: 300_000, completion_tokens: 567, total_tokens: 300_567 }],
    [
      'cached and thought',
      {
        prompt_tokens: 1234,
        completion_tokens: 567,
        prompt_tokens_details: { cached_tokens: 1000 },
        completion_tokens_details: { reasoning_tokens: 500 },
      },
    ],
  ])('%s', (_, used) => {
    const result = { choices: [{ message: { content: 'a' } }] };
    let compared = 0;
    for (const model of models) {
      const billed: BilledCall = {
        endpoint: 'chat',
        ...model,
        region: undefined,
        params: {},
        options: {},
        usage: used,
        result,
      };
      const { cost } = prices.price(billed);
      if (cost !== explained(billed))
        expect.fail(`${model.llm_provider}/${model.model}: ${cost}, not ${explained(billed)}`);
      compared++;
    }
    expect(compared).toBeGreaterThan(4000);
  });
});
