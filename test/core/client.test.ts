import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import {
  AuthenticationError,
  BadRequestError,
  completion,
  createCallm,
  dryRun,
  embedding,
  getLlmProvider,
  getSupportedOpenaiParams,
  type Middleware,
  type Provider,
  RateLimitError,
  rerank,
  UnsupportedParamsError,
  validateEnvironment,
} from '../../src/index.js';

const messages = [{ role: 'user' as const, content: 'hi' }];
const failure = async (promise: Promise<unknown>): Promise<Error & Record<string, unknown>> =>
  promise.then(
    () => {
      throw new Error('no failure');
    },
    (error: unknown) => error as Error & Record<string, unknown>,
  );

describe('where a model string leads', () => {
  test.each([
    ['openai/gpt-4o', 'openai', 'gpt-4o'],
    ['anthropic/claude-sonnet-4-5', 'anthropic', 'claude-sonnet-4-5'],
    ['openrouter/anthropic/claude-3.5-sonnet:beta', 'openrouter', 'anthropic/claude-3.5-sonnet:beta'],
    ['gpt-4o', 'openai', 'gpt-4o'],
    ['claude-sonnet-4-5', 'anthropic', 'claude-sonnet-4-5'],
  ])('%s', async (model, provider, name) => {
    expect(await getLlmProvider({ model })).toEqual({ provider, model: name });
  });

  test('custom_llm_provider wins, and its prefix is not doubled', async () => {
    expect(await getLlmProvider({ model: 'org/model', custom_llm_provider: 'groq' })).toEqual({
      provider: 'groq',
      model: 'org/model',
    });
    expect(await getLlmProvider({ model: 'groq/m', custom_llm_provider: 'groq' })).toEqual({
      provider: 'groq',
      model: 'm',
    });
  });

  test('an unknown name lists near ones and tells the remedy', async () => {
    const error = await failure(getLlmProvider({ model: 'antropic/claude-x' }));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.message).toContain('"anthropic/claude-x"');
    expect(error.message).toContain('provider/model');
    expect((await failure(getLlmProvider({ model: 'gpt-4oo' }))).message).toContain('openai/gpt-4o');
    expect((await failure(getLlmProvider({ model: 'x', custom_llm_provider: 'nobody' }))).message).toContain(
      'custom_llm_provider',
    );
    expect((await failure(getLlmProvider({ model: 'openai/' }))).message).toContain('names a provider but no model');
  });

  test('an endpoint that the provider lacks', async () => {
    const error = await failure(embedding({ model: 'anthropic/claude-sonnet-4-5', input: 'x', api_key: 'k' }));
    expect(error.message).toContain('no embeddings endpoint');
    expect(error).toBeInstanceOf(BadRequestError);
  });
});

describe('keys', () => {
  const client = createCallm({ env: { OPENAI_API_KEY: 'sk-other-house', MY_KEY: 'sk-mine-12345' } });

  test("a missing key names the variables, and another vendor's key is never sent", async () => {
    const error = await failure(client.completion({ model: 'groq/llama', messages }));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toContain('api_key');
    expect(error.message).toContain('GROQ_API_KEY');
  });

  test('os.environ/NAME reads the variable', async () => {
    const sent: string[] = [];
    const reading = createCallm({
      env: { MY_KEY: 'sk-mine-12345' },
      transport: (wire) => {
        sent.push(wire.headers['authorization'] ?? '');
        return Promise.resolve(
          Response.json({
            choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
          }),
        );
      },
    });
    await reading.completion({ model: 'openai/m', messages, api_key: 'os.environ/MY_KEY' });
    expect(sent).toEqual(['Bearer sk-mine-12345']);
  });

  test('a key with a line break is refused unseen', async () => {
    const error = await failure(client.completion({ model: 'openai/m', messages, api_key: 'sk-a\r\nx: y' }));
    expect(error.message).toContain('api_key');
    expect(inspect(error)).not.toContain('sk-a');
  });

  test('validateEnvironment', async () => {
    expect(await client.validateEnvironment({ model: 'openai/m' })).toEqual({
      keys_in_environment: true,
      missing_keys: [],
    });
    expect(await client.validateEnvironment({ model: 'groq/m' })).toEqual({
      keys_in_environment: false,
      missing_keys: ['GROQ_API_KEY'],
    });
    expect(typeof (await validateEnvironment({ model: 'openai/m' })).keys_in_environment).toBe('boolean');
  });
});

