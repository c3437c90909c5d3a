// One server on loopback that keeps every request and answers with what the vendor at hand would.
import { createServer } from 'node:http';
import { once } from 'node:events';

export async function startRecorder() {
  let requests = [];
  let answer;
  const server = createServer((incoming, outgoing) => {
    const chunks = [];
    incoming.on('data', (chunk) => chunks.push(chunk));
    incoming.on('end', () => {
      const text = Buffer.concat(chunks).toString('utf8');
      const request = { method: incoming.method, url: incoming.url, headers: incoming.headers, body: parse(text) };
      const [path = ''] = (request.url ?? '').split('?');
      const reply = answer(decodeURIComponent(path), request.body);
      requests.push(request);
      outgoing.writeHead(reply === undefined ? 404 : 200, { 'content-type': 'application/json' });
      outgoing.end(JSON.stringify(reply ?? { error: { message: `nothing is served at ${path}` } }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    base: `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`,
    /** Runs a client against the answers; gives what it sent. `answers`: (path, body) → JSON, undefined for a 404. */
    async record(answers, run) {
      requests = [];
      answer = answers;
      await run();
      return requests;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function parse(text) {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The recorder's address for one at a vendor's host: for clients whose host cannot be set. */
export const rerouted = (base, url) => {
  const { pathname, search } = new URL(url);
  return `${base}${pathname}${search}`;
};
