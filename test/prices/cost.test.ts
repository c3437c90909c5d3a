import { expect, test } from 'vitest';
import { micros, noon, priceList } from './rows.js';

const usage = (prompt_tokens: number, completion_tokens: number, more: object = {}): { usage: object } => ({
  usage: { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, ...more },
});

test('input and output', () => {
  expect(micros({ model: 'acme/plain', ...usage(1000, 100) })).toBe(1400);
});

test('every kind of token is taken out of the total and billed at its own rate', () => {
  const details = {
    prompt_tokens_details: {
      cached_tokens: 150,
      cached_tokens_details: { audio_tokens: 50 },
      cache_creation_tokens: 60,
      cache_creation_token_details: {
        ephemeral_5m_input_tokens: 10,
        ephemeral_1h_input_tokens: 20,
        ephemeral_12h_input_tokens: 30,
      },
      audio_tokens: 90,
      image_tokens: 100,
      video_tokens: 10,
    },
    completion_tokens_details: { reasoning_tokens: 30, audio_tokens: 20, image_tokens: 10 },
    citation_tokens: 5,
  };
  const explained = priceList().explainCost({ model: 'acme/full', ...usage(1000, 100, details) });
  expect(Object.fromEntries(explained.lines.map(({ kind, quantity, rate }) => [kind, [quantity, rate]]))).toEqual({
    cache_read: [100, 0.5e-6],
    cache_read_audio: [50, 0.7e-6],
    cache_write: [10, 2.5e-6],
    cache_write_1h: [20, 4e-6],
    cache_write_12h: [30, 5e-6],
    audio_input: [40, 3e-6],
    image_input: [100, 2.2e-6],
    video_input: [10, 2.3e-6],
    input: [640, 2e-6],
    reasoning: [30, 9e-6],
    audio_output: [20, 16e-6],
    image_output: [10, 30e-6],
    output: [40, 8e-6],
    citations: [5, 1e-6],
  });
});

test('usage in the shapes of the Responses API and of Anthropic', () => {
  const responses = {
    input_tokens: 1000,
    input_tokens_details: { cached_tokens: 400 },
    output_tokens: 100,
    output_tokens_details: { reasoning_tokens: 50 },
  };
  expect(micros({ model: 'acme/full', usage: responses })).toBe(600 * 2 + 400 * 0.5 + 50 * 9 + 50 * 8);
  const anthropic = {
    input_tokens: 100,
    cache_read_input_tokens: 1000,
    cache_creation_input_tokens: 30,
    cache_creation: { ephemeral_5m_input_tokens: 10, ephemeral_1h_input_tokens: 20 },
    output_tokens: 10,
  };
  expect(micros({ model: 'acme/full', usage: anthropic })).toBe(100 * 2 + 1000 * 0.5 + 10 * 2.5 + 20 * 4 + 10 * 8);
});

test('written tokens without their lifetime cost the short price; without a write price, input', () => {
  const written = { cache_creation_input_tokens: 100, cache_read_input_tokens: 0 };
  expect(micros({ model: 'acme/full', ...usage(100, 0, written) })).toBe(250);
  expect(micros({ model: 'acme/plain', ...usage(100, 0, written) })).toBe(100);
});

test('cached tokens without a price cost input, or the share that the provider documents', () => {
  const cached = { prompt_tokens_details: { cached_tokens: 100 } };
  const explained = priceList().explainCost({ model: 'acme/plain', ...usage(100, 0, cached) });
  expect(explained.total).toBeCloseTo(100e-6, 12);
  expect(explained.assumed).toBe(true);
  const prices = priceList();
  prices.registerModel({
    'fireworks_ai/accounts/fireworks/models/x': {
      litellm_provider: 'fireworks_ai',
      mode: 'chat',
      input_cost_per_token: 1e-6,
      output_cost_per_token: 1e-6,
    },
  });
  expect(micros({ model: 'fireworks_ai/x', ...usage(100, 0, cached) }, prices)).toBe(50);
});

test('above a threshold the whole request costs the tier, at it the base', () => {
  expect(micros({ model: 'acme/tiers', ...usage(200_000, 10) })).toBe(200_000 + 40);
  expect(micros({ model: 'acme/tiers', ...usage(200_001, 10) })).toBe(400_002 + 60);
});

test('what is cached counts for the threshold, and keeps its price where the tier has none', () => {
  const cached = { prompt_tokens_details: { cached_tokens: 200_000 } };
  expect(micros({ model: 'acme/tiers', ...usage(200_001, 0, cached) })).toBe(20_000 + 2);
});

