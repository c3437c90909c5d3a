/** What chunks and results tell: one id, one role, usage when asked, reasoning, signatures, citations. */
import { beforeAll, describe, expect, test } from 'vitest';
import type { CallOptions, ChatCompletion, ChatCompletionChunk, ChatParams } from '../../src/index.js';
import { client, collect, sendEvents, sendJson, serve, warmUp } from './server.js';
import { anthropic, gemini, input, openai, streamOf, type TestWire, wires } from './wires.js';

beforeAll(warmUp);

type Options = CallOptions & Pick<ChatParams, 'stream_options'>;

async function read(wire: TestWire, events: readonly string[], options: Options = {}) {
  const server = await serve((res) => {
    sendEvents(res, ...events);
    res.end();
  });
  const stream = await client().completion({ ...input(wire, server), ...options, stream: true });
  const { chunks, error } = await collect(stream);
  expect(error).toBeUndefined();
  return { chunks, final: await stream.final(), request: server.requests[0], stream };
}

async function ask(wire: TestWire, body: unknown, options: Options = {}): Promise<ChatCompletion> {
  const server = await serve((res) => sendJson(res, body));
  return client().completion({ ...input(wire, server), ...options, stream: false });
}

const withUsage = (chunks: ChatCompletionChunk[]) =>
  chunks.filter((chunk) => chunk.usage !== undefined && chunk.usage !== null);
const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const event = (value: { type: string; [field: string]: unknown }): string => `event: ${value.type}\n${data(value)}`;

describe.each(wires)('usage, $name', (wire) => {
  const expected = {
    prompt_tokens: wire.usage.prompt,
    completion_tokens: wire.usage.completion,
    total_tokens: wire.usage.prompt + wire.usage.completion,
  };

  test('stands on exactly one chunk when it was asked for', async () => {
    const { chunks, final } = await read(wire, streamOf(wire, 'a', 'b'), { stream_options: { include_usage: true } });
    const told = withUsage(chunks);
    expect(told).toHaveLength(1);
    expect(told[0]?.usage).toMatchObject(expected);
    expect(told[0]).toBe(chunks.at(-1));
    expect(told[0]?.choices).toEqual([]);
    expect(final.usage).toMatchObject(expected);
  });

  test.each([undefined, {}, { include_usage: false }, null])(
    'stands on none otherwise (%j), but in final()',
    async (stream_options) => {
      const { chunks, final } = await read(wire, streamOf(wire, 'a', 'b'), { stream_options });
      expect(withUsage(chunks)).toEqual([]);
      expect(JSON.stringify(chunks)).not.toContain('"usage":{');
      expect(final.usage).toMatchObject(expected);
    },
  );

  test('of a whole answer', async () => {
    expect((await ask(wire, wire.whole('hi'))).usage).toMatchObject(expected);
  });
});

// Anthropic's first event always tells some.
test.each([
  [openai, [openai.start, openai.text('a'), openai.finish.slice(0, openai.finish.indexOf('data: ', 10)), openai.end]],
  [
    gemini,
    [
      gemini.text('a'),
      data({ candidates: [{ index: 0, content: { role: 'model', parts: [] }, finishReason: 'STOP' }] }),
    ],
  ],
] as const)('usage that was not told is absent, not invented: $name', async (wire, events) => {
  for (const include_usage of [true, false]) {
    const { chunks, final } = await read(wire, events, { stream_options: { include_usage } });
    expect(withUsage(chunks)).toEqual([]);
    expect(final.usage).toBeUndefined();
  }
});

describe.each(wires)('chunks, $name', (wire) => {
  test('have one id, one created, choices always, and the role once', async () => {
    for (const include_usage of [true, false]) {
      const { chunks, final } = await read(wire, streamOf(wire, 'a', 'b', 'c'), { stream_options: { include_usage } });
      expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
      expect(chunks[0]?.id).not.toBe('');
      expect(new Set(chunks.map((chunk) => chunk.created)).size).toBe(1);
      expect(chunks[0]?.created).toBeGreaterThan(1_600_000_000);
      expect(new Set(chunks.map((chunk) => chunk.model)).size).toBe(1);
      for (const chunk of chunks) {
        expect(chunk.object).toBe('chat.completion.chunk');
        expect(Array.isArray(chunk.choices)).toBe(true);
        for (const choice of chunk.choices) {
          expect(choice.index).toBe(0);
          expect(choice.delta).toBeTypeOf('object');
          expect(choice).toHaveProperty('finish_reason');
        }
      }
      const roles = chunks.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.delta.role ?? []));
      expect(roles).toEqual(['assistant']);
      expect(chunks[0]?.choices[0]?.delta.role).toBe('assistant');
      const finishes = chunks.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.finish_reason ?? []));
      expect(finishes).toEqual(['stop']);
      expect(final).toMatchObject({ id: chunks[0]?.id, model: chunks[0]?.model, created: chunks[0]?.created });
    }
  });

  test('keep one id and one role when the provider repeats the role and changes or leaves out the id', async () => {
    const piece = (id: string | undefined, delta: object, finish: string | null = null): string =>
      data({
        id,
        object: 'chat.completion.chunk',
        created: id === undefined ? undefined : 5,
        choices: [{ index: 0, delta, finish_reason: finish }],
      });
    const odd: Record<string, string[]> = {
      openai: [
        piece(undefined, { role: 'assistant', content: 'a' }),
        piece('x', { role: 'assistant', content: 'b' }),
        piece('y', { role: 'assistant', content: '' }, 'stop'),
        openai.end,
      ],
      anthropic: streamOf(anthropic, 'a', 'b').map((text) => text.replaceAll('"id":"msg_1",', '')),
      gemini: [
        gemini.text('a').replace('"resp_1"', '"resp_0"'),
        gemini.text('b').replace(',"responseId":"resp_1"', ''),
        gemini.end,
      ],
    };
    const { chunks } = await read(wire, odd[wire.name] ?? []);
    expect(new Set(chunks.map((chunk) => chunk.id)).size).toBe(1);
    expect(chunks[0]?.id).toBeTruthy();
    expect(new Set(chunks.map((chunk) => chunk.created)).size).toBe(1);
    expect(chunks.flatMap((chunk) => chunk.choices.flatMap((choice) => choice.delta.role ?? []))).toEqual([
      'assistant',
    ]);
  });
});

