/** Bad input is refused before any request, naming the field; good input is never changed; options stay out of bodies. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type APIError,
  AuthenticationError,
  BadRequestError,
  CallmError,
  UnsupportedParamsError,
} from '../../src/index.js';
import { client, collect, failure, sendJson, serve, type TestServer, thrown, warmUp } from './server.js';
import { anthropic, gemini, messages, openai, streamOf, type TestWire, wires } from './wires.js';

let server: TestServer;

beforeAll(async () => {
  await warmUp();
  server = await serve((res, { path, body }) => {
    const wire = path.includes('messages') ? anthropic : path.includes('models') ? gemini : openai;
    if (path.includes('embed'))
      return sendJson(res, {
        data: [{ index: 0, embedding: [1] }],
        model: 'm',
        usage: { prompt_tokens: 1, total_tokens: 1 },
      });
    if (path.includes('stream') || body?.['stream'] === true) {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      return void res.end(streamOf(wire, 'hi').join(''));
    }
    sendJson(res, wire.whole('hi'));
  });
});

type Input = Record<string, unknown>;
const complete = (given: Input, options: Input = {}): Promise<unknown> =>
  client(options).completion({ model: 'openai/gpt-4o', messages, api_base: `${server.url}/v1`, ...given } as never);

/** The error of a refused call; nothing may have been sent, and nothing thrown before the promise. */
async function refused(make: () => Promise<unknown>): Promise<APIError> {
  const before = server.connections.length;
  let pending: Promise<unknown>;
  try {
    pending = make();
  } catch (error) {
    throw new Error('it threw synchronously', { cause: error });
  }
  expect(pending).toBeInstanceOf(Promise);
  const error = await failure(pending);
  expect(server.connections.length, 'no connection').toBe(before);
  expect(error.attempts).toEqual([]);
  expect(error.status).toBeUndefined();
  expect(error.status_code).toBeTypeOf('number');
  return error;
}

const circular: Input = {};
circular['self'] = circular;
const said = (message: unknown): Input => ({ messages: [message] });
const nothing = undefined;

