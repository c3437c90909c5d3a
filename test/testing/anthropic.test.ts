import { describe, expect, test } from 'vitest';
import { anthropicHeaders as headers, parseData, parseEvents, post, provide, send, user } from './http.js';

interface Block {
  type: string;
  text?: string;
  thinking?: string;
  signature?: string;
  id?: string;
  name?: string;
  input?: unknown;
}
interface Message {
  id: string;
  content: Block[];
  stop_reason: string;
  stop_sequence: string | null;
  usage: { input_tokens: number; output_tokens: number; output_tokens_details?: { thinking_tokens: number } };
}
interface ErrorBody {
  type: string;
  error: { type: string; message: string };
  request_id: string;
}
interface Event {
  type: string;
  index?: number;
  message?: Message;
  content_block?: Block;
  delta?: {
    type?: string;
    text?: string;
    thinking?: string;
    signature?: string;
    partial_json?: string;
    stop_reason?: string;
  };
  usage?: { output_tokens: number };
}

const weather = {
  name: 'get_weather',
  description: 'Current temperature of a place',
  input_schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};
const body = <R extends object>(content: string, rest?: R) => user(content, { max_tokens: 4096, ...(rest as R) });
const thinking = { type: 'enabled', budget_tokens: 1024 };

async function setUp() {
  const provider = await provide();
  const url = `${provider.url}/anthropic/v1/messages`;
  return {
    url,
    create: async (sent: unknown): Promise<Message> => (await post<Message>(url, sent, headers())).body,
    stream: async (sent: object): Promise<Event[]> => {
      const events = parseEvents(await (await send(url, { ...sent, stream: true }, headers())).text());
      const data = parseData<Event>(events);
      expect(data.map((one) => one.type)).toEqual(events.map((one) => one.event));
      return data;
    },
  };
}

/** Puts a streamed message together as a client has to. */
function assemble(events: readonly Event[]): unknown {
  const start = events.find((event) => event.type === 'message_start')?.message;
  const blocks: Block[] = [];
  const json: string[] = [];
  for (const { type, index = 0, content_block, delta } of events) {
    if (type === 'content_block_start' && content_block) blocks[index] = { ...content_block };
    const block = blocks[index];
    if (type !== 'content_block_delta' || !block) continue;
    if (delta?.text) block.text += delta.text;
    if (delta?.thinking) block.thinking += delta.thinking;
    if (delta?.signature) block.signature = delta.signature;
    if (delta?.partial_json) {
      json[index] = (json[index] ?? '') + delta.partial_json;
    }
  }
  const end = events.find((event) => event.type === 'message_delta');
  return {
    ...start,
    ...end?.delta,
    content: blocks.map((block, i) =>
      block.type === 'tool_use' ? { ...block, input: JSON.parse(json[i] ?? '{}') as unknown } : block,
    ),
    usage: { ...start?.usage, ...end?.usage },
  };
}

