/** What a vendor says that an answer cost ends in `_hidden_params.response_cost`, told in a stream or not. */
import { describe, expect, it } from 'vitest';
import { createCallm } from '../../../src/index.js';

const tokens = { prompt_tokens: 9, completion_tokens: 4, total_tokens: 13 };
const messages = [{ role: 'user' as const, content: 'Hi' }];

/** A client whose vendor answers with this usage and these headers, whole or streamed as it is asked. */
function clientOf(usage: object, headers: Record<string, string> = {}) {
  return createCallm({
    env: {},
    api_key: 'key',
    num_retries: 0,
    prices: {},
    transport: (wire) => {
      const { stream } = JSON.parse(wire.body as string) as { stream?: boolean };
      const head = { id: 'x', created: 1, model: 'm' };
      const text = stream
        ? [
            { ...head, choices: [{ index: 0, delta: { role: 'assistant', content: 'Noon.' }, finish_reason: 'stop' }] },
            { ...head, choices: [], usage },
          ]
            .map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`)
            .join('') + 'data: [DONE]\n\n'
        : JSON.stringify({
            ...head,
            choices: [{ index: 0, message: { role: 'assistant', content: 'Noon.' }, finish_reason: 'stop' }],
            usage,
          });
      const type = stream ? 'text/event-stream' : 'application/json';
      return Promise.resolve(new Response(text, { headers: { 'content-type': type, ...headers } }));
    },
  });
}

const perplexity = {
  ...tokens,
  search_context_size: 'low',
  cost: { input_tokens_cost: 0.00001, output_tokens_cost: 0.00002, request_cost: 0.005, total_cost: 0.00503 },
};

describe.each([
  ['openrouter/openai/gpt-5', { ...tokens, cost: 0.0011, is_byok: false }, 0.0011],
  ['vercel_ai_gateway/openai/gpt-5', { ...tokens, cost: 0.003576, market_cost: 0.003576 }, 0.003576],
  ['perplexity/sonar', perplexity, 0.00503],
  ['groq/openai/gpt-oss-20b', tokens, null],
] as const)('%s', (model, usage, cost) => {
  it('whole', async () => {
    const result = await clientOf(usage).completion({ model, messages });
    expect(result._hidden_params.response_cost).toBe(cost);
  });

  it('streamed', async () => {
    const stream = await clientOf(usage).completion({ model, messages, stream: true });
    expect((await stream.final())._hidden_params.response_cost).toBe(cost);
  });
});

describe('a cost told in parts', () => {
  it('is a number, and the parts are kept', async () => {
    const result = await clientOf(perplexity).completion({ model: 'perplexity/sonar', messages });
    expect(result.usage).toMatchObject({ cost: 0.00503, provider_specific_fields: { usage: perplexity } });
  });
});

describe('a cost told in a header', () => {
  const input = { model: 'litellm_proxy/alias', api_base: 'https://proxy.example.com', messages };
  it.each([
    ['0.0042', 0.0042],
    ['0.0', 0],
    ['None', null],
  ])('%s', async (told, cost) => {
    const result = await clientOf(tokens, { 'x-litellm-response-cost': told }).completion(input);
    expect(result._hidden_params.response_cost).toBe(cost);
  });

  it('does not replace one in the body', async () => {
    const client = clientOf({ ...tokens, cost: 1 }, { 'x-litellm-response-cost': '2' });
    expect((await client.completion(input))._hidden_params.response_cost).toBe(1);
  });
});
