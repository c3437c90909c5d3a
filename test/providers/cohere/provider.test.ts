import { describe, expect, test } from 'vitest';
import { thinks } from '../../../providers/cohere/models.js';
import { clientFor } from './client.js';

const answer = {
  id: 'a',
  finish_reason: 'COMPLETE',
  message: { role: 'assistant', content: [{ type: 'text', text: 'Hi' }] },
};
const messages = [{ role: 'user' as const, content: 'Hi' }];

describe('addresses', () => {
  test.each([
    [undefined, 'https://api.cohere.com/v2/chat'],
    ['https://gate.example.com/', 'https://gate.example.com/v2/chat'],
    ['https://gate.example.com/cohere/v2', 'https://gate.example.com/cohere/v2/chat'],
    ['https://gate.example.com/v2/chat', 'https://gate.example.com/v2/chat'],
  ])('with api_base %s', async (api_base, url) => {
    const { client, sent } = clientFor(() => answer);
    await client.completion({
      model: 'cohere/command-a-03-2025',
      messages,
      ...(api_base !== undefined && { api_base }),
    });
    expect(sent[0]?.url).toBe(url);
  });

  test('the variables, and the other name', async () => {
    const { client, sent } = clientFor(() => answer, {
      CO_API_KEY: 'key-5678',
      COHERE_API_BASE: 'https://c.example.com',
    });
    const result = await client.completion({ model: 'cohere_chat/command-a-03-2025', messages });
    expect(sent[0]).toMatchObject({
      url: 'https://c.example.com/v2/chat',
      headers: { authorization: 'Bearer key-5678' },
    });
    const { _hidden_params: hidden } = result as unknown as { _hidden_params: { llm_provider: string } };
    expect(hidden.llm_provider).toBe('cohere_chat');
  });

  test('no key at all names the variables', async () => {
    const { client } = clientFor(() => answer, {});
    await expect(client.completion({ model: 'cohere/command-a-03-2025', messages })).rejects.toThrow(
      /COHERE_API_KEY or CO_API_KEY/,
    );
  });
});

test.each([
  ['command-a-reasoning-08-2025', true],
  ['command-a-plus-05-2026', true],
  ['command-b', true],
  ['my-fine-tuned-model', true],
  ['command-a-03-2025', false],
  ['command-a-vision-07-2025', false],
  ['command-a-translate-08-2025', false],
  ['command-r', false],
  ['command-r-plus-08-2024', false],
  ['command-r7b-12-2024', false],
  ['v1/command-r-08-2024', false],
  ['command', false],
  ['c4ai-aya-expanse-32b', false],
])('%s may reason: %s', (model, expected) => {
  expect(thinks(model)).toBe(expected);
});

test('an error within a stream need not be one of its events', async () => {
  const { client } = clientFor(
    () => `data: ${JSON.stringify({ error: { message: 'upstream failed', code: 502 } })}\n\n`,
  );
  const call = client.completion({ model: 'cohere/command-a-03-2025', messages, stream: true });
  await expect(call).rejects.toMatchObject({ name: 'InternalServerError', status: 502 });
});

test('the id of an error body is kept', async () => {
  const { client } = clientFor(() => ({ id: 'e-77', message: 'too many tokens: size limit exceeded by 3 tokens.' }));
  await expect(client.completion({ model: 'cohere/command-a-03-2025', messages })).rejects.toMatchObject({
    name: 'ContextWindowExceededError',
    provider_specific_fields: { id: 'e-77' },
  });
});
