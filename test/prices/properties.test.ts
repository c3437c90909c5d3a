import fc from 'fast-check';
import { expect, test } from 'vitest';
import { priceList, rows } from './rows.js';

const count = fc.integer({ min: 0, max: 300_000 });
const usage = fc.record(
  {
    prompt_tokens: count,
    completion_tokens: count,
    cost: fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }),
    prompt_tokens_details: fc.record(
      { cached_tokens: count, cache_creation_tokens: count, audio_tokens: count, image_tokens: count },
      { requiredKeys: [] },
    ),
    completion_tokens_details: fc.record({ reasoning_tokens: count, audio_tokens: count }, { requiredKeys: [] }),
    server_tool_use: fc.record({ web_search_requests: fc.integer({ min: 0, max: 5 }) }),
  },
  { requiredKeys: ['prompt_tokens', 'completion_tokens'] },
);

const input = fc.record(
  {
    model: fc.constantFrom(...Object.keys(rows)),
    usage,
    service_tier: fc.constantFrom('priority', 'flex', 'auto', 'ultrafast'),
    call_type: fc.constantFrom('completion', 'retrieve_batch', 'embedding'),
    cost_discount: fc.double({ min: 0, max: 1, noNaN: true }),
    cost_margin: fc.double({ min: 0, max: 2, noNaN: true }),
    as_of: fc.constantFrom('2025-01-01', '2026-04-01'),
    data_residency: fc.constantFrom('us', 'eu'),
  },
  { requiredKeys: ['model', 'usage'] },
);

test('the lines always add up to the total, and nothing is billed below zero', () => {
  const prices = priceList();
  fc.assert(
    fc.property(input, (call) => {
      const { total, lines } = prices.explainCost(call);
      for (const { kind, quantity, rate, amount } of lines) {
        expect(amount).toBe(quantity * rate);
        if (kind !== 'discount') expect(amount).toBeGreaterThanOrEqual(0);
      }
      if (total !== null)
        expect(total).toBeCloseTo(
          lines.reduce((sum, { amount }) => sum + amount, 0),
          12,
        );
      expect(prices.completionCost(call)).toBe(total);
    }),
    { numRuns: 2000 },
  );
});

test('each token is billed once', () => {
  const prices = priceList();
  fc.assert(
    fc.property(fc.constantFrom('acme/plain', 'acme/full', 'acme/tiers'), usage, (model, used) => {
      const { cost: _, ...counted } = used;
      const { lines } = prices.explainCost({ model, usage: counted });
      const tokens = lines.filter(({ unit }) => unit === 'token').reduce((sum, { quantity }) => sum + quantity, 0);
      const { prompt_tokens_details: input, completion_tokens_details: output } = counted;
      const parts = Object.values(input ?? {}).reduce<number>((sum, part) => sum + (part ?? 0), 0);
      const audio = output?.audio_tokens ?? 0;
      const reasoning = output?.reasoning_tokens ?? 0;
      const fits = parts <= counted.prompt_tokens && Math.max(audio, reasoning) <= counted.completion_tokens;
      fc.pre(fits);
      expect(tokens).toBe(counted.prompt_tokens + counted.completion_tokens);
    }),
    { numRuns: 2000 },
  );
});
