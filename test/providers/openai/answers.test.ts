/** What vendors add to OpenAI's answers, read alike from a whole answer and from a stream. */
import { describe, expect, test } from 'vitest';
import { type APIError, type ChatCompletion, createCallm, type StreamOf } from '../../../src/index.js';

type Choice = Record<string, unknown>;

function clientFor(answer: string, type: string) {
  return createCallm({
    env: { DATABRICKS_HOST: 'https://h.cloud.databricks.com', SNOWFLAKE_ACCOUNT_ID: 'account' },
    api_key: 'test-key',
    num_retries: 0,
    prices: {},
    transport: () =>
      Promise.resolve(new Response(answer, { headers: { 'content-type': type, 'x-request-id': 'request-1' } })),
  });
}

const messages = [{ role: 'user' as const, content: 'Hi' }];

const whole = (body: unknown, model = 'mistral/m'): Promise<ChatCompletion> =>
  clientFor(JSON.stringify(body), 'application/json').run('chat', { model, messages }) as Promise<ChatCompletion>;

async function streamed(events: readonly (string | object)[], model = 'mistral/m'): Promise<ChatCompletion> {
  const text = events
    .map((event) => (typeof event === 'string' ? event : `data: ${JSON.stringify(event)}`))
    .join('\n\n');
  const client = clientFor(`${text}\n\n`, 'text/event-stream');
  const stream = (await client.run('chat', { model, messages, stream: true })) as StreamOf<'chat'>;
  return stream.final();
}

const answer = (message: object, more: Choice = {}) => ({
  id: 'a1',
  choices: [{ index: 0, message, finish_reason: 'stop', ...more }],
});
const piece = (delta: object, more: Choice = {}) => ({
  id: 'a1',
  choices: [{ index: 0, delta, finish_reason: null, ...more }],
});
const end = piece({}, { finish_reason: 'stop' });

const failureOf = async (promise: Promise<unknown>): Promise<APIError> => {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as APIError;
};

describe('an answer that broke off', () => {
  test.each([
    ['error', 'InternalServerError'],
    ['network_error', 'InternalServerError'],
    ['insufficient_system_resource', 'ServiceUnavailableError'],
  ])('finish_reason %s is a failure, %s', async (finish_reason, name) => {
    const half = { role: 'assistant', content: 'Half an' };
    const failures = [
      await failureOf(whole(answer(half, { finish_reason }))),
      await failureOf(streamed([piece(half), piece({}, { finish_reason })])),
    ];
    for (const error of failures)
      expect(error).toMatchObject({ name, code: finish_reason, llm_provider: 'mistral', request_id: 'request-1' });
    expect(failures[0]?.provider_specific_fields).toEqual({ message: half });
  });

  test('a choice may tell the error itself', async () => {
    const told = { error: { code: 429, message: 'upstream is busy' }, finish_reason: 'error' };
    for (const error of [
      await failureOf(whole(answer({ content: '' }, told), 'openrouter/m')),
      await failureOf(streamed([piece({ content: 'a' }), piece({ content: '' }, told)], 'openrouter/m')),
    ]) {
      expect(error).toMatchObject({ name: 'RateLimitError', status: 429 });
      expect(error.message).toContain('upstream is busy');
    }
  });

  test('at Azure it is not read as an error body', async () => {
    const client = { model: 'azure_ai/deepseek-r1', api_base: 'https://h.services.ai.azure.com/models' };
    const body = answer({ content: 'a' }, { finish_reason: 'error' });
    const error = await failureOf(
      clientFor(JSON.stringify(body), 'application/json').run('chat', { ...client, messages }),
    );
    expect(error).toMatchObject({ name: 'InternalServerError', code: 'error' });
  });
});

