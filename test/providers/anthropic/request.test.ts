import { describe, expect, test } from 'vitest';
import { chatTransformer, mustInline } from '../../../providers/anthropic/chat.js';
import { countTokensRequest } from '../../../providers/anthropic/count-tokens.js';
import { anthropic } from '../../../providers/anthropic/index.js';
import { modelOf } from '../../../providers/anthropic/models.js';
import { chat as endpoint } from '../../../src/endpoints/chat.js';
import { createCallm } from '../../../src/core/index.js';
import { mapParams } from '../../../src/core/params.js';
import type { Options, HttpRequest, JsonObject, Transformer } from '../../../src/core/spec.js';
import { makeCall } from './call.js';

const transformer = anthropic.endpoints.chat as Transformer<'chat'>;

function build(params: JsonObject, options?: Options, model?: string): HttpRequest & { body: JsonObject } {
  const call = makeCall(params, options, model);
  return transformer.request(call, mapParams(call, endpoint)) as HttpRequest & { body: JsonObject };
}

describe('models', () => {
  test.each([
    ['claude-3-haiku-20240307', 4096, 'none'],
    ['anthropic.claude-3-5-sonnet-20241022-v2:0', 8192, 'none'],
    ['claude-3-7-sonnet@20250219', 64_000, 'budget'],
    ['claude-opus-4-20250514', 32_000, 'budget'],
    ['claude-sonnet-4-0', 64_000, 'budget'],
    ['us.anthropic.claude-opus-4-1-20250805-v1:0', 32_000, 'budget'],
    ['claude-haiku-4-5@20251001', 64_000, 'budget'],
    ['claude-opus-4.5', 64_000, 'budget'],
    ['claude-sonnet-4-6', 128_000, 'either'],
    ['claude-opus-4-7', 128_000, 'adaptive'],
    ['claude-sonnet-5', 128_000, 'adaptive'],
    ['claude-fable-5-2', 128_000, 'adaptive'],
    ['claude-opus-9-1', 128_000, 'adaptive'],
    ['kimi-k3', 8192, 'budget'],
  ])('%s may ask for %i tokens and thinks: %s', (name, max_tokens, thinking) => {
    expect(modelOf(name)).toMatchObject({ max_tokens, thinking });
  });

  test.each([
    ['claude-opus-4-6', 'disabled', true],
    ['claude-opus-5', 'disabled', true],
    ['claude-haiku-5-5', 'disabled', true],
    ['claude-sonnet-5-5', 'between_tools', false],
    ['claude-opus-5-5', null, false],
    ['claude-fable-5', null, true],
    ['claude-mythos-5-1', null, false],
  ])('%s stops thinking by %s; forced tools: %s', (name, off, forced_tools) => {
    expect(modelOf(name)).toMatchObject({ off, forced_tools });
  });

  test('decide the dialect of schemas', () => {
    expect(transformer.dialect?.('claude-haiku-4-5')).toBe('anthropic');
    expect(transformer.dialect?.('claude-opus-4-1')).toBe('json_schema');
  });
});

describe('credentials', () => {
  async function headers(env: Record<string, string>, options: JsonObject = {}): Promise<Record<string, string>> {
    let sent: Record<string, string> = {};
    const client = createCallm({
      providers: [anthropic],
      env,
      num_retries: 0,
      transport: async (wire) => {
        sent = wire.headers;
        return Response.json({ type: 'message', content: [{ type: 'text', text: 'Hi.' }], stop_reason: 'end_turn' });
      },
    });
    await client.completion({
      model: 'anthropic/claude-sonnet-5',
      messages: [{ role: 'user', content: 'Hi' }],
      ...options,
    });
    return sent;
  }

  test('a key goes in x-api-key, the key variable before the token variable', async () => {
    const sent = await headers({ ANTHROPIC_API_KEY: 'sk-ant-1', ANTHROPIC_AUTH_TOKEN: 'tok-2' });
    expect(sent).toMatchObject({ 'x-api-key': 'sk-ant-1', 'anthropic-version': '2023-06-01' });
    expect(sent).not.toHaveProperty('authorization');
  });

  test('the token variable goes as Bearer', async () => {
    const sent = await headers({ ANTHROPIC_AUTH_TOKEN: 'tok-2' });
    expect(sent['authorization']).toBe('Bearer tok-2');
    expect(sent).not.toHaveProperty('x-api-key');
  });

  test('an OAuth token goes as Bearer with its beta, beside the betas of the call', async () => {
    const sent = await headers(
      {},
      { api_key: async () => 'sk-ant-oat01-x', betas: ['a-1'], extra_headers: { 'Anthropic-Beta': 'b-2' } },
    );
    expect(sent['authorization']).toBe('Bearer sk-ant-oat01-x');
    expect(sent['anthropic-beta']?.split(',').sort()).toEqual(['a-1', 'b-2', 'oauth-2025-04-20']);
  });

  test("the caller's own credential is left alone, and needs no key", async () => {
    const sent = await headers({}, { extra_headers: { authorization: 'Bearer mine' } });
    expect(sent['authorization']).toBe('Bearer mine');
    expect(sent).not.toHaveProperty('x-api-key');
  });

  test('no key at all names the variables', async () => {
    await expect(headers({})).rejects.toThrow(/ANTHROPIC_API_KEY or ANTHROPIC_AUTH_TOKEN/);
  });

  test('api_version is the version sent', async () => {
    expect((await headers({ ANTHROPIC_API_KEY: 'k-1234' }, { api_version: '2026-10-21' }))['anthropic-version']).toBe(
      '2026-10-21',
    );
  });
});

