/** Time limits: what each covers, what feeds it, what does not. Tests run side by side: they mostly wait. */
import { beforeAll, describe, expect, test } from 'vitest';
import { APIConnectionError, type APIError, type Callm, type CallOptions, Timeout } from '../../src/index.js';
import {
  client,
  collect,
  failure,
  measuring,
  rest,
  sendEvents,
  sendJson,
  serve,
  serveRaw,
  sleep,
  warmUp,
  within,
} from './server.js';
import { input, openai, streamOf, type TestWire, textOf, wires } from './wires.js';

beforeAll(warmUp);

/** Checks that an error is our Timeout and came when it should: not early, and not much later on a busy machine. */
function expectTimeout(error: unknown, begun: number, seconds: number): asserts error is APIError {
  const took = (performance.now() - begun) / 1000;
  expect(error).toBeInstanceOf(Timeout);
  expect(error).toBeInstanceOf(APIConnectionError);
  expect(error).toMatchObject({ status: undefined, status_code: 408 });
  expect((error as Error).name).toMatch(/^(Timeout|APIConnectionTimeoutError)$/);
  expect(took).toBeGreaterThanOrEqual(seconds - 0.01);
  expect(took).toBeLessThan(seconds + 0.5);
}

const never = () => serve(() => {});

/** A stream whose first events are given, then one more every 30 ms, for ever. */
const ticking = (first: readonly string[], event: string) =>
  serve(async (res) => {
    sendEvents(res, ...first);
    while (!res.destroyed) {
      await sleep(30);
      res.write(event);
    }
  });

const open = (wire: TestWire, server: { url: string }, options: CallOptions) =>
  client().completion({ ...input(wire, server), ...options, stream: true });

describe.concurrent('a number as timeout, of a plain answer', measuring, () => {
  test('covers the wait for the headers', async () => {
    const server = await never();
    await Promise.all(
      wires.map(async (wire) => {
        const begun = performance.now();
        const error = await failure(client().completion({ ...input(wire, server), timeout: 0.25 }));
        expectTimeout(error, begun, 0.25);
        expect(error.message).toContain('timeout');
        expect(error.llm_provider).toBe(wire.name);
        expect(error.attempts).toMatchObject([{ error: 'Timeout' }]);
      }),
    );
    for (const { left } of server.requests) await within(250, left, 'the end of the connection');
  });

  test('covers a body that trickles, up to its last byte', async () => {
    const server = await serve(async (res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      res.write('{"id":"chatcmpl-1"');
      while (!res.destroyed) {
        await sleep(30);
        res.write(' ');
      }
    });
    const begun = performance.now();
    expectTimeout(await failure(client().completion({ ...input(openai, server), timeout: 0.3 })), begun, 0.3);
    await within(250, (await server.received(1)).left, 'the end of the connection');
  });

  test('covers an error body that trickles', async () => {
    const server = await serve((res) => {
      res.writeHead(500, { 'content-type': 'application/json' });
      res.write('{"error":');
    });
    const begun = performance.now();
    expectTimeout(await failure(client().completion({ ...input(openai, server), timeout: 0.3 })), begun, 0.3);
  });

  test('covers a compressed body that trickles', async () => {
    const server = await serve((res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
      res.write(Buffer.from([0x1f, 0x8b, 0x08]));
    });
    const begun = performance.now();
    expectTimeout(await failure(client().completion({ ...input(openai, server), timeout: 0.3 })), begun, 0.3);
    await within(250, (await server.received(1)).left, 'the end of the connection');
  });

  test('covers a TLS handshake that never ends', async () => {
    const server = await serveRaw(() => {});
    const url = server.url.replace('http:', 'https:');
    const begun = performance.now();
    expectTimeout(await failure(client().completion({ ...input(openai, { url }), timeout: 0.3 })), begun, 0.3);
  });

  test('covers a key that is asked for', async () => {
    const api_key = () => new Promise<string>(() => {});
    const begun = performance.now();
    const call = { ...input(openai, { url: 'http://127.0.0.1:1' }), api_key, timeout: 0.3 };
    expectTimeout(await failure(client().completion(call)), begun, 0.3);
  });

  test('may be given as total, as a default of the client, and for embeddings', async () => {
    const server = await never();
    const calls: ((callm: Callm) => Promise<unknown>)[] = [
      (callm) => callm.completion({ ...input(openai, server), timeout: { total: 0.25 } }),
      (callm) => callm.completion(input(openai, server)),
      (callm) => callm.embedding({ model: 'openai/e', input: 'a', api_base: server.url }),
    ];
    await Promise.all(
      calls.map(async (call) => {
        const begun = performance.now();
        expectTimeout(await failure(call(client({ timeout: 0.25 }))), begun, 0.25);
      }),
    );
  });

  test('is not touched by an answer in time', async () => {
    const server = await serve(async (res) => {
      await sleep(100);
      sendJson(res, openai.whole('hi'));
    });
    const result = await client().completion({ ...input(openai, server), timeout: 2 });
    expect(result.choices[0]?.message.content).toBe('hi');
  });

  test('bounds each attempt, not all of them', async () => {
    const server = await never();
    const begun = performance.now();
    await failure(client().completion({ ...input(openai, server), timeout: 0.2, num_retries: 1 }));
    expect(performance.now() - begun).toBeGreaterThan(390);
    expect(server.requests).toHaveLength(2);
  });
});