describe('an error that is told within a 200', () => {
  const forms: [object, string][] = [
    [{ type: 'error', error: { type: 'overloaded_error', message: 'later' } }, 'ServiceUnavailableError'],
    [{ error: 'Request failed during generation', error_type: 'generation' }, 'InternalServerError'],
    [{ error: 'Model is overloaded', error_type: 'overloaded' }, 'ServiceUnavailableError'],
    [[{ error: { code: 503, message: 'later', status: 'UNAVAILABLE' } }], 'ServiceUnavailableError'],
    [{ status: 429, title: 'Too Many Requests', detail: 'later' }, 'RateLimitError'],
    [{ message: 'later', code: 500 }, 'InternalServerError'],
    [{ detail: 'The model is busy' }, 'APIError'],
    [{ success: false, errors: [{ code: 7009, message: 'Upstream failed' }], result: null }, 'APIError'],
  ];
  test.each(forms)('%j', async (form, name) => {
    const event = `data: ${JSON.stringify(form)}`;
    for (const error of [
      await failureOf(whole(form)),
      await failureOf(streamed([event, piece({ content: 'a' }), end])),
      await failureOf(streamed([piece({ content: 'a' }), event, end])),
    ])
      expect(error).toMatchObject({ name, request_id: 'request-1', model: 'm' });
  });

  test('may be plain text in an event that is called an error', async () => {
    const error = await failureOf(streamed([piece({ content: 'a' }), 'event: error\ndata: upstream went away', end]));
    expect(error.message).toContain('upstream went away');
  });

  test('is none where its field is empty', async () => {
    const events = [
      { ...piece({ content: 'a' }), error: {} },
      { ...end, error: '' },
      { type: 'ping', message: 'x' },
    ];
    expect((await streamed(events)).choices[0]?.message.content).toBe('a');
  });
});

test.each([
  ['tool-calls', 'tool_calls'],
  ['content-filter', 'content_filter'],
  ['content_filter: SAFETY', 'content_filter'],
  ['PROHIBITED_CONTENT', 'content_filter'],
  ['max_output_tokens', 'length'],
])('finish_reason %s means %s', async (finish_reason, meant) => {
  expect((await whole(answer({ content: 'a' }, { finish_reason }))).choices[0]?.finish_reason).toBe(meant);
  const events = [piece({ content: 'a' }), piece({}, { finish_reason })];
  expect((await streamed(events)).choices[0]?.finish_reason).toBe(meant);
});

test.each([
  ['on_demand', 'default'],
  ['flex', 'flex'],
  ['provisioned', undefined],
])('the tier %s is %s', async (service_tier, meant) => {
  const told = meant === service_tier ? undefined : { service_tier };
  const read = [
    await whole({ ...answer({ content: 'a' }), service_tier }),
    await streamed([
      { ...piece({ content: 'a' }), service_tier },
      { ...end, service_tier },
    ]),
  ];
  for (const { service_tier: tier, provider_specific_fields: fields } of read) {
    expect(tier).toBe(meant);
    expect(fields).toEqual(told);
  }
});

