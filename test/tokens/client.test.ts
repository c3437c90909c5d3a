import { describe, expect, test } from 'vitest';
import { anthropic } from '../../providers/anthropic/index.js';
import { createCallm as createCore } from '../../src/core/index.js';
import { countTokens, createCallm, decode, encode, tokenCounter, trimMessages } from '../../src/index.js';
import { countTokens as countHere } from '../../src/tokens/index.js';
import type { JsonObject, Middleware, Wire } from '../../src/index.js';

const messages = [{ role: 'user' as const, content: 'Is the lock open?' }];

/** A client whose provider counts 23 tokens. */
function counting(options: object = {}) {
  const sent: Wire[] = [];
  const client = createCallm({
    prices: {},
    env: {},
    api_key: 'test-key',
    num_retries: 0,
    transport: (wire) => {
      sent.push(wire);
      return Promise.resolve(Response.json({ input_tokens: 23 }));
    },
    ...options,
  });
  return { client, bodies: () => sent.map(({ body }) => JSON.parse(body as string) as JsonObject) };
}

describe('by the provider', () => {
  test('the request goes the way of every call', async () => {
    const seen: string[] = [];
    const use: Middleware[] = [
      (endpoint, input, next) => {
        seen.push(endpoint);
        return next(input);
      },
    ];
    const { client, bodies } = counting({ use });
    const input = {
      model: 'anthropic/claude-sonnet-4-5',
      messages,
      method: 'provider',
      max_tokens: 9,
      default_token_count: 1,
    } as const;
    expect(await client.countTokens(input)).toEqual({ tokens: 23, method: 'provider', exact: true });
    expect(seen).toEqual(['count_tokens']);
    expect(Object.keys(bodies()[0] as JsonObject).sort()).toEqual(['messages', 'model']);
  });

  test('a text is a user’s message, and warnings are told', async () => {
    const { client, bodies } = counting();
    const model = 'anthropic/claude-sonnet-4-5';
    const counted = await client.countTokens({
      model,
      text: ['Is the lock', ' open?'],
      method: 'provider',
      user: 'ada',
      metadata: {},
    });
    expect(counted).toMatchObject({
      tokens: 23,
      note: expect.stringMatching(/^the text was counted as a user's message/),
    });
    expect(bodies()[0]).toMatchObject({
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Is the lock open?' }] }],
    });
  });

  test('a schema counts, and the count is not read by it', async () => {
    const { client } = counting();
    const schema = { type: 'object', properties: { open: { type: 'boolean' } } };
    const input = { model: 'anthropic/claude-sonnet-4-5', messages, response_format: schema };
    expect(await client.run('count_tokens', input as never)).toEqual({ input_tokens: 23 });
  });

  test('a provider that counts none is refused', async () => {
    const { client } = counting();
    await expect(
      client.countTokens({ model: 'groq/llama-3.3-70b-versatile', messages, method: 'provider' }),
    ).rejects.toThrow(/count_tokens/);
  });

  test('without a client it is refused', async () => {
    await expect(countHere({ model: 'gpt-4o', messages, method: 'provider' })).rejects.toMatchObject({
      param: 'method',
    });
  });

  test('an answer without a number is an error, and so is a stream', async () => {
    const { client } = counting({ transport: () => Promise.resolve(Response.json({})) });
    const input = { model: 'anthropic/claude-sonnet-4-5', messages };
    await expect(client.run('count_tokens', input)).rejects.toThrow('a body without a number of tokens');
    await expect(client.run('count_tokens', { ...input, stream: true })).rejects.toMatchObject({ param: 'stream' });
  });

  test('may be mocked', async () => {
    const input = { model: 'anthropic/claude-sonnet-4-5', messages, mock_response: 'ten' };
    expect(await createCallm({ env: {} }).countTokens({ ...input, method: 'provider' })).toMatchObject({ tokens: 10 });
    expect(
      await createCallm({ env: {} }).countTokens({ ...input, method: 'provider', mock_response: { input_tokens: 4 } }),
    ).toMatchObject({ tokens: 4 });
  });
});

test('here, by every client and by the functions of the package', async () => {
  const input = { model: 'gpt-4o', messages };
  const tokens = await tokenCounter(input);
  const counted = { tokens, method: 'tokenizer', exact: true, tokenizer: 'o200k_base' };
  expect(await countTokens(input)).toEqual(counted);
  expect(await counting().client.countTokens(input)).toEqual(counted);
  expect(await createCore({ providers: [anthropic] }).countTokens(input)).toEqual(counted);
  expect(await decode({ model: 'gpt-4o', tokens: await encode({ model: 'gpt-4o', text: '\ufeffAhoy' }) })).toBe(
    '\ufeffAhoy',
  );
  expect(await trimMessages(messages, { model: 'gpt-4o', max_tokens: tokens })).toEqual(messages);
});