describe('parameters', () => {
  test('an unsupported one names provider, model, parameter and the remedies', async () => {
    const error = await failure(
      dryRun('chat', { model: 'anthropic/claude-sonnet-4-5', messages, api_key: 'kkkk', seed: 4 }),
    );
    expect(error).toBeInstanceOf(UnsupportedParamsError);
    for (const part of ['anthropic', 'claude-sonnet-4-5', 'seed', 'drop_params', 'allowed_openai_params'])
      expect(error.message).toContain(part);
    expect(error['param']).toBe('seed');
  });

  test('drop_params leaves it out with a warning, allowed_openai_params sends it', async () => {
    const base = { model: 'anthropic/claude-sonnet-4-5', messages, api_key: 'kkkk', max_tokens: 9, seed: 4 };
    const dropped = await dryRun('chat', { ...base, drop_params: true });
    expect(dropped.body).not.toHaveProperty('seed');
    expect(dropped.warnings).toContainEqual(expect.objectContaining({ type: 'drop', param: 'seed' }));
    const allowed = await dryRun('chat', { ...base, allowed_openai_params: ['seed'] });
    expect(allowed.body).toHaveProperty('seed', 4);
  });

  test('additional_drop_params takes paths and leaves the caller alone', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'f', strict: true, parameters: { type: 'object' } } },
    ];
    const frozen = JSON.stringify(tools);
    const { body } = await dryRun('chat', {
      model: 'openai/gpt-4o',
      api_key: 'kkkk',
      messages,
      temperature: 1,
      tools,
      additional_drop_params: ['temperature', 'tools[*].function.strict', 'nothing.here'],
    });
    expect(body).not.toHaveProperty('temperature');
    expect(body).toHaveProperty('tools', [
      { type: 'function', function: { name: 'f', parameters: { type: 'object' } } },
    ]);
    expect(JSON.stringify(tools)).toBe(frozen);
  });

  test('defaults of OpenAI and harmless names never raise', async () => {
    const { body } = await dryRun('chat', {
      model: 'anthropic/claude-sonnet-4-5',
      api_key: 'kkkk',
      messages,
      max_tokens: 5,
      n: 1,
      logprobs: false,
      presence_penalty: 0,
      modalities: ['text'],
      stream_options: { include_usage: true },
    });
    for (const name of ['n', 'logprobs', 'presence_penalty', 'modalities', 'stream_options'])
      expect(body).not.toHaveProperty(name);
  });

  test('what asks for nothing is left out with a warning, and what asks for something is refused', async () => {
    const call = { model: 'replicate/meta/meta-llama-3-70b-instruct', api_key: 'kkkk', messages };
    const asked = {
      tools: [[], [{ type: 'function', function: { name: 'f' } }]],
      tool_choice: ['auto', 'required'],
      logit_bias: [{}, { 5: 1 }],
      top_logprobs: [0, 3],
      response_format: [{ type: 'text' }, { type: 'json_object' }],
    };
    for (const [name, [nothing, something]] of Object.entries(asked)) {
      const { body, warnings } = await dryRun('chat', { ...call, [name]: nothing });
      expect(body).toEqual({ input: { prompt: 'hi' } });
      expect(warnings).toMatchObject([{ type: 'drop', param: name }]);
      await expect(dryRun('chat', { ...call, [name]: something })).rejects.toMatchObject({ param: name });
    }
  });

  test('unknown keys pass, extra_body is merged, extra_query and headers are sent', async () => {
    const run = await dryRun('chat', {
      model: 'openai/gpt-4o',
      api_key: 'sk-abcdef',
      messages,
      sea_state: 4,
      extra_body: { top_k: 3 },
      extra_query: { trace: 'on' },
      extra_headers: { 'X-Team': 'blue-whales' },
      organization: 'org-1',
    });
    expect(run.body).toMatchObject({ sea_state: 4, top_k: 3 });
    expect(run.url).toBe('https://api.openai.com/v1/chat/completions?trace=on');
    expect(run.headers).toMatchObject({ 'x-team': '<redacted>', authorization: 'Bearer <redacted>' });
    expect(JSON.stringify(run)).not.toContain('sk-abcdef');
  });

  test('getSupportedOpenaiParams', async () => {
    const openai = await getSupportedOpenaiParams({ model: 'openai/gpt-4o' });
    expect(openai).toEqual(expect.arrayContaining(['temperature', 'tools', 'stream', 'response_format']));
    expect(await getSupportedOpenaiParams({ model: 'anthropic/claude-sonnet-4-5' })).not.toContain('seed');
    expect(
      await getSupportedOpenaiParams({ model: 'openai/text-embedding-3-small', endpoint: 'embeddings' }),
    ).toContain('dimensions');
  });
});

