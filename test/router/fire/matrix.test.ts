/** Faults of every kind at one deployment: another serves the call, every request is in the ledger, nothing is left. */
import { readdirSync, readFileSync } from 'node:fs';
import type http from 'node:http';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AttemptRow, ChatStream } from '../../../src/index.js';
import {
  type Answer,
  collect,
  failure,
  measuring,
  sendEvents,
  sendJson,
  serve,
  sleep,
  thrown,
  until,
  warmUp,
  within,
} from '../../behaviour/server.js';
import { openai, streamOf, textOf } from '../../behaviour/wires.js';
import { deployment, expectNothing, type Field, field, overList, path, Remains, said, stream, whole } from './field.js';

/** The library's own goal is 50 ms; other people use this machine. */
const allowed = 250;
const measured: [string, number][] = [];
const remains = new Remains();
const responses: http.ServerResponse[] = [];
const open = (): number => responses.filter((res) => !res.writableFinished && !res.destroyed).length;
const noted =
  (answer: Answer): Answer =>
  (res, ...rest) => {
    responses.push(res);
    // The harness listens on the socket for each request.
    res.socket?.setMaxListeners(0);
    return answer(res, ...rest);
  };

beforeAll(async () => {
  await warmUp();
  const made = await field({ one: (res) => sendJson(res, {}, 500), two: good }, { hedge: { after: 10 } });
  await whole(made.router);
  await made.router.completion({ model: 'main', messages: [{ role: 'user', content: 'a' }] });
  await made.close();
  remains.begin();
});
beforeEach(() => {
  responses.length = 0;
});
afterAll(() => {
  remains.stop();
  const worst = measured.toSorted((a, b) => b[1] - a[1]).slice(0, 3);
  console.log(`abort to the socket's end, the slowest: ${worst.map(([what, ms]) => `${what} ${ms.toFixed(1)} ms`).join(', ')}`); // prettier-ignore
});

const asked = (text: string): boolean => text.includes('"stream":true');
const good: Answer = (res, { text }) => {
  if (!asked(text)) return sendJson(res, openai.whole('ab'));
  sendEvents(res, ...streamOf(openai, 'a', 'b'));
  res.end();
};

interface Fault {
  answer: Answer;
  /** What the row of the attempt says. */
  error: RegExp;
  options?: object;
  /** Only where a stream is asked for, or only where none is. */
  only?: 'stream' | 'whole';
}

const json = (body: unknown, status: number, headers: http.OutgoingHttpHeaders = {}): Answer => (res) =>
  sendJson(res, body, status, headers); // prettier-ignore
