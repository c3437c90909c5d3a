/** Gives a provider's answer, as bytes, to a client without a network. */
import type { Endpoint, Result, StreamOf } from '../../src/core/spec.js';
import { createCallm } from '../../src/index.js';
import type { PriceRows } from '../../src/prices/register.js';
import { encodeMessages, type Message } from '../vectors/eventstream.js';

export interface Recorded {
  status?: number;
  headers?: Record<string, string>;
  body: Uint8Array;
  type: string;
}

export interface Replayed {
  endpoint: Endpoint;
  input: object;
  env?: Record<string, string> | undefined;
  /** The shipped prices where there are none. */
  prices?: PriceRows;
}

/** What callm makes of an answer; of a stream, what it assembles. */
export async function replay({ endpoint, input, env, prices }: Replayed, answer: Recorded): Promise<Result<Endpoint>> {
  const client = createCallm({
    env: env ?? {},
    ...(env === undefined && { api_key: 'test-key' }),
    num_retries: 0,
    ...(prices !== undefined && { prices }),
    transport: () => {
      let read = false;
      return Promise.resolve({
        status: answer.status ?? 200,
        headers: { 'content-type': answer.type, ...answer.headers },
        text: () => Promise.resolve(new TextDecoder().decode(answer.body)),
        read() {
          if (read) return undefined;
          read = true;
          return answer.body;
        },
        cancel() {},
      });
    },
  });
  const result = await client.run(endpoint, input as never);
  if (!(Symbol.asyncIterator in result)) return result;
  const stream = result as StreamOf<'chat'>;
  for await (const _ of stream);
  return stream.final();
}

/** The answer of a vector, or of one written here, in the framing of its wire. */
export interface Written {
  status?: number;
  headers?: Record<string, string>;
  response?: unknown;
  events?: (string | { event: string; data: string })[];
  lines?: unknown[];
  eventstream?: Message[];
}

export function bytesOf({ status, headers, response, events, lines, eventstream }: Written): Recorded {
  const made = (type: string, text: string): Recorded => ({
    ...(status !== undefined && { status }),
    ...(headers !== undefined && { headers }),
    body: new TextEncoder().encode(text),
    type,
  });
  if (eventstream !== undefined)
    return { ...made('application/vnd.amazon.eventstream', ''), body: encodeMessages(eventstream) };
  if (events !== undefined)
    return made(
      'text/event-stream',
      events
        .map((event) =>
          typeof event === 'string' ? `data: ${event}\n\n` : `event: ${event.event}\ndata: ${event.data}\n\n`,
        )
        .join(''),
    );
  if (lines !== undefined)
    return made(
      'application/x-ndjson',
      lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''),
    );
  return made('application/json', typeof response === 'string' ? response : JSON.stringify(response ?? {}));
}
