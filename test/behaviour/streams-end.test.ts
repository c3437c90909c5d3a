/** How streams end: whole, cut, with an error, on a connection that stays open. */
import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  type APIError,
  APIConnectionError,
  InternalServerError,
  RateLimitError,
  ServiceUnavailableError,
  StreamIncompleteError,
} from '../../src/index.js';
import { client, collect, sendEvents, serve, serveRaw, sleep, thrown, warmUp, within } from './server.js';
import { anthropic, gemini, input, openai, streamOf, type TestWire, textOf, wires } from './wires.js';

beforeAll(warmUp);

const ends: [string, (res: ServerResponse) => void][] = [
  ['a clean end', (res) => void res.end()],
  ['half an event', (res) => void res.end('data: {"id":"chatcmpl-1","obj')],
  ['half an event that is a whole line', (res) => void res.end('data: {"id":"chatcmpl-1","obj\n')],
  ['half a line', (res) => void res.end('dat')],
  ['FIN within the chunked body', (res) => void res.socket?.end()],
  ['RST', (res) => void res.socket?.resetAndDestroy()],
];

interface Partial {
  object: string;
  choices: { finish_reason: unknown; message: { role: string; content: string | null } }[];
}

/** What had come, as a completion or as its message. */
function partialOf(error: unknown): { content: string | null; finish: unknown } {
  const partial = (error as StreamIncompleteError).partial as Partial & Partial['choices'][0]['message'];
  expect(partial).toBeTypeOf('object');
  const choice = partial.choices?.[0];
  return choice === undefined
    ? { content: partial.content, finish: null }
    : { content: choice.message.content, finish: choice.finish_reason };
}

describe.each(wires)('without the terminal event, $name', (wire) => {
  test.each(ends)('%s', async (_, end) => {
    const server = await serve(async (res) => {
      sendEvents(res, wire.start, wire.text('Hello '), wire.text('wor'));
      await sleep(20);
      end(res);
    });
    const stream = await client({ num_retries: 2 }).completion({ ...input(wire, server), stream: true });
    const { chunks, error } = await collect(stream);
    expect(textOf(chunks)).toBe('Hello wor');
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(error).toBeInstanceOf(APIConnectionError);
    expect(error).toMatchObject({
      name: 'StreamIncompleteError',
      status: undefined,
      status_code: 500,
      llm_provider: wire.name,
    });
    expect(partialOf(error)).toEqual({ content: 'Hello wor', finish: null });
    expect(chunks.flatMap((chunk) => chunk.choices.map((choice) => choice.finish_reason))).not.toContain('stop');
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(await thrown(stream.final())).toBe(error);
  });

  test.each(ends)('%s, all in one packet', async (_, end) => {
    const server = await serve((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.cork();
      res.write(wire.start + wire.text('Hello ') + wire.text('wor'));
      res.uncork();
      setTimeout(() => end(res), 5);
    });
    const stream = await client().completion({ ...input(wire, server), stream: true });
    await sleep(30);
    const { chunks, error } = await collect(stream);
    expect(textOf(chunks)).toBe('Hello wor');
    expect(error).toBeInstanceOf(StreamIncompleteError);
  });

  test('a body shorter than content-length', async () => {
    const body = wire.start + wire.text('Hello ');
    const server = await serveRaw((socket) => {
      const head = `HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: ${body.length + 500}\r\n\r\n`;
      socket.end(head + body);
    });
    const { chunks, error } = await collect(await client().completion({ ...input(wire, server), stream: true }));
    expect(textOf(chunks)).toBe('Hello ');
    expect(error).toBeInstanceOf(StreamIncompleteError);
    expect(partialOf(error)).toEqual({ content: 'Hello ', finish: null });
  });

  test('a body that ends with the connection (HTTP/1.0)', async () => {
    for (const [events, whole] of [
      [[wire.start, wire.text('Hello ')], false],
      [streamOf(wire, 'Hello '), true],
    ] as const) {
      const server = await serveRaw((socket) =>
        socket.end(`HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: text/event-stream\r\n\r\n${events.join('')}`),
      );
      const { chunks, error } = await collect(await client().completion({ ...input(wire, server), stream: true }));
      expect(textOf(chunks)).toBe('Hello ');
      if (whole) expect(error).toBeUndefined();
      else expect(error).toBeInstanceOf(StreamIncompleteError);
    }
  });
});