const bad: [field: string, what: string, input: Input][] = [
  ['model', 'missing', { model: nothing }],
  ['model', 'null', { model: null }],
  ['model', 'empty', { model: '' }],
  ['model', 'blank', { model: '  ' }],
  ['model', 'a number', { model: 42 }],
  ['model', 'an object', { model: { name: 'x' } }],
  ['model', 'of an unknown provider', { model: 'nobody-at-all/gpt-4o' }],
  ['model', 'an unknown bare name', { model: 'no-such-model-zzz-1' }],
  ['model', 'a provider alone', { model: 'openai/' }],
  ['model', 'a name with a leading slash', { model: '/gpt-4o' }],
  ['custom_llm_provider', 'unknown', { custom_llm_provider: 'nobody-at-all' }],
  ['messages', 'missing', { messages: nothing }],
  ['messages', 'null', { messages: null }],
  ['messages', 'a text', { messages: 'hello' }],
  ['messages', 'an object', { messages: { role: 'user', content: 'a' } }],
  ['messages', 'empty', { messages: [] }],
  ['messages', 'an entry that is null', said(null)],
  ['messages', 'an entry that is a text', said('hello')],
  ['messages', 'an entry that is an array', said([])],
  ['messages', 'no role', said({ content: 'a' })],
  ['role', 'no role', said({ content: 'a' })],
  ['role', 'an unknown role', said({ role: 'wizard', content: 'a' })],
  ['role', 'a role that is no text', said({ role: 1, content: 'a' })],
  ['messages', 'a second entry without a role', { messages: [...messages, { content: 'a' }] }],
  ['messages', 'circular content', said({ role: 'user', content: [circular] })],
  ['messages', 'a BigInt', said({ role: 'user', content: [{ type: 'text', text: 10n }] })],
  ['messages', 'content that is a number', said({ role: 'user', content: 5 })],
  ['messages', 'a content part that is a number', said({ role: 'user', content: [5] })],
  ...['temperature', 'top_p', 'presence_penalty', 'frequency_penalty', 'n', 'seed', 'top_logprobs'].flatMap(
    (name): [string, string, Input][] => [
      [name, 'NaN', { [name]: Number.NaN }],
      [name, 'Infinity', { [name]: Number.POSITIVE_INFINITY }],
      [name, '-Infinity', { [name]: Number.NEGATIVE_INFINITY }],
      [name, 'a text', { [name]: '0.5' }],
      [name, 'a BigInt', { [name]: 1n }],
      [name, 'an object', { [name]: {} }],
    ],
  ),
  ...['max_tokens', 'max_completion_tokens'].flatMap((name): [string, string, Input][] => [
    [name, 'NaN', { [name]: Number.NaN }],
    [name, 'negative', { [name]: -1 }],
    [name, 'fractional', { [name]: 1.5 }],
    [name, 'a text', { [name]: '100' }],
    [name, 'infinite', { [name]: Number.POSITIVE_INFINITY }],
    [name, 'a BigInt', { [name]: 100n }],
  ]),
  ...['timeout', 'stream_timeout', 'deadline', 'request_timeout'].flatMap((name): [string, string, Input][] => [
    [name === 'request_timeout' ? 'timeout' : name, 'negative', { [name]: -1 }],
    [name === 'request_timeout' ? 'timeout' : name, 'NaN', { [name]: Number.NaN }],
    [name === 'request_timeout' ? 'timeout' : name, 'milliseconds', { [name]: 30_000 }],
    [name === 'request_timeout' ? 'timeout' : name, 'infinite', { [name]: Number.POSITIVE_INFINITY }],
    [name === 'request_timeout' ? 'timeout' : name, 'a text', { [name]: '30' }],
  ]),
  ['seconds', 'a timeout in milliseconds', { timeout: 30_000 }],
  ['seconds', 'a deadline in milliseconds', { deadline: 3601 }],
  ['timeout', 'an unknown key', { timeout: { connect: 5 } }],
  ['connect', 'an unknown key', { timeout: { connect: 5 } }],
  ['timeout', 'a bad first_token', { timeout: { first_token: -1 } }],
  ['idle', 'a bad idle', { timeout: { idle: 99_999 } }],
  ['total', 'a bad total', { timeout: { total: Number.NaN } }],
  ['timeout', 'an array', { timeout: [5] }],
  ['num_retries', 'negative', { num_retries: -1 }],
  ['num_retries', 'a text', { num_retries: '2' }],
  ['num_retries', 'NaN', { num_retries: Number.NaN }],
  ['num_retries', 'fractional', { num_retries: 1.5 }],
  ['retries', 'negative, by its other name', { max_retries: -1 }],
  ['max_retry_delay', 'negative', { max_retry_delay: -1 }],
  ['tools', 'an object', { tools: { type: 'function' } }],
  ['tools', 'a text', { tools: 'search' }],
  [
    'tools',
    'a BigInt inside',
    { tools: [{ type: 'function', function: { name: 'f', parameters: { properties: { a: { const: 5n } } } } }] },
  ],
  ['tools', 'circular', { tools: [{ type: 'function', function: { name: 'f', parameters: circular } }] }],
  ['stream', 'a text', { stream: 'yes' }],
  ['stop', 'a number', { stop: 5 }],
  ['signal', 'a controller', { signal: new AbortController() }],
  ['signal', 'an object', { signal: {} }],
  ['signal', 'true', { signal: true }],
  ['api_base', 'no URL', { api_base: 'not a url' }],
  ['api_base', 'no scheme', { api_base: 'localhost:1234' }],
  ['api_base', 'another scheme', { api_base: 'ftp://127.0.0.1/' }],
  ['api_base', 'a path', { api_base: '/v1' }],
  ['api_base', 'no host', { api_base: 'http://' }],
  ['api_base', 'a number', { api_base: 80 }],
  ['api_key', 'a number', { api_key: 42 }],
  ['extra_headers', 'a text', { extra_headers: 'x-a: b' }],
  ['extra_body', 'a text', { extra_body: 'x' }],
  ['extra_body', 'circular', { extra_body: { circular } }],
];

