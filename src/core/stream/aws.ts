/**
 * `application/vnd.amazon.eventstream`: binary messages of a prelude (two lengths and their checksum), headers, a
 * payload and a checksum of it all. Sources: https://smithy.io/2.0/aws/amazon-eventstream.html,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html
 */
import type { Decoder } from '../spec.js';
import type { Framer } from './framing.js';

type Text = InstanceType<typeof TextDecoder>;

const preludeLength = 12;
/** Prelude and final checksum. */
const overhead = preludeLength + 4;
/** Larger lengths are no lengths: what comes is no event stream. */
const longestMessage = 32 * 1024 * 1024;
/** Of a body that is no event stream, so much is kept for the error. */
const longestStray = 64 * 1024;

const table = new Int32Array(256).map((_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

interface Builtins {
  process?: { getBuiltinModule?(name: string): { crc32?(bytes: Uint8Array): number } | undefined };
}
/** Node's own CRC-32, which is faster on all but a few bytes; other runtimes may have none. */
const native = (globalThis as Builtins).process?.getBuiltinModule?.('node:zlib')?.crc32;
const few = 64;

/** CRC-32 of a part of the bytes. */
function crc32(bytes: Uint8Array, from: number, to: number): number {
  if (native !== undefined && to - from > few) return native(bytes.subarray(from, to));
  let value = -1;
  for (let i = from; i < to; i++) value = (table[(value ^ (bytes[i] as number)) & 0xff] as number) ^ (value >>> 8);
  return ~value >>> 0;
}

/** Lengths in bytes of header values, by type; -1: the value's own length comes first. */
const widths = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const stringType = 7;

/** The text headers of a message. */
function readHeaders(bytes: Uint8Array, view: DataView, from: number, to: number, text: Text): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let at = from; at < to;) {
    const nameEnd = at + 1 + (bytes[at] as number);
    const name = text.decode(bytes.subarray(at + 1, nameEnd));
    const type = bytes[nameEnd] as number;
    let width = widths[type];
    if (width === undefined) throw new SyntaxError(`an event header of the unknown type ${type}`);
    at = nameEnd + 1;
    if (width < 0) {
      width = view.getUint16(at);
      at += 2;
    }
    if (type === stringType) headers[name] = text.decode(bytes.subarray(at, at + width));
    at += width;
  }
  return headers;
}

/** Whether the bytes from `from` to `to` are those of `block`. */
function same(block: Uint8Array, bytes: Uint8Array, from: number, to: number): boolean {
  if (block.length !== to - from) return false;
  for (let i = 0; i < block.length; i++) if (block[i] !== bytes[from + i]) return false;
  return true;
}

/** Hands each message on as an event named by its `:event-type`, `:exception-type` or `:error-code`. */
export function aws<C>(decoder: Decoder<C>): Framer<C> {
  const text = new TextDecoder();
  /** What has come of a message that is not whole yet. */
  let rest = new Uint8Array(0);
  let held = 0;
  let begun = false;
  /** The headers of the last message and their bytes: most messages of a stream have the same. */
  let headers: Readonly<Record<string, string>> = {};
  let block = new Uint8Array(0);
  let foreign: Text | undefined;
  let stray = '';

  function keep(piece: Uint8Array): void {
    if (held + piece.length > rest.length) {
      const larger = new Uint8Array(Math.max(1024, 2 * (held + piece.length)));
      larger.set(rest.subarray(0, held));
      rest = larger;
    }
    rest.set(piece, held);
    held += piece.length;
  }

  /** Reads the whole messages in the bytes; gives how many bytes they took. */
  function read(bytes: Uint8Array, out: C[]): number {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let at = 0;
    while (bytes.length - at >= preludeLength && !decoder.done) {
      const length = view.getUint32(at);
      const sound =
        length >= overhead + view.getUint32(at + 4) &&
        length <= longestMessage &&
        crc32(bytes, at, at + 8) === view.getUint32(at + 8);
      if (!sound) {
        if (begun) throw new SyntaxError('an event whose prelude does not fit its checksum');
        foreign = new TextDecoder();
        return at;
      }
      begun = true;
      const end = at + length;
      if (end > bytes.length) break;
      if (crc32(bytes, at, end - 4) !== view.getUint32(end - 4))
        throw new SyntaxError('an event that does not fit its checksum');
      const payload = at + preludeLength + view.getUint32(at + 4);
      if (!same(block, bytes, at + preludeLength, payload)) {
        headers = readHeaders(bytes, view, at + preludeLength, payload, text);
        block = bytes.slice(at + preludeLength, payload);
      }
      const data = text.decode(bytes.subarray(payload, end - 4));
      const event = headers[':event-type'] ?? headers[':exception-type'] ?? headers[':error-code'];
      decoder.push({ data, event, headers }, out);
      at = end;
    }
    return at;
  }

  return {
    get stray() {
      return stray;
    },
    feed(piece, out) {
      let bytes = piece;
      if (held > 0) {
        keep(piece);
        bytes = rest.subarray(0, held);
      }
      const taken = foreign === undefined ? read(bytes, out) : 0;
      if (foreign !== undefined) {
        if (stray.length < longestStray) stray += foreign.decode(bytes, { stream: true });
        held = 0;
      } else if (bytes === piece) keep(piece.subarray(taken));
      else if (taken > 0) {
        rest.copyWithin(0, taken, held);
        held -= taken;
      }
    },
    end(out) {
      // Too little for a prelude, and no event before it.
      if (!begun && foreign === undefined) stray = text.decode(rest.subarray(0, held));
      decoder.end?.(out);
    },
  };
}
