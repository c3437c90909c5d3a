/** Calls of a client that name further models. */
import { expect, test } from 'vitest';
import { createCallm, type Middleware } from '../../src/index.js';
import { messages } from './rig.js';

interface Sent {
  host: string;
  key: string | undefined;
  body: Record<string, unknown>;
}

/** Answers with the model's name; models that begin with a status fail by it. */
function client(options: object = {}) {
  const sent: Sent[] = [];
  const made = createCallm({
    num_retries: 0,
    env: { OPENAI_API_KEY: 'openai-key', GROQ_API_KEY: 'groq-key' },
    transport: async ({ url, headers, body }) => {
      const asked = JSON.parse(String(body)) as Record<string, unknown>;
      const model = String(asked['model']);
      sent.push({ host: new URL(url).host, key: headers['authorization']?.slice(7), body: asked });
      const status = /^\d{3}/.exec(model)?.[0];
      const code = model.endsWith('long') ? 'context_length_exceeded' : 'other';
      if (status !== undefined) return Response.json({ error: { message: 'no', code } }, { status: Number(status) });
      const choices = [{ index: 0, message: { role: 'assistant', content: model }, finish_reason: 'stop' }];
      return Response.json({ id: '1', object: 'chat.completion', created: 1, model, choices });
    },
    ...options,
  });
  const ask = async (model: string, more: object = {}): Promise<string | null | undefined> =>
    (await made.completion({ model, messages, ...more })).choices[0]?.message.content;
  return { made, ask, sent };
}

test('fallbacks are asked in order, by their own parameters; the ledger has all', async () => {
  const { made, sent } = client();
  const answer = await made.completion({
    model: 'openai/500',
    messages,
    temperature: 0.1,
    fallbacks: ['openai/503', { temperature: 0.5 }, { model: 'openai/good', temperature: 0.9 }, 'openai/never'],
  });
  expect(answer.choices[0]?.message.content).toBe('good');
  expect(sent.map(({ body }) => [body['model'], body['temperature']])).toEqual([
    ['500', 0.1],
    ['503', 0.1],
    ['500', 0.5],
    ['good', 0.9],
  ]);
  expect(sent.every(({ body }) => body['fallbacks'] === undefined)).toBe(true);
  expect(answer._hidden_params.attempts.map(({ deployment, status }) => [deployment, status])).toEqual([
    ['openai/500', 500],
    ['openai/503', 503],
    ['openai/500 #2', 500],
    ['openai/good', 200],
  ]);
});

test('a key and an address are for models of the same provider', async () => {
  const { ask, sent } = client();
  const own = { api_key: 'mine', api_base: 'https://mine.example/v1' };
  expect(await ask('openai/500', { ...own, fallbacks: ['openai/502', 'groq/good'] })).toBe('good');
  expect(sent.map(({ host, key }) => [host, key])).toEqual([
    ['mine.example', 'mine'],
    ['mine.example', 'mine'],
    ['api.groq.com', 'groq-key'],
  ]);
});

test('bare names are of the provider that offers them', async () => {
  const { ask, sent } = client({
    env: { OPENAI_API_KEY: 'openai-key', ANTHROPIC_API_KEY: 'anthropic-key' },
    transport: async ({ url, headers }: { url: string; headers: Record<string, string> }) => {
      sent.push({ host: new URL(url).host, key: headers['x-api-key'] ?? headers['authorization']?.slice(7), body: {} });
      return Response.json({ error: { message: 'no' } }, { status: 500 });
    },
  });
  const fallbacks = ['claude-sonnet-4-5', 'o3', 'openai/gpt-4o-mini'];
  await expect(ask('gpt-4o', { api_key: 'mine', fallbacks })).rejects.toThrow('HTTP 500');
  await expect(ask('gpt-4o', { api_key: 'mine', custom_llm_provider: 'openai', fallbacks: ['own'] })).rejects.toThrow(
    'HTTP 500',
  );
  expect(sent.map(({ host, key }) => [host, key])).toEqual([
    ['api.openai.com', 'mine'],
    ['api.anthropic.com', 'anthropic-key'],
    ['api.openai.com', 'mine'],
    ['api.openai.com', 'mine'],
    ['api.openai.com', 'mine'],
    ['api.openai.com', 'mine'],
  ]);
});