describe('messages', () => {
  test('answers with a message and counts words', async () => {
    const { create } = await setUp();
    const got = await create(body('Say one two', { system: [{ type: 'text', text: 'Be kind.' }] }));
    expect(got.id).toMatch(/^msg_\w+$/);
    expect(got).toMatchObject({
      type: 'message',
      role: 'assistant',
      model: 'test-model',
      content: [{ type: 'text', text: 'one two' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: 5, output_tokens: 2 },
    });
  });

  test('stops at limits and stop sequences', async () => {
    const { create } = await setUp();
    const cut = await create(body('Say a b c', { max_tokens: 2 }));
    expect(cut).toMatchObject({ content: [{ text: 'a b' }], stop_reason: 'max_tokens', usage: { output_tokens: 2 } });
    const stopped = await create(body('Say a b c', { stop_sequences: ['b'] }));
    expect(stopped).toMatchObject({ content: [{ text: 'a ' }], stop_reason: 'stop_sequence', stop_sequence: 'b' });
  });

  const kinds: [string, Record<string, unknown>][] = [
    ['text', body('Tell me about Norway')],
    ['a call', body("What's the weather in Paris and Oslo?", { tools: [weather] })],
    ['a forced call', body('Hello', { tools: [weather], tool_choice: { type: 'tool', name: 'get_weather' } })],
    ['thinking', body('Tell me about Norway', { thinking })],
    ['thinking and a call', body('Weather in Rome?', { thinking, tools: [weather] })],
  ];
  test.each(kinds)('streams %s as it would answer at once', async (_name, sent) => {
    // Ids follow the number of the request, so each answer comes from a server of its own.
    const whole = await (await setUp()).create(sent);
    const events = await (await setUp()).stream(sent);
    const { usage, ...message } = assemble(events) as Message;
    expect(message).toEqual({ ...whole, usage: undefined });
    expect(usage).toEqual(whole.usage);
    expect((usage.output_tokens_details?.thinking_tokens ?? 0) > 0).toBe('thinking' in sent);
    expect(events.map((event) => event.type).filter((type) => type !== 'content_block_delta')).toEqual([
      'message_start',
      ...whole.content.flatMap((_, i) => ['content_block_start', ...(i === 0 ? ['ping'] : []), 'content_block_stop']),
      'message_delta',
      'message_stop',
    ]);
  });

  test('announces its own calls, calls in parallel unless told not to', async () => {
    const { create } = await setUp();
    const ask = body("What's the weather in Paris and Oslo?", { tools: [weather] });
    const got = await create(ask);
    expect(got.stop_reason).toBe('tool_use');
    expect(got.content).toMatchObject([
      { type: 'text', text: 'I will use get_weather, get_weather.' },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Paris' } },
      { type: 'tool_use', name: 'get_weather', input: { city: 'Oslo' } },
    ]);
    const single = await create({ ...ask, tool_choice: { type: 'any', disable_parallel_tool_use: true } });
    expect(single.content).toMatchObject([{ type: 'tool_use', input: { city: 'Paris' } }]);
    const none = await create({ ...ask, tool_choice: { type: 'none' } });
    expect(none.content.map((block) => block.type)).toEqual(['text']);
  });

  test('answers with the results of its calls, thought and signature kept', async () => {
    const { create } = await setUp();
    const ask = body('Weather in Rome?', { thinking, tools: [weather] });
    const first = await create(ask);
    expect(first.content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use']);
    const id = first.content[2]?.id;
    const result = { type: 'tool_result', tool_use_id: id, content: [{ type: 'text', text: '30 °C' }] };
    const conversation = [
      ...ask.messages,
      { role: 'assistant', content: first.content },
      { role: 'user', content: [result] },
    ];
    const second = await create({ ...ask, messages: conversation });
    expect(second.content.at(-1)).toEqual({ type: 'text', text: 'According to get_weather: 30 °C' });
  });

  test('thinks by its own lights: not before a forced call, and unseen when asked', async () => {
    const { create, stream } = await setUp();
    const ask = body('Weather in Rome?', { thinking: { type: 'adaptive' }, tools: [weather] });
    expect((await create(ask)).content.map((block) => block.type)).toEqual(['thinking', 'text', 'tool_use']);
    const forced = await create({ ...ask, tool_choice: { type: 'any' } });
    expect(forced.content.map((block) => block.type)).toEqual(['tool_use']);
    const hidden = { ...ask, thinking: { type: 'adaptive', display: 'omitted' } };
    const [thought] = (await create(hidden)).content;
    expect(thought).toMatchObject({ type: 'thinking', thinking: '' });
    const deltas = (await stream(hidden)).filter((event) => event.index === 0 && event.delta);
    expect(deltas.map((event) => event.delta)).toEqual([{ type: 'signature_delta', signature: thought?.signature }]);
    const conversation = [...ask.messages, { role: 'assistant', content: [thought, { type: 'text', text: 'Yes.' }] }];
    const next = await create({ ...hidden, messages: [...conversation, { role: 'user', content: 'Say so' }] });
    expect(next.content.at(-1)).toEqual({ type: 'text', text: 'so' });
  });

  test('answers a schema with an instance', async () => {
    const { create } = await setUp();
    const schema = {
      type: 'object',
      additionalProperties: false,
      required: ['city', 'population'],
      properties: { city: { type: 'string' }, population: { type: 'integer' } },
    };
    for (const format of [
      { output_config: { format: { type: 'json_schema', schema } } },
      { output_format: { type: 'json_schema', schema } },
    ]) {
      const got = await create(body('London has 9000000 people', format));
      expect(JSON.parse(got.content[0]?.text ?? '')).toEqual({ city: 'London', population: 9_000_000 });
    }
  });

  test('count_tokens gives the input tokens of the message', async () => {
    const { url, create } = await setUp();
    const { max_tokens: _, ...counted } = body('Weather in Rome?', { tools: [weather], system: 'Be brief.' });
    const got = await post<{ input_tokens: number }>(`${url}/count_tokens`, counted, headers());
    expect(got.body).toEqual({ input_tokens: (await create({ ...counted, max_tokens: 9 })).usage.input_tokens });
  });
});

describe('refusals', () => {
  test.each([
    ['no key', { 'anthropic-version': '2023-06-01' }, 401, 'authentication_error', /x-api-key/],
    [
      'a bearer token',
      { ...headers(), 'x-api-key': '', authorization: 'Bearer k' },
      401,
      'authentication_error',
      /x-api-key/,
    ],
    ['a bad key', headers('bad-key'), 401, 'authentication_error', /invalid x-api-key/],
    ['no version', { 'x-api-key': 'k' }, 400, 'invalid_request_error', /anthropic-version/],
  ])('%s', async (_name, sent, status, type, message) => {
    const { url } = await setUp();
    const got = await post<ErrorBody>(url, body('hi'), sent);
    expect(got).toMatchObject({ status, body: { type: 'error', error: { type } } });
    expect(got.body.error.message).toMatch(message);
    expect(got.headers.get('request-id')).toBe(got.body.request_id);
  });

  test('an unknown model, and a rate limit that passes', async () => {
    const { url } = await setUp();
    const missing = await post<ErrorBody>(url, body('hi', { model: 'missing-model' }), headers());
    expect(missing).toMatchObject({
      status: 404,
      body: { error: { type: 'not_found_error', message: 'model: missing-model' } },
    });
    const limited = await post<ErrorBody>(url, body('rate limit'), headers());
    expect(limited).toMatchObject({ status: 429, body: { error: { type: 'rate_limit_error' } } });
    expect(limited.headers.get('retry-after')).toBe('1');
    expect((await post(url, body('rate limit'), headers())).status).toBe(200);
  });

  const use = (id = 't1') => ({ type: 'tool_use', id, name: 'f', input: {} });
  const result = (id = 't1') => ({ type: 'tool_result', tool_use_id: id, content: 'x' });
  const turns = (...contents: unknown[]) => ({
    messages: contents.map((content, i) => ({ role: i % 2 === 0 ? 'user' : 'assistant', content })),
  });
  const format = (schema: object) => ({ output_config: { format: { type: 'json_schema', schema } } });
  const cases: [string, object | string, RegExp][] = [
    ['no JSON', '{"model":', /JSON/],
    ['no max_tokens', { max_tokens: undefined }, /^max_tokens: Field required$/],
    ['no messages', { messages: undefined }, /^messages: Field required$/],
    ['an empty list', { messages: [] }, /at least one message/],
    ['an unknown field', { n: 2 }, /^n: Extra inputs are not permitted$/],
    ['a system message', { messages: [{ role: 'system', content: 'x' }] }, /top-level `system`/],
    ['an unknown role', { messages: [{ role: 'tool', content: 'x' }] }, /messages\.0\.role: Input should be/],
    [
      'a foreign field in a message',
      { messages: [{ role: 'user', content: 'x', name: 'y' }] },
      /messages\.0\.name: Extra inputs/,
    ],
    ['an OpenAI part', turns([{ type: 'image_url', image_url: {} }]), /Input tag 'image_url'/],
    [
      'a foreign field in a block',
      turns([{ type: 'text', text: 'x', detail: 1 }]),
      /content\.0\.text\.detail: Extra inputs/,
    ],
    ['empty content', turns(''), /non-empty content/],
    ['an empty text block', turns([{ type: 'text', text: '' }]), /must be non-empty/],
    ['a blank text block', turns([{ type: 'text', text: ' \n' }]), /non-whitespace/],
    ['a prefill with a blank at its end', turns('x', 'The answer is '), /trailing whitespace/],
    [
      'a call without a result',
      turns('x', [use()], 'y'),
      /`tool_use` ids were found without `tool_result` blocks immediately after: t1/,
    ],
    ['a call without anything after it', turns('x', [use()]), /without `tool_result`/],
    ['one result for two calls', turns('x', [use(), use('t2')], [result()]), /immediately after: t2/],
    ['two calls of one id', turns('x', [use(), use()], [result()]), /must be unique/],
    ['a result without a call', turns([result()]), /unexpected `tool_use_id`/],
    ['a call by the user', turns([use()]), /can not be in `user`/],
    ['an id with a dot', turns('x', [use('a.b')], [result('a.b')]), /String should match pattern/],
    ['arguments as text', turns('x', [{ ...use(), input: '{}' }], [result()]), /input: Input should be an object/],
    ['a forged thought', turns('x', [{ type: 'thinking', thinking: 'a', signature: 'b' }], 'y'), /Invalid `signature`/],
    ['a dropped thought', { ...turns('x', [use()], [result()]), tools: [weather], thinking }, /Expected `thinking`/],
    ['a small budget', { thinking: { type: 'enabled', budget_tokens: 100 } }, /greater than or equal to 1024/],
    ['a budget above max_tokens', { thinking: { type: 'enabled', budget_tokens: 5000 } }, /must be greater than/],
    ['thinking with a temperature', { thinking, temperature: 0 }, /may only be set to 1/],
    ['thinking with a forced call', { thinking, tools: [weather], tool_choice: { type: 'any' } }, /forces tool use/],
    ['an unknown kind of thinking', { thinking: { type: 'on' } }, /thinking: Input tag/],
    ['a temperature above 1', { temperature: 1.5 }, /^temperature: /],
    ['a tool without a schema', { tools: [{ name: 'f' }] }, /input_schema: Field required/],
    ['a schema that is no object', { tools: [{ name: 'f', input_schema: { type: 'string' } }] }, /input_schema\.type/],
    ['a tool in OpenAI form', { tools: [{ name: 'f', function: {} }] }, /tools\.0\.custom\.function: Extra inputs/],
    ['two tools of one name', { tools: [weather, weather] }, /must be unique/],
    ['a choice without tools', { tool_choice: { type: 'auto' } }, /tool_choice/],
    ['a choice in OpenAI form', { tools: [weather], tool_choice: 'auto' }, /tool_choice: Input tag/],
    ['a choice of no tool', { tools: [weather], tool_choice: { type: 'tool', name: 'g' } }, /'g' not found/],
    [
      'an open schema',
      format({ type: 'object', properties: {} }),
      /'additionalProperties' must be explicitly set to false/,
    ],
    [
      'bounds in a schema',
      format({ type: 'object', additionalProperties: false, properties: { a: { type: 'integer', minimum: 1 } } }),
      /For 'integer' type, properties minimum are not supported/,
    ],
    [
      'lengths in a definition',
      format({ type: 'object', additionalProperties: false, $defs: { a: { type: 'string', maxLength: 1 } } }),
      /maxLength/,
    ],
    [
      'a recursive schema',
      format({ type: 'object', additionalProperties: false, properties: { a: { $ref: '#' } } }),
      /Recursive/,
    ],
    ['a blank stop sequence', { stop_sequences: [' '] }, /stop_sequences/],
  ];
  test.each(cases)('%s', async (_name, sent, message) => {
    const { url } = await setUp();
    const got = await post<ErrorBody>(url, typeof sent === 'string' ? sent : { ...body('hi'), ...sent }, headers());
    expect(got).toMatchObject({ status: 400, body: { type: 'error', error: { type: 'invalid_request_error' } } });
    expect(got.body.error.message).toMatch(message);
  });

  test('count_tokens takes no max_tokens', async () => {
    const { url } = await setUp();
    const got = await post<ErrorBody>(`${url}/count_tokens`, body('hi'), headers());
    expect(got.body.error.message).toBe('max_tokens: Extra inputs are not permitted');
  });

  test('consecutive messages of one role are one turn', async () => {
    const { url } = await setUp();
    const messages = [
      { role: 'user', content: 'x' },
      { role: 'assistant', content: 'Let me see.' },
      { role: 'assistant', content: [use(), use('t2')] },
      { role: 'user', content: [result()] },
      { role: 'user', content: [result('t2')] },
    ];
    expect((await post(url, { ...body(''), messages }, headers())).status).toBe(200);
  });
});
