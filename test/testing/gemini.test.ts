import { describe, expect, test } from 'vitest';
import { googleKey, parseData, parseEvents, post, provide, send } from './http.js';

interface Part {
  text?: string;
  thought?: boolean;
  thoughtSignature?: string;
  functionCall?: { id?: string; name: string; args: unknown };
}
interface Generated {
  candidates: { index: number; content: { role: string; parts: Part[] }; finishReason?: string }[];
  usageMetadata: {
    promptTokenCount: number;
    candidatesTokenCount?: number;
    thoughtsTokenCount?: number;
    totalTokenCount: number;
  };
  modelVersion: string;
  responseId: string;
}
interface ErrorBody {
  error: { code: number; message: string; status: string; details?: unknown[] };
}

const weather = {
  name: 'get_weather',
  description: 'Current temperature of a place',
  parameters: { type: 'OBJECT', properties: { city: { type: 'STRING' } }, required: ['city'] },
};
const tools = [{ functionDeclarations: [weather] }];
const body = (text: string, rest: Record<string, unknown> = {}) => ({
  contents: [{ role: 'user', parts: [{ text }] }],
  ...rest,
});

async function setUp(model = 'gemini-2.5-flash') {
  const provider = await provide();
  const base = `${provider.url}/gemini/v1beta/models/${model}`;
  return {
    base,
    generate: async (sent: unknown): Promise<Generated> =>
      (await post<Generated>(`${base}:generateContent`, sent, googleKey())).body,
    stream: async (sent: unknown): Promise<Generated[]> => {
      const res = await send(`${base}:streamGenerateContent?alt=sse`, sent, googleKey());
      return parseData<Generated>(parseEvents(await res.text()));
    },
  };
}

const partsOf = (got: Generated): Part[] => got.candidates[0]?.content.parts ?? [];
const textOf = (parts: readonly Part[], thought = false): string =>
  parts
    .filter((part) => (part.thought ?? false) === thought)
    .map((part) => part.text ?? '')
    .join('');