test('Anthropic: a stop reason is no end, message_stop is', async () => {
  const server = await serve((res) => {
    sendEvents(res, anthropic.start, anthropic.text('a'), anthropic.finish);
    res.end();
  });
  const { chunks, error } = await collect(await client().completion({ ...input(anthropic, server), stream: true }));
  expect(textOf(chunks)).toBe('a');
  expect(error).toBeInstanceOf(StreamIncompleteError);
});

test('OpenAI: a finish reason without [DONE] may count as an end; a usage chunk alone may not', async () => {
  const server = await serve((res) => {
    sendEvents(res, openai.start, openai.text('a'), openai.finish);
    res.end();
  });
  const { chunks, error } = await collect(await client().completion({ ...input(openai, server), stream: true }));
  expect(textOf(chunks)).toBe('a');
  if (error !== undefined) expect(error).toBeInstanceOf(StreamIncompleteError);

  const usage = openai.finish.slice(openai.finish.indexOf('data: ', 10));
  const another = await serve((res) => {
    sendEvents(res, openai.start, openai.text('a'), usage);
    res.end();
  });
  const outcome = await collect(await client().completion({ ...input(openai, another), stream: true }));
  expect(outcome.error).toBeInstanceOf(StreamIncompleteError);
});

test('Gemini: a finishReason without usage is an end', async () => {
  const finish =
    'data: {"candidates":[{"index":0,"content":{"role":"model","parts":[{"text":"b"}]},"finishReason":"STOP"}]}\n\n';
  const server = await serve((res) => {
    sendEvents(res, gemini.start, gemini.text('a'), finish);
    res.end();
  });
  const { chunks, error } = await collect(await client().completion({ ...input(gemini, server), stream: true }));
  expect(error).toBeUndefined();
  expect(textOf(chunks)).toBe('ab');
  expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('stop');
});

test('tool arguments that were cut stay as they came, and are no finished call', async () => {
  const call = (args: string, head = false): string =>
    `data: ${JSON.stringify({
      id: 'c',
      choices: [
        {
          index: 0,
          delta: {
            tool_calls: [
              {
                index: 0,
                ...(head && { id: 'c1', type: 'function' }),
                function: { ...(head && { name: 'f' }), arguments: args },
              },
            ],
          },
        },
      ],
    })}\n\n`;
  const server = await serve((res) => {
    sendEvents(res, openai.start, call('', true), call('{"city":'), call('"Par'));
    res.end();
  });
  const { error } = await collect(await client().completion({ ...input(openai, server), stream: true }));
  expect(error).toBeInstanceOf(StreamIncompleteError);
  const text = JSON.stringify((error as StreamIncompleteError).partial);
  expect(text).toContain('{\\"city\\":\\"Par');
  expect(text).not.toContain('"tool_calls"},'); // no finish reason was made up
  expect(text).toContain('"finish_reason":null');
});

