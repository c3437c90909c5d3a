import { describe, expect, test } from 'vitest';
import { toAnnotations } from '../../../providers/gemini/annotations.js';
import { PartialArguments } from '../../../providers/gemini/arguments.js';
import { AudioPieces } from '../../../providers/gemini/audio.js';
import { camelCased } from '../../../providers/gemini/casing.js';
import { chat } from '../../../providers/gemini/chat.js';
import { countTokens, countTokensRequest } from '../../../providers/gemini/count-tokens.js';
import { embeddings } from '../../../providers/gemini/embeddings.js';
import { readError } from '../../../providers/gemini/errors.js';
import { familyOf } from '../../../providers/gemini/models.js';
import type { Call, CallOptions, MediaPart, Params } from '../../../src/core/spec.js';
import type { EmbeddingResponse } from '../../../src/types/embeddings.js';

const callOf = (model: string, params: object = {}, options: CallOptions = {}): Call<never> =>
  ({
    model,
    options,
    params: { messages: [{ role: 'user', content: 'hi' }], ...params },
    warn() {},
  }) as unknown as Call<never>;

describe('media', () => {
  const inlined = (url: string, model = 'gemini-2.5-flash', part: Partial<MediaPart> = {}, options: CallOptions = {}) =>
    chat.inline?.({ kind: 'image', url: new URL(url), ...part }, callOf(model, {}, options));

  test.each([
    ['https://a.example.com/b.png', false],
    ['https://a.example.com/b.png?c=1#d', false],
    ['https://a.example.com/b.pdf', false],
    ['https://a.example.com/b', true],
    ['https://a.example.com/b.gif', true],
    ['https://a.example.com/b.mp4', true],
    ['http://a.example.com/b.png', true],
    ['gs://bucket/b.png', false],
    ['https://www.youtube.com/watch?v=abc', false],
    ['https://youtu.be/abc', false],
    ['https://generativelanguage.googleapis.com/v1beta/files/abc', false],
    ['https://generativelanguage.googleapis.com.evil.example/v1beta/files/abc', true],
  ])('at %s is downloaded: %s', (url, expected) => {
    expect(inlined(url)).toBe(expected);
  });

  test('is downloaded for models that fetch nothing, and whenever the caller says so', () => {
    expect(inlined('https://a.example.com/b.png', 'gemini-2.0-flash')).toBe(true);
    expect(inlined('https://youtu.be/abc', 'gemini-2.0-flash')).toBe(false);
    expect(inlined('https://a.example.com/b.png', 'gemini-3-flash-preview', {}, { media: 'inline' })).toBe(true);
    expect(inlined('gs://bucket/b.png', 'gemini-3-flash-preview', {}, { media: 'inline' })).toBe(false);
  });

  test('of a stated type is judged by it', () => {
    expect(inlined('https://a.example.com/b', 'gemini-2.5-pro', { mime: 'image/webp' })).toBe(false);
    expect(inlined('https://a.example.com/b.png', 'gemini-2.5-pro', { mime: 'video/mp4' })).toBe(true);
  });
});

test.each([
  ['gemma-3-27b-it', false, false, undefined],
  ['gemini-pro', false, false, undefined],
  ['gemini-1.5-pro-002', false, false, undefined],
  ['gemini-2.0-flash-lite', true, false, undefined],
  ['gemini-2.5-pro', true, false, { by: 'budget', least: 128, most: 32_768, off: false }],
  ['gemini-2.5-flash-lite-preview-09-2025', true, false, { by: 'budget', least: 512, most: 24_576, off: true }],
  ['gemini-2.5-flash', true, false, { by: 'budget', least: 1, most: 24_576, off: true }],
  ['gemini-3-pro-preview', true, true, { by: 'level', levels: ['low', 'high'] }],
  ['gemini-3.1-pro-preview', true, true, { by: 'level', levels: ['low', 'medium', 'high'] }],
  ['gemini-3.5-flash-lite', true, true, { by: 'level', levels: ['minimal', 'low', 'medium', 'high'] }],
  ['gemini-3.8-flash', true, true, { by: 'level', levels: ['low', 'medium', 'high'] }],
  ['gemini-pro-latest', true, true, { by: 'level', levels: ['low', 'medium', 'high'] }],
  ['something-new', true, true, { by: 'level', levels: ['low', 'medium', 'high'] }],
])('the family of %s', (model, jsonSchema, third, thinking) => {
  const family = familyOf(model);
  expect({ jsonSchema: family.jsonSchema, third: family.third, thinking: family.thinking }).toEqual({
    jsonSchema,
    third,
    thinking,
  });
  expect(chat.dialect?.(model)).toBe(jsonSchema ? 'gemini_json' : 'gemini_openapi');
});

test('a model of another collection keeps its name', () => {
  const request = chat.request(callOf('tunedModels/abc'), {});
  expect(request.path).toBe('/v1beta/tunedModels/abc:generateContent');
});

describe('citations', () => {
  const grounded = (segment: object, text: string) =>
    toAnnotations(text, {
      groundingMetadata: {
        groundingChunks: [{ maps: { uri: 'https://m.example.com', title: 'M' } }],
        groundingSupports: [{ segment, groundingChunkIndices: [0, 7] }],
      },
    }).map(({ url_citation: { start_index, end_index } }) => text.slice(start_index, end_index));

  test('are placed by bytes, in characters', () => {
    expect(grounded({ startIndex: 5, endIndex: 9 }, 'día 🌊 mar')).toEqual(['🌊']);
    expect(grounded({ endIndex: 4 }, 'día 🌊')).toEqual(['día']);
  });

  test('are found by their text where the bytes count from elsewhere', () => {
    expect(grounded({ startIndex: 0, endIndex: 3, text: 'mar' }, 'o mar é')).toEqual(['mar']);
    expect(grounded({ startIndex: 0, endIndex: 99, text: 'absent' }, 'o mar')).toEqual(['o mar']);
  });
});

