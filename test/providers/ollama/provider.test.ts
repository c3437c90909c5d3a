import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { hostAddress } from '../../../providers/ollama/host.js';
import { clientFor } from './client.js';

const answer = {
  model: 'qwen3:8b',
  created_at: '2026-02-11T09:15:42.125Z',
  message: { role: 'assistant', content: 'Hi' },
  done: true,
  done_reason: 'stop',
};
const messages = [{ role: 'user' as const, content: 'Hi' }];
const model = 'ollama/qwen3:8b';

describe('what OLLAMA_HOST means', () => {
  test.each([
    [undefined, 'http://localhost:11434'],
    ['', 'http://localhost:11434'],
    ['  ', 'http://localhost:11434'],
    ['0.0.0.0', 'http://127.0.0.1:11434'],
    ['0.0.0.0:8080', 'http://127.0.0.1:8080'],
    ['[::]:11434', 'http://[::1]:11434'],
    ['[::]', 'http://[::1]:11434'],
    ['[fe80::1]', 'http://[fe80::1]:11434'],
    [':8080', 'http://localhost:8080'],
    ['10.0.0.7', 'http://10.0.0.7:11434'],
    ['10.0.0.7:1234', 'http://10.0.0.7:1234'],
    ['gpu.example.com/ollama', 'http://gpu.example.com:11434/ollama'],
    ['gpu.example.com:81/ollama/', 'http://gpu.example.com:81/ollama'],
    ['http://gpu.example.com', 'http://gpu.example.com'],
    ['http://gpu.example.com:11434/', 'http://gpu.example.com:11434'],
    ['http://0.0.0.0:11434', 'http://127.0.0.1:11434'],
    ['https://gpu.example.com', 'https://gpu.example.com'],
    ['HTTPS://gpu.example.com', 'HTTPS://gpu.example.com'],
    ['ollama.com', 'https://ollama.com'],
    ['https://ollama.com', 'https://ollama.com'],
    ['0.0.0.0.example.com', 'http://0.0.0.0.example.com:11434'],
  ])('%j', (host, address) => {
    expect(hostAddress(host)).toBe(address);
  });

  test.each(['ftp://here', 'unix:///run/ollama.sock', 'a b', 'host:port'])('%j is refused', (host) => {
    expect(() => hostAddress(host)).toThrow(/OLLAMA_HOST/);
  });
});

describe('addresses', () => {
  test.each([
    [{}, undefined, 'http://localhost:11434/api/chat'],
    [{ OLLAMA_HOST: '10.0.0.7' }, undefined, 'http://10.0.0.7:11434/api/chat'],
    [{ OLLAMA_HOST: '10.0.0.7', OLLAMA_API_BASE: 'http://b.example.com' }, undefined, 'http://b.example.com/api/chat'],
    [{ OLLAMA_API_BASE: 'http://b.example.com' }, 'https://c.example.com/o/', 'https://c.example.com/o/api/chat'],
    [{}, 'https://c.example.com/api/chat', 'https://c.example.com/api/chat'],
  ])('with %j and api_base %s', async (env, api_base, url) => {
    const { client, sent } = clientFor(() => answer, env);
    await client.completion({ model, messages, ...(api_base !== undefined && { api_base }) });
    expect(sent[0]?.url).toBe(url);
  });

  test('embeddings, under both names', async () => {
    const { client, sent } = clientFor(() => ({ model: 'm', embeddings: [[1]] }));
    for (const name of ['ollama', 'ollama_chat']) await client.embedding({ model: `${name}/m`, input: 'Hi' });
    expect(sent.map(({ url }) => url)).toEqual(Array(2).fill('http://localhost:11434/api/embed'));
  });

  test('the provider is told under the name it was called by', async () => {
    const { client } = clientFor(() => answer);
    for (const name of ['ollama', 'ollama_chat']) {
      const { _hidden_params: hidden } = await client.completion({ model: `${name}/qwen3:8b`, messages });
      expect(hidden.llm_provider).toBe(name);
    }
  });
});