test('service tiers, and the standard price where the tier has none', () => {
  expect(micros({ model: 'acme/tiers', service_tier: 'priority', ...usage(100, 10) })).toBe(200 + 80);
  expect(micros({ model: 'acme/tiers', service_tier: 'auto', ...usage(100, 10) })).toBe(100 + 40);
  const flex = priceList().explainCost({ model: 'acme/tiers', service_tier: 'flex', ...usage(100, 10) });
  expect(flex.assumed).toBe(true);
  expect(flex.total).toBeCloseTo(140e-6, 12);
  expect(micros({ model: 'acme/tiers', service_tier: 'priority', ...usage(300_000, 10) })).toBe(1_500_000 + 60);
});

test('reasoning without a price for the tier costs what output costs in it', () => {
  const thought = { completion_tokens_details: { reasoning_tokens: 10 } };
  expect(micros({ model: 'acme/tiers', service_tier: 'priority', ...usage(0, 10, thought) })).toBe(80);
});

test('the tier that served the call beats the one asked for', () => {
  const input = { model: 'acme/tiers', service_tier: 'priority' };
  expect(micros({ ...input, ...usage(100, 0, { service_tier: 'default' }) })).toBe(100);
  expect(micros({ ...input, ...usage(100, 0), completion_response: { service_tier: 'default' } })).toBe(100);
  expect(micros({ model: 'acme/tiers', ...usage(100, 0, { traffic_type: 'ON_DEMAND_PRIORITY' }) })).toBe(200);
});

test('batches: their price, else half', () => {
  const call = { call_type: 'retrieve_batch' };
  expect(micros({ model: 'acme/tiers', ...call, ...usage(100, 10) })).toBe(40 + 20);
  expect(micros({ model: 'acme/plain', ...call, ...usage(100, 10) })).toBe(50 + 20);
});

test('price lists in steps', () => {
  expect(micros({ model: 'acme/steps', ...usage(32_000, 10) })).toBe(32_000 + 20);
  expect(micros({ model: 'acme/steps', ...usage(32_001, 10) })).toBe(96_003 + 60);
  const beyond = priceList().explainCost({ model: 'acme/steps', ...usage(128_001, 0) });
  expect(beyond.assumed).toBe(true);
  expect(beyond.total).toBeCloseTo(128_001 * 3e-6, 9);
  const thought = { completion_tokens_details: { reasoning_tokens: 10 } };
  expect(micros({ model: 'acme/steps', ...usage(10, 10, thought) })).toBe(10 + 20);
});

test.each([
  ['2026-06-10T12:00:00Z', 200],
  ['2026-06-10T22:00:00Z', 100],
  ['2026-06-11T05:59:00Z', 100],
  ['2026-06-11T06:00:00Z', 200],
  ['2026-06-13T12:00:00Z', 100],
])('off-peak hours at %s', (current_time, cost) => {
  expect(micros({ model: 'acme/hours', current_time, ...usage(100, 0) })).toBe(cost);
  expect(micros({ model: 'acme/hours', current_time: new Date(current_time), ...usage(100, 0) })).toBe(cost);
});

test('factors of places and speeds', () => {
  const at = (more: object, used: object = {}): number | null =>
    micros({ model: 'acme/places', ...usage(100, 0, used), ...more });
  expect(at({})).toBe(100);
  expect(at({ data_residency: 'eu' })).toBe(110);
  expect(at({ vertex_location: 'us-central1' })).toBe(120);
  expect(at({ vertex_location: 'global' })).toBe(100);
  expect(at({}, { inference_geo: 'us' })).toBe(150);
  expect(at({}, { inference_geo: 'global' })).toBe(100);
  expect(at({}, { speed: 'fast' })).toBe(600);
});

test('prices of an earlier day', () => {
  const at = (as_of: string): number | null => micros({ model: 'acme/dated-2026-03-01', as_of, ...usage(100, 0) });
  expect([at('2025-12-31'), at('2026-01-01'), at('2026-04-30'), at('2026-05-01')]).toEqual([300, 200, 200, 100]);
  const output = { model: 'acme/dated-2026-03-01', as_of: '2025-12-31', ...usage(0, 10) };
  expect(micros(output)).toBe(50);
  const cached = usage(10, 0, { prompt_tokens_details: { cached_tokens: 10 } });
  expect(micros({ model: 'acme/dated-2026-03-01', as_of: '2026-01-01', ...cached })).toBe(5);
  // There was no cached price then.
  expect(micros({ model: 'acme/dated-2026-03-01', as_of: '2025-12-31', ...cached })).toBe(30);
});

