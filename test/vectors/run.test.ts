/**
 * Runs every vector: test/vectors/<provider>/<endpoint>/<case>.json holds an input, the exact request it must become,
 * an answer of the provider (`response`, or `events` of a stream, `lines` of one of JSON lines, or `eventstream` of a
 * binary one) and what callm must make of it (`output`, `chunks`, `error`, `warnings`). UPDATE_VECTORS=1 rewrites what
 * callm makes, for review.
 */
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type APIError, createCallm, CallmError, type Endpoint, type StreamOf, type Wire } from '../../src/index.js';
import { encodeMessages, type Message } from './eventstream.js';

interface Vector {
  name: string;
  provider: string;
  endpoint: Endpoint;
  input: Record<string, unknown>;
  /** Environment variables. */
  env?: Record<string, string>;
  request?: { method: string; path: string; query?: Record<string, string>; headers?: Record<string, string>; body?: unknown };
  status?: number;
  headers?: Record<string, string>;
  response?: unknown;
  events?: (string | { event: string; data: string })[];
  /** Lines of a stream of JSON; a string is a line as it stands. */
  lines?: unknown[];
  /** Messages of `application/vnd.amazon.eventstream`. */
  eventstream?: Message[];
  output?: unknown;
  chunks?: unknown[];
  error?: Failed;
  warnings?: { type: string; param?: string }[];
}

/** What callm says of a failure. */
interface Failed {
  class: string;
  status?: number;
  message?: string;
  param?: string;
  code?: string;
  type?: string;
  request_id?: string;
  retry_after?: number;
}

type Made = Pick<Vector, 'output' | 'chunks' | 'error' | 'warnings'>;

const root = fileURLToPath(new URL('.', import.meta.url));
const update = process.env['UPDATE_VECTORS'] === '1';
const folders = (path: string): string[] => readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory());

/** What only a clock or chance decides is left out of the comparison. */
function settle(value: unknown, expected: unknown): unknown {
  const copy = JSON.parse(JSON.stringify(value)) as Record<string, unknown>;
  const wanted = (expected ?? {}) as Record<string, unknown>;
  if (!('created' in wanted)) delete copy['created'];
  if (!('id' in wanted) && !update) delete copy['id'];
  if (typeof copy['id'] === 'string' && /^(?:chatcmpl-)?[0-9a-f]{8}-[0-9a-f-]{27}$/.test(copy['id'])) delete copy['id'];
  return copy;
}

const isStream = ({ events, lines, eventstream }: Vector): boolean => Boolean(events ?? lines ?? eventstream);
const isAnswered = (vector: Vector): boolean => vector.response !== undefined || isStream(vector);

const frame = (events: NonNullable<Vector['events']>): string =>
  events.map((event) => (typeof event === 'string' ? `data: ${event}\n\n` : `event: ${event.event}\ndata: ${event.data}\n\n`)).join('');

const lineOf = (line: unknown): string => (typeof line === 'string' ? line : JSON.stringify(line)) + '\n';

/** A client whose provider answers with the vector's answer, cut into pieces of `size` bytes. */
function clientFor(vector: Vector, size: number, sent: Wire[]) {
  return createCallm({
    env: vector.env ?? {},
    ...(vector.env === undefined && { api_key: 'test-key' }),
    num_retries: 0,
    // Prices and models' ends move with time; vectors do not.
    prices: {},
    transport: (wire) => {
      sent.push(wire);
      const status = vector.status ?? 200;
      const text =
        vector.events !== undefined
          ? frame(vector.events)
          : vector.lines !== undefined
            ? vector.lines.map(lineOf).join('')
            : typeof vector.response === 'string'
            ? vector.response
            : JSON.stringify(vector.response ?? {});
      const bytes = vector.eventstream === undefined ? new TextEncoder().encode(text) : encodeMessages(vector.eventstream);
      const type =
        vector.eventstream !== undefined
          ? 'application/vnd.amazon.eventstream'
          : vector.events !== undefined
            ? 'text/event-stream'
            : vector.lines !== undefined
              ? 'application/x-ndjson'
              : 'application/json';
      let at = 0;
      return Promise.resolve({
        status,
        headers: { 'content-type': type, ...vector.headers },
        text: () => Promise.resolve(text),
        read: () => (at >= bytes.length ? undefined : bytes.subarray(at, (at += size))),
        cancel() {},
      });
    },
  });
}

