/** Decodes a compressed body, whether it was asked for or not. */
import zlib from 'node:zlib';
import type { MaybePromise, WireResponse } from '../core/spec.js';

function decoder(encoding: string): zlib.Gunzip | zlib.Inflate | zlib.BrotliDecompress {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return zlib.createGunzip({ flush: zlib.constants.Z_SYNC_FLUSH });
    case 'deflate':
      return zlib.createInflate({ flush: zlib.constants.Z_SYNC_FLUSH });
    case 'br':
      return zlib.createBrotliDecompress();
    default:
      throw new Error(`the provider sent a body in the unknown encoding ${encoding}`);
  }
}

/** The response with its body decoded; several encodings are undone from the last to the first. */
export function inflate(response: WireResponse, encodings: string): WireResponse {
  return encodings
    .split(',')
    .reverse()
    .filter((encoding) => encoding.trim() !== '' && encoding.trim() !== 'identity')
    .reduce((inner, encoding) => new Inflated(inner, decoder(encoding)), response);
}

class Inflated implements WireResponse {
  status: number;
  headers: Record<string, string>;
  #inner: WireResponse;
  #stream: ReturnType<typeof decoder>;
  #pieces: AsyncIterator<Uint8Array>;
  #started = false;
  #wake = (): void => {};

  constructor(inner: WireResponse, stream: ReturnType<typeof decoder>) {
    this.#inner = inner;
    this.#stream = stream;
    this.status = inner.status;
    this.headers = inner.headers;
    const wake = (): void => this.#wake();
    stream.on('drain', wake).on('close', wake);
    this.#pieces = stream[Symbol.asyncIterator]() as AsyncIterator<Uint8Array>;
  }

  async #pump(): Promise<void> {
    try {
      for (;;) {
        const piece = await this.#inner.read();
        if (piece === undefined) break;
        if (!this.#stream.write(piece))
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        if (this.#stream.destroyed) return;
      }
      this.#stream.end();
    } catch (error) {
      this.#stream.destroy(error as Error);
    }
  }

  read(): MaybePromise<Uint8Array | undefined> {
    if (!this.#started) {
      this.#started = true;
      void this.#pump();
    }
    return this.#pieces.next().then((step) => (step.done === true ? undefined : step.value));
  }

  async text(): Promise<string> {
    const pieces: Uint8Array[] = [];
    for (;;) {
      const piece = await this.read();
      if (piece === undefined) break;
      pieces.push(piece);
    }
    return new TextDecoder().decode(Buffer.concat(pieces));
  }

  cancel(): void {
    this.#stream.destroy();
    this.#inner.cancel();
  }
}
