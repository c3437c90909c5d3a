/** The caller's abort, in every phase: the call rejects and the socket closes, both at once. */
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { APIUserAbortError, Timeout } from '../../src/index.js';
import {
  type Answer,
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
  until,
  warmUp,
  within,
} from './server.js';
import { input, openai, streamOf, textOf, wires } from './wires.js';

/** What is allowed here, on a machine that others share; the library's own goal is 50 ms. */
const allowed = 250;
const measured: { phase: string; reject: number; close: number }[] = [];

beforeAll(warmUp);
afterAll(() => {
  const worst = (key: 'reject' | 'close'): string =>
    Math.max(0, ...measured.map((row) => row[key]).filter((value) => !Number.isNaN(value))).toFixed(1);
  const rows = measured.map(({ phase, reject, close }) => `  ${phase}: ${reject.toFixed(1)} / ${close.toFixed(1)}`);
  console.log(
    `abort to rejection / to the socket's end, in ms:\n${rows.join('\n')}\nat worst: ${worst('reject')} / ${worst('close')}`,
  );
});

class Reason extends Error {}

/** Aborts a pending call, and checks its rejection and the end of its connection. */
async function abortAndCheck(
  phase: string,
  controller: AbortController,
  pending: Promise<unknown>,
  left?: Promise<number>,
) {
  const reason = new Reason('enough');
  const outcome = failure(pending);
  const begun = performance.now();
  controller.abort(reason);
  const error = await outcome;
  const reject = performance.now() - begun;
  const close = left === undefined ? Number.NaN : (await within(2000, left, `the socket's end (${phase})`)) - begun;
  measured.push({ phase, reject, close });
  expect(error).toBeInstanceOf(APIUserAbortError);
  expect(error.name).toBe('APIUserAbortError');
  expect(error.cause).toBe(reason);
  expect(error.status).toBeUndefined();
  expect(error.status_code).toBeTypeOf('number');
  expect(reject).toBeLessThan(allowed);
  if (left !== undefined) expect(close).toBeLessThan(allowed);
  return error;
}

const trickle: Answer = (res) => {
  res.writeHead(200, { 'content-type': 'application/json' });
  res.write('{"id":');
};

describe('already aborted', () => {
  test('no request, no connection', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    const reason = new Reason('before');
    for (const wire of wires)
      for (const stream of [false, true]) {
        const call = { ...input(wire, server), stream, signal: AbortSignal.abort(reason) };
        const error = await failure(client({ num_retries: 2 }).completion(call));
        expect(error).toBeInstanceOf(APIUserAbortError);
        expect(error.cause).toBe(reason);
        expect(error.attempts).toEqual([]);
      }
    const call = { model: 'openai/e', input: 'a', api_base: server.url, signal: AbortSignal.abort(reason) };
    expect((await failure(client().embedding(call))).cause).toBe(reason);
    await sleep(20);
    expect(server.connections).toHaveLength(0);
  });

  test('the input is looked at first', async () => {
    const call = { model: 'openai/gpt-4o', messages: [], signal: AbortSignal.abort() };
    expect(CLASSES).toContain((await failure(client().completion(call))).name);
  });
  const CLASSES = ['BadRequestError', 'APIUserAbortError'];

  test('in the same tick', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    const controller = new AbortController();
    const pending = client().completion({ ...input(openai, server), signal: controller.signal });
    await abortAndCheck('same tick', controller, pending);
  });
});

