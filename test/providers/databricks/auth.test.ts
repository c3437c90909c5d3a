/** Tokens of a service principal, from a workspace on the loopback interface. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { createCallm } from '../../../src/index.js';

const messages = [{ role: 'user' as const, content: 'Hi.' }];
const model = 'databricks/databricks-claude-sonnet-4-5';
const secret = 'dose-secret-0123456789';
const answer = JSON.stringify({
  id: 'c1',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Ciao' }, finish_reason: 'stop' }],
});

type Reply = { status?: number; body: string; delay?: number };
interface Seen {
  tokens: { authorization: string | undefined; form: string }[];
  calls: string[];
}

const servers: Server[] = [];
/** Moves the time of day alone. */
const later = (seconds: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
};
afterEach(() => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) server.close();
});

async function startWorkspace(
  token: (count: number) => Reply,
  call: (count: number) => Reply = () => ({ body: answer }),
) {
  const seen: Seen = { tokens: [], calls: [] };
  const server = createServer((request, response) => {
    let form = '';
    request.on('data', (piece: Buffer) => (form += piece.toString()));
    request.on('end', () => {
      const asked = request.url === '/oidc/v1/token';
      const reply = asked ? token(seen.tokens.length) : call(seen.calls.length);
      if (asked) seen.tokens.push({ authorization: request.headers.authorization, form });
      else seen.calls.push(`${request.url} ${request.headers.authorization}`);
      setTimeout(() => {
        response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' });
        response.end(reply.body);
      }, reply.delay ?? 0);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    seen,
    host,
    env: { DATABRICKS_HOST: host, DATABRICKS_CLIENT_ID: 'app-1', DATABRICKS_CLIENT_SECRET: secret },
  };
}

const grant = (count: number, seconds = 3600): Reply => ({
  body: JSON.stringify({ access_token: `dbx-token-${count}-abcdef`, token_type: 'Bearer', expires_in: seconds }),
});
const sent = (count: number): string => `/serving-endpoints/chat/completions Bearer dbx-token-${count}-abcdef`;

it('asks the workspace once for a hundred calls at the same time', async () => {
  const { seen, env } = await startWorkspace((count) => ({ ...grant(count), delay: 30 }));
  const client = createCallm({ env });
  await Promise.all(Array.from({ length: 100 }, () => client.completion({ model, messages })));
  expect(seen.tokens).toEqual([
    {
      authorization: `Basic ${Buffer.from(`app-1:${secret}`).toString('base64')}`,
      form: 'grant_type=client_credentials&scope=all-apis',
    },
  ]);
  expect(new Set(seen.calls)).toEqual(new Set([sent(0)]));
  expect(seen.calls).toHaveLength(100);
  await client.close();
});

it('asks anew once a token has expired or was refused', async () => {
  const expiring = await startWorkspace((count) => grant(count, 30));
  const client = createCallm({ env: expiring.env });
  await client.completion({ model, messages });
  later(31);
  await client.completion({ model, messages });
  expect(expiring.seen.calls).toEqual([sent(0), sent(1)]);
  await client.close();

  const refusing = await startWorkspace(grant, (count) =>
    count === 1 ? { status: 401, body: '{"error_code":"401","message":"Token is expired"}' } : { body: answer },
  );
  const other = createCallm({ env: refusing.env, num_retries: 0 });
  await other.completion({ model, messages });
  later(61);
  expect((await other.completion({ model, messages })).choices[0]?.message.content).toBe('Ciao');
  expect(refusing.seen.calls).toEqual([sent(0), sent(0), sent(1)]);
  await other.close();
});

it('tells why no token is given, without the secret', async () => {
  const body = JSON.stringify({ error: 'invalid_client', error_description: `Client ${secret} authentication failed` });
  const { seen, env } = await startWorkspace(() => ({ status: 401, body }));
  const client = createCallm({ env });
  const error = await client.completion({ model, messages }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ name: 'AuthenticationError', code: 'invalid_client' });
  expect((error as Error).message).toContain('authentication failed');
  expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain(secret);
  expect([seen.tokens.length, seen.calls.length]).toEqual([1, 0]);
  await client.close();
});

it('prefers what the call brings, then a token of the environment', async () => {
  const { seen, env, host } = await startWorkspace(grant);
  const client = createCallm({ env: { ...env, DATABRICKS_TOKEN: 'dapi-env' } });
  const token = (): string | undefined => seen.calls.at(-1)?.split('Bearer ')[1];
  await client.completion({ model, messages });
  expect(token()).toBe('dapi-env');
  await client.completion({ model, messages, api_key: 'dapi-call' });
  expect(token()).toBe('dapi-call');
  expect(seen.tokens).toHaveLength(0);
  await client.completion({ model, messages, client_id: 'app-2', client_secret: 'other-secret-123' } as never);
  expect(token()).toBe('dbx-token-0-abcdef');
  // The secret goes to the workspace that is named, not to a gateway before it.
  await client.completion({
    model,
    messages,
    api_base: `${host.replace('127.0.0.1', 'localhost')}/gateway`,
    client_id: 'app-2',
    client_secret: 'other-secret-123',
  } as never);
  expect(seen.tokens).toHaveLength(1);
  await client.close();
});
