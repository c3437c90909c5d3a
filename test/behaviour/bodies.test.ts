/** Bodies as bytes: compressed, with a byte order mark, very large, in odd pieces. */
import { constants, brotliCompressSync, createGzip, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  APIConnectionError,
  APIError,
  APIResponseValidationError,
  BadRequestError,
  type ChatCompletionChunk,
  InternalServerError,
} from '../../src/index.js';
import { client, collect, failure, rest, sendJson, serve, serveRaw } from './server.js';
import { input, openai, streamOf, textOf, wires } from './wires.js';

const encodings = {
  gzip: (text: string) => gzipSync(text),
  'x-gzip': (text: string) => gzipSync(text),
  GZIP: (text: string) => gzipSync(text),
  deflate: (text: string) => deflateSync(text),
  br: (text: string) => brotliCompressSync(text),
  'gzip, br': (text: string) => brotliCompressSync(gzipSync(text)),
  identity: (text: string) => Buffer.from(text),
};

describe.each(Object.entries(encodings))('content-encoding %s', (encoding, compress) => {
  const headers = { 'content-encoding': encoding };

  test.each(wires)('$name: an answer', async (wire) => {
    const body = compress(JSON.stringify(wire.whole('größer')));
    const server = await serve((res) => sendJson(res, body, 200, headers));
    const result = await client().completion(input(wire, server));
    expect(result.choices[0]?.message.content).toBe('größer');
  });

  test('an error body', async () => {
    const body = compress(JSON.stringify({ error: { message: 'told in a small box' } }));
    const server = await serve((res) => sendJson(res, body, 400, headers));
    for (const wire of wires)
      for (const stream of [false, true]) {
        const error = await failure(client().completion({ ...input(wire, server), stream }));
        expect(error).toBeInstanceOf(BadRequestError);
        expect(error.message).toContain('told in a small box');
      }
  });

  test.each(wires)('$name: a stream', async (wire) => {
    const body = compress(streamOf(wire, 'eins ', 'zwei ', 'drei').join(''));
    const server = await serve((res) => sendJson(res, body, 200, { ...headers, 'content-type': 'text/event-stream' }));
    const { chunks, error } = await collect(await client().completion({ ...input(wire, server), stream: true }));
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('eins zwei drei');
  });

  test('a page at 200 and broken JSON', async () => {
    for (const text of ['<html>maintenance page', '{"id": "maintenance']) {
      const server = await serve((res) => sendJson(res, compress(text), 200, headers));
      const error = await failure(client().completion(input(openai, server)));
      expect(error).toBeInstanceOf(APIResponseValidationError);
      expect(error.message).toContain('maintenance');
    }
  });
});

