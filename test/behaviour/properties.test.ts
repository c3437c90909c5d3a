/** Properties: pieces do not matter, a stream says what the whole answer says, parameters are neither lost nor made up. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChatCompletion, type ChatCompletionChunk, createCallm, type WireResponse } from '../../src/index.js';
import { chat } from '../../src/endpoints/chat.js';
import { mapParams } from '../../src/core/params.js';
import type { Call, JsonObject, Warning } from '../../src/core/spec.js';
import { loadProvider } from '../../src/registry.gen.js';
import { collect } from './server.js';
import { anthropic, gemini, messages, openai, streamOf, type TestWire, wires } from './wires.js';

beforeAll(() => fc.configureGlobal({ seed: 4711 }));
afterAll(() => fc.resetConfigureGlobal());

/** What the network answers to the next request: exactly these pieces, now or a little later. */
let answer: { pieces: readonly Uint8Array[]; type: string; late: boolean };
const callm = createCallm({
  api_key: 'k',
  env: {},
  num_retries: 0,
  transport: (): Promise<WireResponse> => {
    const { pieces, type, late } = answer;
    let next = 0;
    const read = (): Uint8Array | undefined => pieces[next++];
    return Promise.resolve({
      status: 200,
      headers: { 'content-type': type },
      read: () => (late ? Promise.resolve().then(read) : read()),
      text: () => Promise.resolve(Buffer.concat(pieces).toString('utf8')),
      cancel() {},
    });
  },
});

async function readStream(wire: TestWire, pieces: readonly Uint8Array[], late = false) {
  answer = { pieces, type: 'text/event-stream', late };
  const stream = await callm.completion({
    model: wire.model,
    messages,
    stream: true,
    stream_options: { include_usage: true },
  });
  const { chunks, error } = await collect(stream);
  return { chunks, error, final: error === undefined ? await stream.final() : undefined };
}

async function whole(wire: TestWire, body: unknown): Promise<ChatCompletion> {
  answer = { pieces: [Buffer.from(JSON.stringify(body))], type: 'application/json', late: false };
  return callm.completion({ model: wire.model, messages });
}

/** Cuts bytes at these places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => bytes.subarray(from, at[index] ?? bytes.length));
}

const timeless = (chunks: readonly ChatCompletionChunk[]): unknown => chunks.map((chunk) => ({ ...chunk, created: 0 }));
const said = ['Grüße, ', '🦓 zebra\n\n', 'data: [DONE]', '\u2028 "quoted" \\ ', '\r\nevent: x'];

describe.each(wires)('every cut of a stream gives the same chunks, $name', (wire) => {
  const text = [': hello\n\n', ...streamOf(wire, ...said).flatMap((event) => [event, wire.pings[0] ?? ''])].join('');
  const forms = {
    LF: text,
    CRLF: text.replaceAll('\n', '\r\n'),
    CR: text.replaceAll('\n', '\r'),
    'byte order mark': `\uFEFF${text}`,
  };

  test.each(Object.entries(forms))('in two, at every place (%s)', async (_, form) => {
    const bytes = Buffer.from(form);
    const expected = await readStream(wire, [Buffer.from(text)]);
    expect(expected.error).toBeUndefined();
    expect(expected.final?.choices[0]?.message.content).toBe(said.join(''));
    const asExpected = timeless(expected.chunks);
    for (let place = 0; place <= bytes.length; place++) {
      const { chunks, error } = await readStream(wire, cut(bytes, [place]));
      if (error !== undefined) throw new Error(`cut at ${place}`, { cause: error });
      const given = timeless(chunks);
      // The matcher takes longer than the stream.
      if (!isDeepStrictEqual(given, asExpected)) expect(given, `cut at ${place}`).toEqual(asExpected);
    }
  });

  test('into any pieces, at once or one after the other', async () => {
    const expected = await readStream(wire, [Buffer.from(text)]);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...Object.values(forms)),
        fc.array(fc.nat(10_000), { maxLength: 60 }),
        fc.boolean(),
        async (form, places, late) => {
          const { chunks, error, final } = await readStream(wire, cut(Buffer.from(form), places), late);
          expect(error).toBeUndefined();
          expect(timeless(chunks)).toEqual(timeless(expected.chunks));
          expect(final?.choices).toEqual(expected.final?.choices);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('a stream cut short anywhere is incomplete or whole, and never has an invented end', async () => {
    const bytes = Buffer.from(streamOf(wire, 'one', 'two', 'three').join(''));
    for (let length = 0; length < bytes.length; length++) {
      const outcome = await readStream(wire, [bytes.subarray(0, length)]).catch((error: unknown) => ({
        error,
        chunks: [] as ChatCompletionChunk[],
      }));
      const finished = outcome.chunks.some((chunk) => chunk.choices.some((choice) => choice.finish_reason !== null));
      if (!finished)
        expect((outcome.error as Error | undefined)?.name, `${length} bytes`).toBe('StreamIncompleteError');
      const text = outcome.chunks.map((chunk) => chunk.choices[0]?.delta.content ?? '').join('');
      expect('onetwothree'.startsWith(text)).toBe(true);
    }
  });
});

/** An answer, whatever the wire: texts, thinking, tool calls, why it ended. */
interface Answer {
  thinking: string[];
  texts: string[];
  tools: { name: string; args: Record<string, string | number> }[];
  cut: boolean;
}

