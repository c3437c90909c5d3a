import type { JsonObject } from '../../../src/core/spec.js';
import { type Callm, createCallm } from '../../../src/index.js';

export interface Sent {
  url: string;
  headers: Record<string, string>;
  body: JsonObject;
}

/** A client whose server answers each request with what `answer` makes of its body: JSON, or lines of a stream. */
export function clientFor(
  answer: (body: JsonObject) => JsonObject | readonly JsonObject[],
  env: Record<string, string> = {},
  files: Record<string, () => Response> = {},
): { client: Callm; sent: Sent[] } {
  const sent: Sent[] = [];
  const client = createCallm({
    env,
    num_retries: 0,
    transport: (wire) => {
      if (wire.method === 'GET') return Promise.resolve(files[wire.url]?.() ?? new Response('none', { status: 404 }));
      const body = JSON.parse(wire.body as string) as JsonObject;
      sent.push({ url: wire.url, headers: wire.headers, body });
      const made = answer(body);
      if (!Array.isArray(made)) return Promise.resolve(Response.json(made));
      const text = made.map((line) => JSON.stringify(line)).join('\n');
      return Promise.resolve(new Response(text, { headers: { 'content-type': 'application/x-ndjson' } }));
    },
  });
  return { client, sent };
}