describe('counts of caches and thinking', () => {
  const rows: [TestWire, unknown, object][] = [
    [
      openai,
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30, cache_creation_tokens: 20 },
        completion_tokens_details: { reasoning_tokens: 40 },
      },
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30, cache_creation_tokens: 20 },
        completion_tokens_details: { reasoning_tokens: 40 },
      },
    ],
    [
      anthropic,
      {
        input_tokens: 50,
        cache_read_input_tokens: 30,
        cache_creation_input_tokens: 20,
        output_tokens: 50,
        output_tokens_details: { thinking_tokens: 40 },
      },
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30, cache_creation_tokens: 20 },
        completion_tokens_details: { reasoning_tokens: 40 },
      },
    ],
    [
      gemini,
      {
        promptTokenCount: 100,
        cachedContentTokenCount: 30,
        candidatesTokenCount: 10,
        thoughtsTokenCount: 40,
        totalTokenCount: 150,
      },
      {
        prompt_tokens: 100,
        completion_tokens: 50,
        total_tokens: 150,
        prompt_tokens_details: { cached_tokens: 30 },
        completion_tokens_details: { reasoning_tokens: 40 },
      },
    ],
  ];

  test.each(rows.map(([wire, ...more]) => [wire.name, wire, ...more] as const))(
    '%s',
    async (_, wire, usage, expected) => {
      const whole = { ...wire.whole('hi'), [wire === gemini ? 'usageMetadata' : 'usage']: usage };
      expect((await ask(wire, whole)).usage).toMatchObject(expected);

      const streams: Record<string, string[]> = {
        openai: [
          openai.start,
          openai.text('hi'),
          data({ id: 'chatcmpl-1', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }),
          data({ id: 'chatcmpl-1', choices: [], usage }),
          openai.end,
        ],
        anthropic: [
          event({
            type: 'message_start',
            message: {
              id: 'msg_1',
              role: 'assistant',
              content: [],
              model: 'm',
              usage: { ...(usage as object), output_tokens: 1 },
            },
          }),
          event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
          anthropic.text('hi'),
          event({ type: 'content_block_stop', index: 0 }),
          event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 50 } }),
          anthropic.end,
        ],
        gemini: [
          gemini.text('hi'),
          data({
            candidates: [{ index: 0, content: { role: 'model', parts: [] }, finishReason: 'STOP' }],
            usageMetadata: usage,
          }),
        ],
      };
      const { chunks, final } = await read(wire, streams[wire.name] ?? [], { stream_options: { include_usage: true } });
      expect(final.usage).toMatchObject(expected);
      expect(withUsage(chunks)).toHaveLength(1);
      expect(withUsage(chunks)[0]?.usage).toMatchObject(expected);
    },
  );
});

