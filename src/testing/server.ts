import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { anthropic } from './anthropic.js';
import { cohere } from './cohere.js';
import { gemini } from './gemini.js';
import { openai } from './openai.js';
import { checkSeconds, sendReply, sendScripted, type ScriptedReply } from './reply.js';
import { Refusal, type Received, type Vendor } from './vendor.js';

/** A request as it arrived, scripted answers included. */
export interface RecordedRequest {
  method: string;
  /** Path with the query, as the client sent it. */
  path: string;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  /** Parsed when it is JSON, else the text; an empty body is an empty string. */
  body: unknown;
}

/** Answers a request in the server's place; `undefined` leaves it to the server. */
export type Script = (request: RecordedRequest) => ScriptedReply | undefined | Promise<ScriptedReply | undefined>;

export interface ProviderOptions {
  /** Seconds between the pieces of a streamed answer, at most 10 (default 0). */
  delay?: number;
  /** Most input tokens a model takes; more is refused as too long (default 200,000). */
  context_window?: number;
  /** Scripted answers: errors, broken streams, dead connections. */
  script?: Script;
}

export interface TestProvider {
  /** Such as `http://127.0.0.1:41234`, without a slash at the end. */
  url: string;
  /** Every request so far, in order of arrival. Empty it with `requests.length = 0`. */
  requests: RecordedRequest[];
  /** Ends the server and all its connections at once. May be called again. */
  close(): Promise<void>;
}

const vendors: ReadonlyMap<string, Vendor> = new Map(Object.entries({ openai, anthropic, gemini, cohere }));

/**
 * Starts a model provider on 127.0.0.1 that speaks the HTTP APIs of several vendors, for tests and demos without network
 * or keys. It answers by rule: the same requests in the same order get the same answers.
 *
 * | vendor | base URL | endpoints |
 * |---|---|---|
 * | OpenAI | `${url}/openai/v1` | `/chat/completions`, `/embeddings`, `/rerank`, `/models` |
 * | Anthropic | `${url}/anthropic` | `/v1/messages`, `/v1/messages/count_tokens` |
 * | Gemini | `${url}/gemini/v1beta` | `/models/{model}:generateContent`, `:streamGenerateContent`, `:embedContent`, `:batchEmbedContents`, `:countTokens` |
 * | Cohere | `${url}/cohere` | `/v2/rerank` |
 *
 * The same paths work without the vendor's name in front. Requests are checked as the vendors check them and refused in
 * their error shapes. The rules:
 *
 * - Any key but `bad-key` is accepted (no key and `bad-key`: 401), any model but `missing-model` (404).
 * - A message that contains "rate limit" gets a 429 with `retry-after: 1` the first time, then an answer.
 * - "Say …" and "Repeat …" are answered with exactly that text; other questions with a short text about them.
 * - An offered tool is called when the question shares a word with its name or description, or when the request demands
 *   it; arguments come from the question and the tool's schema. Tool results are answered with a text that holds them.
 * - A JSON schema for the answer is answered with an instance of it, filled from the question.
 * - Thinking, when asked for, comes with a signature that has to come back unchanged.
 * - Tokens are words. Embeddings are unit vectors; texts that share words are close together.
 *
 * `script` takes over where a test needs a failure:
 *
 *     const provider = await startProvider({ script: () => ({ status: 503, body: { error: { message: 'down' } } }) });
 *     try {
 *       // Call with the base URL `provider.url + '/openai/v1'` and any key, then look at `provider.requests`.
 *     } finally {
 *       await provider.close();
 *     }
 *
 * Rejects with a TypeError or RangeError when an option is unknown or out of range. The server keeps the process alive
 * until it is closed.
 */
export async function startProvider(options: ProviderOptions = {}): Promise<TestProvider> {
  const { delay, context_window, script } = check(options);
  const requests: RecordedRequest[] = [];
  const limitedTexts = new Set<string>();
  let count = 0;

  const handle = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const left = new AbortController();
    res.once('close', () => left.abort());
    const body = await readBody(req);
    const request = { method: req.method ?? 'GET', path: req.url ?? '/', headers: req.headers, body: parse(body) };
    requests.push(request);
    count += 1;
    const number = count;
    const scripted = await script?.(request);
    if (scripted) return sendScripted(res, scripted, left.signal);

    const url = new URL(request.path, 'http://127.0.0.1');
    const { vendor, path } = route(url.pathname);
    const received: Received = {
      method: request.method,
      path,
      query: url.searchParams,
      headers: req.headers,
      body,
      seed: `${number} ${request.path}`,
      number,
      context_window,
      limited: (text) => {
        const first = /rate limit/iu.test(text) && !limitedTexts.has(text);
        if (first) limitedTexts.add(text);
        return first;
      },
    };
    return sendReply(res, ask(vendor, received), delay, left.signal);
  };

  const server = createServer((req, res) => {
    handle(req, res).catch((error: unknown) => {
      if (res.destroyed) return;
      if (res.headersSent) {
        res.destroy();
        return;
      }
      res.writeHead(500, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ error: { message: `The test provider failed: ${String(error)}` } }));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  let closing: Promise<void> | undefined;
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      closing ??= new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      return closing;
    },
  };
}

function check(options: ProviderOptions): Required<Omit<ProviderOptions, 'script'>> & Pick<ProviderOptions, 'script'> {
  const { delay = 0, context_window = 200_000, script, ...unknown } = options;
  const [name] = Object.keys(unknown);
  if (name !== undefined) throw new TypeError(`startProvider has no option ${name}`);
  if (script !== undefined && typeof script !== 'function') throw new TypeError('script must be a function');
  if (!Number.isInteger(context_window) || context_window < 1) {
    throw new RangeError(`context_window is a number of tokens, 1 or more: got ${String(context_window)}`);
  }
  return { delay: checkSeconds('delay', delay), context_window, script };
}

function ask(vendor: Vendor, received: Received) {
  try {
    return vendor.reply(received);
  } catch (error) {
    if (error instanceof Refusal) return vendor.refuse(error, received);
    throw error;
  }
}

/** The vendor named by the path's first segment, else the one whose path it is. */
function route(path: string): { vendor: Vendor; path: string } {
  const [, name = '', rest = ''] = /^\/([a-z]+)(\/.*)$/u.exec(path) ?? [];
  const named = vendors.get(name);
  if (named) return { vendor: named, path: rest };
  if (path.startsWith('/v1/messages')) return { vendor: anthropic, path };
  if (/^\/v1(?:alpha|beta)?\/models\/[^/]+:/u.test(path)) return { vendor: gemini, path };
  if (path.startsWith('/v2/')) return { vendor: cohere, path };
  return { vendor: openai, path };
}

async function readBody(req: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  return Buffer.concat(parts).toString('utf8');
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return body;
  }
}