describe('compressed bodies with faults', () => {
  test('a gzip stream delivers its events as they come, not at its end', async () => {
    for (const wire of wires) {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const server = await serve(async (res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
        const gzip = createGzip({ flush: constants.Z_SYNC_FLUSH });
        gzip.pipe(res);
        gzip.write(wire.start + wire.text('first'));
        gzip.flush();
        await held;
        gzip.end(wire.text('second') + wire.finish + wire.end);
      });
      const stream = await client().completion({ ...input(wire, server), stream: true });
      // The role comes first, in a chunk of its own or with the text.
      let text = '';
      while (text === '') text = textOf([(await stream.next()).value as ChatCompletionChunk]);
      release();
      expect(text).toBe('first');
      const { chunks, error } = await rest(stream);
      expect(error).toBeUndefined();
      expect(textOf(chunks)).toBe('second');
    }
  });

  test('cut short', async () => {
    const whole = gzipSync(JSON.stringify(openai.whole('hello '.repeat(2000))));
    const server = await serveRaw((socket) => {
      socket.write(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: ${whole.length}\r\n\r\n`,
      );
      socket.end(whole.subarray(0, 40));
    });
    expect(await failure(client().completion(input(openai, server)))).toBeInstanceOf(APIConnectionError);
  });

  test('no gzip at all, an unknown encoding, an empty body: an error of ours, and the socket is free', async () => {
    const cases: [string, Buffer][] = [
      ['gzip', Buffer.from('this is no gzip')],
      ['gzip', gzipSync('{"id":"x"}').subarray(0, 12)],
      ['gzip', Buffer.alloc(0)],
      ['br', Buffer.from('this is no brotli')],
      ['snappy', Buffer.from('{}')],
    ];
    for (const [encoding, body] of cases)
      for (const stream of [false, true]) {
        const server = await serve((res) => sendJson(res, body, 200, { 'content-encoding': encoding }));
        const error = await failure(client().completion({ ...input(openai, server), stream }), 2000);
        expect(error, `${encoding} ${String(body)}`).toBeInstanceOf(APIError);
      }
  });

  test('an error status outranks its broken body', async () => {
    for (const body of [Buffer.alloc(0), Buffer.from('this is no gzip')]) {
      const server = await serve((res) => sendJson(res, body, 500, { 'content-encoding': 'gzip' }));
      const error = await failure(client().completion(input(openai, server)));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error.status).toBe(500);
    }
  });
});

describe('a byte order mark', () => {
  test.each(wires)('$name: before an answer, an error, a stream', async (wire) => {
    const texts: [number, string, string][] = [
      [200, 'application/json', JSON.stringify(wire.whole('marked'))],
      [400, 'application/json', JSON.stringify({ error: { message: 'marked' } })],
      [200, 'text/event-stream', streamOf(wire, 'mar', 'ked').join('')],
    ];
    for (const [status, type, text] of texts)
      for (const compressed of [false, true]) {
        const marked = Buffer.from(`\uFEFF${text}`);
        const server = await serve((res) =>
          sendJson(res, compressed ? gzipSync(marked) : marked, status, {
            'content-type': type,
            ...(compressed && { 'content-encoding': 'gzip' }),
          }),
        );
        const call = { ...input(wire, server), stream: type === 'text/event-stream' };
        const outcome = await client()
          .completion(call)
          .catch((error: unknown) => error as APIError);
        if (status === 400) {
          expect((outcome as APIError).message).toContain('marked');
          expect((outcome as APIError).error).toEqual({ error: { message: 'marked' } });
        } else if (call.stream) expect(textOf((await collect(outcome as never)).chunks as never[])).toBe('marked');
        else expect(outcome).toMatchObject({ choices: [{ message: { content: 'marked' } }] });
      }
  });
});

describe('20 MB', () => {
  const megabytes = 'ä23456789 '.repeat(2_000_000);

  test('compressed leaves no listeners behind', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on('warning', note);
    try {
      const text = JSON.stringify(openai.whole(megabytes));
      const server = await serve((res) =>
        sendJson(res, gzipSync(text, { level: 0 }), 200, { 'content-encoding': 'gzip' }),
      );
      await client().completion(input(openai, server));
      expect(warnings.map(String)).toEqual([]);
    } finally {
      process.off('warning', note);
    }
  });

  test('as an answer', async () => {
    const server = await serve((res) => sendJson(res, openai.whole(megabytes)));
    const result = await client().completion(input(openai, server));
    expect(result.choices[0]?.message.content === megabytes).toBe(true);
  });

  test('as an error body, a page, broken JSON: the error stays small', async () => {
    const bodies: [number, string][] = [
      [500, JSON.stringify({ error: { message: megabytes } })],
      [500, `<html>${megabytes}`],
      [200, `<html>${megabytes}`],
      [200, `{"id":"${megabytes}`],
      [200, JSON.stringify({ error: { message: megabytes } })],
    ];
    for (const [status, body] of bodies) {
      const server = await serve((res) => sendJson(res, body, status));
      const error = await failure(client().completion(input(openai, server)));
      expect(error.message.length).toBeLessThan(20_000);
      expect(error.stack?.length).toBeLessThan(40_000);
    }
  });

  test('as a request', async () => {
    const server = await serve((res, { text }) => sendJson(res, openai.whole(String(text.length))));
    const call = { ...input(openai, server), messages: [{ role: 'user' as const, content: megabytes }] };
    const result = await client().completion(call);
    expect(Number(result.choices[0]?.message.content)).toBeGreaterThan(20_000_000);
    const body = server.requests[0]?.body['messages'] as { content: string }[];
    expect(body[0]?.content === megabytes).toBe(true);
  });

  test('in one event of a stream', async () => {
    const server = await serve((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.end(streamOf(openai, megabytes).join(''));
    });
    const stream = await client().completion({ ...input(openai, server), stream: true });
    const result = await stream.final();
    expect(result.choices[0]?.message.content === megabytes).toBe(true);
  });

  test('from a gzip of 20 KB', async () => {
    const server = await serve((res) =>
      sendJson(res, gzipSync(JSON.stringify(openai.whole(megabytes))), 200, { 'content-encoding': 'gzip' }),
    );
    const result = await client().completion(input(openai, server));
    expect(result.choices[0]?.message.content?.length).toBe(megabytes.length);
  });
});

test('an answer that comes byte by byte, within characters too', async () => {
  const server = await serve(async (res, { body }) => {
    const text =
      body['stream'] === true
        ? streamOf(openai, 'größer 🦓', ' ende').join('')
        : JSON.stringify(openai.whole('größer 🦓 ende'));
    res.writeHead(200, { 'content-type': body['stream'] === true ? 'text/event-stream' : 'application/json' });
    for (const byte of Buffer.from(text)) {
      res.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
    res.end();
  });
  const result = await client().completion(input(openai, server));
  expect(result.choices[0]?.message.content).toBe('größer 🦓 ende');
  const stream = await client().completion({ ...input(openai, server), stream: true });
  expect(textOf((await collect(stream)).chunks)).toBe('größer 🦓 ende');
});
