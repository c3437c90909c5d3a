/** Connections that fail, redirects, and answers that are not the endpoint's shape. */
import net from 'node:net';
import { describe, expect, test } from 'vitest';
import {
  APIConnectionError,
  APIError,
  APIResponseValidationError,
  InternalServerError,
  StreamIncompleteError,
  Timeout,
} from '../../src/index.js';
import { client, collect, failure, sendEvents, sendJson, serve, serveRaw, sleep, thrown } from './server.js';
import { anthropic, gemini, input, messages, openai, streamOf, textOf, wires } from './wires.js';

/** A port on which nobody listens. */
async function deadPort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as net.AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function expectConnectionError(error: APIError, provider = 'openai'): void {
  expect(error).toBeInstanceOf(APIConnectionError);
  expect(error).not.toBeInstanceOf(Timeout);
  expect(error.name).toBe('APIConnectionError');
  expect(error.cause).toBeInstanceOf(Error);
  expect(error.status).toBeUndefined();
  expect(error.status_code).toBe(500);
  expect(error.llm_provider).toBe(provider);
  expect(error.model).toContain(provider === 'openai' ? 'gpt-4o' : '');
  expect(error.attempts).toHaveLength(1);
  expect(error.attempts[0]).toMatchObject({ provider, error: 'APIConnectionError' });
}

describe('a connection fault is an APIConnectionError with a cause', () => {
  test('refused', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    for (const wire of wires)
      expectConnectionError(await failure(client().completion(input(wire, { url }))), wire.name);
  });

  test('refused, of a stream', async () => {
    const url = `http://127.0.0.1:${await deadPort()}`;
    expectConnectionError(await failure(client().completion({ ...input(openai, { url }), stream: true })));
  });

  const cuts: Record<string, (socket: net.Socket) => void> = {
    'reset before the answer': (socket) => socket.resetAndDestroy(),
    'closed before the answer': (socket) => socket.end(),
    'closed within the headers': (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-type: appl'),
    'body shorter than content-length, then FIN': (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"id":'),
    'body shorter than content-length, then RST': (socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"id":');
      setTimeout(() => socket.resetAndDestroy(), 20);
    },
    'whole JSON, but shorter than content-length': (socket) =>
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 5000\r\n\r\n${JSON.stringify(openai.whole('hi'))}`,
      ),
    'chunked body cut within a chunk': (socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n50\r\n{"id":'),
    'chunked body without its last chunk': (socket) => {
      const body = JSON.stringify(openai.whole('hi'));
      socket.end(
        `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n`,
      );
    },
    'chunked body with a bad chunk size': (socket) =>
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
      ),
    'another protocol': (socket) => socket.end('SSH-2.0-OpenSSH_9.6\r\n'),
    'bytes of no protocol': (socket) => socket.end(Buffer.from([0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x50])),
    'a switch of protocol': (socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n'),
    'an error body that breaks off': (socket) =>
      socket.end('HTTP/1.1 500 Oops\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"error":'),
  };

  test.each(Object.entries(cuts))('%s', async (_, cut) => {
    const server = await serveRaw((socket) => cut(socket));
    const error = await failure(client().completion(input(openai, server)));
    expect(error).toBeInstanceOf(APIConnectionError);
    expect(error.cause).toBeInstanceOf(Error);
    expect(error.status_code).toBe(500);
    expect(error.llm_provider).toBe('openai');
    expect(server.requests).toHaveLength(1);
    expect(error.attempts).toHaveLength(1);
  });

  test('TLS spoken to a server without TLS', async () => {
    const plain = await serve(() => {});
    const url = `https://127.0.0.1:${plain.port}`;
    expectConnectionError(await failure(client().completion(input(openai, { url }))));
    expect(plain.requests).toHaveLength(0);
  });

  test('of embeddings, too', async () => {
    const server = await serveRaw((socket) => socket.resetAndDestroy());
    const api_base = `${server.url}/v1`;
    const embedding = client().embedding({ model: 'openai/text-embedding-3-small', input: 'a', api_base });
    expect(await failure(embedding)).toBeInstanceOf(APIConnectionError);
  });
});

