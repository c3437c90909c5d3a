import Replicate from 'replicate';
import { LOOK, PNG_URL, QUESTION, SYSTEM, intents } from '../intents.mjs';

const model = 'anthropic/claude-4-sonnet';
const version = 'f'.repeat(64);

/** https://replicate.com/docs/reference/http; inputs are those of the model's page. */
export const replicate = {
  name: 'replicate',
  package: 'replicate',
  model,
  options: (base) => ({ api_base: `${base}/v1`, api_key: 'key' }),
  connect: (base) => new Replicate({ auth: 'key', baseUrl: `${base}/v1` }),
  answer: () => ({
    id: 'prediction1',
    model,
    version: 'hidden',
    status: 'succeeded',
    created_at: '2026-11-21T12:00:00Z',
    output: ['It is ', 'sunny.'],
    metrics: { input_token_count: 9, output_token_count: 4 },
    urls: {},
  }),
  defaults: {},
  /** @type {import('../cases.mjs').Cases<Replicate>} */
  cases: {
    system: (client) => client.run(model, { input: { prompt: QUESTION, system_prompt: SYSTEM } }),
    image: (client) => client.run(model, { input: { prompt: LOOK, image: PNG_URL } }),
    limits: (client) =>
      client.run(model, {
        input: { prompt: QUESTION, max_tokens: 64, temperature: 0.3, stop_sequences: 'END,STOP' },
      }),
    thinking: {
      endpoint: 'completion',
      params: { ...intents.limits.params, stop: null, thinking: { type: 'enabled', budget_tokens: 2048 } },
      sdk: (client) =>
        client.run(model, {
          input: {
            prompt: QUESTION,
            max_tokens: 64,
            temperature: 0.3,
            extended_thinking: true,
            thinking_budget_tokens: 2048,
          },
        }),
    },
    turns: {
      model: 'openai/gpt-5',
      sdk: (client) => client.run('openai/gpt-5', { input: { messages: intents.turns.params.messages } }),
    },
    'a version': {
      model: `someone/a-model:${version}`,
      endpoint: 'completion',
      params: { messages: [{ role: 'user', content: QUESTION }] },
      sdk: (client) => client.run(`someone/a-model:${version}`, { input: { prompt: QUESTION } }),
    },
    'a deployment': {
      model: 'deployments/someone/a-model',
      endpoint: 'completion',
      params: { messages: [{ role: 'user', content: QUESTION }] },
      sdk: (client) =>
        client.deployments.predictions.create('someone', 'a-model', { input: { prompt: QUESTION }, wait: true }),
    },
  },
};