const said429 = { error: { message: 'slow down', type: 'requests', code: 'rate_limit_exceeded' } };
const faults: Record<string, Fault> = {
  reset: { answer: (res) => void res.socket?.resetAndDestroy(), error: /^APIConnectionError$/ },
  'an early close': { answer: (res) => void res.socket?.end(), error: /^APIConnectionError$/ },
  'silence before headers': {
    answer: () => {},
    error: /^Timeout$/,
    options: { timeout: { first_token: 0.1, total: 0.1 } },
  },
  'silence in the body': {
    answer: (res) => (res.writeHead(200, { 'content-type': 'application/json' }), void res.write('{')),
    error: /^Timeout$/,
    options: { timeout: 0.1 },
    only: 'whole',
  },
  'silence before content': {
    answer: (res) => sendEvents(res, openai.start),
    error: /^Timeout$/,
    options: { stream_timeout: 0.1 },
    only: 'stream',
  },
  'a slow drip of pings': {
    answer: async (res) => {
      sendEvents(res, openai.start);
      while (!res.destroyed) {
        res.write(': ping\n\n');
        await sleep(20);
      }
    },
    error: /^Timeout$/,
    options: { stream_timeout: 0.12 },
    only: 'stream',
  },
  'a slow drip of a body': {
    answer: async (res) => {
      res.writeHead(200, { 'content-type': 'application/json' });
      while (!res.destroyed) {
        res.write(' ');
        await sleep(20);
      }
    },
    error: /^Timeout$/,
    options: { timeout: 0.15 },
    only: 'whole',
  },
  'a body that is cut': {
    answer: (res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': 500 });
      res.write('{"id":');
      setTimeout(() => res.socket?.resetAndDestroy(), 10);
    },
    error: /^APIConnectionError$/,
    only: 'whole',
  },
  'a cut before content': {
    answer: async (res) => (sendEvents(res, openai.start), await sleep(10), void res.socket?.resetAndDestroy()),
    error: /^StreamIncompleteError$/,
    only: 'stream',
  },
  'an error in the stream': {
    answer: (res) => (sendEvents(res, openai.start, openai.fault('overloaded')), void res.end()),
    error: /^(InternalServer|ServiceUnavailable)Error$/,
    only: 'stream',
  },
  'an error in a 200': {
    answer: json({ error: { message: 'overloaded', type: 'server_error' } }, 200),
    error: /Error$/,
  },
  'a page': {
    answer: (res) => sendJson(res, '<html>no</html>', 200, { 'content-type': 'text/html' }),
    error: /^APIResponseValidationError$/,
  },
  garbage: { answer: (res) => sendJson(res, '{"id": nonsense'), error: /^APIResponseValidationError$/ },
  'an empty body': { answer: (res) => sendJson(res, ''), error: /^APIResponseValidationError$/ },
  'not HTTP': { answer: (res) => void res.socket?.end('SSH-2.0-OpenSSH_9.6\r\n'), error: /^APIConnectionError$/ },
  'a redirect': { answer: (res) => void res.writeHead(302, { location: '/elsewhere' }).end(), error: /Error$/ },
  'a redirect to itself': {
    answer: (res, { path: at }) => void res.writeHead(307, { location: at }).end(),
    error: /Error$/,
  },
  'a 429': { answer: json(said429, 429), error: /^RateLimitError$/ },
  'a 429 with retry-after-ms': { answer: json(said429, 429, { 'retry-after-ms': '30000' }), error: /^RateLimitError$/ },
  'a 429 with retry-after in seconds': {
    answer: json(said429, 429, { 'retry-after': '30' }),
    error: /^RateLimitError$/,
  },
  'a 429 with retry-after as a date': {
    answer: (res) => sendJson(res, said429, 429, { 'retry-after': new Date(Date.now() + 30_000).toUTCString() }),
    error: /^RateLimitError$/,
  },
  'no credit': {
    answer: json({ error: { message: 'no credit', type: 'insufficient_quota', code: 'insufficient_quota' } }, 429),
    error: /^RateLimitError$/,
  },
  'a wrong key': { answer: json({ error: { message: 'who are you' } }, 401), error: /^AuthenticationError$/ },
  'a 403': { answer: json({ error: { message: 'not for you' } }, 403), error: /^PermissionDeniedError$/ },
  'a 408': { answer: json({ error: { message: 'late' } }, 408), error: /^Timeout$/ },
  'a 409': { answer: json({ error: { message: 'conflict' } }, 409), error: /^ConflictError$/ },
  'a 500': { answer: json({ error: { message: 'oh' } }, 500), error: /^InternalServerError$/ },
  'a 502 with a page': {
    answer: (res) => sendJson(res, '<html>', 502, { 'content-type': 'text/html' }),
    error: /^BadGatewayError$/,
  },
  'a 503': {
    answer: json({ error: { message: 'oh' } }, 503, { 'retry-after': '20' }),
    error: /^ServiceUnavailableError$/,
  },
  'a 504': { answer: json({}, 504), error: /^(Timeout|InternalServerError)$/ },
  'a 529': { answer: json({ error: { message: 'oh' } }, 529), error: /^(InternalServer|ServiceUnavailable)Error$/ },
};

describe.each([false, true])('stream: %s', (streamed) => {
  const mine = Object.entries(faults).filter(([, { only }]) => only === undefined || (only === 'stream') === streamed);
  test.each(mine)('%s: a sibling serves the call at once', async (_, { answer, error, options }) => {
    const made = await field({ one: noted(answer), two: noted(good) });
    const controller = new AbortController();
    const given = { ...options, signal: controller.signal, deadline: 20 };
    let rows: AttemptRow[];
    if (streamed) {
      const got = await within(3000, stream(made.router, given));
      expect(textOf((await collect(got)).chunks)).toBe('ab');
      rows = got._hidden_params.attempts;
    } else {
      const got = await within(3000, whole(made.router, given));
      expect(said(got)).toBe('ab');
      rows = got._hidden_params.attempts;
    }
    expect(path(rows)).toEqual(['one', 'two']);
    expect(rows[0]?.error).toMatch(error);
    expect(rows[1]).toMatchObject({ status: 200 });
    expect(rows[1]?.error).toBeUndefined();
    expect(made.events.filter(({ type }) => type === 'attempt')).toHaveLength(2);
    expect([made.servers['one']?.requests.length, made.servers['two']?.requests.length]).toEqual([1, 1]);
    await expectNothing(remains, [controller.signal], open);
    await made.close();
  });
});

