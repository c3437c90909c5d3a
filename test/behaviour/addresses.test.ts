/** Where a call goes: `api_base`, what is appended to it, whose variable names it, what the query holds. */
import { beforeAll, describe, expect, test } from 'vitest';
import { client, sendJson, serve, type TestServer } from './server.js';
import { anthropic, gemini, messages, openai } from './wires.js';

let server: TestServer;

beforeAll(async () => {
  server = await serve((res, { path }) => {
    if (/rerank/.test(path)) return sendJson(res, { id: 'r', results: [{ index: 0, relevance_score: 1 }] });
    if (/embed/i.test(path)) {
      const vector = { data: [{ index: 0, embedding: [1] }], model: 'm', usage: { prompt_tokens: 1, total_tokens: 1 } };
      return sendJson(
        res,
        path.includes('batch') ? { embeddings: [{ values: [1] }] } : { ...vector, embedding: { values: [1] } },
      );
    }
    const wire = path.includes('/messages') ? anthropic : path.includes(':generateContent') ? gemini : openai;
    sendJson(res, wire.whole('hi'));
  });
});

/** The path of the only request that a call sends. */
async function pathOf(call: () => Promise<unknown>): Promise<string> {
  server.requests.length = 0;
  await call();
  expect(server.requests).toHaveLength(1);
  return server.requests[0]?.path ?? '';
}

describe('api_base replaces the default base; the rest is appended', () => {
  const rows: [model: string, base: string, path: string][] = [
    ['openai/gpt-4o', '', '/chat/completions'],
    ['openai/gpt-4o', '/', '/chat/completions'],
    ['openai/gpt-4o', '/v1', '/v1/chat/completions'],
    ['openai/gpt-4o', '/v1/', '/v1/chat/completions'],
    ['openai/gpt-4o', '/proxy/openai/v1', '/proxy/openai/v1/chat/completions'],
    ['openai/gpt-4o', '/v1/chat/completions', '/v1/chat/completions'],
    ['openai/gpt-4o', '/v1?tenant=a', '/v1/chat/completions?tenant=a'],
    ['groq/llama-3.3-70b-versatile', '/openai/v1', '/openai/v1/chat/completions'],
    ['deepseek/deepseek-chat', '/beta', '/beta/chat/completions'],
    ['anthropic/claude-sonnet-4-5', '', '/v1/messages'],
    ['anthropic/claude-sonnet-4-5', '/v1', '/v1/messages'],
    ['anthropic/claude-sonnet-4-5', '/proxy', '/proxy/v1/messages'],
    ['anthropic/claude-sonnet-4-5', '/proxy/v1/messages', '/proxy/v1/messages'],
    ['gemini/gemini-2.5-flash', '', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ['gemini/gemini-2.5-flash', '/v1beta', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ['gemini/gemini-2.5-flash', '/proxy/v1beta/', '/proxy/v1beta/models/gemini-2.5-flash:generateContent'],
  ];
  test.each(rows)('%s at "%s"', async (model, base, path) => {
    const api_base = `${server.url}${base}`;
    expect(await pathOf(() => client().completion({ model, messages, api_base }))).toBe(path);
    expect(await pathOf(() => client().completion({ model, messages, base_url: api_base }))).toBe(path);
    expect(await pathOf(() => client({ api_base }).completion({ model, messages }))).toBe(path);
  });

  test('of the call wins over the one of the client, and never adds up', async () => {
    const api_base = `${server.url}/v1`;
    const other = 'http://127.0.0.1:1/other';
    const call = { model: 'openai/gpt-4o', messages };
    expect(await pathOf(() => client({ api_base: other }).completion({ ...call, api_base }))).toBe(
      '/v1/chat/completions',
    );
    expect(await pathOf(() => client({ api_base: other }).completion({ ...call, base_url: api_base }))).toBe(
      '/v1/chat/completions',
    );
  });

  test('embeddings and rerank', async () => {
    const api_base = `${server.url}/v1`;
    expect(await pathOf(() => client().embedding({ model: 'openai/e', input: 'a', api_base }))).toBe('/v1/embeddings');
    const query = { query: 'q', documents: ['a'] };
    expect(await pathOf(() => client().rerank({ model: 'jina_ai/r', ...query, api_base }))).toBe('/v1/rerank');
  });

  test("may stand in the provider's variable", async () => {
    const variables: [string, string, string, string][] = [
      ['OPENAI_API_BASE', '/v1', 'openai/gpt-4o', '/v1/chat/completions'],
      ['OPENAI_BASE_URL', '/v1', 'openai/gpt-4o', '/v1/chat/completions'],
      ['ANTHROPIC_API_BASE', '', 'anthropic/claude-sonnet-4-5', '/v1/messages'],
      ['GEMINI_API_BASE', '/v1beta', 'gemini/gemini-2.5-flash', '/v1beta/models/gemini-2.5-flash:generateContent'],
    ];
    for (const [name, base, model, path] of variables)
      expect(
        await pathOf(() => client({ env: { [name]: `${server.url}${base}` } }).completion({ model, messages })),
        name,
      ).toBe(path);
  });
});

test('extra_query is added, values are encoded', async () => {
  const call = { model: 'openai/gpt-4o', messages, api_base: `${server.url}/v1?a=1` };
  const path = await pathOf(() => client().completion({ ...call, extra_query: { b: 'x y&z', c: 'ä' } }));
  const { searchParams, pathname } = new URL(path, server.url);
  expect(pathname).toBe('/v1/chat/completions');
  expect(Object.fromEntries(searchParams)).toEqual({ a: '1', b: 'x y&z', c: 'ä' });
});

test('a model name cannot leave its place in the path', async () => {
  const api_base = `${server.url}/v1beta`;
  const path = await pathOf(() => client().completion({ model: 'gemini/evil?x=1#y', messages, api_base }));
  expect(path).toBe('/v1beta/models/evil%3Fx%3D1%23y:generateContent');
  const escape = client().completion({ model: 'gemini/../../evil', messages, api_base });
  await expect(escape).rejects.toMatchObject({ name: 'BadRequestError', param: 'model' });
});