describe('refused before any request, naming the field', () => {
  test.each(bad)('%s: %s', async (field, _, input) => {
    for (const stream of 'stream' in input ? [input['stream']] : [false, true]) {
      const error = await refused(() => complete({ ...input, stream }));
      expect(error.message).toContain(field);
      expect(error instanceof BadRequestError || error instanceof AuthenticationError).toBe(true);
      expect(error.status_code).toBe(400);
    }
  });

  test.each(bad.filter(([field]) => !['model', 'messages', 'role'].includes(field)))(
    '%s: %s, as a default of the client',
    async (field, _, input) => {
      const { api_base = `${server.url}/v1`, api_key = 'k', ...others } = input;
      const error = await refused(() =>
        client({
          num_retries: undefined as never,
          api_key: api_key as string,
          ...others,
          api_base: api_base as string,
        }).completion({
          model: 'openai/gpt-4o',
          messages,
        }),
      );
      expect(error.message).toContain(field);
    },
  );

  test.each([nothing, null, 5, 'text', [], true])('an input of %s', async (input) => {
    const given = input as never;
    await refused(() => client().completion(given));
    await refused(() => client().embedding(given));
    await refused(() => client().rerank(given));
  });

  test('no key anywhere: api_key or the variable is named', async () => {
    const variables: Record<string, string> = {
      openai: 'OPENAI_API_KEY',
      anthropic: 'ANTHROPIC_API_KEY',
      gemini: 'GEMINI_API_KEY',
    };
    for (const wire of wires)
      for (const env of [{}, { [variables[wire.name] ?? '']: '' }]) {
        const error = await refused(() =>
          client({ api_key: nothing as never, env }).completion({
            model: wire.model,
            messages,
            api_base: wire.base(server),
          }),
        );
        expect(error).toBeInstanceOf(AuthenticationError);
        expect(error.message).toMatch(new RegExp(`api_key|${variables[wire.name]}`));
        expect(error.llm_provider).toBe(wire.name);
      }
  });

  test('an OpenAI parameter that the provider does not take', async () => {
    const rows: [TestWire, string, unknown][] = [
      [anthropic, 'logit_bias', { '1': 1 }],
      [anthropic, 'seed', 5],
      [gemini, 'logit_bias', { '1': 1 }],
    ];
    for (const [wire, name, value] of rows) {
      const given = { model: wire.model, api_base: wire.base(server), [name]: value };
      const error = await refused(() => complete(given));
      expect(error).toBeInstanceOf(UnsupportedParamsError);
      expect(error.message).toContain(name);
      expect(error.message).toContain('drop_params');
      const before = server.requests.length;
      await complete({ ...given, drop_params: true });
      await complete({ ...given, additional_drop_params: [name] });
      expect(server.requests.slice(before).every(({ text }) => !text.includes(name))).toBe(true);
    }
  });

  test('stream, stream_options, user and n: 1 are taken by all', async () => {
    const harmless = { stream: true, stream_options: { include_usage: true }, user: 'u1', n: 1 };
    for (const wire of wires)
      await complete({ model: wire.model, api_base: wire.base(server), ...harmless }).then((stream) =>
        collect(stream as never),
      );
  });

  const embeddings: [string, Input][] = [
    ['input', { input: nothing }],
    ['input', { input: null }],
    ['input', { input: '' }],
    ['input', { input: [] }],
    ['input', { input: 5 }],
    ['input', { input: [null] }],
    ['input', { input: {} }],
    ['dimensions', { input: 'a', dimensions: '5' }],
    ['dimensions', { input: 'a', dimensions: Number.NaN }],
    ['model', { input: 'a', model: '' }],
    ['model', { input: 'a', model: nothing }],
    ['timeout', { input: 'a', timeout: 30_000 }],
    ['anthropic', { input: 'a', model: 'anthropic/claude-sonnet-4-5' }],
  ];
  test.each(embeddings)('embedding, %s: %j', async (field, input) => {
    const call = { model: 'openai/text-embedding-3-small', api_base: server.url, ...input };
    expect((await refused(() => client().embedding(call as never))).message).toContain(field);
  });

  const reranks: [string, Input][] = [
    ['query', { query: nothing }],
    ['query', { query: '' }],
    ['query', { query: 5 }],
    ['documents', { documents: nothing }],
    ['documents', { documents: [] }],
    ['documents', { documents: 'a' }],
    ['documents', { documents: [5] }],
    ['top_n', { top_n: '3' }],
    ['model', { model: nothing }],
    ['rerank', { model: 'anthropic/claude-sonnet-4-5' }],
  ];
  test.each(reranks)('rerank, %s: %j', async (field, input) => {
    const call = { model: 'openai/reranker', query: 'q', documents: ['a'], api_base: server.url, ...input };
    expect((await refused(() => client().rerank(call as never))).message).toContain(field);
  });

  test('a message shows no more of a value than it must', async () => {
    const long = 'secret diagnosis '.repeat(50);
    for (const input of [said({ role: long, content: 'a' }), { model: `nobody/${long}` }, { temperature: long }]) {
      const error = await refused(() => complete(input));
      expect(error.message.length).toBeLessThan(1500);
    }
  });
});

