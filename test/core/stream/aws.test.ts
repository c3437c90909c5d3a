import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { Decoder, WireEvent } from '../../../src/core/spec.js';
import { framer } from '../../../src/core/stream/framing.js';
import { encodeMessage, encodeMessages, type Message } from '../../vectors/eventstream.js';

class Notes implements Decoder<WireEvent> {
  done = false;
  ended = 0;
  push(event: WireEvent, out: WireEvent[]): void {
    out.push(event);
    if (event.event === 'messageStop') this.done = true;
  }
  end(): void {
    this.ended++;
  }
}

async function frame(...pieces: Uint8Array[]) {
  const notes = new Notes();
  const made = (await framer('aws'))(notes);
  const out: WireEvent[] = [];
  for (const piece of pieces) made.feed(piece, out);
  made.end(out);
  return { out, notes, stray: made.stray };
}

const delta = (text: string) => ({
  headers: { ':event-type': 'contentBlockDelta' },
  payload: { contentBlockIndex: 0, delta: { text } },
});
const stop = { headers: { ':event-type': 'messageStop' }, payload: { stopReason: 'end_turn' } };
const bytes = encodeMessages([delta('Maré '), delta('às 14:32 – 🌊'), stop]);
const texts = ['Maré ', 'às 14:32 – 🌊'];

const split = (whole: Uint8Array, size: number): Uint8Array[] =>
  Array.from({ length: Math.ceil(whole.length / size) }, (_, i) => whole.subarray(i * size, (i + 1) * size));

describe('messages', () => {
  test('become events with their names, headers and payloads', async () => {
    const { out, notes, stray } = await frame(bytes);
    expect(out.map(({ event }) => event)).toEqual(['contentBlockDelta', 'contentBlockDelta', 'messageStop']);
    expect(out[0]).toEqual({
      event: 'contentBlockDelta',
      data: '{"contentBlockIndex":0,"delta":{"text":"Maré "}}',
      headers: {
        ':message-type': 'event',
        ':content-type': 'application/json',
        ':event-type': 'contentBlockDelta',
      },
    });
    expect(notes).toMatchObject({ done: true, ended: 1 });
    expect(stray).toBe('');
  });

  test.each([1, 2, 3, 7, 11, 12, 13, 64])('come in pieces of %d bytes', async (size) => {
    const { out } = await frame(...split(bytes, size));
    const told = out.slice(0, 2).map(({ data }) => (JSON.parse(data) as { delta: { text: string } }).delta.text);
    expect(told).toEqual(texts);
    expect(out).toHaveLength(3);
  });

  test('come cut at every place', async () => {
    const { out: whole } = await frame(bytes);
    for (let at = 0; at <= bytes.length; at++)
      expect((await frame(bytes.subarray(0, at), bytes.subarray(at))).out).toEqual(whole);
  });

  test('may be long, and may have no payload and no header', async () => {
    const long = 'x'.repeat(300_000);
    const { out } = await frame(
      ...split(encodeMessages([delta(long), { headers: { ':event-type': 'ping' } }]), 16_384),
    );
    expect(out[0]?.data).toContain(long);
    expect(out[1]).toMatchObject({ event: 'ping', data: '' });
    const bare = Buffer.from('000000100000000005c248eb7d98c8ff', 'hex');
    expect((await frame(bare)).out).toEqual([{ event: undefined, data: '', headers: {} }]);
  });

  test('of an exception or an error have its name', async () => {
    const messages: Message[] = [
      { headers: { ':message-type': 'exception', ':exception-type': 'throttlingException' }, payload: {} },
      { headers: { ':message-type': 'error', ':error-code': 'InternalFailure', ':error-message': 'Ran aground' } },
    ];
    const { out } = await frame(encodeMessages(messages));
    expect(out.map(({ event }) => event)).toEqual(['throttlingException', 'InternalFailure']);
    expect(out[1]?.headers?.[':error-message']).toBe('Ran aground');
  });

  test('after the terminal event are passed over', async () => {
    const { out } = await frame(encodeMessages([stop, delta('late')]));
    expect(out).toHaveLength(1);
  });
});