async function runVector(vector: Vector, size: number) {
  const sent: Wire[] = [];
  const client = clientFor(vector, size, sent);
  const made: Made = {};
  const chunks: unknown[] = [];
  const short = (warnings: { type: string; param?: string }[]) =>
    warnings.map(({ type, param }) => ({ type, ...(param !== undefined && { param }) }));
  try {
    if (!isAnswered(vector) && vector.error === undefined)
      made.warnings = short((await client.dryRun(vector.endpoint, vector.input)).warnings);
    const result = await client.run(vector.endpoint, vector.input as never);
    if (Symbol.asyncIterator in result) {
      for await (const chunk of result as StreamOf<'chat'>) chunks.push(chunk);
      made.chunks = chunks;
      made.output = await (result as StreamOf<'chat'>).final();
    } else made.output = result;
    const hidden = (result as unknown as { _hidden_params: { warnings: { type: string; param?: string }[] } })._hidden_params;
    made.warnings = short(hidden.warnings);
  } catch (error) {
    if (!CallmError.is(error)) throw error;
    const { status, param, code, type, request_id, retry_after } = error as CallmError & Partial<APIError>;
    made.error = {
      class: error.name,
      ...(status !== undefined && { status }),
      message: error.message.slice(0, 120),
      ...(param && { param }),
      ...(code && { code }),
      ...(type && { type }),
      ...(request_id && { request_id }),
      ...(retry_after !== undefined && { retry_after }),
    };
    if (chunks.length > 0) made.chunks = chunks;
  }
  return { made, wire: sent[0] };
}

function requestOf(wire: Wire, headers: Record<string, string> | undefined): NonNullable<Vector['request']> {
  const url = new URL(wire.url);
  const query = Object.fromEntries(url.searchParams);
  const shown = Object.fromEntries(Object.keys(headers ?? {}).map((name) => [name, wire.headers[name.toLowerCase()] ?? '']));
  return {
    method: wire.method,
    path: decodeURIComponent(url.pathname),
    ...(Object.keys(query).length > 0 && { query }),
    ...(headers !== undefined && { headers: shown }),
    ...(wire.body !== undefined && { body: JSON.parse(wire.body as string) as unknown }),
  };
}

/** Vectors of the cases that every protocol must show tell all that callm says of the failure. */
const isWhole = ({ name, provider, endpoint }: Vector): boolean =>
  endpoint === 'chat' && failing.includes(provider) && failures.some((pattern) => pattern.test(name));

