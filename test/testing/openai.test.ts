import type OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { bearer, parseData, parseEvents, post, provide, send, user } from './http.js';

interface ErrorBody {
  error: { message: string; type: string; param: string | null; code: string | null };
}

async function setUp() {
  const provider = await provide();
  return { provider, chat: `${provider.url}/openai/v1/chat/completions` };
}

describe('the wire', () => {
  test('a stream is events that end with [DONE]', async () => {
    const { chat } = await setUp();
    const res = await send(chat, user('Say a b', { stream: true }), bearer());
    expect(res.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = parseEvents(await res.text());
    expect(events.at(-1)?.data).toBe('[DONE]');
    expect(parseData<{ choices: unknown }>(events).map((chunk) => chunk.choices)).toEqual([
      [{ index: 0, delta: { role: 'assistant', content: '', refusal: null }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: { content: 'a' }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: { content: ' b' }, logprobs: null, finish_reason: null }],
      [{ index: 0, delta: {}, logprobs: null, finish_reason: 'stop' }],
    ]);
  });

  test('answers in JSON when asked for an object', async () => {
    const { chat } = await setUp();
    const format = { response_format: { type: 'json_object' } };
    const got = await post<OpenAI.ChatCompletion>(chat, user('Reply with JSON, please', format), bearer());
    const content = got.body.choices[0]?.message.content ?? '';
    expect(JSON.parse(content)).toEqual({ answer: 'JSON, please' });
  });

  test('ranks documents in falling order', async () => {
    const { provider } = await setUp();
    const documents = ['Paris is in France', { text: 'Ruby is a programming language' }, 'Rails is a Ruby framework'];
    const body = { model: 'rerank', query: 'ruby language', documents, top_n: 2, return_documents: true };
    const got = await post<{ results: { index: number; relevance_score: number; document: unknown }[] }>(
      `${provider.url}/openai/v1/rerank`,
      body,
      bearer(),
    );
    expect(got.body.results.map((one) => one.index)).toEqual([1, 2]);
    expect(got.body.results[0]?.document).toEqual({ text: 'Ruby is a programming language' });
    const [first = { relevance_score: 0 }, second = { relevance_score: 0 }] = got.body.results;
    expect(first.relevance_score).toBeGreaterThan(second.relevance_score);
    expect(first.relevance_score).toBeLessThanOrEqual(1);
    const cohere = await post<{ results: unknown[]; meta: unknown }>(
      `${provider.url}/cohere/v2/rerank`,
      { model: 'rerank', query: 'ruby language', documents: ['a', 'ruby'] },
      bearer(),
    );
    expect(cohere.body.results).toEqual([
      { index: 1, relevance_score: 0.55 },
      { index: 0, relevance_score: 0 },
    ]);
    expect(cohere.body.meta).toEqual({ api_version: { version: '2' }, billed_units: { search_units: 1 } });
  });

  test('a key is needed', async () => {
    const { chat } = await setUp();
    const got = await post<ErrorBody>(chat, user('hi'));
    expect(got).toMatchObject({
      status: 401,
      body: { error: { type: 'invalid_request_error', param: null, code: null } },
    });
  });

  test('the body has to be JSON, and said to be', async () => {
    const { chat } = await setUp();
    for (const broken of ['{"model":', '[]', '']) {
      const got = await post<ErrorBody>(chat, broken, bearer());
      expect([broken, got.status]).toEqual([broken, 400]);
      expect(got.body.error.message).toMatch(/could not parse the JSON body/);
    }
    const form = await post<ErrorBody>(chat, 'a=b', { ...bearer(), 'content-type': 'text/plain' });
    expect(form.body.error.message).toContain("'text/plain'");
  });

  const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
  const says = { role: 'user', content: 'hi' };
  const tool = (own: object) => [{ type: 'function', function: { name: 'f', parameters: { type: 'object' }, ...own } }];
  const strict = (schema: object) => ({
    response_format: { type: 'json_schema', json_schema: { name: 'x', strict: true, schema } },
  });
  const cases: [string, object, string | null, string | null][] = [
    ['no messages', { messages: undefined }, 'messages', 'missing_required_parameter'],
    ['messages no array', { messages: 'hi' }, 'messages', 'invalid_type'],
    ['no message', { messages: [] }, 'messages', 'empty_array'],
    ['a message no object', { messages: ['hi'] }, 'messages[0]', 'invalid_type'],
    ['no role', { messages: [{ content: 'hi' }] }, 'messages[0].role', 'missing_required_parameter'],
    ['an unknown role', { messages: [says, { role: 'robot', content: 'x' }] }, 'messages[1].role', 'invalid_value'],
    ['no content', { messages: [{ role: 'user' }] }, 'messages[0].content', null],
    [
      'an unknown part',
      { messages: [{ role: 'user', content: [{ type: 'image' }] }] },
      'messages[0].content[0].type',
      'invalid_value',
    ],
    [
      'a part without its field',
      { messages: [{ role: 'user', content: [{ type: 'text' }] }] },
      'messages[0].content[0].text',
      'missing_required_parameter',
    ],
    [
      'thinking blocks',
      { messages: [says, { role: 'assistant', content: 'x', thinking_blocks: [] }] },
      'messages[1].thinking_blocks',
      'unknown_parameter',
    ],
    [
      'fields of other libraries',
      { messages: [{ ...says, provider_specific_fields: {} }] },
      'messages[0].provider_specific_fields',
      'unknown_parameter',
    ],
    [
      'a stray tool result',
      { messages: [says, { role: 'tool', tool_call_id: 'c1', content: 'x' }] },
      'messages.[1].role',
      null,
    ],
    [
      'an unanswered call',
      { messages: [says, { role: 'assistant', tool_calls: [call] }, says] },
      'messages.[2].role',
      null,
    ],
    [
      'a call unanswered at the end',
      { messages: [says, { role: 'assistant', tool_calls: [call] }] },
      'messages.[2].role',
      null,
    ],
    ['temperature too high', { temperature: 3 }, 'temperature', 'decimal_above_max_value'],
    ['temperature too low', { temperature: -1 }, 'temperature', 'decimal_below_min_value'],
    ['temperature no number', { temperature: '1' }, 'temperature', 'invalid_type'],
    ['max_tokens zero', { max_tokens: 0 }, 'max_tokens', 'integer_below_min_value'],
    ['max_tokens no integer', { max_tokens: 1.5 }, 'max_tokens', 'invalid_type'],
    ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'stop', 'array_above_max_length'],
    ['stream options without a stream', { stream_options: { include_usage: true } }, 'stream_options', null],
    ['no tool', { tools: [] }, 'tools', 'empty_array'],
    ['a tool choice without tools', { tool_choice: 'auto' }, 'tool_choice', null],
    ['an unknown tool choice', { tools: tool({}), tool_choice: 'any' }, 'tool_choice', 'invalid_value'],
    [
      'a choice of no tool',
      { tools: tool({}), tool_choice: { type: 'function', function: { name: 'g' } } },
      'tool_choice',
      null,
    ],
    [
      'a tool without name',
      { tools: tool({ name: undefined }) },
      'tools[0].function.name',
      'missing_required_parameter',
    ],
    ['a tool with a bad name', { tools: tool({ name: 'a b' }) }, 'tools[0].function.name', 'invalid_value'],
    [
      'a tool without an object',
      { tools: tool({ parameters: { type: 'string' } }) },
      'tools[0].function.parameters',
      'invalid_function_parameters',
    ],
    [
      'a strict tool that is not',
      { tools: tool({ strict: true }) },
      'tools[0].function.parameters',
      'invalid_function_parameters',
    ],
    ['json_object without the word', { response_format: { type: 'json_object' } }, 'messages', null],
    ['an unknown format', { response_format: { type: 'xml' } }, 'response_format.type', 'invalid_value'],
    [
      'a schema without name',
      { response_format: { type: 'json_schema', json_schema: { schema: {} } } },
      'response_format.json_schema.name',
      'missing_required_parameter',
    ],
    ['an open strict schema', strict({ type: 'object', properties: {} }), 'response_format', null],
    [
      'a strict schema with an optional field',
      strict({ type: 'object', additionalProperties: false, properties: { a: {} }, required: [] }),
      'response_format',
      null,
    ],
    [
      'a strict schema with oneOf inside',
      strict({
        type: 'object',
        additionalProperties: false,
        required: ['a'],
        properties: { a: { items: { oneOf: [] } } },
      }),
      'response_format',
      null,
    ],
    ['an array as strict schema', strict({ type: 'array', items: {} }), 'response_format', null],
    ['functions', { functions: [] }, 'functions', 'unsupported_parameter'],
  ];
  test.each(cases)('refuses %s', async (_name, body, param, code) => {
    const { chat } = await setUp();
    const got = await post<ErrorBody>(chat, { ...user('hi'), ...body }, bearer());
    expect(got.status).toBe(400);
    expect(got.body.error).toMatchObject({ type: 'invalid_request_error', param, code });
    expect(got.body.error.message.length).toBeGreaterThan(10);
  });

  test.each([
    ['embeddings', { input: undefined }, /'input'/],
    ['embeddings', { input: [] }, /input/],
    ['embeddings', { input: ['a', ''] }, /input/],
    ['embeddings', { input: 'a', dimensions: 0 }, /dimensions/],
    ['embeddings', { input: 'a', encoding_format: 'hex' }, /encoding_format/],
    ['rerank', { documents: ['a'] }, /query/],
    ['rerank', { query: 'a', documents: [] }, /documents/],
  ])('%s refuses %o', async (path, body, message) => {
    const { provider } = await setUp();
    const got = await post<ErrorBody>(`${provider.url}/openai/v1/${path}`, { model: 'm', ...body }, bearer());
    expect(got.status).toBe(400);
    expect(got.body.error.message).toMatch(message);
  });

  test('cohere refuses in its own shape', async () => {
    const { provider } = await setUp();
    const url = `${provider.url}/cohere/v2/rerank`;
    const body = { model: 'm', query: 'q', documents: ['d'] };
    const refusals: [object | string, Record<string, string>, number, RegExp][] = [
      [body, {}, 401, /no api key/],
      [body, bearer('bad-key'), 401, /invalid api token/],
      [{ ...body, model: 'missing-model' }, bearer(), 404, /'missing-model' not found/],
      [{ ...body, query: '' }, bearer(), 400, /query/],
      [{ ...body, documents: [{ text: 'd' }] }, bearer(), 400, /documents/],
      [{ ...body, top_n: 0 }, bearer(), 400, /top_n/],
      ['{', bearer(), 400, /JSON/],
    ];
    for (const [sent, headers, status, message] of refusals) {
      const got = await post<{ id: string; message: string }>(url, sent, headers);
      expect([got.status, Object.keys(got.body)]).toEqual([status, ['id', 'message']]);
      expect(got.body.message).toMatch(message);
      expect(got.body.id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    }
  });
});