test('prices of the caller’s own', () => {
  const own = { input_cost_per_token: 5e-6, output_cost_per_token: 6e-6 };
  expect(micros({ model: 'nobody/knows', ...own, ...usage(100, 10) })).toBe(560);
  expect(micros({ model: 'acme/full', ...own, ...usage(100, 10) })).toBe(560);
  // A single other price changes the row.
  const read = { cache_read_input_token_cost: 1e-6 };
  expect(
    micros({ model: 'acme/full', ...read, ...usage(100, 0, { prompt_tokens_details: { cached_tokens: 50 } }) }),
  ).toBe(50 * 2 + 50);
});

test('discount and margin are lines, and the lines add up', () => {
  const explained = priceList().explainCost({
    model: 'acme/plain',
    ...usage(1000, 100),
    cost_discount: 0.5,
    cost_margin: { percentage: 0.1, fixed_amount: 0.001 },
  });
  expect(explained.total).toBeCloseTo(1400e-6 * 0.5 * 1.1 + 0.001, 12);
  expect(explained.lines.map(({ kind }) => kind)).toEqual(['input', 'output', 'discount', 'margin', 'margin']);
});

test('unknown is null, and says why', () => {
  const prices = priceList();
  const why = (model: string): [number | null, string | undefined] => {
    const { total, reason } = prices.explainCost({ model, ...usage(10, 10) });
    return [total, reason];
  };
  expect(why('nobody/knows')).toEqual([null, 'there is no price for nobody/knows']);
  expect(why('acme/unpriced')).toEqual([null, 'the price list has nothing for: input, output']);
  expect(why('acme/input-only')).toEqual([null, 'the price list has nothing for: output']);
  expect(prices.completionCost({ model: 'acme/unpriced', usage: {} })).toBeNull();
  expect(prices.completionCost({ model: 'acme/free', ...usage(10, 10) })).toBe(0);
});

test('what the provider says wins, and what its prices give stands beside it', () => {
  const told = priceList().explainCost({ model: 'acme/plain', ...usage(1000, 100, { cost: 0.5 }) });
  expect(told).toMatchObject({ total: 0.5, lines: [{ kind: 'reported', amount: 0.5 }], computed: { total: 0.0014 } });
  const parts = priceList().explainCost({ model: 'acme/plain', ...usage(1000, 100, { cost: { total_cost: 0.25 } }) });
  expect(parts.total).toBe(0.25);
});

test('a disputed price is marked', () => {
  const prices = priceList();
  expect(prices.explainCost({ model: 'acme/disputed', ...usage(10, 0) }).conflict).toEqual(['input_cost_per_token']);
  expect(prices.explainCost({ model: 'acme/disputed', ...usage(0, 10) }).conflict).toBeUndefined();
});

test('a line tells rate, field, rule; the whole source and day', () => {
  const explained = priceList().explainCost({ model: 'acme/plain', service_tier: 'flex', ...usage(10, 0) });
  expect(explained).toMatchObject({
    source: 'https://acme.example/prices',
    checked: '2026-06-01',
    model: 'acme/plain',
  });
  expect(explained.lines).toEqual([
    {
      kind: 'input',
      quantity: 10,
      unit: 'token',
      rate: 1e-6,
      amount: 10 * 1e-6,
      field: 'input_cost_per_token',
      rule: 'no flex price: the standard one',
    },
  ]);
});

test('searches by size, file searches, sessions, requests', () => {
  const searched = (more: object): number | null => micros({ model: 'acme/full', usage: {}, ...more });
  const output = [
    { type: 'web_search_call', action: { type: 'search' } },
    { type: 'web_search_call', action: { type: 'open_page' } },
    { type: 'web_search_call' },
  ];
  expect(searched({ completion_response: { output } })).toBe(40_000);
  expect(
    searched({
      completion_response: { output },
      standard_built_in_tools_params: { web_search_options: { search_context_size: 'high' } },
    }),
  ).toBe(60_000);
  expect(searched({ usage: { server_tool_use: { web_search_requests: 3 } } })).toBe(60_000);
  const cited = { choices: [{ message: { annotations: [{ type: 'url_citation' }, { type: 'url_citation' }] } }] };
  expect(searched({ completion_response: cited })).toBe(20_000);
  const files = { output: [{ type: 'file_search_call' }, { type: 'file_search_call' }] };
  expect(micros({ model: 'openai/gpt-9', usage: {}, completion_response: files })).toBe(5000);
  const code = {
    output: [
      { type: 'code_interpreter_call', container_id: 'c1' },
      { type: 'code_interpreter_call', container_id: 'c1' },
    ],
  };
  expect(micros({ model: 'openai/gpt-9', usage: {}, completion_response: code })).toBe(30_000);
  expect(micros({ model: 'acme/request', ...usage(1, 1) })).toBe(5002);
  // Gemini 2 bills a prompt, not its queries.
  const grounded = usage(0, 0, { prompt_tokens_details: { web_search_requests: 4 } });
  expect(micros({ model: 'vertex_ai/gemini-9', ...grounded })).toBe(35_000);
});