test('a refused connection: a sibling serves the call', async () => {
  const gone = await serve(good);
  await gone.close();
  const server = await serve(noted(good));
  const made = await overList([deployment('one', gone), deployment('two', server)]);
  const got = await whole(made.router);
  expect(path(got._hidden_params.attempts)).toEqual(['one', 'two']);
  expect(got._hidden_params.attempts[0]).toMatchObject({ error: 'APIConnectionError' });
  expect(textOf((await collect(await stream(made.router))).chunks)).toBe('ab');
  await expectNothing(remains, [], open);
  await made.close();
});

describe('Retry-After at a deployment that is alone', () => {
  const forms: [string, () => http.OutgoingHttpHeaders, number][] = [
    ['in milliseconds', () => ({ 'retry-after-ms': '150' }), 150],
    ['in seconds', () => ({ 'retry-after': '0.2' }), 200],
    ['as a date', () => ({ 'retry-after': new Date(Math.ceil(Date.now() / 1000 + 0.2) * 1000).toUTCString() }), 200],
  ];
  test.each(forms)('%s is never undercut', async (_, headers, ms) => {
    const made = await field({
      one: noted((res, request, index) =>
        index === 0 ? sendJson(res, said429, 429, headers()) : good(res, request, index),
      ),
    });
    const got = await whole(made.router);
    const [first, second] = made.servers['one']?.requests ?? [];
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(ms - 2);
    expect(path(got._hidden_params.attempts)).toEqual(['one', 'one']);
    await expectNothing(remains, [], open);
    await made.close();
  });

  test('beyond max_retry_delay the error comes at once', async () => {
    const made = await field({ one: noted(json(said429, 429, { 'retry-after': '50' })) }, { max_retry_delay: 10 });
    expect(await failure(whole(made.router))).toMatchObject({ name: 'RateLimitError', retry_after: 50 });
    expect(made.servers['one']?.requests).toHaveLength(1);
    await made.close();
  });
});

const vectors = fileURLToPath(new URL('../../vectors/', import.meta.url));
interface Vector {
  input: { model: string; stream?: boolean };
  status?: number;
  headers?: Record<string, string>;
  response: unknown;
  error: { class: string; message: string };
}
describe.each(['openai', 'anthropic', 'gemini', 'bedrock', 'cohere', 'mistral', 'ollama'])(
  'what %s says',
  (provider) => {
    const folder = `${vectors}${provider}/chat/`;
    const names = readdirSync(folder).filter((name) => name.startsWith('error_'));
    test.each(names)('%s: its error, and the fallback', async (name) => {
      const vector = JSON.parse(readFileSync(folder + name, 'utf8')) as Vector;
      const { messages: _, stream: __, ...params } = vector.input as Vector['input'] & { messages: unknown };
      const bad: Answer = (res) => sendJson(res, vector.response, vector.status ?? 200, vector.headers ?? {});
      const server = await serve(noted(bad));
      const spare = await serve(noted(good));
      const made = await overList(
        [
          deployment('one', server, { api_key: 'test-key', ...params, api_base: server.url }),
          deployment('two', spare, {}, openai, 'spare'),
        ],
        { num_retries: 0, fallbacks: [{ main: ['spare'] }] },
      );
      const error = await failure(whole(made.router, { disable_fallbacks: true }));
      expect(error.name).toBe(vector.error.class);
      expect(error.message).toContain(vector.error.message.replace(/ \([^()]*\)$/, ''));
      expect(error.attempts).toMatchObject([
        { deployment: 'one', error: vector.error.class, status: vector.status ?? 200 },
      ]);
      const got = await whole(made.router);
      expect(said(got)).toBe('ab');
      expect(path(got._hidden_params.attempts)).toEqual(['one', 'two']);
      expect([server.requests.length, spare.requests.length]).toEqual([2, 1]);
      await expectNothing(remains, [], open);
      await made.close();
    });
  },
);