describe('pending', measuring, () => {
  test('in the connect phase (a TLS handshake that never ends)', async () => {
    const server = await serveRaw(() => {});
    const controller = new AbortController();
    const call = { ...input(openai, { url: server.url.replace('http:', 'https:') }), signal: controller.signal };
    const pending = client().completion(call);
    pending.catch(() => {});
    const closed = new Promise<number>((resolve) => {
      const watch = setInterval(() => {
        const [socket] = server.connections;
        if (socket === undefined) return;
        clearInterval(watch);
        socket.once('close', () => resolve(performance.now()));
      }, 2);
    });
    await sleep(60);
    expect(server.connections).toHaveLength(1);
    await abortAndCheck('connect', controller, pending, closed);
  });

  // Other kernels queue or refuse such connections.
  test.skipIf(process.platform !== 'linux')('in the connect phase (a backlog that is full)', async () => {
    // A thread that listens and then sleeps: the kernel takes a few connections, further ones hang.
    const code = `
      const { parentPort, workerData } = require('node:worker_threads');
      const server = require('node:net').createServer().listen(0, '127.0.0.1', 1, () => {
        parentPort.postMessage(server.address().port);
        setImmediate(() => Atomics.wait(new Int32Array(workerData), 0, 0, 15000));
      });`;
    const asleep = new SharedArrayBuffer(4);
    const worker = new Worker(code, { eval: true, workerData: asleep });
    const port = await new Promise<number>((resolve) => worker.once('message', resolve));
    await sleep(50);
    const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => {}));
    const connecting = (): number => process.getActiveResourcesInfo().filter((each) => each === 'ConnectWrap').length;
    try {
      await sleep(100);
      const before = connecting();
      expect(before, 'the backlog is full').toBeGreaterThan(0);
      const controller = new AbortController();
      const call = { ...input(openai, { url: `http://127.0.0.1:${port}` }), signal: controller.signal };
      const pending = client().completion(call);
      pending.catch(() => {});
      await until(() => connecting() === before + 1, 'the connection to be tried');
      await abortAndCheck('connect, backlog', controller, pending);
      await until(() => connecting() === before, 'the end of the try');
      const late = client().completion({ ...input(openai, { url: `http://127.0.0.1:${port}` }), timeout: 0.1 });
      expect(await failure(late)).toBeInstanceOf(Timeout);
      await until(() => connecting() === before, 'the end of the try');
    } finally {
      for (const socket of fillers) socket.destroy();
      Atomics.notify(new Int32Array(asleep), 0);
      await worker.terminate();
    }
  });

  const phases: [string, Answer, boolean][] = [
    ['headers', () => {}, false],
    ['body', trickle, false],
    [
      'compressed body',
      (res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' });
        res.write(Buffer.from([0x1f, 0x8b, 0x08]));
      },
      false,
    ],
    [
      'error body',
      (res) => {
        res.writeHead(500, { 'content-type': 'application/json' });
        res.write('{"error":');
      },
      false,
    ],
    ['headers of a stream', () => {}, true],
    ['stream, no event yet', (res) => sendEvents(res), true],
    ['stream, a comment', (res) => sendEvents(res, ': hello\n\n'), true],
  ];
  describe.each(wires)('$name', (wire) => {
    test.each(phases)('%s', async (phase, answer, stream) => {
      const server = await serve(answer);
      const controller = new AbortController();
      const call = { ...input(wire, server), stream, signal: controller.signal };
      const pending = client({ num_retries: 2 }).completion(call);
      pending.catch(() => {});
      const { left } = await server.received(1);
      await sleep(40);
      const error = await abortAndCheck(`${wire.name}, ${phase}`, controller, pending, left);
      expect(error.attempts).toMatchObject([{ provider: wire.name, error: 'APIUserAbortError' }]);
      expect(error.llm_provider).toBe(wire.name);
      expect(server.requests).toHaveLength(1);
    });

    test('stream, a role', async () => {
      const server = await serve((res) => sendEvents(res, wire.start));
      const controller = new AbortController();
      const pending = client().completion({ ...input(wire, server), stream: true, signal: controller.signal });
      pending.catch(() => {});
      const { left } = await server.received(1);
      await sleep(40);
      await abortAndCheck(`${wire.name}, role`, controller, pending, left);
    });
  });

  test('embedding', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const pending = client().embedding({
      model: 'openai/e',
      input: 'a',
      api_base: server.url,
      signal: controller.signal,
    });
    pending.catch(() => {});
    await abortAndCheck('embedding', controller, pending, (await server.received(1)).left);
  });

  test.each(['30', undefined])('in the wait before a retry (retry-after %s)', async (after) => {
    const headers = after === undefined ? {} : { 'retry-after': after };
    const server = await serve((res) => sendJson(res, { error: { message: 'no' } }, 429, headers));
    const controller = new AbortController();
    const pending = client({ num_retries: 3 }).completion({ ...input(openai, server), signal: controller.signal });
    pending.catch(() => {});
    await server.received(1);
    await sleep(80);
    const error = await abortAndCheck('retry wait', controller, pending);
    expect(error.attempts).toMatchObject([{ status: 429, error: 'RateLimitError' }]);
    await sleep(50);
    expect(server.requests).toHaveLength(1);
  });

  test('in the second attempt', async () => {
    const server = await serve((res, _, index) => {
      if (index === 0) sendJson(res, { error: { message: 'no' } }, 500, { 'retry-after-ms': '1' });
    });
    const controller = new AbortController();
    const pending = client({ num_retries: 3 }).completion({ ...input(openai, server), signal: controller.signal });
    pending.catch(() => {});
    const { left } = await server.received(2);
    const error = await abortAndCheck('second attempt', controller, pending, left);
    expect(error.attempts).toHaveLength(2);
  });

  test('while the key is asked for', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    const controller = new AbortController();
    const api_key = () => new Promise<string>(() => {});
    const pending = client().completion({ ...input(openai, server), api_key, signal: controller.signal });
    pending.catch(() => {});
    await sleep(30);
    const error = await abortAndCheck('key', controller, pending);
    expect(error.attempts).toEqual([]);
    expect(server.requests).toHaveLength(0);
  });
});