describe('arguments in pieces', () => {
  const assembled = (...pieces: object[]): unknown => {
    const args = new PartialArguments();
    for (const piece of pieces) args.add(piece);
    return JSON.parse(JSON.stringify(args.value));
  };

  test('fill objects and lists at their paths', () => {
    expect(
      assembled(
        { jsonPath: '$.a.b[0].c', stringValue: 'x', willContinue: true },
        { jsonPath: '$.a.b[0].c', stringValue: 'y' },
        { jsonPath: '$.a.b[1].c', numberValue: 0 },
        { jsonPath: "$[\"d.e\"]['f\\'g']", boolValue: true },
        { jsonPath: '$.a.b[0].c', stringValue: 'again' },
      ),
    ).toEqual({ a: { b: [{ c: 'again' }, { c: 0 }] }, 'd.e': { "f'g": true } });
  });

  test('cannot reach beyond them', () => {
    expect(assembled({ jsonPath: '$.__proto__.polluted', stringValue: 'x' })).toEqual(
      JSON.parse('{"__proto__":{"polluted":"x"}}'),
    );
    expect(({} as { polluted?: string }).polluted).toBeUndefined();
    expect(assembled({ jsonPath: '$.a[4000000000]', numberValue: 1 })).toEqual({ a: [1] });
    expect(assembled({ jsonPath: '$', stringValue: 'x' }, { jsonPath: '$.a' }, {})).toEqual({});
  });
});

test('pieces of speech can be put together as text', () => {
  const bytes = Buffer.from('raw samples of any length');
  for (const size of [1, 2, 3, 4, 7]) {
    const pieces = new AudioPieces('id', 'audio/L16');
    let text = '';
    for (let at = 0; at < bytes.length; at += size)
      text += pieces.add(bytes.subarray(at, at + size).toString('base64url'));
    text += pieces.end();
    expect(Buffer.from(text, 'base64').equals(bytes)).toBe(true);
    expect(pieces.whole().data).toBe(text);
  }
});

test('names become camelCase but for what is the caller’s own', () => {
  expect(
    camelCased({
      tool_config: [{ retrieval_config: { lat_lng: null } }],
      response_schema: { my_field: {} },
      labels: { a_b: 'c' },
    }),
  ).toEqual({
    toolConfig: [{ retrievalConfig: { latLng: null } }],
    responseSchema: { my_field: {} },
    labels: { a_b: 'c' },
  });
});

describe('embeddings', () => {
  const call = (input: unknown) =>
    callOf('gemini-embedding-001', { input, dimensions: 2 }) as unknown as Call<'embeddings'>;

  test('beyond a hundred are split and put together in order', () => {
    const input = Array.from({ length: 205 }, (_, index) => `text ${index}`);
    const parts = embeddings.split?.(call(input)) as Params<'embeddings'>[];
    expect(parts.map((part) => part.input.length)).toEqual([100, 100, 5]);
    expect(parts.flatMap((part) => part.input as string[])).toEqual(input);
    expect(parts[1]).toMatchObject({ dimensions: 2 });
    const results = parts.map((part): EmbeddingResponse => ({
      object: 'list',
      model: 'm',
      data: (part.input as string[]).map((text, index) => ({
        object: 'embedding',
        index,
        embedding: [Number(text.slice(5))],
      })),
      usage: { prompt_tokens: 3, total_tokens: 3 },
    }));
    const merged = embeddings.merge?.(results, call(input)) as EmbeddingResponse;
    expect(merged.usage).toEqual({ prompt_tokens: 9, total_tokens: 9 });
    expect(merged.data.every(({ index, embedding }, at) => index === at && embedding[0] === at)).toBe(true);
  });

  test('up to a hundred, and single texts, are one request', () => {
    expect(embeddings.split?.(call(Array.from({ length: 100 }, () => 'x')))).toBeUndefined();
    expect(embeddings.split?.(call('x'.repeat(500)))).toBeUndefined();
  });
});

test('tokens are counted for the whole prompt', () => {
  const tools = [{ type: 'function', function: { name: 'ping' } }];
  const call = callOf('gemini-2.5-flash', { tools, temperature: 1 }) as unknown as Call<'chat'>;
  expect(countTokensRequest(call, { generationConfig: { temperature: 1 } })).toEqual({
    method: 'POST',
    path: '/v1beta/models/gemini-2.5-flash:countTokens',
    body: {
      generateContentRequest: {
        model: 'models/gemini-2.5-flash',
        contents: [{ role: 'user', parts: [{ text: 'hi' }] }],
        tools: [{ functionDeclarations: [{ name: 'ping' }] }],
      },
    },
  });
  expect(
    countTokens.response({ totalTokens: 12, cachedContentTokenCount: 3 }, undefined as never, undefined as never),
  ).toEqual({
    input_tokens: 12,
    provider_specific_fields: { cachedContentTokenCount: 3 },
  });
});

describe('errors', () => {
  test('of any shape keep their text', () => {
    expect(readError(502, '<html>Bad gateway</html>').message).toBe('<html>Bad gateway</html>');
    expect(readError(400, { error: 'plain' }).message).toBe('plain');
    expect(readError(undefined, { error: { code: 418, message: 'odd' } })).toMatchObject({
      message: 'odd',
      status: 418,
    });
  });

  test('that ask for a senseless wait tell none', () => {
    const details = [{ retryDelay: 'soon' }, { retryDelay: 5 }];
    expect(readError(429, { error: { message: 'no', details } })).not.toHaveProperty('retry_after');
  });
});
