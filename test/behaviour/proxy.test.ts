/** Which way requests leave: proxies by the environment, a dispatcher of the caller's, one installed for the process. */
import http from 'node:http';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { Agent, getGlobalDispatcher, MockAgent, setGlobalDispatcher } from 'undici';
import { createCallm } from '../../src/index.js';

const open: { close(): unknown }[] = [];
const original = getGlobalDispatcher();
afterEach(async () => {
  setGlobalDispatcher(original);
  for (const each of open.splice(0)) await each.close();
});

const answer = JSON.stringify({
  choices: [{ index: 0, message: { role: 'assistant', content: 'ok' }, finish_reason: 'stop' }],
});

async function listen(server: http.Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const upstream = (): Promise<string> =>
  listen(http.createServer((request, response) => request.resume().on('end', () => response.end(answer))));

/** A proxy that tunnels, and notes where to. */
async function proxy(): Promise<{ url: string; tunnels: string[] }> {
  const tunnels: string[] = [];
  const server = http.createServer();
  server.on('connect', (request, socket, head) => {
    tunnels.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const target = net.connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      target.write(head);
      target.pipe(socket).pipe(target);
    });
    for (const end of [socket, target]) end.on('error', () => end.destroy());
    open.push({ close: () => target.destroy() });
  });
  return { url: await listen(server), tunnels };
}

const call = (base: string) => ({
  model: 'openai/m',
  api_key: 'sk-12345',
  api_base: `${base}/v1`,
  messages: [{ role: 'user' as const, content: 'hi' }],
});

function clientOf(options: Parameters<typeof createCallm>[0]) {
  const client = createCallm(options);
  open.push(client);
  return client;
}

test('a proxy variable sends calls through the proxy; no_proxy exempts hosts', async () => {
  const base = await upstream();
  const { url, tunnels } = await proxy();
  await clientOf({ env: { HTTP_PROXY: url } }).completion(call(base));
  expect(tunnels).toEqual([new URL(base).host]);
  await clientOf({ env: { http_proxy: url, no_proxy: '127.0.0.1' } }).completion(call(base));
  expect(tunnels).toHaveLength(1);
});

test('a dispatcher of the caller is used, and not closed with the client', async () => {
  const base = await upstream();
  let used = 0;
  const dispatcher = new Agent().compose((dispatch) => (options, handler) => {
    used++;
    return dispatch(options, handler);
  });
  const client = createCallm({ dispatcher });
  await client.completion(call(base));
  await client.close();
  expect(used).toBe(1);
  await clientOf({ dispatcher }).completion(call(base));
  expect(used).toBe(2);
  await dispatcher.close();
});

test('a dispatcher installed for the process is used, the default Agent is not', async () => {
  const mock = new MockAgent();
  mock.disableNetConnect();
  mock.get('https://api.example').intercept({ path: '/v1/chat/completions', method: 'POST' }).reply(200, answer);
  const client = clientOf({});
  setGlobalDispatcher(mock);
  const result = await client.completion(call('https://api.example'));
  expect(result.choices[0]?.message.content).toBe('ok');
  await mock.close();
  setGlobalDispatcher(new Agent());
  const base = await upstream();
  expect((await client.completion(call(base))).choices[0]?.message.content).toBe('ok');
});
