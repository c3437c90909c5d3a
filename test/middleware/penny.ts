/** A model whose prices are easy to reckon with. */
import { makePrices } from '../../src/prices/prices.js';

export const prices = await makePrices({
  'openai/penny': {
    litellm_provider: 'openai',
    mode: 'chat',
    input_cost_per_token: 1e-5,
    output_cost_per_token: 1e-3,
    max_output_tokens: 1000,
  },
});

const messages = [{ role: 'user' as const, content: 'How much is the fish?' }];
/** A mock uses 10 tokens in and 20 out. At the most the call may cost a little more than 0.1 USD. */
export const call = { model: 'openai/penny', messages, max_tokens: 100, mock_response: 'Too much.' };
export const cost = 0.0201;