test('embeddings, reranking', () => {
  expect(micros({ model: 'acme/embed', ...usage(1000, 0) })).toBe(100);
  expect(micros({ model: 'acme/embed', usage: { prompt_tokens: 0, prompt_tokens_details: { image_count: 3 } } })).toBe(
    300,
  );
  const reranked = (meta: object | null): object => ({
    call_type: 'rerank',
    completion_response: { results: [], meta },
  });
  expect(micros({ model: 'acme/rerank', ...reranked({ billed_units: { search_units: 2 } }) })).toBe(4000);
  expect(micros({ model: 'acme/rerank', ...reranked(null) })).toBeNull();
  expect(micros({ model: 'acme/rerank-tokens', ...reranked({ billed_units: { total_tokens: 1000 } }) })).toBe(50);
});

test('images by piece, size, quality, pixel and token', () => {
  const call = { call_type: 'image_generation' };
  expect(micros({ model: 'acme/paint', ...call, n: 2 })).toBe(80_000);
  expect(micros({ model: 'acme/paint', ...call, completion_response: { data: [{}, {}, {}] } })).toBe(120_000);
  expect(micros({ model: 'acme/paint', ...call, size: '2048x2048' })).toBe(100_000);
  expect(micros({ model: 'acme/paint', ...call, size: '1024x1792', quality: 'hd' })).toBe(120_000);
  expect(micros({ model: 'acme/dots', ...call, size: '1000x1000' })).toBe(10_000);
  const told = {
    input_tokens: 300,
    output_tokens: 1000,
    input_tokens_details: { text_tokens: 100, image_tokens: 200 },
  };
  expect(micros({ model: 'acme/paint-tokens', ...call, usage: told })).toBe(100 * 5 + 200 * 8 + 30_000);
});

test('speech, transcripts, videos, pages', () => {
  expect(micros({ model: 'acme/say', call_type: 'speech', prompt: 'Hello' })).toBe(50);
  // Whether this provider bills blanks is not known.
  expect(micros({ model: 'acme/say', call_type: 'speech', prompt: 'Hello you' })).toBeNull();
  expect(micros({ model: 'acme/hear', call_type: 'transcription', completion_response: { duration: 10 } })).toBe(1000);
  expect(micros({ model: 'acme/hear', call_type: 'transcription', completion_response: {} })).toBeNull();
  const film = (more: object): object => ({ completion_response: { usage: { duration_seconds: 4, ...more } } });
  expect(micros({ model: 'acme/film', call_type: 'create_video', ...film({}) })).toBe(400_000);
  expect(micros({ model: 'acme/film', call_type: 'create_video', ...film({ video_resolution: '1080p' }) })).toBe(
    1_200_000,
  );
  const pages = { usage_info: { pages_processed: 5, pages_processed_annotation: 2 } };
  expect(micros({ model: 'acme/read', call_type: 'ocr', completion_response: pages })).toBe(5000 + 6000);
});

test('the clock is the caller’s', () => {
  expect(
    micros(
      { model: 'acme/hours', ...usage(100, 0) },
      priceList(() => noon),
    ),
  ).toBe(200);
  expect(
    micros(
      { model: 'acme/hours', ...usage(100, 0) },
      priceList(() => noon + 11 * 3_600_000),
    ),
  ).toBe(100);
});

test('input and output apart', () => {
  const prices = priceList();
  const counts = { model: 'acme/full', prompt_tokens: 1000, completion_tokens: 100, cache_read_input_tokens: 400 };
  const [input, output] = prices.costPerToken(counts) as [number, number];
  expect(input).toBeCloseTo(1400e-6, 12);
  expect(output).toBeCloseTo(800e-6, 12);
  expect(prices.costPerToken({ model: 'nobody/knows', prompt_tokens: 1 })).toBeNull();
});