test('edges that are good: 0 seconds more than none, an hour, no retries, the largest counts', async () => {
  const good: Input[] = [
    { timeout: 3600 },
    { timeout: { first_token: 3600, idle: 3600, total: 3600 } },
    { stream_timeout: 3600, deadline: 3600 },
    { num_retries: 0, max_tokens: 1, temperature: 0 },
    { signal: new AbortController().signal },
    { signal: null, timeout: null, num_retries: null, temperature: null, tools: null, stop: null, api_key: undefined },
    { messages: [{ role: 'user', content: '' }] },
    { messages: [{ role: 'developer', content: 'a' }, ...messages] },
    { messages: [{ role: 'user', content: [{ type: 'text', text: 'a' }] }] },
  ];
  for (const input of good) expect(await complete(input)).toMatchObject({ choices: [{ message: { content: 'hi' } }] });
});

function freeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !(value instanceof AbortSignal)) {
    for (const each of Object.values(value)) freeze(each);
    Object.freeze(value);
  }
  return value;
}

describe("the caller's objects", () => {
  const schema = {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  };
  const rich = (): Input => ({
    messages: [
      { role: 'system', content: 'Be brief.' },
      {
        role: 'user',
        name: 'ada',
        content: [
          { type: 'text', text: 'What is it?' },
          { type: 'image_url', image_url: { url: 'data:image/png;base64,iVBORw0KGgo=' } },
        ],
      },
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'look', arguments: '{"city":"Paris"}' } }],
      },
      { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
      {
        role: 'assistant',
        content: 'It is sunny.',
        reasoning_content: 'hm',
        thinking_blocks: [{ type: 'thinking', thinking: 'hm', signature: 's' }],
      },
      { role: 'user', content: [{ type: 'text', text: 'And now?', cache_control: { type: 'ephemeral' } }] },
    ],
    tools: [{ type: 'function', function: { name: 'look', description: 'Looks.', parameters: schema, strict: true } }],
    tool_choice: { type: 'function', function: { name: 'look' } },
    stop: ['END'],
    temperature: 0.5,
    max_tokens: 100,
    metadata: { a: 'b' },
    stream_options: { include_usage: true },
    extra_headers: { 'x-a': 'b' },
    extra_body: { extra_one: { a: [1] } },
    extra_query: { q: '1' },
    timeout: { total: 10 },
    additional_drop_params: ['tools[*].function.strict', 'messages[0].name'],
    allowed_openai_params: ['metadata'],
    drop_params: true,
  });

  test.each(wires)('$name: are never changed; frozen ones work', async (wire) => {
    for (const stream of [false, true])
      for (const response_format of [
        undefined,
        { type: 'json_schema', json_schema: { name: 'x', schema, strict: true } },
        schema,
      ]) {
        const given = { ...rich(), ...(response_format !== undefined && { response_format }), stream };
        const call = { model: wire.model, api_base: wire.base(server), api_key: 'k', num_retries: 0, ...given };
        const copy = structuredClone(call);
        // A plain text is no answer to a schema: the call may fail for that, the input must not change.
        const outcome = await client()
          .completion(call as never)
          .catch((error: unknown) => error);
        if (stream && !(outcome instanceof Error)) await collect(outcome as never);
        expect(call).toEqual(copy);

        const frozen = freeze(call);
        const defaults = freeze({ extra_headers: { 'x-d': 'e' }, extra_body: { extra_two: 2 }, timeout: { idle: 5 } });
        const again = await client(defaults)
          .completion(frozen as never)
          .catch((error: unknown) => error);
        if (again instanceof TypeError) throw again;
        if (again instanceof Error) expect(CallmError.is(again)).toBe(true);
        else if (stream) await collect(again as never);
        expect(frozen).toEqual(copy);
      }
  });

  test('of embeddings and rerank, too', async () => {
    const call = freeze({ model: 'openai/e', input: ['a', 'b'], api_base: server.url, extra_headers: { 'x-a': 'b' } });
    await client().embedding(call as never);
    expect(call.input).toEqual(['a', 'b']);
  });

  test('a result changed by the caller changes no later call', async () => {
    const callm = client({ extra_headers: { 'x-a': 'b' } });
    const call = { model: 'openai/gpt-4o', messages, api_base: server.url };
    const first = await callm.completion(call);
    (first.choices as unknown[]).length = 0;
    expect((await callm.completion(call)).choices).toHaveLength(1);
  });
});

