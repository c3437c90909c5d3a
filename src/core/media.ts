/**
 * Downloads media that a provider cannot fetch itself and puts it into the messages as data URIs. Guarded: no private
 * addresses, few redirects, a size limit, and never a credential.
 */
import type { ResolvedCall } from './call.js';
import type { Limits } from './clock.js';
import { BadRequestError } from './errors.js';
import type { Endpoint, JsonObject, MaybePromise, MediaPart, Transport, WireResponse } from './spec.js';
import { isObject } from './validate.js';

const largest = 50 * 1024 * 1024;
const mostRedirects = 3;

interface Downloader {
  transport(): MaybePromise<Transport>;
}

interface Found {
  part: MediaPart;
  /** The part with its URL replaced. */
  replace(uri: string): JsonObject;
  path: string;
}

const kinds: Record<string, MediaPart['kind']> = {
  image_url: 'image',
  video_url: 'video',
  file: 'file',
  input_audio: 'audio',
};

function parseUrl(value: unknown): URL | undefined {
  return typeof value === 'string' && /^(?:https?|gs):\/\//i.test(value) && URL.canParse(value)
    ? new URL(value)
    : undefined;
}

/** The URL of a content part, and how to write another in its place. */
function mediaOf(given: unknown, path: string): Found | undefined {
  if (!isObject(given) || typeof given['type'] !== 'string') return undefined;
  const kind = kinds[given['type']];
  if (kind === undefined) return undefined;
  const name = given['type'];
  const inner = given[name];
  if (typeof inner === 'string') {
    const url = parseUrl(inner);
    return url && { part: { kind, url }, path, replace: (uri) => ({ ...given, [name]: uri }) };
  }
  if (!isObject(inner)) return undefined;
  for (const field of ['url', 'file_data', 'file_id', 'data']) {
    const url = parseUrl(inner[field]);
    if (url === undefined) continue;
    const mime = inner['format'] ?? inner['mime_type'];
    return {
      part: { kind, url, ...(typeof mime === 'string' && mime.includes('/') && { mime }) },
      path: `${path}.${name}.${field}`,
      replace: (uri) => {
        const { file_id: _, ...rest } = inner;
        return { ...given, [name]: { ...rest, [field === 'file_id' ? 'file_data' : field]: uri } };
      },
    };
  }
  return undefined;
}

/** The call with every part inlined that its provider wants inlined. */
export async function inlineMedia<E extends Endpoint>(
  call: ResolvedCall<E>,
  limits: Limits,
  environment: Downloader,
): Promise<ResolvedCall<E>> {
  const messages = (call.params as JsonObject)['messages'];
  if (!Array.isArray(messages)) return call;
  const downloads = new Map<string, Promise<string>>();
  let changed = false;
  const out = await Promise.all(
    messages.map(async (message: unknown, index) => {
      if (!isObject(message) || !Array.isArray(message['content'])) return message;
      let copied = false;
      const content = await Promise.all(
        message['content'].map(async (given: unknown, position) => {
          const found = mediaOf(given, `messages[${index}].content[${position}]`);
          if (found === undefined || call.transformer.inline?.(found.part, call) !== true) return given;
          const key = `${found.part.url.href} ${found.part.mime ?? ''}`;
          let download = downloads.get(key);
          if (download === undefined) {
            download = fetchMedia(found, limits, environment);
            downloads.set(key, download);
          }
          const uri = await download;
          copied = true;
          call.warn({
            type: 'rewrite',
            param: found.path,
            message: `${call.llm_provider} takes no URL here; the file was downloaded and sent inline`,
          });
          return found.replace(uri);
        }),
      );
      if (!copied) return message;
      changed = true;
      return { ...message, content };
    }),
  );
  return changed ? call.with({ ...call.params, messages: out }) : call;
}

/** Addresses of this machine, of private networks, and of cloud metadata services. */
export function isPrivateAddress(address: string): boolean {
  const plain = address
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/^::ffff:(?=\d+\.)/, '');
  const four = /^(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(plain);
  if (four !== null) {
    const [a, b] = [Number(four[1]), Number(four[2])];
    return (
      a === 0 ||
      a === 10 ||
      a === 127 ||
      a >= 224 ||
      (a === 100 && b >= 64 && b < 128) ||
      (a === 169 && b === 254) ||
      (a === 172 && b >= 16 && b < 32) ||
      (a === 192 && (b === 168 || b === 0)) ||
      (a === 198 && (b === 18 || b === 19))
    );
  }
  if (!plain.includes(':')) return false;
  return /^(?:::1?$|f[cd]|fe[89ab]|ff|::ffff:|64:ff9b:)/.test(plain);
}

const local = /^(?:localhost|.*\.localhost|.*\.local|.*\.internal)\.?$/i;

/** Refuses a host that is, or resolves to, a private address. Runtimes without a resolver check the name alone. */
async function checkHost(url: URL, path: string): Promise<void> {
  const refuse = (): never => {
    throw new BadRequestError(
      `${path}: media is not downloaded from a private address; send it as a data URI, or pass media: 'pass'`,
      {
        param: path,
        code: 'private_address',
      },
    );
  };
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new BadRequestError(
      `${path}: the provider cannot read ${url.protocol} addresses; send the file as a data URI`,
      {
        param: path,
        code: 'invalid_media_url',
      },
    );
  if (local.test(url.hostname) || isPrivateAddress(url.hostname)) refuse();
  const lookup = await import('node:dns/promises').then(
    (dns) => dns.lookup,
    () => undefined,
  );
  if (lookup === undefined) return;
  const addresses = await lookup(url.hostname, { all: true }).catch(() => []);
  if (addresses.some(({ address }) => isPrivateAddress(address))) refuse();
}

async function fetchMedia(found: Found, limits: Limits, environment: Downloader): Promise<string> {
  const transport = await environment.transport();
  let url = found.part.url;
  const attempt = limits.begin();
  attempt.limitTotal(60);
  try {
    for (let hop = 0; ; hop++) {
      await checkHost(url, found.path);
      const response = await transport.send(
        { method: 'GET', url: url.href, headers: { accept: '*/*' }, secrets: [] },
        attempt,
      );
      const location = response.headers['location'];
      if (response.status >= 300 && response.status < 400 && location !== undefined) {
        response.cancel();
        if (hop >= mostRedirects) throw failed(found, 'too many redirects');
        url = new URL(location, url);
        continue;
      }
      if (response.status !== 200) {
        response.cancel();
        throw failed(found, `HTTP ${response.status}`);
      }
      const bytes = await readLimited(response, found);
      const mime =
        found.part.mime ?? response.headers['content-type']?.split(';')[0]?.trim() ?? 'application/octet-stream';
      return `data:${mime};base64,${toBase64(bytes)}`;
    }
  } finally {
    limits.end(attempt);
  }
}

const failed = (found: Found, why: string): BadRequestError =>
  new BadRequestError(`${found.path}: could not download the file: ${why}`, {
    param: found.path,
    code: 'media_download_failed',
  });

async function readLimited(response: WireResponse, found: Found): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const piece = await response.read();
    if (piece === undefined) break;
    size += piece.length;
    if (size > largest) {
      response.cancel();
      throw failed(found, `it is larger than ${largest / 1024 / 1024} MB`);
    }
    pieces.push(piece);
  }
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}

function toBase64(bytes: Uint8Array): string {
  const buffers = (globalThis as { Buffer?: { from(bytes: Uint8Array): { toString(encoding: string): string } } })
    .Buffer;
  if (buffers !== undefined) return buffers.from(bytes).toString('base64');
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