describe('mocks', () => {
  test('a text, with usage, n copies, and a stream in pieces of three characters', async () => {
    const answer = await completion({ model: 'openai/m', messages, mock_response: 'hello there', n: 2 });
    expect(answer.choices.map((choice) => choice.message.content)).toEqual(['hello there', 'hello there']);
    expect(answer.usage?.total_tokens).toBe(30);
    const pieces: string[] = [];
    const stream = await completion({ model: 'openai/m', messages, mock_response: 'hello there', stream: true });
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content) pieces.push(chunk.choices[0].delta.content);
    expect(pieces).toEqual(['hel', 'lo ', 'the', 're']);
    expect((await stream.final()).choices[0]?.finish_reason).toBe('stop');
  });

  test('tool calls, streamed too', async () => {
    const mock_tool_calls = [{ type: 'function', function: { name: 'f', arguments: '{"a":1}' } }];
    const answer = await completion({ model: 'openai/m', messages, mock_tool_calls });
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ id: 'call_0', function: { name: 'f' } }] },
    });
    const stream = await completion({ model: 'openai/m', messages, mock_tool_calls, stream: true });
    expect((await stream.final()).choices[0]?.message.tool_calls).toEqual(answer.choices[0]?.message.tool_calls);
  });

  test("LiteLLM's magic strings, an Error, a response object", async () => {
    expect(
      await failure(completion({ model: 'openai/m', messages, mock_response: 'litellm.RateLimitError' })),
    ).toBeInstanceOf(RateLimitError);
    const own = new RateLimitError('mine');
    expect(await failure(completion({ model: 'openai/m', messages, mock_response: own }))).toBe(own);
    const given = {
      id: 'x',
      choices: [
        {
          index: 0,
          finish_reason: 'stop',
          logprobs: null,
          message: { role: 'assistant', content: 'y', refusal: null },
        },
      ],
    };
    expect((await completion({ model: 'openai/m', messages, mock_response: given })).choices[0]?.message.content).toBe(
      'y',
    );
    expect(
      (await failure(completion({ model: 'openai/m', messages, mock_response: { no: 'choices' } }))).message,
    ).toContain('mock_response');
  });

  test('mock_timeout, mock_delay, embeddings and rerank', async () => {
    expect((await failure(completion({ model: 'openai/m', messages, mock_timeout: true, timeout: 0.02 }))).name).toBe(
      'Timeout',
    );
    expect(
      (await embedding({ model: 'openai/m', input: ['a', 'b'], mock_response: [1, 2], mock_delay: 0.01 })).data,
    ).toHaveLength(2);
    expect(
      (await rerank({ model: 'cohere/m', query: 'q', documents: ['a', 'b'], top_n: 1, mock_response: 'x' })).results,
    ).toHaveLength(1);
  });
});