describe.concurrent.each(wires)('first_token, $name', measuring, (wire) => {
  const limits: [string, CallOptions][] = [
    ['timeout.first_token', { timeout: { first_token: 0.3 } }],
    ['a number', { timeout: 0.3 }],
    ['stream_timeout', { stream_timeout: 0.3 }],
    ['stream_timeout over timeout', { stream_timeout: 0.3, timeout: 5 }],
  ];
  test.each(limits)('by %s, covers the wait for the headers', async (_, options) => {
    const server = await never();
    const begun = performance.now();
    expectTimeout(await failure(open(wire, server, options)), begun, 0.3);
  });

  test('is not fed by headers, comments, pings and roles', async () => {
    await Promise.all(
      ['', ...wire.pings].map(async (ping) => {
        const server = await ticking([wire.start], ping);
        const begun = performance.now();
        expectTimeout(await failure(open(wire, server, { timeout: { first_token: 0.3 } })), begun, 0.3);
        await within(250, (await server.received(1)).left, 'the end of the connection');
      }),
    );
  });

  test('is over with the first content', async () => {
    const server = await serve(async (res) => {
      sendEvents(res, wire.start, wire.text('a'));
      await sleep(500);
      sendEvents(res, wire.text('b'), wire.finish, wire.end);
    });
    const stream = await open(wire, server, { timeout: { first_token: 0.3 } });
    const { chunks, error } = await collect(stream);
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('ab');
  });
});

describe.concurrent.each(wires)('idle, $name', measuring, (wire) => {
  test('is not fed by comments, pings and roles; what came before is delivered', async () => {
    await Promise.all(
      ['', ...wire.pings].map(async (ping) => {
        const server = await ticking([wire.start, wire.text('a'), wire.text('b')], ping);
        const stream = await open(wire, server, { timeout: { idle: 0.3 } });
        const begun = performance.now();
        const { chunks, error } = await collect(stream);
        expectTimeout(error, begun, 0.28);
        expect(textOf(chunks)).toBe('ab');
        await within(250, (await server.received(1)).left, 'the end of the connection');
        expect(await stream.next()).toEqual({ done: true, value: undefined });
      }),
    );
  });

  test('is fed by content: text and thinking', async () => {
    for (const event of [wire.text('a'), wire.thinking('a')]) {
      const server = await serve(async (res) => {
        sendEvents(res, wire.start, wire.text('a'));
        for (let count = 0; count < 8; count++) {
          await sleep(80);
          sendEvents(res, event);
        }
        res.end(wire.finish + wire.end);
      });
      const { error } = await collect(await open(wire, server, { timeout: { idle: 0.4 } }));
      expect(error).toBeUndefined();
    }
  });

  test('is never tripped by a slow consumer', async () => {
    const paces: number[][] = [
      [], // all at once
      [150, 150, 150], // while the consumer works
    ];
    await Promise.all(
      paces.map(async (pace) => {
        const server = await serve(async (res) => {
          sendEvents(res, wire.start, wire.text('0'));
          for (const text of ['1', '2', '3']) {
            await sleep(pace[Number(text) - 1] ?? 0);
            sendEvents(res, wire.text(text));
          }
          res.end(wire.finish + wire.end);
        });
        let text = '';
        for await (const chunk of await open(wire, server, { timeout: { first_token: 5, idle: 0.2 } })) {
          text += textOf([chunk]);
          await sleep(300);
        }
        expect(text).toBe('0123');
      }),
    );
  });

  test('counts the waits only, also while the consumer is slow', async () => {
    const server = await serve(async (res) => {
      sendEvents(res, wire.start, wire.text('a'));
    });
    const stream = await open(wire, server, { timeout: { idle: 0.3 } });
    await sleep(500);
    let text = '';
    const begun = performance.now();
    const { error } = await collect(
      (async function* () {
        for await (const chunk of stream) {
          text += textOf([chunk]);
          yield chunk;
        }
      })(),
    );
    expectTimeout(error, begun, 0.28);
    expect(text).toBe('a');
  });

  test('runs for final() alone, and for a tee', async () => {
    const server = await serve((res) => sendEvents(res, wire.start, wire.text('a')));
    const begun = performance.now();
    const alone = await open(wire, server, { timeout: { idle: 0.3 } });
    const both = (await open(wire, server, { timeout: { idle: 0.3 } })).tee();
    const outcomes = await Promise.all([failure(alone.final()), ...both.map(collect)]);
    expectTimeout(outcomes[0], begun, 0.28);
    for (const each of outcomes.slice(1) as { chunks: []; error: unknown }[]) {
      expect(each.error).toBeInstanceOf(Timeout);
      expect(textOf(each.chunks)).toBe('a');
    }
  });
});

