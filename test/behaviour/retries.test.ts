/** Retries: how many, when, and with what. */
import { describe, expect, test } from 'vitest';
import { APIError, InternalServerError, RateLimitError, Timeout } from '../../src/index.js';
import { type Answer, client, failure, measuring, sendEvents, sendJson, serve, serveRaw } from './server.js';
import { input, openai, wires } from './wires.js';

/** A wait short enough for a test; without it the back-off is half a second. */
const soon = { 'retry-after-ms': '5' };
const refuse =
  (status: number, headers: Record<string, string> = soon, body: unknown = { error: { message: 'not now' } }): Answer =>
  (res) =>
    sendJson(res, body, status, headers);

/** Milliseconds between the requests that a server got. */
const gaps = (requests: readonly { at: number }[]): number[] =>
  requests.slice(1).map(({ at }, index) => at - (requests[index]?.at ?? 0));

describe('num_retries', () => {
  test.each([0, 1, 3])('%i gives one request more', async (num_retries) => {
    for (const wire of wires) {
      const server = await serve(refuse(500));
      const error = await failure(client().completion({ ...input(wire, server), num_retries }));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(server.requests).toHaveLength(num_retries + 1);
      expect(error.attempts).toHaveLength(num_retries + 1);
    }
  });

  test('is 2 by default', async () => {
    const server = await serve(refuse(503));
    await failure(client({ num_retries: undefined as never }).completion(input(openai, server)));
    expect(server.requests).toHaveLength(3);
  });

  test('is also called max_retries, and a default of the client', async () => {
    const server = await serve(refuse(500));
    const fresh = { num_retries: undefined as never };
    await failure(client(fresh).completion({ ...input(openai, server), max_retries: 1 }));
    expect(server.requests.splice(0)).toHaveLength(2);
    await failure(client({ ...fresh, max_retries: 3 }).completion(input(openai, server)));
    expect(server.requests.splice(0)).toHaveLength(4);
    await failure(client({ ...fresh, max_retries: 3 }).completion({ ...input(openai, server), max_retries: 0 }));
    expect(server.requests.splice(0)).toHaveLength(1);
    await failure(client({ num_retries: 3 }).completion({ ...input(openai, server), num_retries: 0 }));
    expect(server.requests.splice(0)).toHaveLength(1);
    await failure(client({ num_retries: 0 }).completion({ ...input(openai, server), max_retries: 2 }));
    expect(server.requests.splice(0)).toHaveLength(3);
  });

  test('counts for streams, embeddings and rerank', async () => {
    const server = await serve(refuse(500));
    await failure(client().completion({ ...input(openai, server), stream: true, num_retries: 2 }));
    expect(server.requests.splice(0)).toHaveLength(3);
    const call = { model: 'openai/text-embedding-3-small', input: 'a', api_base: server.url, num_retries: 1 };
    await failure(client().embedding(call));
    expect(server.requests.splice(0)).toHaveLength(2);
  });
});

describe('one request only', () => {
  test.each([400, 401, 403, 404, 413, 422])('%i', async (status) => {
    for (const wire of wires)
      for (const stream of [false, true]) {
        const server = await serve(refuse(status));
        await failure(client({ num_retries: 3 }).completion({ ...input(wire, server), stream }));
        expect(server.requests).toHaveLength(1);
      }
  });

  test('insufficient_quota', async () => {
    const bodies = [
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' } },
      { error: { message: 'You exceeded your current quota', type: 'insufficient_quota', code: null } },
    ];
    for (const body of bodies) {
      const server = await serve(refuse(429, soon, body));
      const error = await failure(client({ num_retries: 3 }).completion(input(openai, server)));
      expect(error).toBeInstanceOf(RateLimitError);
      expect(error.code).toBe('insufficient_quota');
      expect(server.requests).toHaveLength(1);
    }
  });
});

