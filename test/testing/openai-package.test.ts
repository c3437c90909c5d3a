import OpenAI from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { provide } from './http.js';

async function setUp() {
  const provider = await provide();
  return { provider, client: new OpenAI({ apiKey: 'test-key', baseURL: `${provider.url}/openai/v1`, maxRetries: 0 }) };
}

const weather = {
  type: 'function',
  function: {
    name: 'get_weather',
    description: 'Current temperature of a place',
    parameters: {
      type: 'object',
      properties: { city: { type: 'string' }, unit: { type: 'string', enum: ['celsius', 'fahrenheit'] } },
      required: ['city'],
    },
  },
} as const satisfies OpenAI.ChatCompletionTool;

const ask = (content: string): OpenAI.ChatCompletionMessageParam[] => [{ role: 'user', content }];

describe('the openai package', () => {
  test('creates a completion about the question, with usage in words', async () => {
    const { client } = await setUp();
    const got = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: ask('What is the capital of France?'),
    });
    expect(got.id).toMatch(/^chatcmpl-\w{29}$/);
    expect(got._request_id).toMatch(/^req_\w+$/);
    expect(got).toMatchObject({ object: 'chat.completion', model: 'gpt-4o' });
    const [choice] = got.choices;
    expect(choice).toMatchObject({ index: 0, finish_reason: 'stop', logprobs: null, message: { refusal: null } });
    expect(choice?.message.content).toContain('"What is the capital of France?"');
    expect(choice?.message.content).toContain('about France');
    expect(got.usage?.prompt_tokens).toBe(6);
    expect(got.usage?.total_tokens).toBe(6 + (got.usage?.completion_tokens ?? Number.NaN));
  });

  test('hears the system prompt, earlier turns and images', async () => {
    const { client } = await setUp();
    const got = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [
        { role: 'developer', content: 'Be brief.' },
        { role: 'user', content: 'Hello' },
        { role: 'assistant', content: 'Hi' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'Is that Tromsø?' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
      ],
    });
    const text = got.choices[0]?.message.content;
    for (const part of ['"Be brief."', '"Is that Tromsø?"', '1 image', 'about Tromsø', 'turn 2'])
      expect(text).toContain(part);
    expect(got.usage?.prompt_tokens).toBe(2 + 1 + 1 + 3 + 100);
  });

  test('streams word by word what it would answer at once', async () => {
    const { client } = await setUp();
    const body = { model: 'gpt-4o', messages: ask('Tell me about the fjords of Norway') };
    const whole = await client.chat.completions.create(body);
    const stream = await client.chat.completions.create({ ...body, stream: true });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    const texts = chunks.map((chunk) => chunk.choices[0]?.delta.content).filter(Boolean);
    expect(texts.join('')).toBe(whole.choices[0]?.message.content);
    expect(texts.length).toBeGreaterThan(15);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
    expect(chunks.some((chunk) => 'usage' in chunk)).toBe(false);
  });

  test('counts a stream only when asked, in a chunk of its own', async () => {
    const { client } = await setUp();
    const body = { model: 'gpt-4o', messages: ask('Say one two three') };
    const whole = await client.chat.completions.create(body);
    const stream = await client.chat.completions.create({
      ...body,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: whole.usage });
    expect(chunks.slice(0, -1).every((chunk) => chunk.usage === null && chunk.choices.length === 1)).toBe(true);
  });

  test('runs a tool and answers with its result', async () => {
    const { client } = await setUp();
    const asked: unknown[] = [];
    const runner = client.chat.completions.runTools({
      model: 'gpt-4o',
      messages: ask("What's the weather in Paris and London?"),
      tools: [
        {
          type: 'function',
          function: {
            name: 'get_weather',
            description: 'Current temperature of a place',
            parameters: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
            parse: (source: string) => JSON.parse(source) as { city: string },
            function: ({ city }: { city: string }) => {
              asked.push(city);
              return `${city}: 18 °C`;
            },
          },
        },
      ],
    });
    expect(await runner.finalContent()).toBe(
      'According to get_weather: Paris: 18 °C According to get_weather: London: 18 °C',
    );
    expect(asked).toEqual(['Paris', 'London']);
  });

  test('streams calls in parts that join to the whole arguments', async () => {
    const { client } = await setUp();
    const body = { model: 'gpt-4o', messages: ask('Weather in New York and Oslo?'), tools: [weather] };
    const final = await client.chat.completions.stream(body).finalChatCompletion();
    const [choice] = final.choices;
    expect(choice?.finish_reason).toBe('tool_calls');
    expect(choice?.message.content).toBeNull();
    const calls = choice?.message.tool_calls ?? [];
    expect(calls.map((call) => call.type === 'function' && call.function)).toMatchObject([
      { name: 'get_weather', arguments: '{"city":"New York"}' },
      { name: 'get_weather', arguments: '{"city":"Oslo"}' },
    ]);
    expect(new Set(calls.map((call) => call.id)).size).toBe(2);
    const whole = await client.chat.completions.create({ ...body, parallel_tool_calls: false });
    expect(whole.choices[0]?.message.tool_calls).toHaveLength(1);
  });

  test('calls tools only when the question fits or the request demands it', async () => {
    const { client } = await setUp();
    const other = {
      type: 'function',
      function: { name: 'send_mail', parameters: { type: 'object', properties: {} } },
    } as const;
    const names = async (rest: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>): Promise<unknown> => {
      const got = await client.chat.completions.create({
        model: 'gpt-4o',
        messages: ask('Tell me a joke'),
        tools: [weather, other],
        ...rest,
      });
      return got.choices[0]?.message.tool_calls?.map((call) => call.type === 'function' && call.function.name);
    };
    expect(await names({})).toBeUndefined();
    expect(await names({ tool_choice: 'required' })).toEqual(['get_weather']);
    expect(await names({ tool_choice: { type: 'function', function: { name: 'send_mail' } } })).toEqual(['send_mail']);
    expect(await names({ messages: ask('Weather?'), tool_choice: 'none' })).toBeUndefined();
    const allowed_tools: OpenAI.ChatCompletionAllowedTools = {
      mode: 'required',
      tools: [{ type: 'function', function: { name: 'send_mail' } }],
    };
    expect(await names({ tool_choice: { type: 'allowed_tools', allowed_tools } })).toEqual(['send_mail']);
  });

  test('parses an instance of a strict schema, filled from the message', async () => {
    const { client } = await setUp();
    const Person = z.object({
      name: z.string(),
      age: z.number().int(),
      city: z.string(),
      level: z.enum(['low', 'high']),
    });
    const got = await client.chat.completions.parse({
      model: 'gpt-4o',
      messages: ask('Ada Lovelace is 36 years old, lives in London and has a high rank.'),
      response_format: zodResponseFormat(Person, 'person'),
    });
    expect(got.choices[0]?.message.parsed).toEqual({ name: 'Ada Lovelace', age: 36, city: 'London', level: 'high' });
  });

  test('gives several answers, streamed side by side', async () => {
    const { client } = await setUp();
    const body = { model: 'gpt-4o', messages: ask('Say a b'), n: 3 };
    const whole = await client.chat.completions.create(body);
    const texts = whole.choices.map((choice) => choice.message.content);
    expect(texts).toEqual(['a b', 'Answer 2. a b', 'Answer 3. a b']);
    expect(whole.usage?.completion_tokens).toBe(2 + 4 + 4);
    const streamed = ['', '', ''];
    const order: number[] = [];
    for await (const chunk of await client.chat.completions.create({ ...body, stream: true })) {
      for (const { index, delta } of chunk.choices) {
        streamed[index] += delta.content ?? '';
        order.push(index);
      }
    }
    expect(streamed).toEqual(texts);
    expect(order.slice(0, 6)).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('obeys limits, stop sequences and reasoning', async () => {
    const { client } = await setUp();
    const one = async (rest: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming>) => {
      const got = await client.chat.completions.create({ model: 'm', messages: ask('Say a b c. d e'), ...rest });
      return { got, text: got.choices[0]?.message.content, finish: got.choices[0]?.finish_reason };
    };
    expect(await one({ max_tokens: 2 })).toMatchObject({ text: 'a b', finish: 'length' });
    expect(await one({ stop: ['c', '.'] })).toMatchObject({ text: 'a b ', finish: 'stop' });
    const { got } = await one({ reasoning_effort: 'high' });
    const reasoning = got.usage?.completion_tokens_details?.reasoning_tokens ?? 0;
    expect(reasoning).toBeGreaterThan(5);
    expect(got.usage?.completion_tokens).toBe(reasoning + 5);
    expect(await one({ reasoning_effort: 'high', max_completion_tokens: 3 })).toMatchObject({
      text: '',
      finish: 'length',
    });
  });

  test('embeds: unit vectors, the same as floats and as base64, shortened on demand', async () => {
    const { client } = await setUp();
    const input = ['a red car', 'a red bus', 'quantum field theory'];
    // The package asks for base64 unless told otherwise.
    const encoded = await client.embeddings.create({ model: 'e', input });
    const floats = await client.embeddings.create({ model: 'e', input, encoding_format: 'float' });
    expect(encoded.data).toEqual(floats.data);
    expect(floats.data.map((one) => [one.index, one.embedding.length])).toEqual([
      [0, 1536],
      [1, 1536],
      [2, 1536],
    ]);
    expect(floats.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
    const dot = (a: readonly number[] = [], b: readonly number[] = []): number =>
      a.reduce((sum, value, i) => sum + value * (b[i] ?? 0), 0);
    const [car, bus, physics] = floats.data.map((one) => one.embedding);
    expect(dot(car, car)).toBeCloseTo(1, 5);
    expect(dot(car, bus)).toBeGreaterThan(0.5);
    expect(Math.abs(dot(car, physics))).toBeLessThan(0.2);
    const short = await client.embeddings.create({ model: 'e', input: 'a red car', dimensions: 8 });
    expect(short.data[0]?.embedding).toHaveLength(8);
    expect(dot(short.data[0]?.embedding, short.data[0]?.embedding)).toBeCloseTo(1, 5);
  });

  test('lists models', async () => {
    const { client } = await setUp();
    const ids: string[] = [];
    for await (const model of client.models.list()) ids.push(model.id);
    expect(ids).toContain('gpt-4o-mini');
  });

  test('throws the class that fits', async () => {
    const { client, provider } = await setUp();
    const failing = async (one: OpenAI, model: string, content: string): Promise<unknown> =>
      one.chat.completions.create({ model, messages: ask(content) }).catch((error: unknown) => error);
    const bad = new OpenAI({ apiKey: 'bad-key', baseURL: `${provider.url}/openai/v1`, maxRetries: 0 });
    expect(await failing(bad, 'm', 'hi')).toBeInstanceOf(OpenAI.AuthenticationError);
    const missing = await failing(client, 'missing-model', 'hi');
    expect(missing).toBeInstanceOf(OpenAI.NotFoundError);
    expect(missing).toMatchObject({ status: 404, code: 'model_not_found' });
    const limited = await failing(client, 'm', 'please hit the rate limit');
    expect(limited).toBeInstanceOf(OpenAI.RateLimitError);
    expect(limited).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect((limited as InstanceType<typeof OpenAI.RateLimitError>).headers?.get('retry-after')).toBe('1');
  });

  test('gets over a rate limit by itself', async () => {
    const { client, provider } = await setUp();
    const patient = client.withOptions({ maxRetries: 1 });
    const start = performance.now();
    await patient.chat.completions.create({ model: 'm', messages: ask('Rate limit, please') });
    expect(performance.now() - start).toBeGreaterThan(900);
    expect(provider.requests).toHaveLength(2);
  });
});