const piece = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 12 });
const answers: fc.Arbitrary<Answer> = fc
  .record({
    thinking: fc.array(piece, { maxLength: 3 }),
    texts: fc.array(piece, { maxLength: 4 }),
    tools: fc.array(
      fc.record({
        name: fc.stringMatching(/^[a-z]{1,8}$/),
        args: fc.dictionary(fc.stringMatching(/^[a-z]{1,5}$/), fc.oneof(piece, fc.integer()), { maxKeys: 3 }),
      }),
      { maxLength: 3 },
    ),
    cut: fc.boolean(),
  })
  .filter(({ texts, tools }) => texts.length + tools.length > 0);

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: { type: string; [field: string]: unknown }): string => `event: ${value.type}\n${data(value)}`;
/** A text in two halves, by code points. */
const halves = (text: string): string[] => {
  const points = [...text];
  const middle = Math.floor(points.length / 2);
  return [points.slice(0, middle).join(''), points.slice(middle).join('')];
};
const ids = (index: number): string => `call_${index}`;

/** The same answer written as a whole and as a stream. */
const writers: [TestWire, (answer: Answer) => { body: unknown; events: string[] }][] = [
  [
    openai,
    ({ thinking, texts, tools, cut: short }) => {
      const finish = short ? 'length' : tools.length > 0 ? 'tool_calls' : 'stop';
      const usage = { prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 };
      const chunk = (delta: object, finish_reason: string | null = null): string =>
        data({
          id: 'c',
          object: 'chat.completion.chunk',
          created: 5,
          model: 'm',
          choices: [{ index: 0, delta, finish_reason }],
        });
      return {
        body: {
          id: 'c',
          object: 'chat.completion',
          created: 5,
          model: 'm',
          choices: [
            {
              index: 0,
              finish_reason: finish,
              logprobs: null,
              message: {
                role: 'assistant',
                content: texts.length > 0 ? texts.join('') : null,
                refusal: null,
                ...(thinking.length > 0 && { reasoning_content: thinking.join('') }),
                ...(tools.length > 0 && {
                  tool_calls: tools.map(({ name, args }, index) => ({
                    id: ids(index),
                    type: 'function',
                    function: { name, arguments: JSON.stringify(args) },
                  })),
                }),
              },
            },
          ],
          usage,
        },
        events: [
          chunk({ role: 'assistant', content: texts.length > 0 ? '' : null }),
          ...thinking.map((text) => chunk({ reasoning_content: text })),
          ...texts.map((text) => chunk({ content: text })),
          ...tools.flatMap(({ name, args }, index) => [
            chunk({ tool_calls: [{ index, id: ids(index), type: 'function', function: { name, arguments: '' } }] }),
            ...halves(JSON.stringify(args)).map((half) =>
              chunk({ tool_calls: [{ index, function: { arguments: half } }] }),
            ),
          ]),
          chunk({}, finish),
          data({ id: 'c', object: 'chat.completion.chunk', created: 5, model: 'm', choices: [], usage }),
          'data: [DONE]\n\n',
        ],
      };
    },
  ],
  [
    anthropic,
    ({ thinking, texts, tools, cut: short }) => {
      const stop_reason = short ? 'max_tokens' : tools.length > 0 ? 'tool_use' : 'end_turn';
      const content = [
        ...(thinking.length > 0 ? [{ type: 'thinking', thinking: thinking.join(''), signature: 'c2ln' }] : []),
        ...texts.map((text) => ({ type: 'text', text })),
        ...tools.map(({ name, args }, index) => ({ type: 'tool_use', id: ids(index), name, input: args })),
      ];
      const head = { id: 'c', type: 'message', role: 'assistant', model: 'm', stop_sequence: null };
      const delta = (index: number, value: object): string =>
        event({ type: 'content_block_delta', index, delta: value });
      const pieces = (block: (typeof content)[number], index: number): string[] => {
        if ('thinking' in block)
          return [
            ...thinking.map((text) => delta(index, { type: 'thinking_delta', thinking: text })),
            delta(index, { type: 'signature_delta', signature: block.signature }),
          ];
        if ('text' in block) return halves(block.text).map((text) => delta(index, { type: 'text_delta', text }));
        return halves(JSON.stringify(block.input)).map((half) =>
          delta(index, { type: 'input_json_delta', partial_json: half }),
        );
      };
      const empty = (block: (typeof content)[number]): object =>
        'thinking' in block
          ? { ...block, thinking: '', signature: '' }
          : 'text' in block
            ? { ...block, text: '' }
            : { ...block, input: {} };
      return {
        body: { ...head, content, stop_reason, usage: { input_tokens: 5, output_tokens: 9 } },
        events: [
          event({
            type: 'message_start',
            message: { ...head, content: [], stop_reason: null, usage: { input_tokens: 5, output_tokens: 1 } },
          }),
          ...content.flatMap((block, index) => [
            event({ type: 'content_block_start', index, content_block: empty(block) }),
            ...pieces(block, index),
            event({ type: 'content_block_stop', index }),
          ]),
          event({ type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 9 } }),
          event({ type: 'message_stop' }),
        ],
      };
    },
  ],
  [
    gemini,
    ({ thinking, texts, tools, cut: short }) => {
      const finishReason = short ? 'MAX_TOKENS' : 'STOP';
      const usageMetadata = { promptTokenCount: 5, candidatesTokenCount: 9, totalTokenCount: 14 };
      const parts = [
        ...thinking.map((text) => ({ text, thought: true })),
        ...texts.map((text) => ({ text })),
        ...tools.map(({ name, args }, index) => ({ functionCall: { id: ids(index), name, args } })),
      ];
      const head = { responseId: 'c', modelVersion: 'm', createTime: '2025-01-01T00:00:00Z' };
      const answer = (list: object[], more: object = {}, rest: object = {}): object => ({
        candidates: [{ index: 0, content: { role: 'model', parts: list }, ...more }],
        ...rest,
        ...head,
      });
      return {
        body: answer(parts, { finishReason }, { usageMetadata }),
        events: [...parts.map((part) => data(answer([part]))), data(answer([], { finishReason }, { usageMetadata }))],
      };
    },
  ],
];