describe('an abort ends it at the server, too:', measuring, () => {
  const phases: [string, Answer, object][] = [
    ['before headers', () => {}, {}],
    ['in the body', (res) => (res.writeHead(200, { 'content-type': 'application/json' }), void res.write('{')), {}],
    ['before content', (res) => sendEvents(res, openai.start), { stream: true }],
    ['in the stream', (res) => sendEvents(res, openai.start, openai.text('a')), { stream: true }],
    ['in a stream that may restart', (res) => sendEvents(res, openai.start, openai.text('a')), { stream: true, mid_stream: 'restart' }], // prettier-ignore
    ['of both requests of a hedge', () => {}, { hedge: { after: 0.01 } }],
  ];
  test.each(phases)('%s', async (what, answer, options) => {
    const made = await field({ one: noted(answer), two: noted(answer) });
    const controller = new AbortController();
    const reason = new Error('enough');
    const pending = whole(made.router, { ...options, signal: controller.signal }).then((got) =>
      'finished' in got
        ? collect(got as unknown as ChatStream).then(({ error }) => Promise.reject(error as Error))
        : got,
    );
    pending.catch(() => {});
    await sleep(80);
    const count = 'hedge' in options ? 2 : 1;
    const arrived = () => Object.values(made.servers).flatMap((server) => server.requests);
    await until(() => arrived().length >= count, `request ${count}`);
    const requests = arrived();
    expect(requests).toHaveLength(count);
    const begun = performance.now();
    controller.abort(reason);
    for (const at of await Promise.all(requests.map(({ left }) => within(2000, left))))
      measured.push([what, at - begun]);
    expect(measured.at(-1)?.[1]).toBeLessThan(allowed);
    const error = await failure(pending);
    expect(error).toMatchObject({ name: 'APIUserAbortError', cause: reason });
    expect(error.attempts).toHaveLength(requests.length);
    await expectNothing(remains, [controller.signal], open);
    await made.close();
  });

  test('in the wait for a retry, for a slot, and for the one that tries', async () => {
    const made = await field({ one: noted(json(said429, 429, { 'retry-after': '30' })) });
    const controller = new AbortController();
    const waiting = whole(made.router, { signal: controller.signal });
    await made.servers['one']?.received(1);
    await sleep(20);
    controller.abort();
    expect((await failure(waiting)).name).toBe('APIUserAbortError');
    await made.close();

    const narrow = await field({ one: noted(() => {}) }, {}, openai, () => ({ max_parallel_requests: 1 }));
    const holder = new AbortController();
    const queuer = new AbortController();
    const holding = whole(narrow.router, { signal: holder.signal });
    const queued = whole(narrow.router, { signal: queuer.signal });
    await narrow.servers['one']?.received(1);
    await sleep(40);
    expect(narrow.servers['one']?.requests).toHaveLength(1);
    queuer.abort();
    expect(await failure(queued)).toMatchObject({ name: 'APIUserAbortError', attempts: [] });
    holder.abort();
    expect(await failure(holding)).toMatchObject({ name: 'APIUserAbortError' });
    await expectNothing(remains, [controller.signal, holder.signal, queuer.signal], open);
    await narrow.close();
  });
});