describe('no option of ours reaches the body', () => {
  const source = readFileSync(new URL('../../src/core/options.ts', import.meta.url), 'utf8');
  const listed =
    /new Set\(\[([^\]]+)\]\)/
      .exec(source)?.[1]
      ?.match(/'([\w-]+)'/g)
      ?.map((name) => name.slice(1, -1)) ?? [];
  /** LiteLLM's names by prefix, and those of a Router's deployment, which come along with a call. */
  const others = [
    'aws_region_name',
    'vertex_project',
    'azure_ad_token',
    'litellm_call_id',
    'litellm_params',
    'litellm_credential_name',
    'mock_delay',
    'input_cost_per_token',
    'output_cost_per_token',
    'cache_read_input_token_cost',
    'cooldown_time',
    'allowed_fails',
    'max_budget',
    'budget_duration',
    'tag_regex',
    'mid_stream',
    'hedge',
    'default_fallbacks',
  ];
  /** Values of the form that an option wants; all others get a text. */
  const values = (): Input => ({
    timeout: 10,
    request_timeout: 10,
    stream_timeout: 10,
    deadline: 100,
    num_retries: 0,
    max_retries: 0,
    max_retry_delay: 7,
    mock_delay: 0,
    drop_params: true,
    modify_params: true,
    additional_drop_params: ['nothing.here'],
    allowed_openai_params: ['nothing_here'],
    media: 'inline',
    signal: new AbortController().signal,
    headers: { 'x-h': 'sentinel-header' },
    extra_headers: { 'x-e': 'sentinel-extra-header' },
    extra_query: { sentinel_query: '1' },
    fallbacks: [],
    model_list: [],
    context_window_fallbacks: [],
    content_policy_fallbacks: [],
    disable_fallbacks: true,
    max_fallbacks: 1,
    model_info: { id: 'sentinel-info' },
    tags: ['sentinel-tag'],
    rpm: 4711,
    tpm: 4711,
    weight: 4711,
    order: 4711,
    max_parallel_requests: 4711,
    input_cost_per_token: 4711,
    output_cost_per_token: 4711,
  });
  /** Where the call goes, and what the body is for; these are given as they are. */
  const ofClients = ['transport', 'dispatcher', 'use', 'providers'];
  const apart = new Set(['api_base', 'base_url', 'custom_llm_provider', 'extra_body', ...ofClients]);

  test.each(ofClients)('%s belongs to a client and is refused in a call', async (name) => {
    expect((await refused(() => complete({ [name]: [] }))).message).toContain(name);
  });

  test('the list is the one of the library', () => expect(listed.length).toBeGreaterThan(50));

  test.each(wires)('$name: all at once', async (wire) => {
    const given: Input = {};
    for (const name of [...listed, ...others]) if (!apart.has(name)) given[name] = values()[name] ?? `sentinel-${name}`;
    for (const stream of [false, true]) {
      const before = server.requests.length;
      const call = {
        ...given,
        model: wire.model,
        messages,
        api_base: wire.base(server),
        api_key: 'sentinel-key',
        stream,
      };
      const outcome = await client().completion(call as never);
      if (stream) await collect(outcome as never);
      const [request] = server.requests.slice(before);
      const body = request?.body ?? {};
      expect(Object.keys(body).filter((name) => name in given)).toEqual([]);
      expect(request?.text).not.toContain('sentinel');
      expect(request?.text).not.toContain('4711');
    }
  });

  test.each([...listed, ...others].filter((name) => !apart.has(name)))('%s', async (name) => {
    const value = values()[name] ?? `sentinel-${name}`;
    const before = server.requests.length;
    await complete({ [name]: value });
    await client({ [name]: value }).completion({
      model: 'openai/gpt-4o',
      messages,
      api_base: server.url,
      ...(name === 'api_key' ? {} : { api_key: 'k' }),
    });
    const sent = server.requests.slice(before);
    expect(sent).toHaveLength(2);
    for (const { body, text } of sent) {
      expect(Object.keys(body).toSorted()).toEqual(['messages', 'model']);
      expect(text).not.toContain('sentinel');
    }
  });

  test('extra_body does, and only its content; unknown parameters pass', async () => {
    await complete({
      extra_body: { one_more: [1] },
      of_tomorrow: { a: 1 },
      custom_llm_provider: 'openai',
      model: 'gpt-4o',
    });
    expect(server.requests.at(-1)?.body).toEqual({ model: 'gpt-4o', messages, one_more: [1], of_tomorrow: { a: 1 } });
  });
});

describe('promises always', () => {
  const fails = (): never => {
    throw new Error('from the input');
  };

  test('what toJSON throws is a rejection of ours that names the field', async () => {
    const tools = [{ type: 'function', function: { name: 'f', parameters: { toJSON: fails } } }];
    expect((await refused(() => complete({ tools }))).message).toContain('tools');
    const content = [{ type: 'text', text: { toJSON: fails } }];
    expect((await refused(() => complete(said({ role: 'user', content })))).message).toContain('messages');
  });

  test('what a getter throws is a rejection', async () => {
    const call = Object.defineProperty({ model: 'openai/gpt-4o' }, 'messages', { get: fails, enumerable: true });
    let pending: Promise<unknown> | undefined;
    expect(() => (pending = client().completion(call as never))).not.toThrow();
    expect(await thrown(pending as Promise<unknown>)).toBeInstanceOf(Error);
  });
});