describe('thinking, signatures, citations', () => {
  const signature = 'EqQBCgIYAhIM'.repeat(20);
  /** In how many chunks a text stands whole. */
  const whole = (chunks: ChatCompletionChunk[], text: string): number =>
    chunks.filter((chunk) => JSON.stringify(chunk).includes(text)).length;
  const reasoning = (chunks: ChatCompletionChunk[]): string =>
    chunks.map((chunk) => chunk.choices[0]?.delta.reasoning_content ?? '').join('');

  test('Anthropic: thinking blocks with their signature, redacted ones, citations', async () => {
    const citation = {
      type: 'char_location',
      cited_text: 'the sky is blue',
      document_index: 0,
      start_char_index: 0,
      end_char_index: 15,
    };
    const content = [
      { type: 'thinking', thinking: 'first this, then that', signature },
      { type: 'redacted_thinking', data: 'ENCRYPTED-THINKING-4711' },
      { type: 'text', text: 'It is blue.', citations: [citation] },
    ];
    const result = await ask(anthropic, { ...anthropic.whole(''), content });
    expect(result.choices[0]?.message.reasoning_content).toBe('first this, then that');
    const events = [
      anthropic.start.slice(0, anthropic.start.indexOf('event: content_block_start')),
      event({
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'thinking', thinking: '', signature: '' },
      }),
      anthropic.thinking('first this, '),
      anthropic.thinking('then that'),
      // The signature may come in pieces.
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'signature_delta', signature: signature.slice(0, 100) },
      }),
      event({
        type: 'content_block_delta',
        index: 0,
        delta: { type: 'signature_delta', signature: signature.slice(100) },
      }),
      event({ type: 'content_block_stop', index: 0 }),
      event({
        type: 'content_block_start',
        index: 1,
        content_block: { type: 'redacted_thinking', data: 'ENCRYPTED-THINKING-4711' },
      }),
      event({ type: 'content_block_stop', index: 1 }),
      event({ type: 'content_block_start', index: 2, content_block: { type: 'text', text: '', citations: [] } }),
      event({ type: 'content_block_delta', index: 2, delta: { type: 'citations_delta', citation } }),
      event({ type: 'content_block_delta', index: 2, delta: { type: 'text_delta', text: 'It is blue.' } }),
      event({ type: 'content_block_stop', index: 2 }),
      event({ type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 7 } }),
      anthropic.end,
    ];
    const { chunks, final } = await read(anthropic, events);
    expect(reasoning(chunks)).toBe('first this, then that');
    for (const kept of [signature, 'ENCRYPTED-THINKING-4711', 'the sky is blue']) {
      expect(JSON.stringify(result)).toContain(kept);
      expect(JSON.stringify(final)).toContain(kept);
      expect(whole(chunks, kept)).toBeGreaterThanOrEqual(1);
    }
    expect(final.choices[0]?.message).toEqual(result.choices[0]?.message);
  });

  test('Gemini: thoughts, thought signatures, grounding', async () => {
    const grounding = { groundingChunks: [{ web: { uri: 'https://example.com/sky', title: 'the sky is blue' } }] };
    const parts = [
      { text: 'first this, then that', thought: true },
      { functionCall: { name: 'look', args: { up: true } }, thoughtSignature: signature },
    ];
    const end = { finishReason: 'STOP', groundingMetadata: grounding };
    const result = await ask(gemini, {
      ...gemini.whole(''),
      candidates: [{ index: 0, content: { role: 'model', parts }, ...end }],
    });
    expect(result.choices[0]?.message.reasoning_content).toBe('first this, then that');
    const { chunks, final } = await read(gemini, [
      gemini.thinking('first this, '),
      gemini.thinking('then that'),
      data({ candidates: [{ index: 0, content: { role: 'model', parts: parts.slice(1) } }] }),
      data({
        candidates: [{ index: 0, content: { role: 'model', parts: [] }, ...end }],
        usageMetadata: { promptTokenCount: 1 },
      }),
    ]);
    expect(reasoning(chunks)).toBe('first this, then that');
    for (const kept of [signature, 'the sky is blue']) {
      expect(JSON.stringify(result)).toContain(kept);
      expect(JSON.stringify(final)).toContain(kept);
      expect(whole(chunks, kept)).toBeGreaterThanOrEqual(1);
    }
    expect(final.choices[0]?.finish_reason).toBe('tool_calls');
  });

  test('OpenAI: annotations and reasoning under its many names', async () => {
    const annotation = {
      type: 'url_citation',
      url_citation: { url: 'https://example.com/sky', title: 'the sky is blue', start_index: 0, end_index: 2 },
    };
    const details = [{ type: 'reasoning.encrypted', data: 'ENCRYPTED-THINKING-4711' }];
    const message = {
      role: 'assistant',
      content: 'ok',
      reasoning: 'first this, then that',
      reasoning_details: details,
      annotations: [annotation],
    };
    const result = await ask(openai, { ...openai.whole(''), choices: [{ index: 0, message, finish_reason: 'stop' }] });
    expect(result.choices[0]?.message.reasoning_content).toBe('first this, then that');
    const piece = (delta: object, finish: string | null = null): string =>
      data({ id: 'chatcmpl-1', choices: [{ index: 0, delta, finish_reason: finish }] });
    const { chunks, final } = await read(openai, [
      openai.start,
      piece({ reasoning: 'first this, ' }),
      openai.thinking('then that'),
      piece({ reasoning_details: details }),
      piece({ content: 'ok' }),
      piece({ annotations: [annotation] }),
      piece({}, 'stop'),
      openai.end,
    ]);
    expect(reasoning(chunks)).toBe('first this, then that');
    expect(final.choices[0]?.message.reasoning_content).toBe('first this, then that');
    expect(final.choices[0]?.message.annotations).toEqual([annotation]);
    for (const kept of ['ENCRYPTED-THINKING-4711', 'the sky is blue']) {
      expect(JSON.stringify(result)).toContain(kept);
      expect(JSON.stringify(final)).toContain(kept);
      expect(whole(chunks, kept)).toBe(1);
    }
  });
});
