/** Servers on loopback sockets that answer as a test tells them, and clients that call them. */
import http from 'node:http';
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { expect } from 'vitest';
import { APIError, type Callm, CallmError, type ClientOptions, createCallm } from '../../src/index.js';
import { atEnd } from '../endings.js';

/** A request as it arrived. */
export interface Received {
  method: string;
  path: string;
  headers: http.IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined when it is none. */
  body: Record<string, unknown>;
  /** On the monotonic clock, in milliseconds. */
  at: number;
  socket: net.Socket;
  /** Settles when the connection has closed, with that moment. */
  left: Promise<number>;
}

export interface TestServer {
  url: string;
  port: number;
  requests: Received[];
  /** Every connection that was ever accepted. */
  connections: net.Socket[];
  /** Settles when `count` requests have arrived. */
  received(count: number): Promise<Received>;
  close(): Promise<void>;
}

export type Answer = (res: http.ServerResponse, request: Received, index: number) => void | Promise<void>;
export type RawAnswer = (socket: net.Socket, request: Received, index: number) => void;

function parse(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined as unknown as Record<string, unknown>;
  }
}

const closing = (socket: net.Socket): Promise<number> =>
  new Promise((resolve) => {
    if (socket.destroyed) resolve(performance.now());
    else socket.once('close', () => resolve(performance.now()));
  });

async function start(server: net.Server): Promise<TestServer> {
  const connections: net.Socket[] = [];
  const requests: Received[] = [];
  server.on('connection', (socket: net.Socket) => {
    connections.push(socket);
    socket.on('error', () => {});
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as net.AddressInfo;
  const close = async (): Promise<void> => {
    for (const socket of connections) socket.destroy();
    await new Promise<void>((resolve) => {
      server.close(() => resolve());
    });
  };
  atEnd(close);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    connections,
    async received(count) {
      await until(() => requests.length >= count, `request ${count}`);
      return requests[count - 1] as Received;
    },
    close,
  };
}

/** An HTTP server. */
export async function serve(answer: Answer): Promise<TestServer> {
  const server = http.createServer({ keepAliveTimeout: 60_000 }, (req, res) => {
    const parts: Buffer[] = [];
    const at = performance.now();
    res.on('error', () => {});
    req.on('error', () => {});
    req.on('data', (part: Buffer) => parts.push(part));
    req.on('end', () => {
      const text = Buffer.concat(parts).toString('utf8');
      const received: Received = {
        method: req.method ?? '',
        path: req.url ?? '',
        headers: req.headers,
        text,
        body: parse(text),
        at,
        socket: req.socket,
        left: closing(req.socket),
      };
      made.requests.push(received);
      void Promise.resolve(answer(res, received, made.requests.length - 1));
    });
  });
  const made = await start(server);
  return made;
}

/** A bare TCP server; `answer` is asked for each whole request. */
export async function serveRaw(answer: RawAnswer): Promise<TestServer> {
  const server = net.createServer((socket) => {
    let bytes = Buffer.alloc(0);
    socket.on('data', (piece: Buffer) => {
      bytes = Buffer.concat([bytes, piece]);
      const head = bytes.indexOf('\r\n\r\n');
      if (head < 0) return;
      const [first = '', ...lines] = bytes.subarray(0, head).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const length = Number(headers['content-length'] ?? 0);
      if (bytes.length < head + 4 + length) return;
      const text = bytes.subarray(head + 4, head + 4 + length).toString('utf8');
      bytes = bytes.subarray(head + 4 + length);
      const [method = '', path = ''] = first.split(' ');
      const at = performance.now();
      const received = { method, path, headers, text, body: parse(text), at, socket, left: closing(socket) };
      made.requests.push(received);
      answer(socket, received, made.requests.length - 1);
    });
  });
  const made = await start(server);
  return made;
}

export function sendJson(
  res: http.ServerResponse,
  body: unknown,
  status = 200,
  headers: http.OutgoingHttpHeaders = {},
): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers });
  res.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
}

/** Begins a stream with some of its events; the caller goes on with `write` and `end`. */
export function sendEvents(res: http.ServerResponse, ...events: string[]): void {
  if (!res.headersSent) {
    res.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' });
    res.flushHeaders();
  }
  for (const event of events) res.write(event);
}

/** A client without an environment and without retries; closed when the file's tests are over. */
export function client(options: ClientOptions = {}): Callm {
  const made = createCallm({ env: {}, api_key: 'sk-test-0123456789', num_retries: 0, ...options });
  atEnd(() => made.close());
  return made;
}

/** Loads what the first calls load, so that a test measures the library and not the loader. */
export async function warmUp(): Promise<void> {
  const server = await serve((res) => sendJson(res, {}, 500, { 'retry-after-ms': '1' }));
  for (const model of ['openai/m', 'anthropic/claude-sonnet-4-5', 'gemini/m'])
    for (const stream of [false, true])
      await client()
        .completion({ model, api_base: server.url, messages: [{ role: 'user', content: 'a' }], stream, num_retries: 1 })
        .catch(() => {});
}

/** For tests of how soon something happens: a machine that others use may be late once, a library that waits is always. */
export const measuring = { retry: 2 } as const;

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits for a condition, at most 10 s: a machine may be slow. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const end = performance.now() + 10_000;
  while (!condition()) {
    if (performance.now() > end) throw new Error(`waited in vain for ${what}`);
    await sleep(2);
  }
}

/** The promise's outcome, or a failure of the test after `ms`. */
export async function within<T>(ms: number, promise: Promise<T>, what = 'the outcome'): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} did not come within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** The error that a promise rejects with; it must be one of ours. */
export async function failure(promise: Promise<unknown>, ms = 5000): Promise<APIError> {
  const error = await thrown(promise, ms);
  expect(CallmError.is(error), `an error of ours, not ${String(error)}`).toBe(true);
  expect(error).toBeInstanceOf(APIError);
  return error as APIError;
}

/** Whatever a promise rejects with. */
export async function thrown(promise: Promise<unknown>, ms = 5000): Promise<unknown> {
  const outcome = await within(
    ms,
    promise.then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    ),
  );
  if ('value' in outcome) throw new Error(`expected a rejection, got ${JSON.stringify(outcome.value)?.slice(0, 300)}`);
  return outcome.error;
}

/** Reads a stream to its end; the error that broke it, if any, stands beside what had come. */
export async function collect<C>(stream: AsyncIterable<C>): Promise<{ chunks: C[]; error: unknown }> {
  const chunks: C[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch (error) {
    return { chunks, error };
  }
  return { chunks, error: undefined };
}

/** The same by `next()`, for a stream that has been begun. */
export const rest = <C>(stream: AsyncIterator<C>): Promise<{ chunks: C[]; error: unknown }> =>
  collect({ [Symbol.asyncIterator]: () => ({ next: () => stream.next() }) });
