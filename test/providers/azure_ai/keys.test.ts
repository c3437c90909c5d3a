/** Keys go where they belong: in the header of each kind of address, and never those of another resource. */
import { describe, expect, test } from 'vitest';
import { isResource } from '../../../providers/azure_ai/address.js';
import { createCallm } from '../../../src/index.js';
import { client, failure, sendJson, serve } from '../../behaviour/server.js';
import { entra, principal } from '../azure/entra.js';

const messages = [{ role: 'user' as const, content: 'Which tide now?' }];

describe('the header of a key', () => {
  test.each([
    ['https://r.services.ai.azure.com', 'gpt-4o', 'api-key'],
    ['https://r.services.ai.azure.com/openai/v1', 'gpt-4o', 'api-key'],
    ['https://r.cognitiveservices.azure.com', 'Phi-4', 'api-key'],
    ['https://r.openai.azure.us', 'gpt-4o', 'api-key'],
    ['https://swedencentral.api.cognitive.microsoft.com', 'Phi-4', 'api-key'],
    ['https://llama.eastus2.models.ai.azure.com', 'llama', 'authorization'],
    ['https://llama.eastus2.inference.ai.azure.com/v1', 'llama', 'authorization'],
    ['https://gate.example.com/azure', 'Phi-4', 'authorization'],
    ['https://r.services.ai.azure.com.example.com', 'Phi-4', 'authorization'],
    ['https://r.services.ai.azure.com', 'claude-sonnet-4-5', 'x-api-key'],
    ['https://gate.example.com', 'claude-sonnet-4-5', 'x-api-key'],
  ])('%s, %s: %s', async (api_base, model, header) => {
    const own = createCallm({ env: { AZURE_AI_API_KEY: 'key-of-variable' } });
    const { headers } = await own.dryRun('chat', { model: `azure_ai/${model}`, api_base, messages });
    const credentials = ['api-key', 'authorization', 'x-api-key'].filter((name) => headers[name] !== undefined);
    expect(credentials).toEqual([header]);
    expect(headers[header]).toBe(header === 'authorization' ? 'Bearer <redacted>' : '<redacted>');
  });

  test('only hosts of Azure are taken for its resources', () => {
    expect(['evilservices.ai.azure.com', 'services.ai.azure.com.evil.com', 'azure.com'].map(isResource)).toEqual([
      false,
      false,
      false,
    ]);
  });
});

test.each(['chat', 'embeddings', 'rerank'] as const)('%s never takes the keys of other resources', async (endpoint) => {
  const server = await serve((res) => sendJson(res, {}));
  const env = {
    AZURE_API_KEY: 'other',
    AZURE_OPENAI_API_KEY: 'other',
    OPENAI_API_KEY: 'sk-foreign',
    AZURE_API_BASE: 'x',
  };
  const input = { chat: { messages }, embeddings: { input: 'a' }, rerank: { query: 'q', documents: ['d'] } }[endpoint];
  const own = client({ env, api_key: undefined as never, api_base: server.url });
  const error = await failure(own.run(endpoint, { model: 'azure_ai/m', ...input }));
  expect([error.name, error.code]).toEqual(['AuthenticationError', 'missing_api_key']);
  expect(error.message).toContain('AZURE_AI_API_KEY');
  expect(server.requests.length).toBe(0);
});

test.each(['gpt-4o', 'claude-sonnet-4-5'])('a principal serves %s, its token kept for all models', async (model) => {
  const {
    tokens,
    resource,
    client: make,
  } = await entra(undefined, (res) =>
    sendJson(res, {
      id: 'a',
      type: 'message',
      role: 'assistant',
      content: [],
      choices: [],
      stop_reason: 'end_turn',
      usage: {},
    }),
  );
  const own = make(principal);
  await own.completion({ model: `azure_ai/${model}`, messages, max_tokens: 9 });
  await own.completion({ model: 'azure_ai/Phi-4', messages });
  expect(tokens.requests.length).toBe(1);
  expect(resource.requests.map(({ headers }) => [headers.authorization, headers['x-api-key']])).toEqual([
    ['Bearer entra-token-1', undefined],
    ['Bearer entra-token-1', undefined],
  ]);
});