test('all failed: the first error, with every attempt', async () => {
  const { ask } = client();
  await expect(ask('openai/401', { fallbacks: ['openai/500', 'groq/503'] })).rejects.toMatchObject({
    name: 'AuthenticationError',
    attempts: [{ status: 401 }, { status: 500 }, { status: 503 }],
  });
});

test('larger models for prompts that are too long', async () => {
  const { ask, sent } = client();
  const lists = { context_window_fallback_dict: { 'openai/400long': 'openai/large' }, fallbacks: ['openai/other'] };
  expect(await ask('openai/400long', lists)).toBe('large');
  expect(await ask('openai/500', lists)).toBe('other');
  expect(await ask('openai/400long', { context_window_fallbacks: [{ 'openai/400long': ['groq/big'] }] })).toBe('big');
  expect(sent).toHaveLength(6);
});

test('a client’s own fallbacks, which a call replaces', async () => {
  const { ask } = client({ fallbacks: ['openai/second'] });
  expect(await ask('openai/500')).toBe('second');
  expect(await ask('openai/500', { fallbacks: ['openai/third'] })).toBe('third');
  await expect(ask('openai/500', { fallbacks: [] })).rejects.toThrow('HTTP 500');
  await expect(ask('openai/500', { disable_fallbacks: true })).rejects.toThrow('HTTP 500');
});

test('undefined says nothing: the client’s own stand', async () => {
  const { made } = client({ fallbacks: ['openai/503'] });
  const asked = made.completion({ model: 'openai/500', messages, fallbacks: undefined, num_retries: undefined });
  await expect(asked).rejects.toMatchObject({ attempts: [{ status: 500 }, { status: 503 }] });
});

test('a model_list is a Router for one call', async () => {
  const { ask, sent } = client();
  const model_list = [
    { model_name: 'g', litellm_params: { model: 'openai/500', weight: 1 } },
    { model_name: 'g', litellm_params: { model: 'groq/good', api_key: 'of-list', weight: 0 } },
  ];
  expect(await ask('g', { model_list, num_retries: 1 })).toBe('good');
  expect(sent.map(({ key }) => key)).toEqual(['openai-key', 'of-list']);
  await expect(ask('g', { model_list: 'g' })).rejects.toMatchObject({ param: 'model_list' });
  await expect(ask('g', { model_list: [{ model_name: 'g' }] })).rejects.toMatchObject({
    param: 'model_list[0].litellm_params.model',
  });
});

test('streams and embeddings have fallbacks, too', async () => {
  const asked: string[] = [];
  const { made } = client({
    transport: async ({ body }: { body: unknown }) => {
      const { model, stream } = JSON.parse(String(body)) as { model: string; stream?: boolean };
      asked.push(model);
      if (model === 'bad') return new Response('{}', { status: 500 });
      if (stream !== true)
        return Response.json({ object: 'list', model, data: [{ object: 'embedding', index: 0, embedding: [1] }] });
      const chunk = (delta: object, finish_reason: string | null = null): string =>
        `data: ${JSON.stringify({ id: '1', object: 'chat.completion.chunk', created: 1, model, choices: [{ index: 0, delta, finish_reason }] })}\n\n`;
      return new Response(`${chunk({ role: 'assistant', content: 'hi' })}${chunk({}, 'stop')}data: [DONE]\n\n`, {
        headers: { 'content-type': 'text/event-stream' },
      });
    },
  });
  let text = '';
  const fallbacks = ['openai/good'];
  for await (const { choices } of await made.completion({ model: 'openai/bad', messages, stream: true, fallbacks }))
    text += choices[0]?.delta.content ?? '';
  expect(text).toBe('hi');
  expect((await made.embedding({ model: 'openai/bad', input: 'a', fallbacks })).data[0]?.embedding).toEqual([1]);
  expect(asked).toEqual(['bad', 'good', 'bad', 'good']);
});

test('middleware sees one call', async () => {
  let seen = 0;
  const counting: Middleware = (endpoint, input, next) => {
    seen++;
    return next(input);
  };
  const { ask } = client({ use: [counting] });
  expect(await ask('openai/500', { fallbacks: ['openai/good'] })).toBe('good');
  expect(seen).toBe(1);
});

test.each([[5], ['openai/x'], [[5]], [[{ model: 5 }]], [[null]]])('fallbacks: %o is refused', async (fallbacks) => {
  const { ask, sent } = client();
  await expect(ask('openai/500', { fallbacks })).rejects.toMatchObject({ name: 'BadRequestError', param: 'fallbacks' });
  expect(sent).toEqual([]);
});