describe('another request', () => {
  const ask = (server: { url: string }) => client({ num_retries: 2 }).completion(input(openai, server));

  test.each([408, 409, 429, 500, 502, 503, 504, 529])('after %i', async (status) => {
    for (const wire of wires) {
      const server = await serve((res, _, index) =>
        index === 0 ? sendJson(res, { error: { message: 'no' } }, status, soon) : sendJson(res, wire.whole('hi')),
      );
      const result = await client({ num_retries: 2 }).completion(input(wire, server));
      expect(result.choices[0]?.message.content).toBe('hi');
      expect(server.requests).toHaveLength(2);
      expect((result as unknown as { _hidden_params: object })._hidden_params).toMatchObject({
        attempts: [{ status, error: expect.any(String) as string }, { status: 200 }],
      });
    }
  });

  test('after connection faults', async () => {
    const body = JSON.stringify(openai.whole('hi'));
    const faults: ((socket: import('node:net').Socket) => void)[] = [
      (socket) => socket.resetAndDestroy(),
      (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 99\r\n\r\n{"i'),
    ];
    await Promise.all(
      faults.map(async (fault) => {
        const server = await serveRaw((socket, _, index) => {
          if (index === 0) fault(socket);
          else
            socket.end(
              `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
            );
        });
        expect((await ask(server)).choices[0]?.message.content).toBe('hi');
        expect(server.requests).toHaveLength(2);
      }),
    );
  });

  test('after a timeout of the attempt', async () => {
    const server = await serve((res, _, index) => {
      if (index > 0) sendJson(res, openai.whole('hi'));
    });
    const result = await client({ num_retries: 1, timeout: 0.15 }).completion(input(openai, server));
    expect(result.choices[0]?.message.content).toBe('hi');
    expect(server.requests).toHaveLength(2);
  });

  test('has the same body and headers, whatever the attempt', async () => {
    for (const wire of wires)
      for (const stream of [false, true]) {
        const server = await serve(refuse(500));
        const call = {
          ...input(wire, server),
          temperature: 0.5,
          tools: [
            { type: 'function' as const, function: { name: 'f', parameters: { type: 'object', properties: {} } } },
          ],
          extra_headers: { 'x-team': 'blue' },
          stream,
        };
        await failure(client({ num_retries: 3 }).completion(call));
        const [first, ...others] = server.requests;
        expect(others).toHaveLength(3);
        for (const other of others) {
          expect(other.text).toBe(first?.text);
          expect(other.path).toBe(first?.path);
          expect({ ...other.headers, connection: '' }).toEqual({ ...first?.headers, connection: '' });
        }
      }
  });
});

describe.concurrent('the wait', () => {
  test('backs off: not 0, the first under 3 s, the second under 6 s', async () => {
    const server = await serve(refuse(500, {}));
    await failure(client({ num_retries: 2 }).completion(input(openai, server)), 10_000);
    const [first = 0, second = 0] = gaps(server.requests);
    expect(first).toBeGreaterThan(100);
    expect(first).toBeLessThan(3000);
    expect(second).toBeGreaterThan(100);
    expect(second).toBeLessThan(6000);
  });

  test.each([408, 409, 429, 500, 502, 503, 529])('is never shorter than retry-after-ms, on %i', async (status) => {
    const server = await serve(refuse(status, { 'retry-after-ms': '250' }));
    await failure(client({ num_retries: 2 }).completion(input(openai, server)));
    // Timers may fire within the last millisecond.
    for (const gap of gaps(server.requests)) expect(gap).toBeGreaterThanOrEqual(249);
    expect(server.requests).toHaveLength(3);
  });

  test('is never shorter than retry-after in seconds, for each wire and for streams', async () => {
    await Promise.all(
      wires.map(async (wire) => {
        const server = await serve(refuse(429, { 'retry-after': '1' }));
        await failure(client({ num_retries: 1 }).completion({ ...input(wire, server), stream: true }));
        expect(gaps(server.requests)[0]).toBeGreaterThanOrEqual(999);
      }),
    );
  });

  test('is never shorter than retry-after as a date', async () => {
    let date = 0;
    let second = 0;
    const server = await serve((res, _, index) => {
      if (index === 1) second = Date.now();
      date ||= Math.ceil((Date.now() + 1000) / 1000) * 1000;
      sendJson(res, { error: { message: 'no' } }, 429, { 'retry-after': new Date(date).toUTCString() });
    });
    await failure(client({ num_retries: 1 }).completion(input(openai, server)));
    expect(second).toBeGreaterThanOrEqual(date - 1);
  });

  test('is no part of the timeout of an attempt', async () => {
    const server = await serve((res, _, index) =>
      index === 0
        ? sendJson(res, { error: { message: 'no' } }, 429, { 'retry-after-ms': '700' })
        : sendJson(res, openai.whole('hi')),
    );
    const result = await client({ num_retries: 1, timeout: 0.6 }).completion(input(openai, server));
    expect(result.choices[0]?.message.content).toBe('hi');
  });

  const tooLong: [string, Record<string, string>, object][] = [
    ['60 s, by default', { 'retry-after': '61' }, {}],
    ['max_retry_delay', { 'retry-after-ms': '300' }, { max_retry_delay: 0.2 }],
    ['the deadline', { 'retry-after': '2' }, { deadline: 1.5 }],
    ['the deadline, by a date', { 'retry-after': 'Fri, 31 Dec 2100 23:59:59 GMT' }, { deadline: 1.5 }],
  ];
  test.each(tooLong)('beyond %s: the error comes at once', measuring, async (_, headers, options) => {
    for (const status of [429, 503]) {
      const server = await serve(refuse(status, headers));
      const begun = performance.now();
      const error = await failure(client({ num_retries: 3, ...options }).completion(input(openai, server)));
      expect(performance.now() - begun).toBeLessThan(500);
      expect(error.status).toBe(status);
      expect(error.retry_after).toBeGreaterThan(0.2);
      expect(server.requests).toHaveLength(1);
    }
  });

  test('up to max_retry_delay is waited', async () => {
    const server = await serve(refuse(429, { 'retry-after-ms': '200' }));
    await failure(client({ num_retries: 1, max_retry_delay: 0.2 }).completion(input(openai, server)));
    expect(server.requests).toHaveLength(2);
  });

  test('ends with the deadline', measuring, async () => {
    const server = await serve(refuse(500, {}));
    const begun = performance.now();
    const error = await failure(client({ num_retries: 10, deadline: 0.9 }).completion(input(openai, server)));
    expect(performance.now() - begun).toBeLessThan(1300);
    expect(error instanceof Timeout || error instanceof InternalServerError).toBe(true);
  });
});

describe('a function as api_key', () => {
  const counting = (async: boolean) => {
    let asked = 0;
    const make = (): string => `key-number-${++asked}`;
    return { key: async ? () => Promise.resolve(make()) : make, asked: () => asked };
  };
  const sent = (headers: object): string => JSON.stringify(headers);

  test.each([false, true])('is asked once for each attempt (async: %s)', async (async) => {
    for (const wire of wires) {
      const server = await serve(refuse(500));
      const { key, asked } = counting(async);
      await failure(client({ num_retries: 2, api_key: key }).completion(input(wire, server)));
      expect(asked()).toBe(3);
      server.requests.forEach(({ headers }, index) => expect(sent(headers)).toContain(`key-number-${index + 1}`));
    }
  });

  test('is asked once for a stream, and for an embedding', async () => {
    const server = await serve((res, { body }) => {
      if (body['stream'] !== true)
        return sendJson(res, { data: [{ index: 0, embedding: [1] }], model: 'm', usage: { prompt_tokens: 1 } });
      sendEvents(res, openai.start, openai.text('a'), openai.finish, openai.end);
      res.end();
    });
    const { key, asked } = counting(true);
    const stream = await client({ api_key: key }).completion({ ...input(openai, server), stream: true });
    await stream.final();
    expect(asked()).toBe(1);
    await client({ api_key: key }).embedding({ model: 'openai/e', input: 'a', api_base: server.url });
    expect(asked()).toBe(2);
  });

  const bad: [string, () => unknown][] = [
    [
      'throws',
      () => {
        throw new Error('the vault is closed');
      },
    ],
    ['rejects', () => Promise.reject(new Error('the vault is closed'))],
    ['gives nothing', () => undefined],
    ['gives an empty string', () => ''],
    ['gives a number', () => 42],
    ['gives a line break', () => 'sk-first\r\nx-evil: 1'],
  ];
  test.each(bad)('that %s: an error of ours that names api_key, and no request', async (_, api_key) => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    for (const stream of [false, true]) {
      const call = { ...input(openai, server), stream, api_key: api_key as () => string };
      const error = await failure(client().completion(call), 1000);
      expect(error).toBeInstanceOf(APIError);
      expect(error.message).toContain('api_key');
    }
    expect(server.requests).toHaveLength(0);
  });
});