describe('generateContent', () => {
  test('answers with a candidate and counts words', async () => {
    const { generate } = await setUp();
    const got = await generate(body('Say one two', { systemInstruction: { parts: [{ text: 'Be kind.' }] } }));
    expect(got).toMatchObject({
      candidates: [{ index: 0, content: { role: 'model', parts: [{ text: 'one two' }] }, finishReason: 'STOP' }],
      usageMetadata: { promptTokenCount: 5, candidatesTokenCount: 2, totalTokenCount: 7 },
      modelVersion: 'gemini-2.5-flash',
    });
  });

  test('takes snake case too, gives several candidates, obeys limits', async () => {
    const { generate } = await setUp();
    const config = { generation_config: { max_output_tokens: 2, candidate_count: 2 } };
    const got = await generate(body('Say a b c', config));
    expect(got.candidates.map((one) => [one.content.parts[0]?.text, one.finishReason])).toEqual([
      ['a b', 'MAX_TOKENS'],
      ['Answer 2.', 'MAX_TOKENS'],
    ]);
  });

  const config = { thinkingConfig: { includeThoughts: true, thinkingBudget: 128 } };
  test.each([
    ['text', 'gemini-2.5-flash', body('Tell me about Norway')],
    ['thoughts', 'gemini-2.5-pro', body('Tell me about Norway', { generationConfig: config })],
    ['signed text', 'gemini-3-pro-preview', body('Tell me about Norway', { generationConfig: config })],
    ['calls', 'gemini-2.5-flash', body('Weather in Paris and Oslo?', { tools })],
    ['signed calls', 'gemini-3-pro-preview', body('Weather in Paris and Oslo?', { tools, generationConfig: config })],
  ])('streams %s as it would answer at once', async (_name, model, sent) => {
    const whole = await (await setUp(model)).generate(sent);
    const replies = await (await setUp(model)).stream(sent);
    const parts = replies.flatMap(partsOf);
    for (const thought of [false, true]) expect(textOf(parts, thought)).toBe(textOf(partsOf(whole), thought));
    const calls = (list: readonly Part[]) =>
      list
        .filter((part) => part.functionCall)
        .map(({ functionCall, thoughtSignature }) => [functionCall?.name, functionCall?.args, thoughtSignature]);
    expect(calls(parts)).toEqual(calls(partsOf(whole)));
    expect(parts.map((part) => part.thoughtSignature).filter(Boolean)).toEqual(
      partsOf(whole)
        .map((part) => part.thoughtSignature)
        .filter(Boolean),
    );
    expect(replies.at(-1)?.usageMetadata).toEqual(whole.usageMetadata);
    expect(replies.map((reply) => reply.candidates[0]?.finishReason)).toEqual([
      ...Array.from({ length: replies.length - 1 }, () => undefined),
      'STOP',
    ]);
    expect(replies.length).toBeGreaterThan(1);
  });

  test('streams an array without alt=sse', async () => {
    const { base } = await setUp();
    const got = await post<Generated[]>(`${base}:streamGenerateContent`, body('Say a b'), googleKey());
    expect(got.body.map((one) => partsOf(one)[0]?.text)).toEqual(['a', ' b']);
    const refused = await post<ErrorBody[]>(`${base}:streamGenerateContent`, {}, googleKey());
    expect(refused.body[0]?.error.status).toBe('INVALID_ARGUMENT');
  });

  test('answers with the results of its calls, signatures kept', async () => {
    const { generate } = await setUp('gemini-3-pro-preview');
    const ask = body('Weather in Paris and Oslo?', { tools });
    const first = await generate(ask);
    const parts = partsOf(first);
    expect(parts.map((part) => [part.functionCall?.args, Boolean(part.thoughtSignature)])).toEqual([
      [{ city: 'Paris' }, true],
      [{ city: 'Oslo' }, false],
    ]);
    const answers = parts.map(({ functionCall }) => ({
      functionResponse: { id: functionCall?.id, name: functionCall?.name, response: { result: '8 °C' } },
    }));
    const next = (content: Part[]) => ({
      ...ask,
      contents: [...ask.contents, { role: 'model', parts: content }, { role: 'user', parts: answers }],
    });
    const second = await generate(next(parts));
    expect(textOf(partsOf(second))).toBe('According to get_weather: 8 °C According to get_weather: 8 °C');
    const unsigned = parts.map(({ functionCall }) => ({ functionCall }));
    expect(await generate(next(unsigned))).toMatchObject({
      error: { code: 400, message: expect.stringContaining('missing a thought_signature') as string },
    });
    const forged = parts.map((part) => ({ ...part, thoughtSignature: 'AAAA' }));
    expect(await generate(next(forged))).toMatchObject({ error: { message: 'Thought signature is not valid.' } });
    const older = await setUp('gemini-2.5-flash');
    expect(textOf(partsOf(await older.generate(next(unsigned))))).toContain('8 °C');
  });

  test('calls what the function calling config demands', async () => {
    const { generate } = await setUp();
    const other = {
      name: 'send_mail',
      parametersJsonSchema: { type: 'object', properties: {}, additionalProperties: false },
    };
    const ask = (mode: string, names?: string[]) =>
      generate(
        body('Tell me a joke', {
          tools: [{ functionDeclarations: [weather, other] }],
          toolConfig: { functionCallingConfig: { mode, allowedFunctionNames: names } },
        }),
      ).then((got) => partsOf(got)[0]?.functionCall?.name);
    expect(await ask('AUTO')).toBeUndefined();
    expect(await ask('any')).toBe('get_weather');
    expect(await ask('ANY', ['send_mail'])).toBe('send_mail');
  });

  test('answers a schema of either kind with an instance', async () => {
    const { generate } = await setUp();
    const dialect = {
      type: 'OBJECT',
      properties: {
        city: { type: 'STRING' },
        size: { type: 'INTEGER', nullable: true },
        tags: { type: 'ARRAY', items: { type: 'STRING' }, minItems: '2', maxItems: '2' },
      },
      required: ['city', 'size', 'tags'],
    };
    const plain = {
      $ref: '#/$defs/City',
      $defs: { City: { type: 'object', properties: { city: { type: 'string' } }, additionalProperties: false } },
    };
    const ask = async (config: object): Promise<unknown> => {
      const generationConfig = { responseMimeType: 'application/json', ...config };
      return JSON.parse(textOf(partsOf(await generate(body('London has 9000000 people', { generationConfig })))));
    };
    expect(await ask({ responseSchema: dialect })).toEqual({
      city: 'London',
      size: 9_000_000,
      tags: ['London', 'London 2'],
    });
    expect(await ask({ responseJsonSchema: plain })).toEqual({ city: 'London' });
    expect(await ask({})).toHaveProperty('answer');
  });
});