describe('keys', () => {
  test.each([
    [{}, {}, undefined],
    [{ OLLAMA_API_KEY: 'key-5678' }, {}, 'Bearer key-5678'],
    [{ OLLAMA_API_KEY: 'key-5678' }, { api_key: 'key-9' }, 'Bearer key-9'],
  ])('%j and %j', async (env, options, authorization) => {
    const { client, sent } = clientFor(() => answer, env);
    await client.completion({ model, messages, ...options });
    expect(sent[0]?.headers['authorization']).toBe(authorization);
  });
});

describe('files by address', () => {
  const url = 'https://pictures.example.com/boat.png';
  const ask = (part: object) => [{ role: 'user' as const, content: [{ type: 'text', text: 'What?' }, part] }] as never;
  const picture = () => new Response(new Uint8Array([1, 2, 3]), { headers: { 'content-type': 'image/png' } });

  test('images are downloaded and sent as base64', async () => {
    const { client, sent } = clientFor(() => answer, {}, { [url]: picture });
    const { _hidden_params: hidden } = await client.completion({
      model,
      messages: ask({ type: 'image_url', image_url: { url } }),
    });
    expect(sent[0]?.body['messages']).toEqual([{ role: 'user', content: 'What?', images: ['AQID'] }]);
    expect(hidden.warnings.map(({ type, param }) => [type, param])).toEqual([
      ['rewrite', 'messages[0].content[1].image_url.url'],
    ]);
  });

  test('files of text are downloaded and sent as text', async () => {
    const file = 'https://pictures.example.com/log.txt';
    const { client, sent } = clientFor(() => answer, {}, { [file]: () => new Response('28 m') });
    await client.completion({ model, messages: ask({ type: 'file', file: { file_id: file, format: 'text/plain' } }) });
    expect(sent[0]?.body['messages']).toEqual([{ role: 'user', content: 'What?\n28 m' }]);
  });

  test('what it cannot read is refused before anything is downloaded', async () => {
    const file = 'https://pictures.example.com/log.pdf';
    const { client, sent } = clientFor(() => answer, {}, {});
    await expect(
      client.completion({ model, messages: ask({ type: 'file', file: { file_id: file } }) }),
    ).rejects.toMatchObject({ name: 'UnsupportedParamsError', param: 'messages[0].content[1].file' });
    expect(sent).toEqual([]);
  });
});

test('where to sign in is told with the error', async () => {
  const { client } = clientFor(() => ({ error: 'unauthorized', signin_url: 'https://ollama.com/connect' }));
  await expect(client.completion({ model, messages })).rejects.toMatchObject({
    provider_specific_fields: { signin_url: 'https://ollama.com/connect' },
  });
});

test('a missing model is a client error even inside a stream', async () => {
  const { client } = clientFor(() => [{ error: "model 'qwen3:8b' not found" }]);
  await expect(client.completion({ model, messages, stream: true })).rejects.toMatchObject({
    name: 'NotFoundError',
    message: expect.stringContaining('"ollama pull qwen3:8b" makes it available') as unknown,
  });
});

test('a pattern that the server has no grammar for is checked in the answer', async () => {
  const say = (year: string) => ({ ...answer, message: { role: 'assistant', content: JSON.stringify({ year }) } });
  let { client, sent } = clientFor(() => say('2026'));
  const response_format = z.object({ year: z.string().regex(/^\d{4}$/) });
  const result = await client.completion({ model, messages, response_format });
  expect(result.choices[0]?.message.parsed).toEqual({ year: '2026' });
  expect(sent[0]?.body['format']).toMatchObject({ properties: { year: { type: 'string' } } });
  expect(JSON.stringify(sent[0]?.body['format'])).not.toContain('pattern');
  ({ client, sent } = clientFor(() => say('26')));
  await expect(client.completion({ model, messages, response_format })).rejects.toMatchObject({
    name: 'JSONSchemaValidationError',
  });
});
