// Messages of AWS's event streams: writing them for the server, and the least that reads them, which is the yardstick.
import { crc32 } from 'node:zlib';

function header(name, value) {
  const head = Buffer.from([name.length, ...Buffer.from(name), 7, 0, value.length]);
  return Buffer.concat([head, Buffer.from(value)]);
}

/** One event with a JSON payload, as a message. */
export function eventMessage(type, payload) {
  const headers = Buffer.concat([
    header(':event-type', type),
    header(':content-type', 'application/json'),
    header(':message-type', 'event'),
  ]);
  const content = Buffer.from(JSON.stringify(payload));
  const message = Buffer.alloc(12 + headers.length + content.length + 4);
  message.writeUInt32BE(message.length, 0);
  message.writeUInt32BE(headers.length, 4);
  message.writeUInt32BE(crc32(message.subarray(0, 8)), 8);
  headers.copy(message, 12);
  content.copy(message, 12 + headers.length);
  message.writeUInt32BE(crc32(message.subarray(0, -4)), message.length - 4);
  return message;
}

/** Hands on the payload of each message: prelude, both checksums and `JSON.parse`, headers unread. */
export async function readMessages(body, onPayload) {
  let rest = Buffer.alloc(0);
  for await (const piece of body) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    let at = 0;
    while (bytes.length - at >= 12) {
      const end = at + bytes.readUInt32BE(at);
      if (crc32(bytes.subarray(at, at + 8)) !== bytes.readUInt32BE(at + 8)) throw new Error('a broken prelude');
      if (end > bytes.length) break;
      if (crc32(bytes.subarray(at, end - 4)) !== bytes.readUInt32BE(end - 4)) throw new Error('a broken message');
      onPayload(JSON.parse(bytes.toString('utf8', at + 12 + bytes.readUInt32BE(at + 4), end - 4)));
      at = end;
    }
    rest = bytes.subarray(at);
  }
}