describe.each(wires)('in a stream, $name', measuring, (wire) => {
  async function opened(...events: string[]) {
    const server = await serve((res) => sendEvents(res, ...events));
    const controller = new AbortController();
    const stream = await client().completion({ ...input(wire, server), stream: true, signal: controller.signal });
    const { left } = await server.received(1);
    return { server, controller, stream, left };
  }

  test('while the loop waits: it ends quietly or throws, and no finish reason comes', async () => {
    const { controller, stream, left } = await opened(wire.start, wire.text('a'), wire.text('b'));
    const reading = collect(stream);
    await sleep(60);
    const reason = new Reason('enough');
    const begun = performance.now();
    controller.abort(reason);
    const { chunks, error } = await within(2000, reading);
    const reject = performance.now() - begun;
    const close = (await within(2000, left, 'the end of the connection')) - begun;
    measured.push({ phase: `${wire.name}, stream`, reject, close });
    expect(reject).toBeLessThan(allowed);
    expect(close).toBeLessThan(allowed);
    if (error !== undefined) {
      expect(error).toBeInstanceOf(APIUserAbortError);
      expect((error as Error).cause).toBe(reason);
    }
    expect(textOf(chunks)).toBe('ab');
    expect(chunks.every((chunk) => chunk.choices.every((choice) => choice.finish_reason === null))).toBe(true);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(stream._hidden_params.attempts).toHaveLength(1);
  });

  test('between two chunks that have come: no further one', async () => {
    const { controller, stream, left } = await opened(...streamOf(wire, 'a', 'b', 'c'));
    const seen: string[] = [];
    const outcome = await (async () => {
      for await (const chunk of stream) {
        const text = textOf([chunk]);
        if (text !== '') seen.push(text);
        if (text === 'a') controller.abort();
      }
    })().catch((error: unknown) => error);
    expect(seen).toEqual(['a']);
    if (outcome !== undefined) expect(outcome).toBeInstanceOf(APIUserAbortError);
    await within(allowed, left, 'the end of the connection');
  });

  test('while nobody reads: the socket closes, next() gives nothing more', async () => {
    const { controller, stream, left } = await opened(wire.start, wire.text('a'), wire.text('b'));
    await sleep(20);
    const begun = performance.now();
    controller.abort();
    const close = (await within(2000, left, 'the end of the connection')) - begun;
    measured.push({ phase: `${wire.name}, unread stream`, reject: Number.NaN, close });
    expect(close).toBeLessThan(allowed);
    expect((await rest(stream)).chunks).toEqual([]);
  });

  test('with final() pending: it settles', async () => {
    const { controller, stream } = await opened(wire.start, wire.text('a'));
    const final = stream.final();
    await sleep(40);
    controller.abort(new Reason('enough'));
    const outcome = await within(
      allowed,
      final.catch((error: unknown) => error),
    );
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(APIUserAbortError);
    else expect(JSON.stringify(outcome)).not.toContain('"stop"');
  });

  test('through tee(): both branches end', async () => {
    const { controller, stream, left } = await opened(wire.start, wire.text('a'));
    const reading = stream.tee().map(collect);
    await sleep(40);
    controller.abort();
    for (const { chunks, error } of await within(allowed, Promise.all(reading))) {
      expect(textOf(chunks)).toBe('a');
      if (error !== undefined) expect(error).toBeInstanceOf(APIUserAbortError);
    }
    await within(allowed, left);
  });

  test('through a retry: the second attempt of a stream obeys too', async () => {
    const server = await serve((res, _, index) => {
      if (index === 0) sendJson(res, { error: { message: 'no' } }, 500, { 'retry-after-ms': '1' });
      else sendEvents(res, wire.start, wire.text('a'));
    });
    const controller = new AbortController();
    const call = { ...input(wire, server), stream: true as const, num_retries: 2, signal: controller.signal };
    const stream = await client().completion(call);
    controller.abort();
    await within(allowed, (await server.received(2)).left, 'the end of the connection');
    expect((await rest(stream)).chunks).toEqual([]);
  });
});