/** By @smithy/eventstream-codec: a header of every type, payload `{"a":1}`. */
const everyType =
  '0000008800000071c3b665900379657300026e6f01046279746502f90573686f727403012c03696e740400011170046c6f6e6705000000' +
  '00000000050562797465730600030102030b3a6576656e742d74797065070004746964650474696d6508000000e8d4a510000269640901' +
  '23456789abcdef0123456789abcdef7b2261223a317dc3ff9b93';

test('headers of every type are read past; texts are kept', async () => {
  const message = Buffer.from(everyType, 'hex');
  for (const size of [1, 5, message.length])
    expect((await frame(...split(message, size))).out).toEqual([
      { event: 'tide', data: '{"a":1}', headers: { ':event-type': 'tide' } },
    ]);
});

describe('faults', () => {
  const second = encodeMessage(delta('Maré ')).length;
  const broken = (at: number): Uint8Array => {
    const copy = Uint8Array.from(bytes);
    copy[at] = (copy[at] as number) ^ 0x10;
    return copy;
  };

  test('of a payload, a header or the checksum itself', async () => {
    for (const at of [second + 14, second + 120, bytes.length - 1])
      await expect(frame(broken(at))).rejects.toThrow('an event that does not fit its checksum');
    for (const at of [20, 120])
      await expect(frame(...split(broken(at), 7))).rejects.toThrow('an event that does not fit its checksum');
  });

  test('of every byte are found', async () => {
    for (let at = second; at < bytes.length; at++) await expect(frame(broken(at))).rejects.toThrow('checksum');
  });

  test('of a prelude after the first message', async () => {
    for (const at of [second, second + 5, second + 9])
      await expect(frame(broken(at))).rejects.toThrow('an event whose prelude does not fit its checksum');
  });

  test('do not undo the messages before them', async () => {
    const notes = new Notes();
    const made = (await framer('aws'))(notes);
    const out: WireEvent[] = [];
    expect(() => made.feed(broken(second + 20), out)).toThrow('checksum');
    expect(out).toHaveLength(1);
  });

  test('a header of an unknown type', async () => {
    const message = encodeMessage({ headers: { ':event-type': 'tide' }, payload: 'x' });
    const at = message.indexOf(':message-type') + ':message-type'.length;
    message[at] = 77;
    await expect(frame(mended(message))).rejects.toThrow('unknown type 77');
  });

  test('a message that is not whole: nothing of it is told', async () => {
    for (const end of [second - 1, second + 5, bytes.length - 1]) {
      const { out, notes, stray } = await frame(bytes.subarray(0, end));
      expect(out).toHaveLength(end < second ? 0 : end < bytes.length - 1 ? 1 : 2);
      expect(notes).toMatchObject({ done: false, ended: 1 });
      expect(stray).toBe('');
    }
  });
});

describe('a body that is no event stream is kept for the error', () => {
  test.each([
    ['a page', '<!doctype html><title>502 Bad Gateway</title>'],
    ['JSON', '{"message":"Too many requests – máx."}'],
    ['a word', 'no'],
  ])('%s', async (_, text) => {
    for (const size of [1, 7, 1000]) {
      const { out, stray } = await frame(...split(Buffer.from(text), size));
      expect(out).toEqual([]);
      expect(stray).toBe(text);
    }
  });

  test('not without end', async () => {
    const { stray } = await frame(...split(Buffer.from('x'.repeat(500_000)), 10_000));
    expect(stray?.length).toBeGreaterThan(1000);
    expect(stray?.length).toBeLessThan(100_000);
  });
});

/** With its checksum made anew. */
function mended(message: Buffer): Buffer {
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}
