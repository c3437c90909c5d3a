import { describe, expect, it } from 'vitest';
import { compatible, compatibleProvider, type CompatibleName } from '../../../providers/compatible.js';
import type { Row } from '../../../providers/openai/quirks.js';
import { createCallm, type Endpoint, type Wire } from '../../../src/index.js';

const rows = Object.entries(compatible) as [CompatibleName, Row][];
const list = (value: string | readonly string[] | undefined): readonly string[] =>
  typeof value === 'string' ? [value] : (value ?? []);

/** Variables that fill a base in. */
function variables(row: Row): Record<string, string> {
  const env: Record<string, string> = {};
  for (const variable of Object.values(row.variables ?? {}))
    for (const name of variable.env ?? []) env[name] = 'filled';
  return env;
}

interface Sent {
  wire: Wire | undefined;
}
function clientOf(id: CompatibleName, row: Row, sent: Sent, answer: string, type = 'application/json') {
  const key = list(row.key)[0];
  return createCallm({
    providers: [compatibleProvider(id)],
    env: { ...variables(row), ...(key === undefined ? {} : { [key]: 'key-of-the-row' }) },
    num_retries: 0,
    transport: (wire: Wire) => {
      sent.wire = wire;
      return Promise.resolve(new Response(answer, { status: 200, headers: { 'content-type': type } }));
    },
  });
}
const needsBase = (row: Row, endpoint: Endpoint): boolean =>
  row.bases?.[endpoint] === null || (row.base === undefined && row.bases?.[endpoint] === undefined);
const baseOption = (row: Row, endpoint: Endpoint) =>
  needsBase(row, endpoint) ? { api_base: 'https://own.example.com' } : {};

const completion = JSON.stringify({
  id: 'x',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Noon.' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 },
});
const stream = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: 'No' }, finish_reason: null }] },
  { choices: [{ index: 0, delta: { content: 'on.' }, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 } },
]
  .map(
    (chunk) =>
      `data: ${JSON.stringify({ id: 'x', object: 'chat.completion.chunk', created: 1, model: 'm', ...chunk })}\n\n`,
  )
  .join('');

describe('the table', () => {
  it('has a hundred rows and more', () => {
    expect(rows.length).toBeGreaterThanOrEqual(100);
  });

  it.each(rows)('%s is data alone', (_, row) => {
    const functions: string[] = [];
    const walk = (value: unknown, path: string): void => {
      if (typeof value === 'function') functions.push(path);
      else if (typeof value === 'object' && value !== null && !(value instanceof RegExp))
        for (const [key, inner] of Object.entries(value)) walk(inner, `${path}.${key}`);
    };
    walk(row, '');
    expect(functions).toEqual([]);
  });

  it.each(rows)('%s names addresses that are addresses', (_, row) => {
    const bases = [row.base, ...Object.values(row.bases ?? {})].filter((base) => typeof base === 'string');
    for (const base of bases) {
      const url = new URL(base.replace(/\{\w+\}/g, 'filled'));
      expect(url.protocol === 'https:' || ['localhost', '127.0.0.1'].includes(url.hostname)).toBe(true);
      expect(base.endsWith('/')).toBe(false);
      for (const [, name] of base.matchAll(/\{(\w+)\}/g)) expect(Object.keys(row.variables ?? {})).toContain(name);
    }
    if (row.docs !== undefined) expect(new URL(row.docs).protocol).toBe('https:');
  });

  it.each(rows)('%s reads no key of another vendor', (_, row) => {
    const names = [...list(row.key), ...list(row.base_env)];
    expect(names.filter((name) => /^OPENAI_(?!LIKE)|^ANTHROPIC_|^AZURE_(?:API|OPENAI)_/.test(name))).toEqual([]);
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Z0-9_]*$/);
  });

  it('shares transformers between rows that share quirks', () => {
    expect(compatibleProvider('novita').endpoints.chat).toBe(compatibleProvider('gmi').endpoints.chat);
    expect(compatibleProvider('novita').endpoints.chat).not.toBe(compatibleProvider('groq').endpoints.chat);
  });
});