describe('keep-alive connections', () => {
  test('that the server closed meanwhile do not fail the next call', async () => {
    const server = await serve((res, { socket }) => {
      res.once('finish', () => setTimeout(() => socket.destroy(), 5));
      sendJson(res, openai.whole('hi'));
    });
    const callm = client();
    for (let call = 0; call < 3; call++) {
      await callm.completion(input(openai, server));
      await sleep(60);
    }
    expect(server.requests).toHaveLength(3);
  });

  test('that the server resets when the next request comes are no harm with retries', async () => {
    const server = await serve((res, { socket }, index) => {
      if (index === 1) socket.resetAndDestroy();
      else sendJson(res, openai.whole('hi'));
    });
    const callm = client({ num_retries: 2 });
    await callm.completion(input(openai, server));
    const second = await callm.completion(input(openai, server));
    expect(second.choices[0]?.message.content).toBe('hi');
    expect(server.requests).toHaveLength(3);
  });

  test('are used again after errors whose bodies were read', async () => {
    const server = await serve((res) => sendJson(res, { error: { message: 'no' } }, 400));
    const callm = client();
    for (let call = 0; call < 6; call++) await failure(callm.completion(input(openai, server)));
    expect(server.connections.length).toBeLessThanOrEqual(2);
  });
});

describe('redirects', () => {
  const secrets = { 'x-team': 'team-secret-4711' };
  const echo = (headers: unknown): string => JSON.stringify(headers);

  test.each([301, 302, 303, 307, 308])('%i to another host carries no credential', async (status) => {
    const other = await serve((res) => sendJson(res, openai.whole('hi')));
    const server = await serve((res) => {
      res.writeHead(status, { location: `${other.url}/v1/chat/completions` });
      res.end();
    });
    const outcome = await client({ api_key: 'sk-redirect-0123456789' })
      .completion({ ...input(openai, server), extra_headers: secrets })
      .catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(APIError);
    for (const request of other.requests)
      expect(echo(request.headers) + request.path).not.toMatch(/sk-redirect|team-secret/);
  });

  test.each([301, 302, 303, 307, 308])('a loop of %i ends', async (status) => {
    const server = await serve((res, { path }) => {
      res.writeHead(status, { location: path });
      res.end();
    });
    const error = await failure(client().completion(input(openai, server)));
    expect(error.message).not.toBe('');
    expect(server.requests.length).toBeLessThanOrEqual(30);
  });

  test('of a stream, of no location and of 304 are errors', async () => {
    const server = await serve((res, { headers }) => {
      const status = Number(headers['x-status']);
      res.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {});
      res.end();
    });
    for (const status of ['302', '304', '300']) {
      const call = { ...input(openai, server), extra_headers: { 'x-status': status } };
      expect((await failure(client().completion(call))).status_code).toBeGreaterThanOrEqual(400);
      await failure(client().completion({ ...call, stream: true }));
    }
  });
});

