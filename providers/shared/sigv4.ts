/**
 * AWS Signature Version 4, in headers.
 * Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import type { MaybePromise } from '../../src/core/spec.js';

export interface AwsCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  /** Milliseconds since the epoch; absent for keys that do not expire. */
  expiration?: number;
}

export interface SignableRequest {
  method: string;
  url: string;
  /** What is signed beside the host and the date. Names are in lower case. */
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array | undefined;
}

export interface Scope {
  region: string;
  service: string;
  /** Milliseconds since the epoch. */
  time: number;
}

interface Digests {
  /** SHA-256 in hexadecimal digits. */
  hash(data: string | Uint8Array): MaybePromise<string>;
  hmac(key: string | Uint8Array, text: string): MaybePromise<Uint8Array>;
}

const utf8 = new TextEncoder();
const bytesOf = (data: string | Uint8Array): Uint8Array<ArrayBuffer> =>
  (typeof data === 'string' ? utf8.encode(data) : data) as Uint8Array<ArrayBuffer>;

const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function hex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += digits[byte];
  return text;
}

const webDigests: Digests = {
  async hash(data) {
    return hex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytesOf(data))));
  },
  async hmac(key, text) {
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const imported = await crypto.subtle.importKey('raw', bytesOf(key), algorithm, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', imported, bytesOf(text)));
  },
};

/** Node's own digests take a tenth of the time of the web's, which stand in where there are none. */
async function loadDigests(): Promise<Digests> {
  try {
    const { createHash, createHmac, hash } = await import('node:crypto');
    return {
      // Other runtimes may lack the hash in one step.
      hash:
        typeof hash === 'function'
          ? (data) => hash('sha256', data)
          : (data) => createHash('sha256').update(data).digest('hex'),
      hmac: (key, text) => createHmac('sha256', key).update(text).digest(),
    };
  } catch {
    return webDigests;
  }
}

let digests: Digests | undefined;

/** Keys that signed before, by secret and scope: one serves a day. */
const signingKeys = new Map<string, Uint8Array>();
const mostKeys = 50;

async function signingKey(name: string, secret: string, scope: string, { hmac }: Digests): Promise<Uint8Array> {
  let key = bytesOf(`AWS4${secret}`) as Uint8Array;
  for (const part of scope.split('/')) key = await hmac(key, part);
  // Keys of secrets that have been replaced must not pile up.
  if (signingKeys.size >= mostKeys) signingKeys.clear();
  signingKeys.set(name, key);
  return key;
}

/** RFC 3986: all but unreserved characters. */
const escape = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function unescape(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}

/** The path without dots and empty segments, encoded once more than it is on the wire. */
function canonicalPath(path: string): string {
  const kept: string[] = [];
  const segments = path.split('/');
  for (const segment of segments) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(escape(segment));
  }
  const open = /^\.{0,2}$/.test(segments.at(-1) as string) && kept.length > 0;
  return `/${kept.join('/')}${open ? '/' : ''}`;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function canonicalQuery(query: string): string {
  const pairs = query
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair): [string, string] => {
      const at = pair.indexOf('=');
      return at < 0
        ? [escape(unescape(pair)), '']
        : [escape(unescape(pair.slice(0, at))), escape(unescape(pair.slice(at + 1)))];
    });
  pairs.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return pairs.map(([name, value]) => `${name}=${value}`).join('&');
}

/** Written last: many requests are signed within a second, and for one model. */
let lastDate = { second: NaN, text: '' };
let lastPath = { path: '', text: '' };

/** `20150830T123600Z` */
export function amzDate(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== lastDate.second) lastDate = { second, text: new Date(time).toISOString().replace(/[-:]|\.\d+/g, '') };
  return lastDate.text;
}

function signedPath(path: string): string {
  if (path !== lastPath.path) lastPath = { path, text: canonicalPath(path) };
  return lastPath.text;
}

/** The headers that sign a request: authorization, date, and the session token if there is one. */
export async function sign(
  request: SignableRequest,
  credentials: AwsCredentials,
  { region, service, time }: Scope,
): Promise<Record<string, string>> {
  digests ??= await loadDigests();
  const date = amzDate(time);
  const added: Record<string, string> = { 'x-amz-date': date };
  if (credentials.sessionToken !== undefined) added['x-amz-security-token'] = credentials.sessionToken;

  const [, host = '', rest = ''] = /^https?:\/\/([^/?#]*)([^#]*)/i.exec(request.url) ?? [];
  const mark = rest.indexOf('?');
  const path = mark < 0 ? rest : rest.slice(0, mark);
  const headers: Record<string, string> = { ...request.headers, ...added, host: hostOf(host) };
  const names = Object.keys(headers).sort();
  const signed = names.join(';');
  const payload = digests.hash(request.body ?? '');
  const canonical = [
    request.method.toUpperCase(),
    signedPath(path),
    mark < 0 ? '' : canonicalQuery(rest.slice(mark + 1)),
    ...names.map((name) => `${name}:${(headers[name] as string).trim().replace(/\s+/g, ' ')}`),
    '',
    signed,
    typeof payload === 'string' ? payload : await payload,
  ].join('\n');

  const scope = `${date.slice(0, 8)}/${region}/${service}/aws4_request`;
  const hashed = digests.hash(canonical);
  const text = ['AWS4-HMAC-SHA256', date, scope, typeof hashed === 'string' ? hashed : await hashed].join('\n');
  const name = `${credentials.secretAccessKey} ${scope}`;
  const key = signingKeys.get(name) ?? (await signingKey(name, credentials.secretAccessKey, scope, digests));
  const mac = digests.hmac(key, text);
  const signature = hex(mac instanceof Promise ? await mac : mac);
  const credential = `${credentials.accessKeyId}/${scope}`;
  return {
    ...added,
    authorization: `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signed}, Signature=${signature}`,
  };
}

/** The host as a client sends it: without user info and the scheme's own port. */
const hostOf = (authority: string): string =>
  authority
    .replace(/^[^@]*@/, '')
    .replace(/:(?:80|443)$/, '')
    .toLowerCase();
