/** A transport over the runtime's `fetch`, for runtimes without undici. */
import type { Transport } from '../core/spec.js';
import { fromFetch } from '../core/fetch-response.js';

/** What both transports take; a dispatcher means nothing here. */
export function createTransport(_options?: unknown): Transport {
  return {
    async send(wire, abort) {
      const response = await fetch(wire.url, {
        method: wire.method,
        headers: wire.headers,
        // A typed array might lie over a shared buffer, which fetch does not take; ours never do.
        body: (wire.body ?? null) as string | Uint8Array<ArrayBuffer> | null,
        redirect: 'manual',
        signal: abort.signal,
      });
      return fromFetch(response);
    },
    close: () => Promise.resolve(),
  };
}