describe('parameters the caller insists on', () => {
  test.each([
    ['temperature', { temperature: 0 }, { temperature: 0 }],
    ['top_k', { top_k: 5 }, { top_k: 5 }],
    ['stop', { stop: '\n' }, { stop_sequences: ['\n'] }],
    ['service_tier', { service_tier: 'flex' }, { service_tier: 'flex' }],
    [
      'thinking',
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
      { thinking: { type: 'enabled', budget_tokens: 2048 } },
    ],
  ])('%s goes out', (name, params, body) => {
    expect(build(params, { allowed_openai_params: [name] }).body).toMatchObject(body);
  });

  test('a forced tool goes out', () => {
    const tools = [{ type: 'function', function: { name: 'tide' } }];
    const options = { allowed_openai_params: ['tool_choice'] };
    const { body } = build({ tools, tool_choice: 'required' }, options, 'claude-opus-5-5');
    expect(body['tool_choice']).toEqual({ type: 'any' });
  });
});

describe('legacy and rare messages', () => {
  const content = (message: JsonObject): unknown => {
    const { body } = build({
      messages: [{ role: 'user', content: 'Tide?' }, message, { role: 'user', content: 'Go on.' }],
    });
    return (body['messages'] as { content: unknown }[])[1]?.content;
  };

  test('a refusal goes back as text', () => {
    expect(content({ role: 'assistant', content: null, refusal: 'I cannot.' })).toEqual([
      { type: 'text', text: 'I cannot.' },
    ]);
    expect(content({ role: 'assistant', content: [{ type: 'refusal', refusal: 'No.' }] })).toEqual([
      { type: 'text', text: 'No.' },
    ]);
  });

  test('a spoken answer goes back as its transcript', () => {
    const message = { role: 'assistant', content: null, audio: { id: 'a1', transcript: 'High water.' } };
    expect(content(message)).toEqual([{ type: 'text', text: 'High water.' }]);
    expect(() => content({ role: 'assistant', content: null, audio: { id: 'a1' } })).toThrow(/messages\[1\]\.audio/);
  });

  test('a custom call goes back with its input', () => {
    const call = { id: 'c1', type: 'custom', custom: { name: 'poem', input: 'sea' } };
    expect(content({ role: 'assistant', tool_calls: [call] })).toEqual([
      { type: 'tool_use', id: 'c1', name: 'poem', input: { input: 'sea' } },
    ]);
  });

  test("a result names its call's toolset", () => {
    const call = {
      id: 'c1',
      type: 'function',
      function: { name: 'key', arguments: '{}' },
      provider_specific_fields: { toolset_name: 'computer' },
    };
    const messages = [
      { role: 'user', content: 'Press.' },
      { role: 'assistant', tool_calls: [call] },
      { role: 'tool', tool_call_id: 'c1', content: 'done', is_error: true, cache_control: { type: 'ephemeral' } },
    ];
    const { body } = build({ messages });
    expect((body['messages'] as { content: unknown[] }[])[2]?.content).toEqual([
      {
        type: 'tool_result',
        tool_use_id: 'c1',
        content: 'done',
        is_error: true,
        toolset_name: 'computer',
        cache_control: { type: 'ephemeral' },
      },
    ]);
  });

  test("OpenAI's cache mark becomes Anthropic's", () => {
    const part = { type: 'text', text: 'Rules.', prompt_cache_breakpoint: { mode: 'explicit' } };
    const { body } = build({ messages: [{ role: 'user', content: [part] }] });
    expect(body['messages']).toEqual([
      { role: 'user', content: [{ type: 'text', text: 'Rules.', cache_control: { type: 'ephemeral' } }] },
    ]);
  });

  test('the system field of the call stands before system messages', () => {
    const messages = [
      { role: 'system', content: 'Two.' },
      { role: 'user', content: 'Hi' },
    ];
    expect(build({ system: 'One.', messages }).body['system']).toEqual([
      { type: 'text', text: 'One.' },
      { type: 'text', text: 'Two.' },
    ]);
  });
});

