// The provider all contenders talk to, in a process of its own so that its CPU time is not theirs. It reads just
// enough HTTP/1.1 and answers with buffers built beforehand, so that it is never the slower side.
//
// The first segment of the path says how to answer:
//   /call       one JSON body
//   /burst      a stream of 2,000 chunks in writes of 16 KB
//   /lone       a stream of 250 chunks, one event per write, a millisecond apart
//   /first      the first chunk at once, the rest 2 ms later
//   /hold       50 chunks, one per write, then silence until somebody asks for /release
//   /vectors-N  N embeddings of 1,536 dimensions
import { createServer } from 'node:net';
import { completions, embeddings, events } from './bodies.mjs';
import { CHUNKS, HELD_AFTER, WRITE } from './setup.mjs';

const headers = [
  'date: Fri, 20 Nov 2026 12:00:00 GMT',
  'connection: keep-alive',
  'keep-alive: timeout=60',
  'x-request-id: req_011CSHH7X69AhdK9gNzotEeh',
  'openai-processing-ms: 290',
  'openai-version: 2020-10-01',
  'x-ratelimit-limit-requests: 5000',
  'x-ratelimit-limit-tokens: 1000000',
  'x-ratelimit-remaining-requests: 4999',
  'x-ratelimit-remaining-tokens: 999997',
  'x-ratelimit-reset-requests: 12ms',
  'x-ratelimit-reset-tokens: 0s',
].join('\r\n');

function memo(make) {
  const made = new Map();
  return (...key) => {
    const name = key.join(' ');
    let value = made.get(name);
    if (value === undefined) made.set(name, (value = make(...key)));
    return value;
  };
}

const json = (body) => {
  const content = Buffer.from(JSON.stringify(body));
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n${headers}\r\ncontent-length: ${content.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), content]);
};
const streamHead = memo((binary) => {
  const type = binary ? 'application/vnd.amazon.eventstream' : 'text/event-stream; charset=utf-8';
  return Buffer.from(`HTTP/1.1 200 OK\r\ncontent-type: ${type}\r\n${headers}\r\ntransfer-encoding: chunked\r\n\r\n`);
});
const lastFrame = Buffer.from('0\r\n\r\n');
const frame = (content) =>
  Buffer.concat([Buffer.from(`${content.length.toString(16)}\r\n`), content, Buffer.from('\r\n')]);

const completionOf = memo((wire) => json(completions[wire === 'invoke' ? 'anthropic' : wire]));
const embeddingsOf = memo((count, base64) => json(embeddings(count, base64)));

/** The writes a stream is made of. */
const writesOf = memo((kind, wire, withUsage) => {
  const { head, rest } = events(wire, CHUNKS[kind], withUsage);
  const bytes = (list) => Buffer.concat(list.map((event) => Buffer.from(event)));
  const join = (list) => frame(bytes(list));
  const writes = [];
  switch (kind) {
    case 'burst': {
      const all = bytes([...head, ...rest]);
      for (let at = 0; at < all.length; at += WRITE) writes.push(frame(all.subarray(at, at + WRITE)));
      break;
    }
    case 'lone':
      for (const event of [...head, ...rest]) writes.push(join([event]));
      break;
    case 'first':
      writes.push(join([...head, rest[0]]), join(rest.slice(1)));
      break;
    case 'hold':
      writes.push(join([...head, rest[0]]));
      for (let i = 1; i < HELD_AFTER; i++) writes.push(join([rest[i]]));
      writes.push(join(rest.slice(HELD_AFTER)));
      break;
    default:
      throw new Error(`no such kind of stream: ${kind}`);
  }
  writes.push(Buffer.concat([writes.pop(), lastFrame]));
  return writes;
});

/** What lets the held streams go on. */
const held = new Set();

function stream(socket, kind, wire, writes) {
  socket.write(streamHead(wire === 'invoke' || wire === 'converse'));
  let at = 0;
  const write = () => !socket.destroyed && socket.write(writes[at++]);
  if (kind === 'burst') {
    const fill = () => {
      while (at < writes.length) if (!write()) return void socket.once('drain', fill);
    };
    fill();
  } else if (kind === 'first') {
    write();
    setTimeout(write, 2);
  } else {
    // 'hold' ticks slowly, so that 200 streams at once still get each event by itself.
    const timer = setInterval(tick, kind === 'hold' ? 10 : 1);
    function tick() {
      write();
      if (at === writes.length || socket.destroyed) clearInterval(timer);
      else if (kind === 'hold' && at === HELD_AFTER) {
        clearInterval(timer);
        held.add(write);
      }
    }
  }
}

/** What a path is asked for tells the shape of the answer. */
const wires = [
  ['/chat/completions', 'openai'],
  ['/messages', 'anthropic'],
  ['awPredict', 'anthropic'],
  ['enerateContent', 'gemini'],
  ['/converse', 'converse'],
  ['/invoke', 'invoke'],
];

function answer(socket, path, body) {
  const [, kind, ...route] = path.split('/');
  if (kind === 'release') {
    for (const goOn of held) goOn();
    held.clear();
    return void socket.write(json({ released: true }));
  }
  const last = route.join('/');
  if (last.endsWith('/embeddings')) {
    const count = Number(kind.slice('vectors-'.length));
    return void socket.write(embeddingsOf(count, body.includes('"encoding_format":"base64"')));
  }
  const wire = wires.find(([part]) => last.includes(part))?.[1];
  if (wire === undefined) {
    return void socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  }
  if (kind === 'call') return void socket.write(completionOf(wire));
  stream(socket, kind, wire, writesOf(kind, wire, body.includes('"include_usage":true')));
}

const server = createServer({ noDelay: true }, (socket) => {
  let pending = Buffer.alloc(0);
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    pending = pending.length === 0 ? bytes : Buffer.concat([pending, bytes]);
    for (;;) {
      const end = pending.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = pending.latin1Slice(0, end);
      if (/\r\ntransfer-encoding:/i.test(head)) {
        return void socket.end('HTTP/1.1 411 Length Required\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
      }
      const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
      const next = end + 4 + length;
      if (pending.length < next) return;
      const path = head.slice(head.indexOf(' ') + 1, head.indexOf(' HTTP/')).split('?')[0];
      const body = pending.subarray(end + 4, next);
      pending = pending.subarray(next);
      answer(socket, path, body);
    }
  });
});

server.listen(0, '127.0.0.1', 1024, () => process.send({ port: server.address().port }));
process.once('disconnect', () => process.exit());