describe('other methods', () => {
  test('countTokens counts what generateContent counts', async () => {
    const { base, generate } = await setUp();
    const ask = body('Weather in Rome?', { tools, systemInstruction: { parts: [{ text: 'Be brief.' }] } });
    const total = (await generate(ask)).usageMetadata.promptTokenCount;
    const wrapped = { generateContentRequest: { model: 'models/gemini-2.5-flash', ...ask } };
    const got = await post(`${base}:countTokens`, wrapped, googleKey());
    expect(got.body).toEqual({ totalTokens: total, promptTokensDetails: [{ modality: 'TEXT', tokenCount: total }] });
    const simple = await post<{ totalTokens: number }>(`${base}:countTokens`, body('one two three'), googleKey());
    expect(simple.body.totalTokens).toBe(3);
  });

  test('embeds one text and many', async () => {
    const { base } = await setUp('gemini-embedding-2');
    const request = (text: string) => ({
      model: 'models/gemini-embedding-2',
      content: { parts: [{ text }] },
      outputDimensionality: 16,
    });
    const one = await post<{ embedding: { values: number[] } }>(
      `${base}:embedContent`,
      request('a red car'),
      googleKey(),
    );
    expect(one.body.embedding.values).toHaveLength(16);
    const many = await post<{ embeddings: { values: number[] }[]; usageMetadata: object }>(
      `${base}:batchEmbedContents`,
      { requests: [request('x'), request('a red car')] },
      googleKey(),
    );
    expect(many.body.embeddings[1]).toEqual(one.body.embedding);
    expect(many.body.usageMetadata).toMatchObject({ promptTokenCount: 4 });
    const plain = await post<{ embedding: { values: number[] } }>(
      `${base}:embedContent`,
      { content: { parts: [{ text: 'x' }] } },
      googleKey(),
    );
    expect(plain.body.embedding.values).toHaveLength(1536);
    const tooMany = { requests: Array.from({ length: 101 }, () => request('x')) };
    const refused = await post<ErrorBody>(`${base}:batchEmbedContents`, tooMany, googleKey());
    expect(refused.body.error.message).toContain('at most 100');
    const other = await post<ErrorBody>(
      `${base}:batchEmbedContents`,
      { requests: [{ ...request('x'), model: 'models/x' }] },
      googleKey(),
    );
    expect(other.body.error.message).toContain('requests[0].model');
  });
});