describe('media', () => {
  test.each([
    ['image', 'https://a.example.com/x.png', false],
    ['image', 'http://a.example.com/x.png', true],
    ['file', 'https://a.example.com/x.pdf', false],
    ['file', 'https://a.example.com/x.txt', true],
    ['file', 'gs://bucket/x.pdf', false],
    ['audio', 'http://a.example.com/x.wav', false],
  ] as const)('%s %s is downloaded first: %s', (kind, url, expected) => {
    expect(mustInline({ kind, url: new URL(url) })).toBe(expected);
  });

  test.each([
    ['bare base64 of a known type', { file_data: 'JVBERi0=', filename: 'a.pdf' }, 'base64'],
    ['percent-encoded text', { file_data: 'data:text/plain,High%20water' }, 'text'],
    ['an image as a file', { file_data: 'data:image/png;base64,iVBO' }, 'base64'],
  ])('takes %s', (_, file, type) => {
    const { body } = build({ messages: [{ role: 'user', content: [{ type: 'file', file }] }] });
    expect(body['messages']).toMatchObject([{ content: [{ source: { type } }] }]);
  });

  test.each([
    ['a spreadsheet', { file_data: 'data:application/vnd.ms-excel;base64,AAAA' }],
    ['base64 of an unknown type', { file_data: 'AAAA' }],
    ['broken text', { file_data: 'data:text/plain,%E0%A4%A' }],
    ['a bucket', { file_id: 's3://bucket/a.pdf' }],
    ['nothing', {}],
  ])('refuses %s', (_, file) => {
    const messages = [{ role: 'user', content: [{ type: 'file', file }] }];
    expect(() => build({ messages })).toThrow(/messages\[0\]\.content\[0\]\.file/);
  });
});

describe('user ids', () => {
  test.each([
    ['user-42', { user_id: 'user-42' }],
    ['351912345', { user_id: '351912345' }],
    ['ines@example.com', undefined],
    ['+351 912 345 678', undefined],
  ])('%s', (user, metadata) => {
    expect(build({ user }).body['metadata']).toEqual(metadata);
  });

  test('metadata wins over user, whatever their order', () => {
    const metadata = { user_id: 'm' };
    expect(build({ user: 'u', metadata }).body['metadata']).toEqual(metadata);
    expect(build({ metadata, user: 'u' }).body['metadata']).toEqual(metadata);
  });
});

describe('a budget within a turn of tool calls', () => {
  const call = { id: 'c1', type: 'function', function: { name: 'tide', arguments: '{}' } };
  const signed = { type: 'thinking', thinking: 'Sines.', signature: 'c2ln' };
  const result = { role: 'tool', tool_call_id: 'c1', content: '2.4' };
  const ask = { role: 'user', content: 'Tide?' };
  const bare = { role: 'assistant', tool_calls: [call] };
  const thought = { ...bare, thinking_blocks: [signed] };

  test.each([
    ['begun without thinking', [ask, bare, result], false],
    ['begun with thinking', [ask, thought, result], true],
    ['gone on without thinking', [ask, thought, result, bare, result], true],
    ['that is over', [ask, bare, result, { role: 'assistant', content: '2.4' }, ask], true],
  ])('%s', (_, messages, thinks) => {
    const { body } = build({ messages, reasoning_effort: 'low' }, {}, 'claude-opus-4-5');
    expect('thinking' in body).toBe(thinks);
  });
});

test('counting tokens asks with what counts', () => {
  const request = build({
    max_tokens: 5,
    temperature: 1,
    stop: 'END',
    tools: [{ type: 'function', function: { name: 'tide' } }],
  });
  const count = countTokensRequest(request);
  expect(count.path).toBe('/v1/messages/count_tokens');
  expect(Object.keys(count.body as JsonObject).sort()).toEqual(['messages', 'model', 'tools']);
  expect(count.headers).toEqual({ 'anthropic-version': '2023-06-01' });
});

test('another platform changes path, model row and body', () => {
  const elsewhere = chatTransformer({
    model: (name) => ({ ...modelOf(name), structured: false }),
    request: (body, betas, call) => {
      const { model, ...rest } = body;
      const path = `/models/${String(model)}:rawPredict`;
      return { method: 'POST', path, body: { ...rest, anthropic_version: call.llm_provider, anthropic_beta: betas } };
    },
  });
  const schema = { type: 'object', properties: {} };
  const format = { type: 'json_schema', json_schema: { name: 'x', schema } };
  const call = makeCall({ betas: ['b-1'], response_format: format }, {}, 'claude-opus-4-5');
  const { path, headers, body } = elsewhere.request(call, {});
  expect({ path, headers }).toEqual({ path: '/models/claude-opus-4-5:rawPredict', headers: undefined });
  expect(body).toMatchObject({ anthropic_beta: ['b-1'], tool_choice: { type: 'tool', name: 'json_tool_call' } });
  expect(body).not.toHaveProperty('model');
  expect(elsewhere.dialect?.('claude-opus-4-5')).toBe('json_schema');
});