describe('clients', () => {
  const clients: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const client of clients.splice(0)) await client.close();
  });

  test('middleware wraps in order and may change input and output', async () => {
    const seen: string[] = [];
    const named =
      (name: string): Middleware =>
      async (endpoint, input, next) => {
        seen.push(`${name} in ${endpoint}`);
        const output = await next(input);
        seen.push(`${name} out`);
        return output;
      };
    const client = createCallm({ use: [named('a'), named('b')], mock_response: 'x' });
    clients.push(client);
    await client.completion({ model: 'openai/m', messages });
    expect(seen).toEqual(['a in chat', 'b in chat', 'b out', 'a out']);
  });

  test('a middleware may answer itself, and one that throws rejects', async () => {
    const client = createCallm({ use: [() => Promise.reject(new Error('guarded'))] });
    expect((await failure(client.completion({ model: 'openai/m', messages }))).message).toBe('guarded');
  });

  test('a provider by one row', async () => {
    const client = createCallm({ env: { OCTO_API_KEY: 'sk-octo-1' } });
    clients.push(client);
    await client.registerProvider({
      name: 'octo',
      base: 'https://octo.example/v1',
      key: 'OCTO_API_KEY',
      quirks: { rename: { max_completion_tokens: 'max_tokens' } },
    });
    const run = await client.dryRun('chat', { model: 'octo/m', messages, max_completion_tokens: 7 });
    expect(run).toMatchObject({
      provider: 'octo',
      url: 'https://octo.example/v1/chat/completions',
      body: { model: 'm', max_tokens: 7 },
    });
    await expect(getLlmProvider({ model: 'octo/m' })).rejects.toThrow('octo');
  });

  test('a wrong row names each wrong path', async () => {
    const error = await failure(
      createCallm().registerProvider({ name: 'x', base: 'no url', quirks: { max_stop: 'two', typo: 1 } }),
    );
    expect(error).toBeInstanceOf(BadRequestError);
    for (const part of ['base', 'quirks.max_stop', 'typo']) expect(error.message).toContain(part);
  });

  test('a provider by an object of its own', async () => {
    const shout: Provider = {
      name: 'shout',
      base: 'https://shout.example',
      key_optional: true,
      endpoints: {
        chat: {
          params: { temperature: true },
          request: (call, mapped) => ({
            method: 'POST',
            path: '/say',
            body: { ...mapped, said: call.params.messages.length },
          }),
          response: (body) => ({
            id: 's',
            object: 'chat.completion',
            created: 1,
            model: 'm',
            choices: [
              {
                index: 0,
                finish_reason: 'stop',
                logprobs: null,
                message: { role: 'assistant', content: String((body as { loud: string }).loud), refusal: null },
              },
            ],
          }),
        },
      },
    };
    const client = createCallm({
      providers: [shout],
      transport: () => Promise.resolve(Response.json({ loud: 'HEY' })),
    });
    clients.push(client);
    const answer = await client.completion({ model: 'shout/m', messages });
    expect(answer.choices[0]?.message.content).toBe('HEY');
    // A provider without streams answers a streaming call with its whole answer in chunks.
    const stream = await client.completion({ model: 'shout/m', messages, stream: true });
    expect((await stream.final()).choices[0]?.message.content).toBe('HEY');
  });

  test('close may be called twice', async () => {
    const client = createCallm();
    await client.close();
    await client.close();
  });

  test('bad input rejects, never throws', async () => {
    const client = createCallm();
    for (const input of [undefined, null, 'x', []] as never[])
      expect(await failure(client.completion(input))).toBeInstanceOf(BadRequestError);
    expect(await failure(client.dryRun('nothing' as never, {}))).toBeInstanceOf(BadRequestError);
  });
});
