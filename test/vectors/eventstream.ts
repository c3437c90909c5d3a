/** Writes messages of `application/vnd.amazon.eventstream`: https://smithy.io/2.0/aws/amazon-eventstream.html */
import { crc32 } from 'node:zlib';

export interface Message {
  /** Text headers; `:message-type: event` and JSON as content type stand for what is missing. */
  headers: Record<string, string>;
  /** Text, or data to be written as JSON. */
  payload?: unknown;
  /** A model's own event, which InvokeModel hands on as base64 within the payload. */
  chunk?: unknown;
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

function encodeHeader(name: string, value: string): Buffer {
  const text = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(text.length);
  return Buffer.concat([Buffer.from([Buffer.byteLength(name)]), Buffer.from(name), Buffer.from([7]), length, text]);
}

export function encodeMessage({ headers, payload, chunk }: Message): Buffer {
  const data = chunk === undefined ? payload : { bytes: Buffer.from(JSON.stringify(chunk)).toString('base64') };
  const all = { ':message-type': 'event', ':content-type': 'application/json', ...headers };
  const head = Buffer.concat(Object.entries(all).map(([name, value]) => encodeHeader(name, value)));
  const body = Buffer.from(typeof data === 'string' ? data : data === undefined ? '' : JSON.stringify(data));
  const lengths = Buffer.concat([uint32(16 + head.length + body.length), uint32(head.length)]);
  const whole = Buffer.concat([lengths, uint32(crc32(lengths)), head, body]);
  return Buffer.concat([whole, uint32(crc32(whole))]);
}

export const encodeMessages = (messages: readonly Message[]): Uint8Array => Buffer.concat(messages.map(encodeMessage));
