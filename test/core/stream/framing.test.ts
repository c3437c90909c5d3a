import { describe, expect, test } from 'vitest';
import type { Decoder, WireEvent } from '../../../src/core/spec.js';
import { framer, type Framing } from '../../../src/core/stream/framing.js';

/** Notes events as they come; `end` ends it when the terminal event is read. */
class Notes implements Decoder<WireEvent> {
  done = false;
  ended = 0;
  push(event: WireEvent, out: WireEvent[]): void {
    if (event.data === 'END') this.done = true;
    else if (event.data.startsWith('{')) {
      JSON.parse(event.data);
      out.push({ data: event.data, event: event.event });
    } else out.push({ data: event.data, event: event.event });
  }
  end(): void {
    this.ended++;
  }
}

async function frame(framing: Framing, ...pieces: (string | Uint8Array)[]) {
  const notes = new Notes();
  const framing_ = (await framer(framing))(notes);
  const out: WireEvent[] = [];
  for (const piece of pieces) framing_.feed(typeof piece === 'string' ? Buffer.from(piece) : piece, out);
  framing_.end(out);
  return {
    events: out.map(({ data, event }) => (event === undefined ? data : `${event}:${data}`)),
    notes,
    framer: framing_,
  };
}

describe('sse', () => {
  test.each(['\n', '\r\n', '\r'])('events, names, comments and lines that are joined (%j)', async (line) => {
    const text = [
      'data: one',
      '',
      ': comment',
      '',
      'event: named',
      'data: two',
      '',
      'data: three',
      'data: four',
      '',
      'id: 7',
      'retry: 5',
      'data:five',
      '',
      '',
    ].join(line);
    expect((await frame('sse', text)).events).toEqual(['one', 'named:two', 'three\nfour', 'five']);
  });

  test('a byte order mark is passed over, also in pieces', async () => {
    expect((await frame('sse', '\uFEFFdata: one\n\n')).events).toEqual(['one']);
    const bytes = Buffer.from('\uFEFFdata: one\n\n');
    expect((await frame('sse', bytes.subarray(0, 1), bytes.subarray(1, 2), bytes.subarray(2))).events).toEqual(['one']);
  });

  test('characters may be cut anywhere', async () => {
    const bytes = Buffer.from('data: größer 🦓\n\n');
    for (let place = 0; place <= bytes.length; place++)
      expect((await frame('sse', bytes.subarray(0, place), bytes.subarray(place))).events).toEqual(['größer 🦓']);
  });

  test('the last event may lack its blank line; half of a JSON event is no event', async () => {
    expect((await frame('sse', 'data: one\n\ndata: two')).events).toEqual(['one', 'two']);
    expect((await frame('sse', 'data: one\n\ndata: {"a":1}\n')).events).toEqual(['one', '{"a":1}']);
    const half = await frame('sse', 'data: one\n\ndata: {"a":');
    expect(half.events).toEqual(['one']);
    expect(half.notes).toMatchObject({ done: false, ended: 1 });
  });

  test('after the terminal event nothing is read', async () => {
    const { events, notes } = await frame('sse', 'data: one\n\ndata: END\n\ndata: two\n\ndata: {broken\n\n');
    expect(events).toEqual(['one']);
    expect(notes.done).toBe(true);
  });

  test('broken JSON in a whole event is an error', async () => {
    await expect(frame('sse', 'data: {"a":\n\n')).rejects.toThrow(SyntaxError);
  });

  test('a bare JSON object at the end is read as an event, on one line or more', async () => {
    for (const text of ['{"error":1}', '{\n "error": {\n  "code": 1\n }\n}\n'])
      expect((await frame('sse', `data: one\n\n${text}`)).events.at(-1)?.replaceAll(/\s/g, '')).toMatch(/^\{"error":/);
  });

  test('what is no event is told', async () => {
    expect((await frame('sse', '<html>\nmaintenance\n</html>\n')).framer.stray).toContain('maintenance');
    expect((await frame('sse', 'data: one\n\n')).framer.stray ?? '').toBe('');
  });
});

describe('ndjson', () => {
  test('one value a line, in any pieces', async () => {
    const bytes = Buffer.from('{"a":"größer"}\n\n{"b":2}\r\n{"c":3}');
    for (let place = 0; place <= bytes.length; place++)
      expect((await frame('ndjson', bytes.subarray(0, place), bytes.subarray(place))).events).toEqual([
        '{"a":"größer"}',
        '{"b":2}',
        '{"c":3}',
      ]);
  });

  test('half a line at the end is no event; a broken whole one is an error', async () => {
    const half = await frame('ndjson', '{"a":1}\n{"b":');
    expect(half.events).toEqual(['{"a":1}']);
    expect(half.notes.ended).toBe(1);
    await expect(frame('ndjson', '{"a":\n{"b":1}\n')).rejects.toThrow(SyntaxError);
  });

  test('after the terminal event nothing is read', async () => {
    expect((await frame('ndjson', '{"a":1}\nEND\n{"b":1}\n{broken\n')).events).toEqual(['{"a":1}']);
  });

  test('a byte order mark is passed over', async () => {
    expect((await frame('ndjson', '\uFEFF{"a":1}\n')).events).toEqual(['{"a":1}']);
  });
});