describe('a 200 that is not the shape is an APIResponseValidationError with a snippet', () => {
  const page = '<!doctype html><html><body><h1>Welcome to nginx</h1></body></html>';
  const bodies: [what: string, type: string, body: string, snippet: string][] = [
    ['HTML', 'text/html', page, 'Welcome to nginx'],
    ['HTML said to be JSON', 'application/json', page, 'Welcome to nginx'],
    ['broken JSON', 'application/json', '{"id":"chatcmpl-9","choices":[{"ind', 'chatcmpl-9'],
    ['an empty body', 'application/json', '', ''],
    ['blanks', 'application/json', ' \n', ''],
    ['{}', 'application/json', '{}', '{}'],
    ['null', 'application/json', 'null', 'null'],
    ['[]', 'application/json', '[]', '[]'],
    ['a string', 'application/json', '"pong"', 'pong'],
    ['a number', 'application/json', '42', '42'],
    ['another object', 'application/json', '{"status":"alive"}', 'alive'],
    ['plain text', 'text/plain', 'upstream says hello', 'upstream says hello'],
  ];

  describe.each(wires)('$name', (wire) => {
    test.each(bodies)('%s', async (_, type, body, snippet) => {
      const server = await serve((res) => sendJson(res, body, 200, { 'content-type': type, 'x-request-id': 'req_7' }));
      const error = await failure(client().completion(input(wire, server)));
      expect(error).toBeInstanceOf(APIResponseValidationError);
      expect(error.name).toBe('APIResponseValidationError');
      expect(error.message).toContain(snippet);
      expect(error.message.length).toBeLessThan(20_000);
      expect(error.status).toBe(200);
      expect(error.request_id).toBe('req_7');
      expect(error.llm_provider).toBe(wire.name);
      expect(error.attempts).toMatchObject([{ status: 200, error: 'APIResponseValidationError' }]);
    });

    test.each(bodies)('%s, for a stream', async (_, type, body) => {
      const server = await serve((res) => sendJson(res, body, 200, { 'content-type': type }));
      const error = await failure(client().completion({ ...input(wire, server), stream: true }));
      expect(error.name).toMatch(/^(APIResponseValidationError|StreamIncompleteError)$/);
      // A page or a text is told as what it is, whatever was asked for.
      if (type.startsWith('text/')) expect(error.message).toMatch(/Welcome to nginx|upstream says hello/);
    });
  });

  test('204 without a body', async () => {
    const server = await serve((res) => {
      res.writeHead(204);
      res.end();
    });
    expect(await failure(client().completion(input(openai, server)))).toBeInstanceOf(APIResponseValidationError);
  });

  const odd = ['{"choices":null}', '{"choices":"none"}', '{"choices":{}}', '{"choices":[null]}', '{"choices":[42]}'];
  test.each(odd)('%s', async (body) => {
    const server = await serve((res) => sendJson(res, body));
    expect(await failure(client().completion(input(openai, server)))).toBeInstanceOf(APIResponseValidationError);
  });

  test.each(['{}', 'null', '[]', '', '<html>', '{"data":null}', '{"data":{}}', '{"data":[null]}'])(
    'of embeddings: %s',
    async (body) => {
      const server = await serve((res) => sendJson(res, body));
      const call = client().embedding({ model: 'openai/text-embedding-3-small', input: 'a', api_base: server.url });
      expect(await failure(call)).toBeInstanceOf(APIResponseValidationError);
    },
  );
});

describe('a 200 with an error object is an error with its message', () => {
  const faults: [string, unknown][] = [
    ['openai', { error: { message: 'the engine is on fire', type: 'server_error', code: 'server_error' } }],
    ['openai', { error: 'the engine is on fire' }],
    ['openai', { error: { message: 'the engine is on fire', code: 503 } }],
    ['anthropic', { type: 'error', error: { type: 'overloaded_error', message: 'the engine is on fire' } }],
    ['gemini', { error: { code: 503, message: 'the engine is on fire', status: 'UNAVAILABLE' } }],
    ['gemini', [{ error: { code: 503, message: 'the engine is on fire', status: 'UNAVAILABLE' } }]],
  ];
  test.each(faults)('%s: %j', async (name, body) => {
    const wire = wires.find((each) => each.name === name) ?? openai;
    const server = await serve((res) => sendJson(res, body));
    for (const stream of [false, true]) {
      const error = await failure(client().completion({ ...input(wire, server), stream }));
      expect(error.message).toContain('the engine is on fire');
    }
  });

  test('of a stream, before any content', async () => {
    for (const wire of wires) {
      const server = await serve((res) => {
        sendEvents(res, wire.start, wire.fault('the engine is on fire'));
        res.end();
      });
      const error = await failure(client().completion({ ...input(wire, server), stream: true }));
      expect(error).toBeInstanceOf(InternalServerError);
      expect(error.message).toContain('the engine is on fire');
    }
  });
});

