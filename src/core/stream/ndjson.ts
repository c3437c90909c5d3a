/** One JSON value a line. */
import type { Decoder } from '../spec.js';
import { type Framer, pushEvent } from './framing.js';
import { Utf8Pieces } from './utf8.js';

export function ndjson<C>(decoder: Decoder<C>): Framer<C> {
  const text = new Utf8Pieces();
  let rest = '';
  function lines(more: string, out: C[]): void {
    const parts = (rest + more).split('\n');
    rest = parts.pop() as string;
    for (const part of parts) {
      const data = part.trim();
      if (data !== '' && !decoder.done) pushEvent(decoder, { data }, out);
    }
  }
  return {
    feed(piece, out) {
      lines(text.decode(piece), out);
    },
    end(out) {
      lines(text.end(), out);
      const data = rest.trim();
      if (data !== '' && !decoder.done) {
        try {
          decoder.push({ data }, out);
        } catch (error) {
          // Half a line: the stream is incomplete, which the caller of `end` will see.
          if (!(error instanceof SyntaxError)) throw error;
        }
      }
      decoder.end?.(out);
    },
  };
}