/** A number between 0 and 1, the same for the same numbers. */
function chance(...numbers: number[]): number {
  let hash = 0x9e3779b9;
  for (const number of numbers) hash = Math.imul(hash ^ (number + 0x7f4a7c15), 0x85ebca6b) ^ (hash >>> 13);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

describe('five hundred calls at once, three in ten requests failing', () => {
  const kinds = ['reset', 'an early close', 'silence before headers', 'an error in a 200', 'a page', 'garbage', 'a 429 with retry-after-ms', 'a wrong key', 'a 500', 'a 503', 'a redirect'] as const; // prettier-ignore
  const inStreams = ['a cut before content', 'an error in the stream', 'silence before content'] as const;
  /** Answers with the number that it is asked; a number's sixth request is never a fault. */
  function storm() {
    const asks = new Map<number, number>();
    const served = new Map<number, number>();
    const answer: Answer = async (res, request, index) => {
      const number = Number(/call (\d+)/.exec(request.text)?.[1]);
      const turn = (asks.get(number) ?? 0) + 1;
      asks.set(number, turn);
      const streamed = asked(request.text);
      if (turn < 6 && chance(number, turn) < 0.3) {
        const all: readonly string[] = streamed ? [...kinds, ...inStreams, 'cut'] : kinds;
        const kind = all[Math.floor(chance(number, turn, 1) * all.length)] as string;
        if (kind !== 'cut') return faults[kind]?.answer(res, request, index);
        sendEvents(res, openai.start, openai.text('half '), openai.text(`of ${number}`));
        await sleep(5);
        return void res.socket?.resetAndDestroy();
      }
      await sleep(chance(number, turn, 2) * 30);
      served.set(number, (served.get(number) ?? 0) + 1);
      if (!streamed) return sendJson(res, openai.whole(`answer ${number}`));
      sendEvents(res, ...streamOf(openai, 'answer ', String(number)));
      res.end();
    };
    return { answer, served };
  }

  async function ready(): Promise<Field & { served: Map<number, number> }> {
    const { answer, served } = storm();
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const made = await field(Object.fromEntries(ids.map((id) => [id, noted(answer)])), {
      routing_strategy: 'simple-shuffle',
      // Five faults at the most, and whatever a busy machine has come too late.
      num_retries: 12,
      disable_cooldowns: true,
      mid_stream: 'restart',
    });
    return { ...made, served };
  }
  const requests = ({ servers }: Field): number =>
    Object.values(servers).reduce((sum, server) => sum + server.requests.length, 0);
  const input = (number: number, more: object = {}) => ({
    messages: [{ role: 'user', content: `This is call ${number}.` }],
    timeout: { first_token: 2.5, idle: 5, total: number % 2 === 0 ? 2.5 : 20 },
    deadline: 60,
    ...more,
  });

  test('none is lost, none doubled, nothing is left, and the ledgers have every request', async () => {
    const made = await ready();
    const { signal } = new AbortController();
    const rows = await Promise.all(
      Array.from({ length: 500 }, async (_, number) => {
        if (number % 2 === 0) {
          const got = await whole(made.router, input(number, { signal }));
          expect(said(got)).toBe(`answer ${number}`);
          return got._hidden_params.attempts;
        }
        const got = await stream(made.router, input(number, { signal }));
        const { chunks, error } = await collect(got);
        expect(error).toBeUndefined();
        expect(textOf(chunks).endsWith(`answer ${number}`)).toBe(true);
        expect(said(await got.final())).toBe(`answer ${number}`);
        return got._hidden_params.attempts;
      }),
    );
    for (const [number, own] of rows.entries()) {
      // On a busy machine an answer may leave the server just when its time is up here.
      const late = own.filter(({ error }) => error === 'Timeout').length;
      const times = made.served.get(number) ?? 0;
      expect(times).toBeGreaterThanOrEqual(1);
      expect(times).toBeLessThanOrEqual(1 + late);
    }
    const all = rows.flat();
    expect(all.length).toBeGreaterThan(600);
    expect(all.length).toBe(requests(made));
    for (const [id, server] of Object.entries(made.servers))
      expect(all.filter((row) => row.deployment === id)).toHaveLength(server.requests.length);
    expect(made.events.filter(({ type }) => type === 'attempt')).toHaveLength(all.length);
    const health = await made.router.health();
    expect(Object.values(health).every(({ in_flight }) => in_flight === 0)).toBe(true);
    await expectNothing(remains, [signal], open);
    await made.close();
  }, 60_000);

  test('a third is aborted on the way: each ends once, and the rest is served', async () => {
    const made = await ready();
    const controllers = Array.from({ length: 500 }, () => new AbortController());
    const outcomes = await Promise.all(
      controllers.map(async ({ signal }, number) => {
        if (number % 3 === 0) setTimeout(() => controllers[number]?.abort(), chance(number, 7) * 60);
        if (number % 2 === 0)
          return whole(made.router, input(number, { signal })).then(
            (got) => ({ text: said(got), rows: got._hidden_params.attempts }),
            (error: { name: string; attempts: AttemptRow[] }) => ({ text: error.name, rows: error.attempts }),
          );
        try {
          const got = await stream(made.router, input(number, { signal }));
          const { chunks, error } = await collect(got);
          if (error !== undefined) throw error as Error;
          return { text: signal.aborted ? 'APIUserAbortError' : textOf(chunks), rows: got._hidden_params.attempts };
        } catch (error) {
          return { text: (error as Error).name, rows: (error as { attempts: AttemptRow[] }).attempts };
        }
      }),
    );
    outcomes.forEach(({ text }, number) => {
      if (number % 3 === 0 && text === 'APIUserAbortError') return;
      expect(text?.endsWith(`answer ${number}`), `call ${number}: ${text}`).toBe(true);
    });
    expect(outcomes.filter(({ text }) => text === 'APIUserAbortError').length).toBeGreaterThan(20);
    await expectNothing(remains, controllers.map(({ signal }) => signal), open); // prettier-ignore
    // A request that was aborted as it was sent may never have arrived.
    const total = outcomes.reduce((sum, { rows }) => sum + rows.length, 0);
    expect(total).toBeGreaterThanOrEqual(requests(made));
    expect(Object.values(await made.router.health()).every(({ in_flight }) => in_flight === 0)).toBe(true);
    await made.close();
  }, 60_000);
});

test('an error of the caller’s own making is not sent round', async () => {
  const made = await field({ one: noted(json({ error: { message: 'no such field' } }, 400)), two: noted(good) });
  expect(await failure(whole(made.router))).toMatchObject({
    name: 'BadRequestError',
    attempts: [{ deployment: 'one' }],
  });
  expect(made.servers['two']?.requests).toHaveLength(0);
  expect(await thrown(whole(made.router, { temperature: Number.NaN }))).toMatchObject({ attempts: [] });
  await made.close();
});