describe('an error told inside the stream, after content', () => {
  const faults: [TestWire, string, string, new (...parts: never[]) => APIError][] = [
    [openai, 'server_error', openai.fault('the engine is on fire'), InternalServerError],
    [
      openai,
      'rate limit',
      'data: {"error":{"message":"the engine is on fire","type":"rate_limit_error","code":"rate_limit_exceeded"}}\n\n',
      RateLimitError,
    ],
    [anthropic, 'overloaded_error', anthropic.fault('the engine is on fire'), InternalServerError],
    [
      anthropic,
      'api_error',
      'event: error\ndata: {"type":"error","error":{"type":"api_error","message":"the engine is on fire"}}\n\n',
      InternalServerError,
    ],
    [gemini, 'UNAVAILABLE', gemini.fault('the engine is on fire'), ServiceUnavailableError],
    [
      gemini,
      'bare JSON at the end',
      '{"error":{"code":503,"message":"the engine is on fire","status":"UNAVAILABLE"}}\n',
      ServiceUnavailableError,
    ],
    [
      gemini,
      'bare JSON over several lines',
      '{\n  "error": {\n    "code": 503,\n    "message": "the engine is on fire",\n    "status": "UNAVAILABLE"\n  }\n}\n',
      ServiceUnavailableError,
    ],
  ];
  test.each(faults.map(([wire, what, ...more]) => [`${wire.name}: ${what}`, wire, ...more] as const))(
    '%s throws as its class, after the chunks before it',
    async (_, wire, fault, type) => {
      for (const together of [true, false]) {
        const server = await serve(async (res) => {
          if (together) sendEvents(res, wire.start + wire.text('a') + wire.text('b') + fault);
          else {
            sendEvents(res, wire.start, wire.text('a'), wire.text('b'));
            await sleep(20);
            sendEvents(res, fault);
          }
          res.end();
        });
        const stream = await client().completion({ ...input(wire, server), stream: true });
        const { chunks, error } = await collect(stream);
        expect(textOf(chunks)).toBe('ab');
        expect(error).toBeInstanceOf(type);
        expect((error as Error).message).toContain('the engine is on fire');
        expect(await thrown(stream.final())).toBe(error);
      }
    },
  );
});

describe.each(wires)('after the terminal event, $name', (wire) => {
  test('the stream is over although the connection stays open; the socket is freed within 1 s', async () => {
    const server = await serve((res) => sendEvents(res, ...streamOf(wire, 'a', 'b')));
    const stream = await client().completion({ ...input(wire, server), stream: true });
    const begun = performance.now();
    const { chunks, error } = await within(1000, collect(stream));
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('ab');
    const left = await within(1000, (await server.received(1)).left, 'the end of the connection');
    expect(left - begun).toBeLessThan(1000);
  });

  test('an unread one is freed, too, once its end has come', async () => {
    const server = await serve((res) => sendEvents(res, streamOf(wire, 'a', 'b').join('')));
    const stream = await client().completion({ ...input(wire, server), stream: true });
    await within(1000, stream.final(), 'final()');
    await within(1000, (await server.received(1)).left, 'the end of the connection');
  });

  test('what follows is not read', async () => {
    const server = await serve((res) => {
      sendEvents(res, [...streamOf(wire, 'a', 'b'), wire.text('c'), wire.fault('late'), 'data: {broken\n\n'].join(''));
      res.end();
    });
    const { chunks, error } = await collect(await client().completion({ ...input(wire, server), stream: true }));
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('ab');
  });

  test('its last blank line may be missing', async () => {
    const events = streamOf(wire, 'a', 'b').join('').trimEnd();
    for (const end of ['', '\n']) {
      const server = await serve((res) => {
        sendEvents(res, events + end);
        res.end();
      });
      const { chunks, error } = await collect(await client().completion({ ...input(wire, server), stream: true }));
      expect(error).toBeUndefined();
      expect(textOf(chunks)).toBe('ab');
    }
  });

  test('the connection serves the next call when the server ended the body', async () => {
    const server = await serve((res) => {
      sendEvents(res, ...streamOf(wire, 'a'));
      res.end();
    });
    const callm = client();
    for (let call = 0; call < 6; call++) {
      await collect(await callm.completion({ ...input(wire, server), stream: true }));
      await sleep(10);
    }
    expect(server.connections.length).toBeLessThanOrEqual(6);
  });
});
