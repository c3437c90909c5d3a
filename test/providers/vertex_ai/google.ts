/** Google's side on loopback: token endpoints, a metadata server, and models that answer with what they were asked. */
import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeEach, vi } from 'vitest';
import { type Callm, type ClientOptions, createCallm } from '../../../src/index.js';
import { type Answer, type Received, sendJson, serve, type TestServer } from '../../behaviour/server.js';
import { atEnd } from '../../endings.js';

const pair = generateKeyPairSync('rsa', { modulusLength: 2048 });
export const privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
/** What may never be shown: a line of the key. */
export const keyLine = privateKey.split('\n')[3] as string;

export const serviceAccount = (tokenUri: string, more: object = {}) => ({
  type: 'service_account',
  project_id: 'harbour-1',
  private_key_id: 'key-7',
  private_key: privateKey,
  client_email: 'pilot@harbour-1.iam.gserviceaccount.com',
  token_uri: tokenUri,
  ...more,
});

export const userCredentials = (tokenUri: string, more: object = {}) => ({
  type: 'authorized_user',
  client_id: 'client-1',
  client_secret: 'client-secret-value',
  refresh_token: 'refresh-token-value',
  quota_project_id: 'quota-1',
  token_uri: tokenUri,
  ...more,
});

/** Milliseconds since the epoch by a clock that tests do not set. */
export const realNow = (): number => performance.timeOrigin + performance.now();

/** Sets the time of day in a file's tests, sockets and timers staying real; moves it by the seconds given. */
export function clock(): (seconds: number) => void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(realNow());
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  return (seconds) => {
    vi.setSystemTime(Date.now() + seconds * 1000);
  };
}

const decode = (part: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(part, 'base64url').toString()) as Record<string, unknown>;

/** The claims of a signed request; throws for a wrong signature. */
export function claimsOf(request: Received): { header: Record<string, unknown>; claims: Record<string, unknown> } {
  const form = new URLSearchParams(request.text);
  const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.');
  const signed = Buffer.from(`${header}.${claims}`);
  if (!verify('sha256', signed, createPublicKey(privateKey), Buffer.from(signature, 'base64url')))
    throw new Error('the signature is wrong');
  return { header: decode(header), claims: decode(claims) };
}

export interface Google {
  /** The token endpoint, and a metadata server. */
  tokens: TestServer;
  models: TestServer;
  tokenUri: string;
  client(options?: ClientOptions & Record<string, unknown>): Callm;
}

/** `ya29.token-1` and so on, an hour each. */
export const grant: Answer = (res, _, index) =>
  sendJson(res, { access_token: `ya29.token-${index + 1}`, expires_in: 3600, token_type: 'Bearer' });

const reply = { candidates: [{ content: { role: 'model', parts: [{ text: 'Open.' }] }, finishReason: 'STOP' }] };

/** `answer` is the token endpoint's, `model` that of the models. */
export async function google(answer: Answer = grant, model: Answer = (res) => sendJson(res, reply)): Promise<Google> {
  const [tokens, models] = await Promise.all([serve(answer), serve(model)]);
  const clients: Callm[] = [];
  afterAll(() => Promise.all(clients.map((client) => client.close())));
  return {
    tokens,
    models,
    tokenUri: `${tokens.url}/token`,
    client(options = {}) {
      const made = createCallm({ env: {}, num_retries: 0, api_base: models.url, ...options });
      clients.push(made);
      return made;
    },
  };
}

export const ask = {
  model: 'vertex_ai/gemini-2.5-flash',
  messages: [{ role: 'user' as const, content: 'Is the lock open?' }],
};

/** A folder that is gone after the tests. */
export function folder(): { path: string; write(name: string, content: unknown): string } {
  const path = mkdtempSync(join(tmpdir(), 'vertex-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
      return file;
    },
  };
}

export const bearer = (request: Received | undefined): string | undefined => request?.headers.authorization;