describe('tool calls', () => {
  const call = (id: unknown, name: string, more: object = {}) => ({
    id,
    type: 'function',
    function: { name, arguments: '{}' },
    ...more,
  });

  test('with "null" for an id are told apart', async () => {
    const calls = [call('null', 'a'), call('null', 'b')];
    const read = [
      await whole(answer({ content: '', tool_calls: calls })),
      await streamed([piece({ tool_calls: [call('null', 'a', { index: 0 }), call('null', 'b', { index: 1 })] }), end]),
    ];
    for (const { choices } of read)
      expect(choices[0]?.message.tool_calls).toMatchObject([
        { id: 'call_0', function: { name: 'a' } },
        { id: 'call_1', function: { name: 'b' } },
      ]);
  });

  test.each([
    ['a finish reason', [piece({}, { finish_reason: 'tool_calls' })]],
    ['the end alone', ['data: [DONE]']],
  ])('without arguments have an empty object, told with %s', async (_, last) => {
    const made = [
      { id: 'a', function: { name: 'ping', arguments: '{}' } },
      { id: 'b', function: { name: 'get_tide', arguments: '{"port":"Sines"}' } },
      { id: 'c', function: { name: 'ping', arguments: '{}' } },
    ];
    const named = (id: string, index: number, name: string, more: object = {}) =>
      piece({ tool_calls: [{ index, id, type: 'function', function: { name, ...more } }] });
    const stream = await streamed([
      named('a', 0, 'ping', { arguments: '' }),
      named('b', 1, 'get_tide'),
      piece({ tool_calls: [{ index: 1, function: { arguments: '{"port":"Sines"}' } }] }),
      named('c', 2, 'ping'),
      ...last,
    ]);
    expect(stream.choices[0]).toMatchObject({ finish_reason: 'tool_calls', message: { tool_calls: made } });
    const calls = made.map((each) => ({ ...each, function: { ...each.function } }));
    (calls[0] as { function: object }).function = { name: 'ping', arguments: '' };
    (calls[2] as { function: object }).function = { name: 'ping' };
    const { choices } = await whole(answer({ content: '', tool_calls: calls }));
    expect(choices[0]?.message).toMatchObject({ content: null, tool_calls: made });
  });

  test('may bear name and arguments themselves', async () => {
    const flat = { name: 'get_tide', arguments: { port: 'Sines' } };
    const read = [
      await whole(answer({ content: '', tool_calls: [flat] })),
      await streamed([piece({ tool_calls: [flat] }), end]),
    ];
    for (const { choices } of read) {
      const made = { name: 'get_tide', arguments: '{"port":"Sines"}' };
      expect(choices[0]?.message.tool_calls).toEqual([{ id: 'call_0', type: 'function', function: made }]);
      expect(choices[0]?.finish_reason).toBe('tool_calls');
    }
  });
});

describe('log probabilities', () => {
  const entry = (token: string, logprob: number, top_logprobs: unknown[] = []) => ({
    token,
    bytes: null,
    logprob,
    top_logprobs,
  });

  test('in lists side by side become entries, and stay as they came', async () => {
    const logprobs = {
      tokens: ['At', ' 14'],
      token_logprobs: [-0.1, null],
      token_ids: [5, 6],
      top_logprobs: [{ At: -0.1, Am: -2 }],
    };
    const top = [
      { token: 'At', bytes: null, logprob: -0.1 },
      { token: 'Am', bytes: null, logprob: -2 },
    ];
    const content = [entry('At', -0.1, top), entry(' 14', 0)];
    const { choices } = await whole(answer({ content: 'At 14' }, { logprobs }), 'together_ai/m');
    expect(choices[0]?.logprobs).toEqual({ content, refusal: null });
    expect(choices[0]?.provider_specific_fields).toEqual({ logprobs });
    const stream = await streamed([piece({ content: 'At 14' }, { logprobs }), end], 'together_ai/m');
    expect(stream.choices[0]?.logprobs).toEqual({ content, refusal: null });
  });

  test('that are one number belong to the piece of text', async () => {
    const events = [
      piece({ content: 'At' }, { logprobs: -0.1 }),
      piece({ content: ' 14' }, { logprobs: -0.5 }),
      piece({}, { finish_reason: 'stop', logprobs: 0 }),
    ];
    const { choices } = await streamed(events, 'together_ai/m');
    expect(choices[0]?.logprobs).toEqual({ content: [entry('At', -0.1), entry(' 14', -0.5)], refusal: null });
  });

  test('in OpenAI’s form get the fields that its schema requires', async () => {
    const logprobs = { content: [{ token: 'At', logprob: -0.1, top_logprobs: [{ token: 'At', logprob: -0.1 }] }] };
    const top = [{ token: 'At', bytes: null, logprob: -0.1 }];
    const { choices } = await whole(answer({ content: 'At' }, { logprobs }));
    expect(choices[0]?.logprobs).toEqual({ content: [entry('At', -0.1, top)], refusal: null });
    expect(choices[0]?.provider_specific_fields).toBeUndefined();
  });
});

