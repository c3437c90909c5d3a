import { type Callm, createCallm } from '../../../src/index.js';
import type { JsonObject } from '../../../src/core/spec.js';

export interface Sent {
  url: string;
  headers: Record<string, string>;
  body: JsonObject;
}

/** A client whose provider answers each request with what `answer` makes of its body: JSON, or text of a stream. */
export function clientFor(
  answer: (body: JsonObject, at: number) => JsonObject | string,
  env: Record<string, string> = { COHERE_API_KEY: 'key-1234' },
): { client: Callm; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = createCallm({
    env,
    num_retries: 0,
    transport: (wire) => {
      const body = JSON.parse(wire.body as string) as JsonObject;
      sent.push({ url: wire.url, headers: wire.headers, body });
      const made = answer(body, sent.length - 1);
      return Promise.resolve(
        typeof made === 'string'
          ? new Response(made, { headers: { 'content-type': 'text/event-stream' } })
          : Response.json(made),
      );
    },
  });
  return { client, sent };
}