describe('streams of odd events', () => {
  test.each(wires)('$name: broken JSON before content', async (wire) => {
    const server = await serve((res) => {
      sendEvents(res, wire.start, 'data: {"id":"x","cho\n\n');
      res.end();
    });
    const error = await failure(client().completion({ ...input(wire, server), stream: true }));
    expect(error).toBeInstanceOf(APIResponseValidationError);
    expect(error.status).toBe(200);
  });

  test.each(wires)('$name: broken JSON after content; what came before is delivered', async (wire) => {
    const server = await serve((res) => {
      sendEvents(res, wire.start, wire.text('one'), wire.text('two'), 'data: {"id":"x","cho\n\n', wire.text('three'));
      res.end(wire.finish + wire.end);
    });
    const stream = await client().completion({ ...input(wire, server), stream: true });
    const { chunks, error } = await collect(stream);
    expect(textOf(chunks)).toBe('onetwo');
    expect(error).toBeInstanceOf(APIResponseValidationError);
    expect((error as Error).message).toContain('JSON');
  });

  test.each(wires)('$name: unknown events, comments and empty lines are skipped', async (wire) => {
    const noise = [
      wire.unknown,
      ': comment\n\n',
      'event: sparkle\ndata: {"type":"sparkle"}\n\n',
      'retry: 10\n\n',
      '\n',
    ];
    const server = await serve((res) => {
      for (const event of streamOf(wire, 'one', 'two')) sendEvents(res, ...noise, event);
      res.end();
    });
    const { chunks, error } = await collect(await client().completion({ ...input(wire, server), stream: true }));
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('onetwo');
  });

  const types = ['application/json', 'application/json; charset=utf-8', 'text/plain', 'text/event-stream', undefined];
  describe.each(types)('a streaming call answered with plain JSON (%s)', (type) => {
    test.each(wires)('$name is read, or an error: never an empty stream', async (wire) => {
      const server = await serve((res) => {
        res.writeHead(200, type === undefined ? {} : { 'content-type': type });
        res.end(JSON.stringify(wire.whole('the whole answer')));
      });
      const stream = await client()
        .completion({ ...input(wire, server), stream: true })
        .catch((error: unknown) => error as Error);
      if (stream instanceof Error) {
        expect(type ?? '', 'JSON that says what it is can be read').not.toMatch(/json/);
        expect(stream).toBeInstanceOf(APIError);
        return;
      }
      const { chunks, error } = await collect(stream);
      expect(error).toBeUndefined();
      expect(textOf(chunks)).toBe('the whole answer');
      const finishes = chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason));
      expect(finishes.filter((reason) => reason !== null)).toEqual(['stop']);
    });
  });

  test('an answer without any event is incomplete', async () => {
    for (const wire of wires)
      for (const body of ['', '\n\n', ': nothing\n\n', 'event: ping\n\n', wire.start]) {
        const server = await serve((res) => {
          sendEvents(res);
          res.end(body);
        });
        const error = await failure(client().completion({ ...input(wire, server), stream: true }));
        expect(error, `${wire.name} ${JSON.stringify(body)}`).toBeInstanceOf(StreamIncompleteError);
        expect(error.status_code).toBe(500);
      }
  });
});

test('interim answers (102, 103) are passed over', async () => {
  const body = JSON.stringify(openai.whole('hi'));
  const server = await serveRaw((socket) => {
    socket.write('HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n');
    socket.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  });
  const result = await client().completion(input(openai, server));
  expect(result.choices[0]?.message.content).toBe('hi');
});

test('what a transport function throws is one of ours, with the cause', async () => {
  const cause = new TypeError('fetch failed');
  const callm = client({ transport: () => Promise.reject(cause) });
  for (const wire of [openai, anthropic, gemini]) {
    const error = await thrown(callm.completion({ model: wire.model, messages }));
    expect(error).toBeInstanceOf(APIConnectionError);
    expect((error as Error).cause).toBe(cause);
  }
});
