/** The smallest answers of three wires, written from the vendors' pages: whole ones and streams, event by event. */
import type { ChatCompletionChunk } from '../../src/index.js';
import type { TestServer } from './server.js';

export interface TestWire {
  name: string;
  model: string;
  /** The address to give as `api_base`. */
  base(server: Pick<TestServer, 'url'>): string;
  whole(text: string): Record<string, unknown>;
  /** The events before any content: a role. */
  start: string;
  text(text: string): string;
  thinking(text: string): string;
  /** The events with the finish reason, if they come before the last one. */
  finish: string;
  /** The terminal event. */
  end: string;
  /** Events that carry nothing. */
  pings: readonly string[];
  /** An error told inside the stream, of the overloaded kind. */
  fault(message: string): string;
  /** An event of a kind that does not exist yet. */
  unknown: string;
  /** Tokens that `whole` and the streams tell: prompt, completion. */
  usage: { prompt: number; completion: number };
}

const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
const named = (value: { type: string; [field: string]: unknown }): string => `event: ${value.type}\n${data(value)}`;

const openaiChunk = (delta: object, finish_reason: string | null = null, extra: object = {}): string =>
  data({
    id: 'chatcmpl-1',
    object: 'chat.completion.chunk',
    created: 1_700_000_000,
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, delta, finish_reason }],
    ...extra,
  });
const openaiUsage = { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 };

export const openai: TestWire = {
  name: 'openai',
  model: 'openai/gpt-4o',
  base: ({ url }) => `${url}/v1`,
  whole: (text) => ({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: 'gpt-4o-2024-08-06',
    choices: [
      { index: 0, message: { role: 'assistant', content: text, refusal: null }, logprobs: null, finish_reason: 'stop' },
    ],
    usage: openaiUsage,
  }),
  start: openaiChunk({ role: 'assistant', content: '' }),
  text: (text) => openaiChunk({ content: text }),
  thinking: (text) => openaiChunk({ reasoning_content: text }),
  finish:
    openaiChunk({}, 'stop') +
    data({
      id: 'chatcmpl-1',
      object: 'chat.completion.chunk',
      created: 1_700_000_000,
      model: 'gpt-4o-2024-08-06',
      choices: [],
      usage: openaiUsage,
    }),
  end: 'data: [DONE]\n\n',
  pings: [': keep-alive\n\n', openaiChunk({}), openaiChunk({ content: '' }), openaiChunk({ role: 'assistant' })],
  fault: (message) => data({ error: { message, type: 'server_error', code: 'server_error', param: null } }),
  unknown: data({ object: 'chat.completion.heartbeat', sequence: 1 }),
  usage: { prompt: 11, completion: 7 },
};

const anthropicUsage = { input_tokens: 11, output_tokens: 7 };

export const anthropic: TestWire = {
  name: 'anthropic',
  model: 'anthropic/claude-sonnet-4-5',
  base: ({ url }) => url,
  whole: (text) => ({
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-sonnet-4-5-20250929',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: anthropicUsage,
  }),
  start:
    named({
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5-20250929',
        content: [],
        stop_reason: null,
        stop_sequence: null,
        usage: { input_tokens: 11, output_tokens: 1 },
      },
    }) + named({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
  text: (text) => named({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } }),
  thinking: (thinking) => named({ type: 'content_block_delta', index: 0, delta: { type: 'thinking_delta', thinking } }),
  finish:
    named({ type: 'content_block_stop', index: 0 }) +
    named({
      type: 'message_delta',
      delta: { stop_reason: 'end_turn', stop_sequence: null },
      usage: { output_tokens: 7 },
    }),
  end: named({ type: 'message_stop' }),
  pings: [': keep-alive\n\n', named({ type: 'ping' })],
  fault: (message) => named({ type: 'error', error: { type: 'overloaded_error', message } }),
  unknown: named({ type: 'content_block_sparkle', index: 0 }),
  usage: { prompt: 11, completion: 7 },
};

const geminiUsage = { promptTokenCount: 11, candidatesTokenCount: 7, totalTokenCount: 18 };
const geminiPiece = (parts: unknown[], extra: object = {}, more: object = {}): string =>
  data({
    candidates: [{ content: { parts, role: 'model' }, index: 0, ...extra }],
    modelVersion: 'gemini-2.5-flash',
    responseId: 'resp_1',
    ...more,
  });

export const gemini: TestWire = {
  name: 'gemini',
  model: 'gemini/gemini-2.5-flash',
  base: ({ url }) => `${url}/v1beta`,
  whole: (text) => ({
    candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: geminiUsage,
    modelVersion: 'gemini-2.5-flash',
    responseId: 'resp_1',
  }),
  start: geminiPiece([{ text: '' }]),
  text: (text) => geminiPiece([{ text }]),
  thinking: (text) => geminiPiece([{ text, thought: true }]),
  finish: '',
  end: geminiPiece([{ text: '' }], { finishReason: 'STOP' }, { usageMetadata: geminiUsage }),
  pings: [': keep-alive\n\n', geminiPiece([{ text: '' }])],
  fault: (message) => data({ error: { code: 503, message, status: 'UNAVAILABLE' } }),
  unknown: data({ responseId: 'resp_1', modelVersion: 'gemini-2.5-flash', somethingNew: { a: 1 } }),
  usage: { prompt: 11, completion: 7 },
};

export const wires: readonly TestWire[] = [openai, anthropic, gemini];

/** A whole stream of these texts. */
export const streamOf = (wire: TestWire, ...texts: string[]): string[] => [
  wire.start,
  ...texts.map((text) => wire.text(text)),
  wire.finish,
  wire.end,
];

export const messages = [{ role: 'user' as const, content: 'Tell me something.' }];

/** The input of a call on a wire. */
export function input(wire: TestWire, server: Pick<TestServer, 'url'>) {
  return { model: wire.model, api_base: wire.base(server), messages };
}

/** What the chunks of a stream say, put together. */
export const textOf = (chunks: readonly ChatCompletionChunk[]): string =>
  chunks.map((chunk) => chunk.choices.map((choice) => choice.delta.content ?? '').join('')).join('');
