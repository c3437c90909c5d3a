/** Reads what `fetch`, or a transport function of the user's, answered. */
import type { MaybePromise, Transport, TransportFunction, WireResponse } from './spec.js';

const isWireResponse = (value: Response | WireResponse): value is WireResponse =>
  typeof (value as WireResponse).read === 'function';

export function fromFetch(response: Response): WireResponse {
  const headers: Record<string, string> = {};
  response.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = value;
  });
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  const pieces = (): ReadableStreamDefaultReader<Uint8Array> | undefined =>
    (reader ??= response.body?.getReader() as ReadableStreamDefaultReader<Uint8Array> | undefined);
  return {
    // A redirect that the runtime hides (status 0) is told as what it is.
    status: response.type === 'opaqueredirect' ? 302 : response.status,
    headers,
    read(): MaybePromise<Uint8Array | undefined> {
      return pieces()
        ?.read()
        .then((step) => (step.done ? undefined : step.value));
    },
    async text(): Promise<string> {
      const text = await response.text();
      return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
    },
    cancel(): void {
      if (reader !== undefined) reader.cancel().catch(() => {});
      else if (response.body !== null && !response.body.locked) response.body.cancel().catch(() => {});
    },
  };
}

/** A function of the user's as a transport. */
export function functionTransport(given: TransportFunction): Transport {
  return {
    async send(wire, abort) {
      // A function that does not listen to the signal must not hold the call.
      const response = await new Promise<Response | WireResponse>((resolve, reject) => {
        given(wire, abort.signal).then(resolve, reject);
        abort.onAbort(reject);
      });
      abort.onAbort(undefined);
      return isWireResponse(response) ? response : fromFetch(response);
    },
    close: () => Promise.resolve(),
  };
}