test.each(writers.map(([wire, write]) => [wire.name, wire, write] as const))(
  'an assembled stream equals the whole answer, %s',
  async (_, wire, write) => {
    await fc.assert(
      fc.asyncProperty(answers, fc.array(fc.nat(5000), { maxLength: 20 }), async (answer, places) => {
        const { body, events } = write(answer);
        const result = await whole(wire, body);
        const { final, error } = await readStream(wire, cut(Buffer.from(events.join('')), places));
        expect(error).toBeUndefined();
        const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
        const { created: __, usage: told, ...assembled } = plain(final) as JsonObject;
        const { created: ___, usage, ...asked } = plain(result) as JsonObject;
        expect(assembled).toEqual(asked);
        expect(told).toMatchObject({ prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 });
        expect(usage).toMatchObject({ prompt_tokens: 5, completion_tokens: 9, total_tokens: 14 });
      }),
      { numRuns: 150 },
    );
  },
);

describe('mapParams', () => {
  /** OpenAI's parameters with values that suit them and are no defaults, and keys that nobody knows. */
  const params = fc
    .record(
      {
        temperature: fc.double({ min: 0, max: 1, noNaN: true }),
        top_p: fc.double({ min: 0, max: 1, noNaN: true }),
        max_tokens: fc.integer({ min: 1, max: 4000 }),
        max_completion_tokens: fc.integer({ min: 1, max: 4000 }),
        stop: fc.oneof(
          fc.string({ minLength: 1 }),
          fc.array(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 3 }),
        ),
        n: fc.integer({ min: 1, max: 3 }),
        seed: fc.integer(),
        presence_penalty: fc.double({ min: -1, max: 1, noNaN: true }),
        frequency_penalty: fc.double({ min: -1, max: 1, noNaN: true }),
        logit_bias: fc.constant({ '50256': -100 }),
        logprobs: fc.constant(true),
        top_logprobs: fc.integer({ min: 0, max: 5 }),
        user: fc.string({ minLength: 1 }),
        service_tier: fc.constant('priority'),
        store: fc.boolean(),
        verbosity: fc.constantFrom('low', 'high'),
        zz_unknown: fc.jsonValue(),
        zz_other: fc.array(fc.integer()),
      },
      { requiredKeys: [] },
    )
    .filter((given) => !('max_tokens' in given && 'max_completion_tokens' in given)); // two names of one thing

  test.each(['openai', 'anthropic', 'gemini', 'groq', 'xai'])(
    'loses no key silently and invents none, %s',
    async (name) => {
      const provider = await loadProvider(name);
      const transformer = provider?.endpoints.chat;
      if (transformer === undefined) throw new Error(`${name} has no chat`);
      fc.assert(
        fc.property(params, (given) => {
          const warnings: Warning[] = [];
          const call = {
            endpoint: 'chat',
            provider,
            transformer,
            llm_provider: name,
            model: 'some-model',
            params: { model: 'some-model', messages, ...given },
            options: { drop_params: true },
            stream: false,
            env: () => undefined,
            warn: (warning: Warning) => void warnings.push(warning),
            unsupported: (param: string) => void warnings.push({ type: 'drop', param, message: '' }),
          } as unknown as Call<'chat'>;
          const before = structuredClone(given);
          const body = mapParams(call, chat);
          expect(given).toEqual(before);
          // Every value is found in the body again, under its name or another, or a warning names its parameter.
          const text = JSON.stringify(body);
          for (const [key, value] of Object.entries(given)) {
            const kept = key in body || text.includes(JSON.stringify(value)) || text.includes(JSON.stringify([value]));
            const told = warnings.some(
              ({ param, message }) => param?.startsWith(key) === true || message.includes(key),
            );
            expect(kept || told, `${key} is lost: ${text}`).toBe(true);
          }
          // Nothing stands in the body that nobody asked for.
          expect(Object.keys(body).length).toBeLessThanOrEqual(Object.keys(given).length);
          if (Object.keys(given).length === 0) expect(body).toEqual({});
          if ('zz_unknown' in given) expect(body['zz_unknown']).toEqual(given.zz_unknown);
        }),
        { numRuns: 300 },
      );
    },
  );
});