/** Texts of an answer, also those within JSON that is a text. */
function textsIn(value: unknown): string[] {
  if (typeof value === 'string') {
    try {
      return [value.trim(), ...textsIn(JSON.parse(value))];
    } catch {
      return [value.trim()];
    }
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}

/** A failure says so under its own status, in the words of the vendor. */
function checkFailure({ name, status, error, response, events, lines }: Vector): void {
  const named = /^(?:\w+_)?error_(\d{3})(?:_|$)/.exec(name)?.[1];
  if (named !== undefined) expect(status).toBe(Number(named));
  const words = textsIn(response ?? events ?? lines)
    .filter((text) => text.length > 3)
    .map((text) => text.replaceAll('test-key', '<redacted>'));
  const said = error?.message ?? '';
  expect(words.some((text) => said.includes(text.slice(0, 60))), `${said} in the words of the vendor`).toBe(true);
}

/** What the vector demands. */
function wanted(vector: Vector): object {
  const { request, output, chunks, error, warnings } = vector;
  if ([request, output, chunks, error].every((part) => part === undefined)) throw new Error('this vector demands nothing');
  return { request, output, chunks, warnings, error };
}

/** What callm made, as far as the vector speaks of it. */
function shown(vector: Vector, made: Made, wire: Wire | undefined): object {
  const { request, output, chunks, error, warnings } = vector;
  const sent = request && wire && requestOf(wire, request.headers);
  // A path stands for the end of the address: the base is the row's.
  if (sent?.path.endsWith(request?.path ?? '') === true) sent.path = (request as { path: string }).path;
  const answered = isAnswered(vector);
  let failed: object | undefined;
  if (error === undefined) failed = answered ? made.error : undefined;
  else {
    const all = made.error as Record<string, unknown> | undefined;
    const told = isWhole(vector) ? Object.keys({ ...all, ...error }) : Object.keys(error);
    failed = Object.fromEntries(told.map((name) => [name, all?.[name]]));
    if (error.message !== undefined && made.error?.message?.includes(error.message.slice(0, 120)) === true)
      Object.assign(failed, { message: error.message });
  }
  return {
    request: sent,
    output: output && (made.output === undefined ? undefined : settle(made.output, output)),
    chunks: chunks && made.chunks?.map((chunk, index) => settle(chunk, chunks[index])),
    warnings: warnings && made.warnings,
    error: failed,
  };
}

/** The vector with our side as it is now. */
function rewritten(vector: Vector, made: Made, wire: Wire | undefined): object {
  const ours = new Set(['request', 'output', 'chunks', 'error', 'warnings']);
  return {
    ...Object.fromEntries(Object.entries(vector).filter(([name]) => !ours.has(name))),
    ...(wire !== undefined && { request: requestOf(wire, vector.request?.headers) }),
    ...(made.warnings !== undefined && made.warnings.length > 0 && { warnings: made.warnings }),
    ...(made.chunks !== undefined && { chunks: made.chunks.map((chunk) => settle(chunk, {})) }),
    ...(made.output !== undefined && { output: settle(made.output, {}) }),
    // What is said of the empty answer to a mere request is no part of the vector.
    ...(made.error !== undefined && (isAnswered(vector) || wire === undefined) && { error: made.error }),
  };
}

/** Each protocol of its own must show at least these. */
const required = [
  /^text$/,
  /^system/,
  /^tools/,
  /^tool_result/,
  /^image/,
  /^json_schema/,
  /^stop/,
  /cache/,
  /^stream_text/,
  /^stream_tools?/,
  /^stream_error/,
  /^error_400/,
  /^error_401/,
  /^error_429/,
  /^error_context/,
];
const protocols = ['openai', 'anthropic', 'gemini', 'replicate', 'watsonx', 'huggingface', 'vertex_ai', 'cohere', 'ollama', 'azure', 'azure_ai', 'bedrock', 'snowflake', 'databricks', 'litellm_proxy', 'cloudflare'];
/** Required cases that a protocol cannot have. */
const exempt: Record<string, readonly RegExp[]> = {
  // Predictions of language models call no tools; `tools` shows the refusal.
  replicate: [/^stream_tools?/],
};

/** The ways in which calls of every protocol fail: statuses with the bodies that the vendor or the server before it sends. */
const failures = [
  ...[400, 401, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 529].map((status) => new RegExp(`^error_${status}(?:_|$)`)),
  /^error_context/,
  /^error_policy/,
  /^stream_error/,
];
const failing = [
  'openai',
  'anthropic',
  'gemini',
  'vertex_ai',
  'azure',
  'azure_ai',
  'cohere',
  'mistral',
  'ollama',
  'huggingface',
  'replicate',
  'watsonx',
  'databricks',
  'snowflake',
  'litellm_proxy',
];
/** What a vendor does not refuse: its models answer, or the answer itself tells. */
const unfailing: Record<string, readonly RegExp[]> = {
  ollama: [/^error_policy/],
  mistral: [/^error_policy/],
  watsonx: [/^error_policy/],
  snowflake: [/^error_policy/],
};

it('every protocol that must show how it fails has vectors', () => {
  expect(failing.filter((provider) => !folders(root).includes(provider))).toEqual([]);
});

for (const provider of folders(root)) {
  for (const endpoint of folders(join(root, provider))) {
    const folder = join(root, provider, endpoint);
    const files = readdirSync(folder).filter((file) => file.endsWith('.json')).sort();
    describe(`${provider} ${endpoint}`, () => {
      // A provider may have more protocols than one: `chat-…`.
      if (/^chat(?:-|$)/.test(endpoint) && protocols.includes(provider))
        it('has every required case', () => {
          const exempted = (exempt[provider] ?? []).map(String);
          const demanded = required.filter((pattern) => !exempted.includes(String(pattern)));
          const missing = demanded.filter((pattern) => !files.some((file) => pattern.test(file.slice(0, -'.json'.length))));
          expect(missing.map(String)).toEqual([]);
        });
      if (endpoint === 'chat' && failing.includes(provider))
        it('has every way to fail', () => {
          const exempted = (unfailing[provider] ?? []).map(String);
          const missing = failures.filter(
            (pattern) => !exempted.includes(String(pattern)) && !files.some((file) => pattern.test(file.slice(0, -'.json'.length))),
          );
          expect(missing.map(String)).toEqual([]);
        });
      for (const file of files) {
        const path = join(folder, file);
        const vector = JSON.parse(readFileSync(path, 'utf8')) as Vector;
        it(vector.name, async () => {
          const { made, wire } = await runVector(vector, 1 << 20);
          if (update) writeFileSync(path, JSON.stringify(rewritten(vector, made, wire), null, 2) + '\n');
          else expect(shown(vector, made, wire)).toEqual(wanted(vector));
          if (isWhole(vector)) checkFailure(vector);
        });
        if (isStream(vector) && !update)
          it(`${vector.name}, in pieces of 1 and 7 bytes`, async () => {
            const whole = await runVector(vector, 1 << 20);
            for (const size of [1, 7]) {
              const { made } = await runVector(vector, size);
              const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (key, entry: unknown) => (key === 'created' || (key === 'id' && String(entry).startsWith('chatcmpl-')) ? undefined : entry)));
              expect(plain(made)).toEqual(plain(whole.made));
            }
          });
      }
    });
  }
}
