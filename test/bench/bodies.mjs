// What the providers answer, in the shapes and sizes they really have, built once when the server starts.
import { eventMessage } from './aws-messages.mjs';

const sentence =
  'Typical temperatures are mild in spring, warm in summer and cool in autumn; rain is frequent but seldom long. ';
const words = sentence.match(/\S+ /g);

/** The text of a non-streamed answer, about 900 characters. */
export const text = sentence.repeat(8).trimEnd();

const openaiUsage = {
  prompt_tokens: 42,
  completion_tokens: 2000,
  total_tokens: 2042,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: {
    reasoning_tokens: 0,
    audio_tokens: 0,
    accepted_prediction_tokens: 0,
    rejected_prediction_tokens: 0,
  },
};
const anthropicUsage = {
  input_tokens: 42,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  cache_creation: { ephemeral_5m_input_tokens: 0, ephemeral_1h_input_tokens: 0 },
  output_tokens: 2000,
  service_tier: 'standard',
};
const geminiUsage = {
  promptTokenCount: 42,
  candidatesTokenCount: 2000,
  totalTokenCount: 2042,
  promptTokensDetails: [{ modality: 'TEXT', tokenCount: 42 }],
};

export const completions = {
  openai: {
    id: 'chatcmpl-D3Tgi0mMz0WAeprUYyPAJhIT3aTnQ',
    object: 'chat.completion',
    created: 1769721476,
    model: 'gpt-4o-2024-08-06',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: text, refusal: null, annotations: [] },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: openaiUsage,
    service_tier: 'default',
    system_fingerprint: 'fp_d0469e1700',
  },
  anthropic: {
    model: 'claude-sonnet-4-5-20250929',
    id: 'msg_012HMyuvZLN3vLPPuRYVnQff',
    type: 'message',
    role: 'assistant',
    content: [{ type: 'text', text }],
    stop_reason: 'end_turn',
    stop_sequence: null,
    usage: anthropicUsage,
  },
  gemini: {
    candidates: [{ content: { parts: [{ text }], role: 'model' }, finishReason: 'STOP', index: 0 }],
    usageMetadata: geminiUsage,
    modelVersion: 'gemini-2.5-flash',
    responseId: 'dqHOab6xGLzWodAPkPuViA4',
  },
};

/** Padding as Bedrock adds it to each event. */
const padding = (i) => 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'.slice(0, 4 + (i % 58));

/** Events, as text or binary messages: `head` before the text, one event per word, `tail` after it. */
const streams = {
  openai(count) {
    const chunk = (choices, i, usage = null) =>
      `data: ${JSON.stringify({
        id: 'chatcmpl-Dx0Xq5Xx9rHB2ehcHZCRDsnuymUXc',
        object: 'chat.completion.chunk',
        created: 1782955818,
        model: 'gpt-4o-2024-08-06',
        service_tier: 'default',
        system_fingerprint: 'fp_d0469e1700',
        choices,
        usage,
        obfuscation: 'HM7mrUsjkAuU6fTns'.slice(0, 4 + (i % 13)),
      })}\n\n`;
    const choice = (delta, finish_reason = null) => [{ index: 0, delta, logprobs: null, finish_reason }];
    return {
      head: [chunk(choice({ role: 'assistant', content: '', refusal: null }), 0)],
      body: Array.from({ length: count }, (_, i) => chunk(choice({ content: words[i % words.length] }), i)),
      tail: [chunk(choice({}, 'stop'), 1)],
      usage: [chunk([], 2, openaiUsage)],
      end: ['data: [DONE]\n\n'],
    };
  },
  anthropic(count, event = (data) => `event: ${data.type}\ndata: ${JSON.stringify(data)}\n\n`) {
    return {
      head: [
        event({
          type: 'message_start',
          message: { ...completions.anthropic, content: [], stop_reason: null, usage: anthropicUsage },
        }),
        event({ type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } }),
        event({ type: 'ping' }),
      ],
      body: Array.from({ length: count }, (_, i) =>
        event(
          { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: words[i % words.length] } },
          i,
        ),
      ),
      tail: [
        event({ type: 'content_block_stop', index: 0 }),
        event({
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: { output_tokens: 2000 },
        }),
      ],
      usage: [],
      end: [event({ type: 'message_stop' })],
    };
  },
  invoke: (count) =>
    streams.anthropic(count, (data, i = 0) => {
      const bytes = Buffer.from(JSON.stringify(data)).toString('base64');
      return eventMessage('chunk', { bytes, p: padding(i) });
    }),
  converse(count) {
    const event = (name, data, i = 0) => eventMessage(name, { ...data, p: padding(i) });
    return {
      head: [event('messageStart', { role: 'assistant' })],
      body: Array.from({ length: count }, (_, i) =>
        event('contentBlockDelta', { contentBlockIndex: 0, delta: { text: words[i % words.length] } }, i),
      ),
      tail: [event('contentBlockStop', { contentBlockIndex: 0 }), event('messageStop', { stopReason: 'end_turn' })],
      usage: [],
      end: [
        event('metadata', {
          metrics: { latencyMs: 12345 },
          usage: { inputTokens: 42, outputTokens: 2000, totalTokens: 2042 },
        }),
      ],
    };
  },
  gemini(count) {
    const event = (part, rest, usage) =>
      `data: ${JSON.stringify({
        candidates: [{ content: { parts: [{ text: part }], role: 'model' }, ...rest, index: 0 }],
        usageMetadata: usage,
        modelVersion: 'gemini-2.5-flash',
        responseId: 'dqHOab6xGLzWodAPkPuViA4',
      })}\r\n\r\n`;
    const running = {
      promptTokenCount: 42,
      totalTokenCount: 42,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: 42 }],
    };
    return {
      head: [],
      body: Array.from({ length: count - 1 }, (_, i) => event(words[i % words.length], {}, running)),
      tail: [event(words[(count - 1) % words.length], { finishReason: 'STOP' }, geminiUsage)],
      usage: [],
      end: [],
    };
  },
};

/** The events of a stream whose text comes in `count` pieces. */
export function events(wire, count, withUsage) {
  const { head, body, tail, usage, end } = streams[wire](count);
  return { head, rest: [...body, ...tail, ...(withUsage ? usage : []), ...end] };
}

/** How many characters of text such a stream carries. */
export function textLength(count) {
  let length = 0;
  for (let i = 0; i < count; i++) length += words[i % words.length].length;
  return length;
}

/** An answer of the embeddings endpoint: `count` vectors of 1,536, unit length, the same on every run. */
export function embeddings(count, base64) {
  let seed = 1;
  const vector = () => {
    const values = Float32Array.from({ length: 1536 }, () => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return (seed / 2 ** 32 - 0.5) * 0.0884;
    });
    return base64 ? Buffer.from(values.buffer).toString('base64') : Array.from(values);
  };
  return {
    object: 'list',
    data: Array.from({ length: count }, (_, index) => ({ object: 'embedding', index, embedding: vector() })),
    model: 'text-embedding-3-small',
    usage: { prompt_tokens: 8 * count, total_tokens: 8 * count },
  };
}