describe('addresses that depend on the call', () => {
  const messages = [{ role: 'user' as const, content: 'Hi' }];
  it.each([
    ['baseten/abcd1234', {}, 'https://model-abcd1234.api.baseten.co/environments/production/sync/v1/chat/completions'],
    ['baseten/some-model', {}, 'https://inference.baseten.co/v1/chat/completions'],
    [
      'cloudflare/m',
      { CLOUDFLARE_ACCOUNT_ID: 'a1' },
      'https://api.cloudflare.com/client/v4/accounts/a1/ai/v1/chat/completions',
    ],
  ])('%s with %j', async (model, env, url) => {
    const client = createCallm({ env, api_key: 'k' });
    expect((await client.dryRun('chat', { model, messages })).url).toBe(url);
  });

  it('prefer what the caller gives, and say what is missing', async () => {
    const client = createCallm({ env: {}, api_key: 'k' });
    const own = createCallm({ env: { CLOUDFLARE_ACCOUNT_ID: 'a1' }, api_key: 'k' });
    const given = await own.dryRun('chat', { model: 'cloudflare/m', messages, account_id: 'b2' });
    expect(given.url).toContain('/b2/');
    await expect(client.dryRun('chat', { model: 'cloudflare/m', messages })).rejects.toThrow(/CLOUDFLARE_ACCOUNT_ID/);
    await expect(client.dryRun('chat', { model: 'hosted_vllm/m', messages })).rejects.toThrow(/HOSTED_VLLM_API_BASE/);
  });
});

const offering = (endpoint: NonNullable<Row['endpoints']>[number]) =>
  rows.filter(([, row]) => (row.endpoints ?? ['chat']).includes(endpoint));

describe('every row', () => {
  it.each(offering('chat'))('%s chats', async (id, row) => {
    const sent: Sent = { wire: undefined };
    const client = clientOf(id, row, sent, completion);
    const messages = Object.freeze([Object.freeze({ role: 'user' as const, content: 'Hi' })]);
    const result = await client.completion({
      model: `${id}/some-model`,
      messages: messages as never,
      ...baseOption(row, 'chat'),
    });
    const body = JSON.parse(sent.wire?.body as string) as Record<string, unknown>;
    expect(body['messages']).toEqual(messages);
    expect(String(body['model'])).toContain('some-model');
    expect(new URL(sent.wire?.url ?? '').pathname).toMatch(/\/chat\/completions\/?$/);
    expect(sent.wire?.url).not.toMatch(/\/v1\/v1|\{/);
    const auth = row.auth?.header ?? 'authorization';
    if (list(row.key).length > 0) expect(sent.wire?.headers[auth]).toContain('key-of-the-row');
    expect(result.choices[0]?.message).toEqual({ role: 'assistant', content: 'Noon.', refusal: null });
    expect(result.choices[0]?.finish_reason).toBe('stop');
  });

  it.each(offering('chat'))('%s streams', async (id, row) => {
    const sent: Sent = { wire: undefined };
    const client = clientOf(id, row, sent, `${stream}data: [DONE]\n\n`, 'text/event-stream');
    const result = await client.completion({
      model: `${id}/some-model`,
      messages: [{ role: 'user', content: 'Hi' }],
      stream: true,
      ...baseOption(row, 'chat'),
    });
    const texts: string[] = [];
    for await (const chunk of result) texts.push(chunk.choices[0]?.delta.content ?? '');
    expect(texts.join('')).toBe('Noon.');
    expect((await result.final()).usage).toMatchObject({ prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 });
    const body = JSON.parse(sent.wire?.body as string) as Record<string, unknown>;
    const asks = row.quirks?.usage_in_stream !== false;
    expect(body['stream_options']).toEqual(asks ? { include_usage: true } : undefined);
  });

  it.each(offering('embeddings'))('%s embeds', async (id, row) => {
    const sent: Sent = { wire: undefined };
    const answer = JSON.stringify({
      data: [{ index: 0, embedding: [0.5, 1] }],
      model: 'm',
      usage: { total_tokens: 3 },
    });
    const client = clientOf(id, row, sent, answer);
    const result = await client.embedding({
      model: `${id}/some-model`,
      input: ['a buoy'],
      ...baseOption(row, 'embeddings'),
    });
    expect(result.data).toEqual([{ object: 'embedding', index: 0, embedding: [0.5, 1] }]);
    expect(result.usage).toMatchObject({ prompt_tokens: 3, total_tokens: 3 });
    expect(sent.wire?.body).toContain('a buoy');
    expect(sent.wire?.url).not.toMatch(/\/v1\/v1|\{/);
  });

  it.each(offering('rerank'))('%s reranks', async (id, row) => {
    const sent: Sent = { wire: undefined };
    const answer = JSON.stringify({
      id: 'r',
      results: [
        { index: 1, relevance_score: 0.9 },
        { index: 0, relevance_score: 0.1 },
      ],
    });
    const client = clientOf(id, row, sent, answer);
    const result = await client.rerank({
      model: `${id}/some-model`,
      query: 'q',
      documents: ['a', 'b'],
      ...baseOption(row, 'rerank'),
    });
    expect(result.results.map(({ index }) => index)).toEqual([1, 0]);
    expect(sent.wire?.url).not.toMatch(/\/v1\/v1|\{/);
    expect(sent.wire?.body).not.toContain('return_documents');
  });
});
