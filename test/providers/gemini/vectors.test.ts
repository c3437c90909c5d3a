import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { gemini } from '../../../providers/gemini/index.js';
import { createCallm, type CallmError } from '../../../src/core/index.js';

interface Vector {
  name: string;
  endpoint: 'chat' | 'embeddings';
  input: { model: string };
  request?: { method: string; path: string; query?: Record<string, string>; body: unknown };
  warnings?: unknown[];
  status?: number;
  response?: unknown;
  events?: string[];
  output?: unknown;
  chunks?: unknown[];
  error?: { class: string; message: string };
}

function load(endpoint: Vector['endpoint']): Vector[] {
  const folder = new URL(`../../vectors/gemini/${endpoint}/`, import.meta.url);
  return readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Vector);
}
const vectors = { chat: load('chat'), embeddings: load('embeddings') };

/** What every protocol needs a vector for. */
const required = {
  chat: [
    'text system tools tool_result image_data json_schema stop cached_usage stream_text stream_tools stream_error',
    'error_400 error_401 error_429 error_context',
  ].flatMap((names) => names.split(' ')),
  embeddings: ['single', 'list', 'error_400', 'error_429'],
};

/** As JSON, without the time that only a clock gives. */
function asJson(value: unknown): Record<string, unknown> {
  const { created, ...rest } = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  return typeof created === 'number' && created < 1_780_000_000 ? { ...rest, created } : rest;
}

/** Pieces of `size` bytes, so that lines and characters are cut anywhere. */
function pieces(text: string, size: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) controller.close();
      else controller.enqueue(bytes.subarray(at, (at += size)));
    },
  });
}

function answering({ status = 200, response, events }: Vector, size: number): ReturnType<typeof createCallm> {
  const text = events ? events.map((data) => `data: ${data}\r\n\r\n`).join('') : JSON.stringify(response);
  const type = events ? 'text/event-stream' : 'application/json';
  return createCallm({
    providers: [gemini],
    env: { GEMINI_API_KEY: 'test-key' },
    num_retries: 0,
    transport: async () => new Response(pieces(text, size), { status, headers: { 'content-type': type } }),
  });
}

async function failure(work: Promise<unknown>): Promise<CallmError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason as CallmError,
  );
  if (error === undefined) throw new Error('nothing was thrown');
  return error;
}

function expectFailure(error: CallmError, { class: name, message, ...fields }: NonNullable<Vector['error']>): void {
  expect(error).toMatchObject({ name, ...fields });
  expect(error.message).toContain(message);
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) deepFreeze(inner);
    Object.freeze(value);
  }
  return value;
}

describe.each(Object.entries(vectors))('%s', (endpoint, list) => {
  test('every required case has a vector', () => {
    const names = new Set(list.map(({ name }) => name));
    expect(required[endpoint as Vector['endpoint']].filter((name) => !names.has(name))).toEqual([]);
  });

  describe.each(list.map((vector) => [vector.name, vector] as const))('%s', (_, vector) => {
    const { request, warnings, output, chunks, error } = vector;
    const input = deepFreeze(vector.input);
    const answer = (size: number): Promise<unknown> => {
      const client = answering(vector, size);
      return vector.endpoint === 'chat' ? client.completion(input as never) : client.embedding(input as never);
    };

    test('request', async () => {
      const work = answering(vector, 64).dryRun(vector.endpoint, input);
      if (request === undefined) {
        expectFailure(await failure(work), error as NonNullable<typeof error>);
        return;
      }
      const sent = await work;
      const { pathname, searchParams } = new URL(sent.url);
      const query = Object.fromEntries(searchParams);
      expect({ method: sent.method, path: pathname, query, body: sent.body }).toEqual({ query: {}, ...request });
      expect(sent.headers['x-goog-api-key']).toBe('<redacted>');
      expect(sent.warnings.map(({ type, param }) => ({ type, param }))).toEqual(warnings ?? []);
    });

    if (vector.response !== undefined)
      test('answer', async () => {
        if (error !== undefined) expectFailure(await failure(answer(50)), error);
        else expect(asJson(await answer(50))).toEqual(output);
      });

    if (vector.events !== undefined)
      test.each([1, 7, 4096])('stream, cut into pieces of %i bytes', async (size) => {
        const opening = answer(size) as Promise<AsyncIterable<unknown> & { final(): Promise<unknown> }>;
        if (chunks === undefined) {
          expectFailure(await failure(opening), error as NonNullable<typeof error>);
          return;
        }
        const stream = await opening;
        const got: unknown[] = [];
        const reading = (async () => {
          for await (const chunk of stream) got.push(asJson(chunk));
        })();
        if (error !== undefined) expectFailure(await failure(reading), error);
        else {
          await reading;
          expect(asJson(await stream.final())).toEqual(output);
        }
        expect(got).toEqual(chunks);
      });
  });
});
