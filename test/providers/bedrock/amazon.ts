/** Amazon's side on loopback: Bedrock, which checks signatures, and the services that hand out credentials. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, vi } from 'vitest';
import { type AwsCredentials, sign } from '../../../providers/shared/sigv4.js';
import type { Callm, ClientOptions } from '../../../src/index.js';
import { type Answer, client, type Received, sendJson, serve, type TestServer } from '../../behaviour/server.js';
import { atEnd } from '../../endings.js';

export const keys = { aws_access_key_id: 'AKIDTIDES000000001', aws_secret_access_key: 'the/secret+of=tides' };

export const ask = {
  model: 'bedrock/anthropic.claude-sonnet-4-5-20250929-v1:0',
  messages: [{ role: 'user' as const, content: 'Is the lock open?' }],
};

export const reply = {
  output: { message: { role: 'assistant', content: [{ text: 'Open.' }] } },
  stopReason: 'end_turn',
  usage: { inputTokens: 9, outputTokens: 2, totalTokens: 11 },
  metrics: { latencyMs: 300 },
};
export const replying: Answer = (res) => sendJson(res, reply);

/** An AWS error as Bedrock tells it. */
export const refusing =
  (name: string, message: string, status = 403, headers: Record<string, string> = {}): Answer =>
  (res) =>
    sendJson(res, { message }, status, { 'x-amzn-errortype': name, ...headers });

/** Credentials `AKID1` and so on, with a secret and a session token of the same number. */
export const issued = (index: number, expires: number) => ({
  AccessKeyId: `AKID${index}`,
  SecretAccessKey: `secret-of-${index}`,
  Token: `session-of-${index}`,
  Expiration: new Date(expires).toISOString(),
});

export const hour = 3600;
/** Credentials of an hour each. */
export const issuing: Answer = (res, _, index) => sendJson(res, issued(index + 1, Date.now() + hour * 1000));

/** The key id that a request was signed with; undefined without a signature. */
export const signer = ({ headers }: Received): string | undefined =>
  /Credential=([^/]+)\//.exec(headers.authorization ?? '')?.[1];

/** Throws unless the request, as it arrived, is signed by those credentials. */
export async function verify(
  request: Received,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
  region = 'us-west-2',
  service = 'bedrock',
): Promise<void> {
  const told = request.headers.authorization ?? '';
  const [, date = '', signed = ''] =
    /^AWS4-HMAC-SHA256 Credential=[^/]+\/(\d{8})\/\S+, SignedHeaders=(\S+), /.exec(told) ?? [];
  const stamp = String(request.headers['x-amz-date']);
  const time = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!stamp.startsWith(date)) throw new Error(`the dates ${stamp} and ${date} differ`);
  const own = ['host', 'x-amz-date', 'x-amz-security-token'];
  const headers = Object.fromEntries(
    signed
      .split(';')
      .filter((name) => !own.includes(name))
      .map((name) => [name, String(request.headers[name])]),
  );
  const session = sessionToken === undefined ? {} : { sessionToken };
  const expected = await sign(
    { method: request.method, url: `http://${request.headers.host}${request.path}`, headers, body: request.text },
    { accessKeyId, secretAccessKey, ...session },
    { region, service, time },
  );
  if (expected['authorization'] !== told) throw new Error(`${told}\nis not\n${expected['authorization']}`);
  if (request.headers['x-amz-security-token'] !== sessionToken) throw new Error('another session token');
}

/** Sets the time of day in a file's tests, sockets and timers staying real; moves it by the seconds given. */
export function clock(): (seconds: number) => void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(performance.timeOrigin + performance.now());
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  return (seconds) => {
    vi.setSystemTime(Date.now() + seconds * 1000);
  };
}

export interface Amazon {
  bedrock: TestServer;
  /** A container's or an instance's service. */
  services: TestServer;
  /** What points to a container's service. */
  container: Record<string, string>;
  client(options?: ClientOptions & Record<string, unknown>): Callm;
}

/** Nothing of the machine that runs the tests. */
export const bare = { AWS_EC2_METADATA_DISABLED: 'true' };

export async function amazon(answer: Answer = replying, issue: Answer = issuing): Promise<Amazon> {
  const [bedrock, services] = await Promise.all([serve(answer), serve(issue)]);
  return {
    bedrock,
    services,
    container: { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${services.url}/role` },
    client: ({ env = {}, ...options } = {}) =>
      client({
        api_key: undefined,
        api_base: bedrock.url,
        aws_region_name: 'us-west-2',
        env: { ...bare, ...env },
        ...options,
      } as ClientOptions),
  };
}

/** A folder that is gone after the tests. */
export function folder(): { path: string; write(name: string, content: string): string } {
  const path = mkdtempSync(join(tmpdir(), 'bedrock-'));
  atEnd(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, content) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
      return file;
    },
  };
}