describe('content in parts', () => {
  test('keeps what a text tells beside itself', async () => {
    const plain = [{ type: 'text', text: 'a', citations: [] }];
    expect((await whole(answer({ content: plain }))).choices[0]?.message).not.toHaveProperty(
      'provider_specific_fields',
    );
    const signed = [{ type: 'text', text: 'a', thoughtSignature: 'c2lnbmVk' }];
    const read = [
      await whole(answer({ content: signed }), 'databricks/m'),
      await streamed([piece({ content: signed }), end], 'databricks/m'),
    ];
    for (const { choices } of read)
      expect(choices[0]?.message).toMatchObject({ content: 'a', provider_specific_fields: { content: signed } });
  });

  test('keeps the sources within thinking', async () => {
    const thinking = [
      { type: 'text', text: 'Hm.' },
      { type: 'reference', reference_ids: [1] },
    ];
    const content = [
      { type: 'thinking', thinking },
      { type: 'text', text: 'a' },
    ];
    const { choices } = await whole(answer({ content }));
    expect(choices[0]?.message).toMatchObject({
      content: 'a',
      reasoning_content: 'Hm.',
      provider_specific_fields: { content },
    });
  });
});

test('annotations are citations of pages; others are set aside', async () => {
  const page = { start_index: 0, end_index: 1, title: 'Tides', url: 'https://tides.example.com' };
  const nested = { type: 'url_citation', url_citation: page };
  const file = { type: 'file', file: { hash: 'h', name: 'a.pdf', content: [] } };
  const annotations = [nested, file, { type: 'url_citation', ...page }];
  const read = [
    await whole(answer({ content: 'a', annotations }), 'openrouter/m'),
    await streamed([piece({ content: 'a' }), piece({ annotations }), end], 'openrouter/m'),
  ];
  for (const { choices } of read)
    expect(choices[0]?.message).toMatchObject({
      annotations: [nested, nested],
      provider_specific_fields: { annotations: [file] },
    });
});

test('a stream that Groq stopped early is a failure', async () => {
  const stopped = { ...piece({}, { finish_reason: 'stop' }), x_groq: { id: 'req_1', error: 'over capacity' } };
  const error = await failureOf(streamed([piece({ content: 'a' }), stopped], 'groq/m'));
  expect(error).toMatchObject({ name: 'InternalServerError', llm_provider: 'groq' });
  expect(error.message).toContain('over capacity');
});

test('MiniMax tells a failure beside the choices', async () => {
  const failed = { ...piece({ content: '' }), base_resp: { status_code: 1027, status_msg: 'output content error' } };
  const fine = { ...piece({ content: 'a' }), base_resp: { status_code: 0, status_msg: '' } };
  expect(await failureOf(streamed([fine, failed], 'minimax/m'))).toMatchObject({
    name: 'ContentPolicyViolationError',
    code: '1027',
  });
  expect((await streamed([fine, end], 'minimax/m')).choices[0]?.message.content).toBe('a');
});

test('fields that a vendor fills in empty are as good as absent', async () => {
  const delta = { function_call: { name: '', arguments: '' }, audio: { id: '', data: '', expires_at: 0 } };
  const logprobs = { content: null, refusal: null };
  const stream = await streamed([piece({ content: 'a', ...delta }, { logprobs }), end], 'snowflake/m');
  const read = await whole(answer({ content: 'a', ...delta }, { logprobs, delta: { content: '' } }), 'snowflake/m');
  for (const { choices } of [stream, read])
    expect(choices).toEqual([
      { index: 0, message: { role: 'assistant', content: 'a', refusal: null }, finish_reason: 'stop', logprobs: null },
    ]);
});

test('a message that repeats the whole after its pieces is not read twice', async () => {
  const usage = { prompt_tokens: 1, completion_tokens: 2, total_tokens: 3 };
  const summary = { ...answer({ role: 'assistant', content: 'At 14:32.' }), object: 'chat.completion', usage };
  const stream = await streamed([piece({ content: 'At ' }), piece({ content: '14:32.' }), summary], 'minimax/m');
  expect(stream).toMatchObject({ choices: [{ message: { content: 'At 14:32.' }, finish_reason: 'stop' }], usage });
});
