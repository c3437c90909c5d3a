/** Server-sent events, by eventsource-parser. */
import { createParser } from 'eventsource-parser';
import type { Decoder } from '../spec.js';
import { type Framer, pushEvent } from './framing.js';
import { Utf8Pieces } from './utf8.js';

/** Of lines that are no SSE at all, so much is kept: a bare JSON error may hide in them. */
const longestStray = 64 * 1024;
const fields = ['data', 'event', 'id', 'retry'];

export function sse<C>(decoder: Decoder<C>): Framer<C> {
  const text = new Utf8Pieces();
  let target: C[] = [];
  let stray = '';
  let ended = false;
  const parser = createParser({
    onEvent(event) {
      if (!decoder.done) pushEvent(decoder, event, target);
    },
    onError(error) {
      const { line } = error;
      if (error.type !== 'unknown-field' || line === undefined || stray.length >= longestStray) return;
      // The last line of a body that was cut may be half a field's name.
      if (!ended || !fields.some((field) => field.startsWith(line))) stray += line + '\n';
    },
  });
  return {
    get stray() {
      return stray;
    },
    feed(piece, out) {
      target = out;
      parser.feed(text.decode(piece));
    },
    end(out) {
      target = out;
      ended = true;
      const rest = text.end();
      if (rest !== '') parser.feed(rest);
      if (!decoder.done) {
        try {
          // The last event may lack its blank line.
          parser.feed('\n\n');
        } catch (error) {
          // Half an event: the stream is incomplete, which the caller of `end` will see.
          if (!(error instanceof SyntaxError)) throw error;
        }
      }
      if (!decoder.done && stray.includes('{')) pushStray(stray, decoder, out);
      decoder.end?.(out);
    },
  };
}

/** Some providers end a 200 stream with a bare JSON object: an error, mostly. */
function pushStray<C>(stray: string, decoder: Decoder<C>, out: C[]): void {
  const data = stray.slice(stray.indexOf('{')).trim();
  try {
    JSON.parse(data);
  } catch {
    return;
  }
  decoder.push({ data }, out);
}
