/** Bearer tokens: https://replicate.com/docs/reference/http#authentication */
import type { Call, Io, Wire } from '../../src/core/spec.js';

/** The vendor's own hosts, on which streams live. */
const own = /(?:^|\.)replicate\.(?:com|net)$/;

/**
 * Puts the token on the request. The address of a stream comes from an answer: the token goes there only if it is the
 * vendor's or the base's.
 */
export function authenticate(wire: Wire, call: Call, io: Io): void | Promise<void> {
  if (wire.headers['authorization'] !== undefined) return;
  if (wire.method === 'GET' && wire.headers['accept'] === 'text/event-stream' && !trusted(wire.url, call, io)) return;
  const put = (key: string): void => {
    wire.headers['authorization'] = `Bearer ${key}`;
  };
  const key = io.requireKey();
  return typeof key === 'string' ? put(key) : key.then(put);
}

function trusted(address: string, call: Call, io: Io): boolean {
  const { protocol, hostname, origin } = new URL(address);
  if (protocol === 'https:' && own.test(hostname)) return true;
  const base = call.options.api_base ?? call.options.base_url ?? io.env('REPLICATE_API_BASE');
  return base !== undefined && new URL(base).origin === origin;
}
