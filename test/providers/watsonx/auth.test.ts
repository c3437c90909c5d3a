/** Tokens of IBM Cloud, from a token server on the loopback interface. */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import { createCallm } from '../../../src/index.js';

const messages = [{ role: 'user' as const, content: 'Hi.' }];
const model = 'watsonx/ibm/granite-3-3-8b-instruct';
const key = 'ibm-cloud-api-key-0123456789';
const answer = JSON.stringify({
  id: 'chatcmpl-1',
  model_id: 'ibm/granite-3-3-8b-instruct',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Ciao' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 },
});

interface Seen {
  tokens: { type: string | undefined; form: string }[];
  calls: (string | undefined)[];
}
type Reply = { status?: number; body: string; delay?: number };

const servers: Server[] = [];
/** Moves the time of day alone. */
const later = (seconds: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
};
afterEach(() => {
  vi.useRealTimers();
  for (const server of servers.splice(0)) server.close();
});

async function textOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of request) text += String(piece);
  return text;
}

/** A server that gives tokens and answers calls; both replies are told the count of requests before. */
async function startServer(token: (count: number) => Reply, call: (count: number) => Reply = () => ({ body: answer })) {
  const seen: Seen = { tokens: [], calls: [] };
  const server = createServer((request, response) => {
    void textOf(request).then((form) => {
      const asked = request.url === '/identity/token';
      const reply = asked ? token(seen.tokens.length) : call(seen.calls.length);
      if (asked) seen.tokens.push({ type: request.headers['content-type'], form });
      else seen.calls.push(request.headers.authorization);
      setTimeout(() => {
        response.writeHead(reply.status ?? 200, { 'content-type': 'application/json' });
        response.end(reply.body);
      }, reply.delay ?? 0);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { WATSONX_URL: base, WATSONX_IAM_URL: `${base}/identity/token`, WATSONX_PROJECT_ID: 'project-1' };
  return { seen, env };
}

const grant = (count: number, seconds = 3600): Reply => ({
  body: JSON.stringify({ access_token: `iam-token-${count}-abcdef`, token_type: 'Bearer', expires_in: seconds }),
});

it('exchanges the key once for a hundred calls at the same time', async () => {
  const { seen, env } = await startServer((count) => ({ ...grant(count), delay: 30 }));
  const client = createCallm({ env: { ...env, WATSONX_APIKEY: key } });
  await Promise.all(Array.from({ length: 100 }, () => client.completion({ model, messages })));
  await client.completion({ model, messages });
  expect(seen.tokens).toEqual([
    {
      type: 'application/x-www-form-urlencoded',
      form: `grant_type=urn%3Aibm%3Aparams%3Aoauth%3Agrant-type%3Aapikey&apikey=${key}`,
    },
  ]);
  expect(new Set(seen.calls)).toEqual(new Set(['Bearer iam-token-0-abcdef']));
  expect(seen.calls).toHaveLength(101);
  await client.close();
});

it('asks anew once a token has expired, and for another key', async () => {
  const { seen, env } = await startServer((count) => grant(count, 59));
  const client = createCallm({ env, api_key: key });
  await client.completion({ model, messages });
  later(60);
  await client.completion({ model, messages });
  await client.completion({ model, messages, api_key: 'another-key-9876543210' });
  expect(seen.calls).toEqual(['Bearer iam-token-0-abcdef', 'Bearer iam-token-1-abcdef', 'Bearer iam-token-2-abcdef']);
  expect(seen.tokens[2]?.form).toContain('another-key-9876543210');
  await client.close();
});

it('gets another token when one is refused, once', async () => {
  const refusal = { status: 401, body: '{"errors":[{"code":"authentication_token_expired","message":"expired"}]}' };
  const first = await startServer(grant, (count) => (count === 1 ? refusal : { body: answer }));
  const client = createCallm({ env: first.env, api_key: key, num_retries: 0 });
  await client.completion({ model, messages });
  later(61);
  expect((await client.completion({ model, messages })).choices[0]?.message.content).toBe('Ciao');
  expect(first.seen.calls).toEqual([0, 0, 1].map((count) => `Bearer iam-token-${count}-abcdef`));
  await client.close();

  const always = await startServer(grant, () => refusal);
  const refused = createCallm({ env: always.env, api_key: key, num_retries: 0 });
  const outcome = { name: 'AuthenticationError', status: 401 };
  // A young token is no stale one.
  await expect(refused.completion({ model, messages })).rejects.toMatchObject(outcome);
  expect(always.seen.calls).toHaveLength(1);
  later(61);
  await expect(refused.completion({ model, messages })).rejects.toMatchObject(outcome);
  expect(always.seen.calls).toHaveLength(3);
  await refused.close();
});

it('tells why no token is given, without the key, and calls nothing', async () => {
  const body = JSON.stringify({ errorCode: 'BXNIM0415E', errorMessage: `Provided API key ${key} could not be found.` });
  const { seen, env } = await startServer(() => ({ status: 400, body }));
  const client = createCallm({ env, api_key: key });
  const error = await client.completion({ model, messages }).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ name: 'AuthenticationError', code: 'BXNIM0415E' });
  expect((error as Error).message).toContain('could not be found');
  expect(inspect(error, { depth: 9 }) + JSON.stringify(error)).not.toContain(key);
  expect([seen.tokens.length, seen.calls.length]).toEqual([1, 0]);
  await client.close();
});

it('tries again when the token server is down, not when it answers nonsense', async () => {
  const down = await startServer((count) => (count === 0 ? { status: 503, body: 'down' } : grant(count)));
  const client = createCallm({ env: down.env, api_key: key });
  await client.completion({ model, messages });
  expect(down.seen.tokens).toHaveLength(2);
  await client.close();

  const nonsense = await startServer(() => ({ body: '<html>login</html>' }));
  const other = createCallm({ env: nonsense.env, api_key: key });
  await expect(other.completion({ model, messages })).rejects.toMatchObject({ name: 'AuthenticationError' });
  expect(nonsense.seen.tokens).toHaveLength(1);
  await other.close();
});

it('asks no token server for a token, a Zen key, a header of the caller, or a dry run', async () => {
  const { seen, env } = await startServer(grant);
  const client = createCallm({ env: { ...env, WATSONX_APIKEY: key, WATSONX_TOKEN: 'from-the-environment' } });
  await client.completion({ model, messages });
  await client.completion({ model, messages, token: 'of-the-call' } as never);
  await client.completion({ model, messages, watsonx_zenapikey: 'emVu' } as never);
  await client.completion({ model, messages, zen_api_key: 'b3RoZXI=' } as never);
  await client.completion({ model, messages, extra_headers: { Authorization: 'Bearer own' } });
  expect(seen.calls).toEqual([
    'Bearer from-the-environment',
    'Bearer of-the-call',
    'ZenApiKey emVu',
    'ZenApiKey b3RoZXI=',
    'Bearer own',
  ]);
  const dry = await client.dryRun('chat', { model, messages, api_key: key });
  expect(JSON.stringify(dry)).not.toContain(key);
  expect(seen.tokens).toHaveLength(0);
  // The key of a call outranks a token of the environment.
  await client.completion({ model, messages, api_key: key });
  expect(seen.calls.at(-1)).toBe('Bearer iam-token-0-abcdef');
  await expect(client.completion({ model, messages, token: 'a\nb' } as never)).rejects.toMatchObject({
    param: 'token',
  });
  await client.close();
});
