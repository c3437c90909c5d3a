import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { anthropic } from '../../../providers/anthropic/index.js';
import { type Callm, CallmError, createCallm } from '../../../src/core/index.js';

interface Vector {
  name: string;
  input: { model: string; messages: []; stream?: boolean };
  request?: { method: string; path: string; headers: Record<string, string>; body: unknown };
  warnings?: unknown[];
  status?: number;
  headers?: Record<string, string>;
  response?: unknown;
  events?: string[];
  output?: unknown;
  chunks?: unknown[];
  /** Fields of the error; `message` is a part of its text. */
  error?: { class: string; message: string; [field: string]: unknown };
}

const folder = new URL('../../vectors/anthropic/chat/', import.meta.url);
const vectors = readdirSync(folder).map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Vector);
const named = (list: Vector[]): [string, Vector][] => list.map((vector) => [vector.name, vector]);

/** What every chat protocol needs a vector for. */
const required =
  'text system tools tool_result image_data json_schema sampling cache_control stream_text stream_tools stream_error ' +
  'error_400 error_401 error_429 error_context';

const asJson = (value: unknown): unknown => {
  const { created: _, ...rest } = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  return rest;
};

/** The text in pieces of `size` bytes, so that lines and characters are cut anywhere. */
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

/** A client whose provider answers with the vector's response or events. */
function answering({ status = 200, headers, response, events }: Vector, size: number): Callm {
  const text = events
    ? events.map((data) => `event: ${(JSON.parse(data) as { type: string }).type}\ndata: ${data}\n\n`).join('')
    : JSON.stringify(response);
  const type = events ? 'text/event-stream' : 'application/json';
  return createCallm({
    providers: [anthropic],
    env: { ANTHROPIC_API_KEY: 'sk-ant-test' },
    num_retries: 0,
    transport: async () => new Response(pieces(text, size), { status, headers: { 'content-type': type, ...headers } }),
  });
}

/** The error as the vector tells it: only the fields named there, and of the message the part named there. */
function told(error: unknown, expected: Vector['error']): unknown {
  if (!CallmError.is(error) || expected === undefined) throw error;
  const fields: Record<string, unknown> = {};
  for (const field of Object.keys(expected)) fields[field] = (error as unknown as Record<string, unknown>)[field];
  fields['class'] = error.name;
  fields['message'] = error.message.includes(expected.message) ? expected.message : error.message;
  return fields;
}

async function outcome(vector: Vector, work: () => Promise<Partial<Vector>>): Promise<Partial<Vector>> {
  try {
    return await work();
  } catch (error) {
    return { error: told(error, vector.error) as NonNullable<Vector['error']> };
  }
}

test('every required case has a vector', () => {
  const names = new Set(vectors.map(({ name }) => name));
  expect(required.split(' ').filter((name) => !names.has(name))).toEqual([]);
});

test.each(named(vectors))('request of %s', async (_, vector) => {
  const before = JSON.stringify(vector.input);
  const got = await outcome(vector, async () => {
    const sent = await answering(vector, 64).dryRun('chat', vector.input);
    const headers = Object.fromEntries(Object.entries(sent.headers).filter(([name]) => name.startsWith('anthropic-')));
    const request = { method: sent.method, path: new URL(sent.url).pathname, headers, body: sent.body };
    return { request, warnings: sent.warnings.map(({ type, param }) => ({ type, param })) };
  });
  const { request, warnings = [], error } = vector;
  expect(got).toEqual(request ? { request, warnings } : { error });
  expect(JSON.stringify(vector.input)).toBe(before);
});

test.each(named(vectors.filter(({ response }) => response !== undefined)))('answer of %s', async (_, vector) => {
  const got = await outcome(vector, async () => ({
    output: asJson(await answering(vector, 50).completion(vector.input as never)),
  }));
  const { output, error } = vector;
  expect(got).toEqual(error ? { error } : { output });
});

describe.each([1, 7, 4096])('in pieces of %i bytes', (size) => {
  test.each(named(vectors.filter(({ events }) => events !== undefined)))('the stream of %s', async (_, vector) => {
    const chunks: unknown[] = [];
    const got = await outcome(vector, async () => {
      const input = { ...vector.input, stream: true } as const;
      const stream = await answering(vector, size).completion(input);
      for await (const chunk of stream) chunks.push(asJson(chunk));
      return { output: asJson(await stream.final()) };
    });
    const { output, error } = vector;
    expect({ ...got, chunks }).toEqual({ ...(error ? { error } : { output }), chunks: vector.chunks ?? [] });
  });
});
