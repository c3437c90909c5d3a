/** The size of an image, read from the head of a `data:` URL; nothing is fetched. */

export interface Size {
  width: number;
  height: number;
}

/** Reads single bytes of base64, without decoding the whole. */
class Bytes {
  readonly #encoded: string;
  constructor(encoded: string) {
    this.#encoded = encoded;
  }
  /** Fewer at the end of the data; throws where the base64 is bad. */
  read(from: number, length: number): number[] {
    const first = Math.floor(from / 3);
    const last = Math.ceil((from + length) / 3);
    const decoded = atob(this.#encoded.slice(4 * first, 4 * last));
    return Array.from(decoded.slice(from - 3 * first, from - 3 * first + length), (byte) => byte.charCodeAt(0));
  }
  text(from: number, length: number): string {
    return String.fromCharCode(...this.read(from, length));
  }
  /** Most significant byte first; NaN beyond the end. */
  big(from: number, length: number): number {
    const bytes = this.read(from, length);
    return bytes.length < length ? Number.NaN : bytes.reduce((sum, byte) => sum * 0x100 + byte, 0);
  }
  /** Least significant byte first; NaN beyond the end. */
  little(from: number, length: number): number {
    const bytes = this.read(from, length).reverse();
    return bytes.length < length ? Number.NaN : bytes.reduce((sum, byte) => sum * 0x100 + byte, 0);
  }
}

/** https://www.w3.org/TR/png-3/#11IHDR */
const png = (bytes: Bytes): Size => ({ width: bytes.big(16, 4), height: bytes.big(20, 4) });

/** https://www.w3.org/Graphics/GIF/spec-gif89a.txt */
const gif = (bytes: Bytes): Size => ({ width: bytes.little(6, 2), height: bytes.little(8, 2) });

/** Goes from segment to segment to the frame header: https://www.w3.org/Graphics/JPEG/itu-t81.pdf */
function jpeg(bytes: Bytes): Size | undefined {
  let at = 2;
  for (;;) {
    const mark = bytes.big(at, 1);
    const marker = bytes.big(at + 1, 1);
    if (mark !== 0xff || Number.isNaN(marker)) return undefined;
    // A marker may be filled up with 0xff before it.
    if (marker === 0xff) at++;
    else if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { height: bytes.big(at + 5, 2), width: bytes.big(at + 7, 2) };
    else at += 2 + bytes.big(at + 2, 2);
  }
}

/** https://developers.google.com/speed/webp/docs/riff_container */
function webp(bytes: Bytes): Size | undefined {
  switch (bytes.text(12, 4)) {
    case 'VP8X':
      return { width: bytes.little(24, 3) + 1, height: bytes.little(27, 3) + 1 };
    case 'VP8 ':
      return { width: bytes.little(26, 2) & 0x3fff, height: bytes.little(28, 2) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.little(21, 4);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    default:
      return undefined;
  }
}

function read(bytes: Bytes): Size | undefined {
  const head = bytes.text(0, 12);
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return png(bytes);
  if (/^GIF8.a/s.test(head)) return gif(bytes);
  if (head.startsWith('\xff\xd8\xff')) return jpeg(bytes);
  return head.startsWith('RIFF') && head.endsWith('WEBP') ? webp(bytes) : undefined;
}

/** Undefined for an address, another format, or data that cannot be read. */
export function imageSize(url: string): Size | undefined {
  const head = /^data:image\/[^,]{0,100};base64,/i.exec(url.slice(0, 128));
  if (head === null) return undefined;
  let size: Size | undefined;
  try {
    size = read(new Bytes(url.slice(head[0].length)));
  } catch {
    return undefined;
  }
  return size !== undefined && size.width > 0 && size.height > 0 ? size : undefined;
}
