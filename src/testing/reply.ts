import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';

/** One piece of a scripted body, with the seconds to wait before it is sent. */
export type ScriptedChunk = string | Uint8Array | { data: string | Uint8Array; delay?: number };

/** What a script answers instead of the server. Everything left out has the value a plain 200 would have. */
export interface ScriptedReply {
  /** HTTP status (default 200). */
  status?: number;
  headers?: Record<string, string>;
  /** The whole body; an object or array is sent as JSON, with that content type unless `headers` has one. */
  body?: string | Uint8Array | object;
  /** The body in pieces, each flushed by itself; sent after `body` when both are given. */
  chunks?: readonly ScriptedChunk[];
  /** Seconds to wait before anything is sent. */
  delay?: number;
  /** Destroy the socket after what was given; with nothing given, before any answer. */
  cut?: boolean;
  /** Leave the answer unfinished until the client leaves; with nothing given, send not even headers. */
  hang?: boolean;
}

/** A reply of the server's own: a body at once, or pieces of a stream. */
export interface Reply {
  status: number;
  headers: Record<string, string>;
  body?: unknown;
  chunks?: Iterable<string>;
}

/** Sends a reply of the server's own; `delay` in seconds lies between the chunks of a stream. */
export async function sendReply(res: ServerResponse, reply: Reply, delay: number, left: AbortSignal): Promise<void> {
  if (!reply.chunks) {
    sendWhole(res, reply.status, { 'content-type': 'application/json', ...reply.headers }, JSON.stringify(reply.body));
    return;
  }
  res.writeHead(reply.status, reply.headers);
  res.flushHeaders();
  let first = true;
  for (const chunk of reply.chunks) {
    if (!first) await wait(delay, left);
    first = false;
    await write(res, chunk, left);
  }
  res.end();
}

export async function sendScripted(res: ServerResponse, reply: ScriptedReply, left: AbortSignal): Promise<void> {
  await wait(checkSeconds('delay', reply.delay ?? 0), left);
  const parted = reply.chunks !== undefined || reply.cut === true || reply.hang === true;
  const isData = typeof reply.body === 'string' || reply.body instanceof Uint8Array || reply.body === undefined;
  const body = isData ? (reply.body as string | Uint8Array | undefined) : JSON.stringify(reply.body);
  const headers = { ...(!isData && { 'content-type': 'application/json' }), ...lowerCase(reply.headers ?? {}) };
  const status = reply.status ?? 200;
  if (!parted) {
    sendWhole(res, status, headers, body ?? '');
    return;
  }
  const speaks = reply.status !== undefined || reply.headers || body !== undefined || reply.chunks;
  if (speaks) {
    res.writeHead(status, headers);
    res.flushHeaders();
    if (body !== undefined) await write(res, body, left);
    for (const chunk of reply.chunks ?? []) {
      const { data, delay = 0 } = typeof chunk === 'string' || chunk instanceof Uint8Array ? { data: chunk } : chunk;
      await wait(checkSeconds('delay', delay), left);
      await write(res, data, left);
    }
  }
  if (reply.cut) res.destroy();
  else if (!reply.hang) res.end();
}

function sendWhole(
  res: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body: string | Uint8Array,
): void {
  const length = headers['transfer-encoding'] ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  res.writeHead(status, { ...length, ...headers });
  res.end(body);
}

/** Resolves when the piece has left this process, so that a cut after it does not take it back. */
async function write(res: ServerResponse, data: string | Uint8Array, left: AbortSignal): Promise<void> {
  left.throwIfAborted();
  if (data.length === 0) return;
  await new Promise<void>((resolve, reject) => {
    const leave = (): void => reject(left.reason as Error);
    left.addEventListener('abort', leave, { once: true });
    res.write(data, () => {
      left.removeEventListener('abort', leave);
      resolve();
    });
  });
}

const wait = async (seconds: number, left: AbortSignal): Promise<void> => {
  if (seconds > 0) await sleep(seconds * 1000, undefined, { signal: left });
};

const lowerCase = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Refuses what can only be milliseconds by mistake. */
export function checkSeconds(name: string, value: unknown): number {
  if (typeof value === 'number' && value >= 0 && value <= 10) return value;
  throw new RangeError(`${name} is in seconds, from 0 to 10: got ${String(value)}`);
}

/**
 * One server-sent event as it goes over the wire; objects become JSON. For `chunks` of a script:
 *
 *     { chunks: [sseEvent({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'error')] }
 */
export const sseEvent = (data: string | object, event?: string): string =>
  `${event ? `event: ${event}\n` : ''}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