describe('signals', () => {
  test.each([
    ['a text', 'text'],
    ['an object', { why: 'because' }],
    ['a number', 7],
    ['null', null],
  ])('with %s as reason: the cause is that reason', async (_, reason) => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const pending = failure(client().completion({ ...input(openai, server), signal: controller.signal }));
    await server.received(1);
    controller.abort(reason);
    expect((await pending).cause).toBe(reason);
  });

  test('without a reason: the cause is an AbortError', async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const pending = failure(client().completion({ ...input(openai, server), signal: controller.signal }));
    await server.received(1);
    controller.abort();
    expect((await pending).cause).toBe(controller.signal.reason);
  });

  test('AbortSignal.timeout() works, and is no Timeout of ours', measuring, async () => {
    const server = await serve(() => {});
    const begun = performance.now();
    const error = await failure(client().completion({ ...input(openai, server), signal: AbortSignal.timeout(100) }));
    expect(performance.now() - begun).toBeLessThan(100 + allowed);
    expect(error).toBeInstanceOf(APIUserAbortError);
    expect(error).not.toBeInstanceOf(Timeout);
    expect((error.cause as Error).name).toBe('TimeoutError');
  });

  test('AbortSignal.any() works', measuring, async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const signal = AbortSignal.any([controller.signal, AbortSignal.timeout(60_000)]);
    const pending = client().completion({ ...input(openai, server), signal });
    pending.catch(() => {});
    await abortAndCheck('AbortSignal.any', controller, pending, (await server.received(1)).left);
  });

  test('one for many calls ends them all', measuring, async () => {
    const server = await serve(() => {});
    const controller = new AbortController();
    const callm = client();
    const pending = Array.from({ length: 20 }, () =>
      failure(callm.completion({ ...input(openai, server), signal: controller.signal })),
    );
    await server.received(20);
    controller.abort();
    for (const error of await within(allowed, Promise.all(pending))) expect(error).toBeInstanceOf(APIUserAbortError);
  });

  test('after the end change nothing', async () => {
    const server = await serve((res, { body }) => {
      if (body['stream'] !== true) return sendJson(res, openai.whole('hi'));
      sendEvents(res, ...streamOf(openai, 'a', 'b'));
      res.end();
    });
    const controller = new AbortController();
    const callm = client();
    await callm.completion({ ...input(openai, server), signal: controller.signal });
    const stream = await callm.completion({ ...input(openai, server), stream: true, signal: controller.signal });
    const { chunks } = await collect(stream);
    controller.abort();
    await sleep(10);
    expect(textOf(chunks)).toBe('ab');
    expect((await stream.final()).choices[0]?.message.content).toBe('ab');
  });
});