describe.concurrent('total', measuring, () => {
  test.each(wires)('$name: ends a stream that nobody reads', async (wire) => {
    const server = await ticking([wire.start, wire.text('a')], wire.text('b'));
    const begun = performance.now();
    const stream = await open(wire, server, { timeout: { total: 0.4 } });
    const { left } = await server.received(1);
    const took = (await within(1500, left, 'the end of the connection')) - begun;
    expect(took).toBeGreaterThanOrEqual(390);
    expect(took).toBeLessThan(800);
    const { chunks, error } = await collect(stream);
    expect(error).toBeInstanceOf(Timeout);
    expect(textOf(chunks)).toMatch(/^(ab*)?$/);
  });

  test.each(wires)('$name: ends a stream in spite of content', async (wire) => {
    const server = await ticking([wire.start, wire.text('a')], wire.text('b'));
    const begun = performance.now();
    const { chunks, error } = await collect(await open(wire, server, { timeout: { total: 0.4, idle: 5 } }));
    expectTimeout(error, begun, 0.4);
    expect(textOf(chunks)).toMatch(/^abb/);
    expect(error.message).toContain('timeout');
    await within(250, (await server.received(1)).left, 'the end of the connection');
  });

  test('does not end a stream that came in time and is read later', async () => {
    const server = await serve((res) => {
      sendEvents(res, ...streamOf(openai, 'a', 'b'));
      res.end();
    });
    const stream = await open(openai, server, { timeout: { total: 0.4 } });
    expect((await stream.next()).done).toBe(false);
    const final = await stream.final().catch((error: unknown) => error);
    // Either the stream has been read to its end, or the total has ended it: never half an answer.
    await sleep(600);
    const { error } = await rest(stream);
    if (final instanceof Error) expect(error).toBe(final);
    else expect(error).toBeUndefined();
  });
});

describe.concurrent('deadline', measuring, () => {
  test('bounds the first attempt, retries, streams and unread streams', async () => {
    const silent = await never();
    const talking = await ticking([openai.start, openai.text('a')], openai.text('b'));
    const deadline = 0.5;
    const begun = performance.now();
    const unread = await open(openai, talking, { deadline });
    const outcomes = await Promise.all([
      failure(client().completion({ ...input(openai, silent), deadline })),
      failure(client().completion({ ...input(openai, silent), deadline, timeout: 0.2, num_retries: 5 })),
      failure(open(openai, silent, { deadline })),
      open(openai, talking, { deadline }).then((stream) => collect(stream).then(({ error }) => error)),
      within(2000, (await talking.received(1)).left),
    ]);
    for (const error of outcomes.slice(0, 4)) expect(error).toBeInstanceOf(Timeout);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(490);
    expect(performance.now() - begun).toBeLessThan(1200);
    expect((await collect(unread)).error).toBeInstanceOf(Timeout);
    expect((outcomes[0] as Error).message).toContain('deadline');
  });
});
