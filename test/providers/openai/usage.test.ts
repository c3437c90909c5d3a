import { describe, expect, it } from 'vitest';
import { readUsage } from '../../../providers/openai/usage.js';

const sums = { prompt_tokens: 10, completion_tokens: 4, total_tokens: 14 };

describe('usage', () => {
  it.each([
    ['OpenAI', { ...sums, prompt_tokens_details: { cached_tokens: 8 } }, 8],
    ['DeepSeek', { ...sums, prompt_cache_hit_tokens: 8, prompt_cache_miss_tokens: 2 }, 8],
    ['Mistral', { ...sums, num_cached_tokens: 8 }, 8],
    ['Moonshot', { ...sums, cached_tokens: 8 }, 8],
    [
      'Responses names',
      { input_tokens: 10, output_tokens: 4, total_tokens: 14, input_tokens_details: { cached_tokens: 8 } },
      8,
    ],
    ['Writer', { ...sums, prompt_token_details: { cached_tokens: 8 } }, 8],
    ['none', { ...sums, prompt_tokens_details: null }, undefined],
  ])('reads cached tokens as %s tells them', (_, raw, cached) => {
    const usage = readUsage(raw);
    expect(usage).toMatchObject(sums);
    expect(usage.prompt_tokens_details?.cached_tokens).toBe(cached);
  });

  it('reads cache writes and reasoning', () => {
    const raw = {
      ...sums,
      prompt_tokens_details: { cache_write_tokens: 5 },
      completion_tokens_details: { reasoning_tokens: 3 },
    };
    expect(readUsage(raw).prompt_tokens_details?.cache_creation_tokens).toBe(5);
    expect(readUsage(raw).completion_tokens_details?.reasoning_tokens).toBe(3);
    expect(readUsage({ ...sums, cache_creation_input_tokens: 6 }).prompt_tokens_details?.cache_creation_tokens).toBe(6);
    expect(readUsage({ ...sums, reasoning_tokens: 2 }).completion_tokens_details?.reasoning_tokens).toBe(2);
  });

  it('adds reasoning that the vendor counts apart', () => {
    const raw = { ...sums, total_tokens: 24, completion_tokens_details: { reasoning_tokens: 10 } };
    const whole = { completion_tokens: 14, total_tokens: 24, provider_specific_fields: { usage: raw } };
    expect(readUsage(raw)).toMatchObject(whole);
    expect(readUsage(raw, true)).toMatchObject(whole);
    const { total_tokens: _, ...untotalled } = raw;
    expect(readUsage(untotalled, true)).toMatchObject({ completion_tokens: 14, total_tokens: 24 });
    expect(readUsage(untotalled)).toMatchObject({ completion_tokens: 4, total_tokens: 14 });
  });

  it('takes what only the total counts for thought', () => {
    expect(readUsage({ ...sums, total_tokens: 24 })).toMatchObject({ completion_tokens: 14, total_tokens: 24 });
  });

  it('adds up where the vendor does not, and keeps what it said', () => {
    const raw = { ...sums, total_tokens: 389, prompt_tokens_details: { audio_tokens: 375 } };
    expect(readUsage(raw)).toMatchObject({ ...sums, provider_specific_fields: { usage: raw } });
    const reasoned = { ...sums, total_tokens: 20, completion_tokens_details: { reasoning_tokens: 3 } };
    expect(readUsage(reasoned)).toMatchObject({ ...sums, provider_specific_fields: { usage: reasoned } });
  });

  it('counts reasoning once where the total shows that it is in', () => {
    const raw = { ...sums, completion_tokens_details: { reasoning_tokens: 3 } };
    expect(readUsage(raw, true)).toEqual(raw);
  });

  it('completes sums', () => {
    expect(readUsage({ prompt_tokens: 3, completion_tokens: 2 }).total_tokens).toBe(5);
    expect(readUsage({ total_tokens: 5, prompt_tokens: 3 })).toMatchObject({ completion_tokens: 2 });
    expect(readUsage({})).toMatchObject({ prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 });
  });

  it('leaves nulls out of the details, and keeps foreign fields and the raw object', () => {
    const raw = { ...sums, queue_time: 0.1, prompt_tokens_details: { cached_tokens: null, audio_tokens: 1 } };
    const before = structuredClone(raw);
    expect(readUsage(raw)).toEqual({ ...sums, queue_time: 0.1, prompt_tokens_details: { audio_tokens: 1 } });
    expect(raw).toEqual(before);
  });

  it('sums a cost told in parts', () => {
    const cost = { total_cost: 0.008, request_cost: 0.005 };
    const told = { ...sums, cost };
    expect(readUsage(told)).toMatchObject({ cost: 0.008, provider_specific_fields: { usage: told } });
    expect(readUsage({ ...sums, cost: 0.1 }).cost).toBe(0.1);
  });

  it('adds the price of the model to the fee where the key is the caller’s own', () => {
    const raw = { ...sums, cost: 0.001, is_byok: true, cost_details: { upstream_inference_cost: 0.02 } };
    expect(readUsage(raw)).toMatchObject({ cost: 0.021, provider_specific_fields: { usage: raw } });
    expect(readUsage({ ...raw, is_byok: false }).cost).toBe(0.001);
  });

  it('reads a cost told in ticks', () => {
    expect(readUsage({ ...sums, cost_in_usd_ticks: 37_756_000 })).toMatchObject({
      cost: 0.0037756,
      cost_in_usd_ticks: 37_756_000,
    });
    expect(readUsage({ ...sums, cost_in_usd_ticks: 0 })).not.toHaveProperty('cost');
  });
});
