/**
 * UTF-8 from pieces that may end inside a character. A decoder of whole texts, shared by all streams, is several times
 * faster and smaller than a streaming one for each.
 */

const whole = new TextDecoder('utf-8', { ignoreBOM: true });
const mark = 0xfeff;

/** How many bytes at the end begin a character that the next piece must finish. */
function unfinished(bytes: Uint8Array): number {
  const { length } = bytes;
  for (let back = 1; back <= 3 && back <= length; back++) {
    const byte = bytes[length - back] as number;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue;
    const size = byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? back : 0;
  }
  return 0;
}

export class Utf8Pieces {
  #rest: Uint8Array | undefined = undefined;
  #first = true;

  /** The text that is whole so far. */
  decode(piece: Uint8Array): string {
    let bytes = piece;
    if (this.#rest !== undefined) {
      bytes = new Uint8Array(this.#rest.length + piece.length);
      bytes.set(this.#rest);
      bytes.set(piece, this.#rest.length);
      this.#rest = undefined;
    }
    const held = unfinished(bytes);
    if (held > 0) {
      // A copy: the piece may lie in a larger buffer that must not be kept alive.
      this.#rest = bytes.slice(bytes.length - held);
      bytes = bytes.subarray(0, bytes.length - held);
    }
    return this.#text(bytes);
  }

  /** What is left when the body ends: half a character, shown as such. */
  end(): string {
    const rest = this.#rest;
    this.#rest = undefined;
    return rest === undefined ? '' : this.#text(rest);
  }

  #text(bytes: Uint8Array): string {
    if (bytes.length === 0) return '';
    const text = whole.decode(bytes);
    if (!this.#first) return text;
    this.#first = false;
    return text.charCodeAt(0) === mark ? text.slice(1) : text;
  }
}
