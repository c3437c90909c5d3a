import { expect, test } from 'vitest';
import { chat as claudeChat, countTokensRequest as countClaude } from '../../../providers/vertex_ai/claude.js';
import { countTokensRequest as countGemini } from '../../../providers/vertex_ai/gemini.js';
import type { Call, JsonObject } from '../../../src/core/spec.js';

const callOf = (model: string, params: JsonObject): Call<'chat'> =>
  ({
    endpoint: 'chat',
    llm_provider: 'vertex_ai',
    model,
    stream: false,
    options: { vertex_project: 'p-1', vertex_location: 'us-east5' },
    params: { model, ...params },
    env: () => undefined,
    warn() {},
  }) as unknown as Call<'chat'>;

const messages = [
  { role: 'system', content: 'Be brief.' },
  { role: 'user', content: 'Is the lock open?' },
];

test('the tokens of a prompt for Gemini are asked for', () => {
  const tools = [{ functionDeclarations: [{ name: 'lock_state' }] }];
  const mapped = { tools, generationConfig: { temperature: 0 }, toolConfig: {} };
  expect(countGemini(callOf('gemini-2.5-flash', { messages }), mapped)).toEqual({
    method: 'POST',
    path: '/v1/projects/p-1/locations/us-east5/publishers/google/models/gemini-2.5-flash:countTokens',
    body: {
      contents: [{ role: 'user', parts: [{ text: 'Is the lock open?' }] }],
      systemInstruction: { parts: [{ text: 'Be brief.' }] },
      tools,
    },
  });
});

test('the tokens of a prompt for Claude are asked for; the body names the model', () => {
  const call = callOf('claude-sonnet-4-5@20250929', { messages });
  const request = claudeChat.request(call, { max_tokens: 10, temperature: 0 });
  expect(countClaude(request, call)).toMatchObject({
    method: 'POST',
    path: '/v1/projects/p-1/locations/us-east5/publishers/anthropic/models/count-tokens:rawPredict',
  });
  expect(countClaude(request, call).body).toEqual({
    anthropic_version: 'vertex-2023-10-16',
    model: 'claude-sonnet-4-5@20250929',
    system: [{ type: 'text', text: 'Be brief.' }],
    messages: [{ role: 'user', content: [{ type: 'text', text: 'Is the lock open?' }] }],
  });
});