describe('refusals', () => {
  test('keys count in the header only', async () => {
    const { base } = await setUp();
    for (const [path, headers] of [
      [':generateContent', {}],
      [':generateContent?key=good', {}],
      [':generateContent', { authorization: 'Bearer k' }],
      [':generateContent', googleKey('bad-key')],
    ] as const) {
      const got = await post<ErrorBody>(base + path, body('hi'), headers);
      expect(got).toMatchObject({ status: 401, body: { error: { code: 401, status: 'UNAUTHENTICATED' } } });
    }
  });

  test('an unknown model, an unknown method, and a rate limit that passes', async () => {
    const { base } = await setUp('missing-model');
    const missing = await post<ErrorBody>(`${base}:generateContent`, body('hi'), googleKey());
    expect(missing).toMatchObject({ status: 404, body: { error: { code: 404, status: 'NOT_FOUND' } } });
    expect(missing.body.error.message).toContain('models/missing-model is not found');
    const good = (await setUp()).base;
    expect((await post(`${good}:doNothing`, body('hi'), googleKey())).status).toBe(404);
    const limited = await post<ErrorBody>(`${good}:generateContent`, body('rate limit'), googleKey());
    expect(limited).toMatchObject({
      status: 429,
      body: { error: { status: 'RESOURCE_EXHAUSTED', details: [{ retryDelay: '1s' }] } },
    });
    expect(limited.headers.get('retry-after')).toBe('1');
    expect((await post(`${good}:generateContent`, body('rate limit'), googleKey())).status).toBe(200);
  });

  const call = { functionCall: { name: 'f', args: {} } };
  const response = { functionResponse: { name: 'f', response: {} } };
  const turns = (...parts: unknown[][]) => ({
    contents: parts.map((list, i) => ({ role: i % 2 === 0 ? 'user' : 'model', parts: list })),
  });
  const declare = (own: object) => ({ tools: [{ functionDeclarations: [{ ...weather, ...own }] }] });
  const config = (own: object) => ({ generationConfig: { responseMimeType: 'application/json', ...own } });
  const cases: [string, object | string, RegExp][] = [
    ['no JSON', '{"contents":', /Invalid JSON payload/],
    ['no contents', { contents: undefined }, /contents is not specified/],
    ['no content', { contents: [] }, /contents is not specified/],
    [
      'an unknown field',
      { messages: [] },
      /^Invalid JSON payload received\. Unknown name "messages": Cannot find field\.$/,
    ],
    [
      'an unknown field in the config',
      { generationConfig: { max_tokens: 1 } },
      /Unknown name "max_tokens" at 'generation_config'/,
    ],
    ['an unknown role', { contents: [{ role: 'assistant', parts: [{ text: 'x' }] }] }, /valid role: user, model/],
    ['no parts', { contents: [{ role: 'user', parts: [] }] }, /contents\.parts must not be empty/],
    ['an empty part', turns([{}]), /contents\[0\]\.parts\[0\]\.data: required oneof field/],
    ['a foreign part', turns([{ type: 'text', text: 'x' }]), /Unknown name "type" at 'contents\[0\]\.parts\[0\]'/],
    [
      'a call that begins',
      {
        contents: [
          { role: 'model', parts: [call] },
          { role: 'user', parts: [response] },
        ],
      },
      /immediately after a user turn/,
    ],
    ['a call without a response', turns([{ text: 'x' }], [call], [{ text: 'y' }]), /number of function response parts/],
    ['two calls, one response', turns([{ text: 'x' }], [call, call], [response]), /number of function response parts/],
    ['a response without a call', turns([response]), /number of function response parts/],
    [
      'a response that is no object',
      turns([{ text: 'x' }], [call], [{ functionResponse: { name: 'f', response: 'ok' } }]),
      /protobuf\.Struct/,
    ],
    [
      'a call without name',
      turns([{ text: 'x' }], [{ functionCall: { args: {} } }], [response]),
      /Name cannot be empty/,
    ],
    [
      'additionalProperties in the dialect',
      declare({ parameters: { type: 'object', properties: {}, additionalProperties: false } }),
      /Unknown name "additionalProperties" at 'tools\[0\]\.function_declarations\[0\]\.parameters'/,
    ],
    [
      'const deep in the dialect',
      declare({ parameters: { type: 'object', properties: { a: { items: { const: 1 } } } } }),
      /Unknown name "const" at '.*properties\[0\]\.value\.items'/,
    ],
    ['a list of types', declare({ parameters: { type: ['object', 'null'] } }), /Proto field is not repeating/],
    ['both kinds of parameters', declare({ parametersJsonSchema: {} }), /exclude each other/],
    ['a bad function name', declare({ name: '1 f' }), /Invalid function name/],
    [
      'a $ref in the dialect',
      config({ responseSchema: { $ref: '#' } }),
      /Unknown name "\$ref" at 'generation_config\.response_schema'/,
    ],
    ['both kinds of schema', config({ responseSchema: {}, responseJsonSchema: {} }), /exclude each other/],
    ['a schema without JSON', { generationConfig: { responseJsonSchema: {} } }, /mime type/],
    [
      'JSON and tools before the third generation',
      { ...config({}), tools },
      /Function calling with a response mime type/,
    ],
    [
      'an unknown mode',
      { tools, toolConfig: { functionCallingConfig: { mode: 'REQUIRED' } } },
      /function_calling_config\.mode/,
    ],
    ['a temperature above 2', { generationConfig: { temperature: 3 } }, /temperature: must be in the range/],
  ];
  test.each(cases)('%s', async (_name, sent, message) => {
    const { base } = await setUp();
    const got = await post<ErrorBody>(
      `${base}:generateContent`,
      typeof sent === 'string' ? sent : { ...body('hi'), ...sent },
      googleKey(),
    );
    expect(got).toMatchObject({ status: 400, body: { error: { code: 400, status: 'INVALID_ARGUMENT' } } });
    expect(got.body.error.message).toMatch(message);
  });

  test('all unknown names are told at once, with their places', async () => {
    const { base } = await setUp();
    const parameters = { $schema: 'x', type: 'object', properties: { a: { const: 1 } } };
    const got = await post<ErrorBody>(`${base}:generateContent`, body('hi', declare({ parameters })), googleKey());
    const at = 'tools[0].function_declarations[0].parameters';
    expect(got.body.error.details).toMatchObject([
      { fieldViolations: [{ field: at }, { field: `${at}.properties[0].value` }] },
    ]);
  });
});
