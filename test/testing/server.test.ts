import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { sseEvent, startProvider, type RecordedRequest } from '../../src/testing/index.js';
import { measuring } from '../behaviour/server.js';
import { bearer, post, provide, send, user } from './http.js';

interface ErrorBody {
  error: { message: string };
}
interface Completion {
  id: string;
  choices: { message: { content: string } }[];
}

describe('routes', () => {
  test('every endpoint answers with and without the vendor in front of its path', async () => {
    const { url } = await provide();
    const chat = user('Say hi');
    const messages = { ...chat, max_tokens: 50 };
    const anthropic = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
    const google = { 'x-goog-api-key': 'k' };
    const contents = { contents: [{ parts: [{ text: 'Say hi' }] }] };
    const rank = { model: 'r', query: 'cats', documents: ['dogs', 'cats'] };
    const calls: [string, string, unknown, Record<string, string>][] = [
      ['/openai', '/v1/chat/completions', chat, bearer()],
      ['/openai', '/v1/embeddings', { model: 'e', input: 'a' }, bearer()],
      ['/openai', '/v1/rerank', rank, bearer()],
      ['/anthropic', '/v1/messages', messages, anthropic],
      ['/anthropic', '/v1/messages/count_tokens', chat, anthropic],
      ['/gemini', '/v1beta/models/g:generateContent', contents, google],
      ['/gemini', '/v1beta/models/g:streamGenerateContent', contents, google],
      ['/gemini', '/v1beta/models/g:countTokens', contents, google],
      ['/gemini', '/v1beta/models/g:embedContent', { content: { parts: [{ text: 'a' }] } }, google],
      ['/cohere', '/v2/rerank', rank, bearer()],
    ];
    for (const [prefix, path, body, headers] of calls) {
      for (const base of [url + prefix, url]) {
        const got = await post(base + path, body, headers);
        expect([path, got.status]).toEqual([path, 200]);
      }
    }
  });

  test.each(['/openai/v1/v1/chat/completions', '/openai/v1/nothing', '/nothing', '/constructor/v1/chat/completions'])(
    '%s is not found',
    async (path) => {
      const { url } = await provide();
      const got = await post<ErrorBody>(url + path, user('hi'), bearer());
      expect(got.status).toBe(404);
      expect(got.body.error.message).toContain(path.replace(/^\/openai/u, ''));
    },
  );

  test('GET is refused where POST is meant', async () => {
    const { url } = await provide();
    const res = await fetch(`${url}/openai/v1/chat/completions`, { headers: bearer() });
    expect(res.status).toBe(404);
  });
});

describe('requests', () => {
  test('are recorded with method, path, headers and body', async () => {
    const { url, requests } = await provide();
    await post(`${url}/openai/v1/chat/completions?x=1`, user('hi'), { ...bearer('abc'), 'X-Trace': 'T' });
    await post(`${url}/openai/v1/chat/completions`, '{"model": ', bearer());
    await fetch(`${url}/openai/v1/models`, { headers: bearer() });
    expect(requests).toMatchObject([
      {
        method: 'POST',
        path: '/openai/v1/chat/completions?x=1',
        headers: { authorization: 'Bearer abc', 'x-trace': 'T' },
        body: user('hi'),
      },
      { method: 'POST', body: '{"model": ' },
      { method: 'GET', path: '/openai/v1/models', body: '' },
    ]);
  });

  test('the same requests in the same order get the same answers, ids included', async () => {
    const run = async (): Promise<unknown[]> => {
      const { url } = await provide();
      const out: unknown[] = [];
      for (const text of ['What is a fjord?', 'And a lake?']) {
        out.push((await post(`${url}/openai/v1/chat/completions`, user(text), bearer())).body);
      }
      return out;
    };
    const [first, second] = [await run(), await run()];
    expect(first).toEqual(second);
    expect(new Set((first as Completion[]).map((one) => one.id)).size).toBe(2);
  });

  test('many at once all get their own answer', async () => {
    const { url, requests } = await provide();
    const numbers = Array.from({ length: 50 }, (_, i) => String(i));
    const got = await Promise.all(
      numbers.map((n) => post<Completion>(`${url}/openai/v1/chat/completions`, user(`Say ${n}`), bearer())),
    );
    expect(got.map((one) => one.body.choices[0]?.message.content)).toEqual(numbers);
    expect(requests).toHaveLength(50);
  });
});

describe('options', () => {
  test.each([
    [{ delay: 15 }, RangeError, /delay is in seconds/],
    [{ delay: -1 }, RangeError, /delay/],
    [{ delay: Number.NaN }, RangeError, /delay/],
    [{ context_window: 0 }, RangeError, /context_window/],
    [{ dealy: 1 }, TypeError, /dealy/],
    [{ script: 'x' }, TypeError, /script/],
  ])('%o is refused', async (options, kind, message) => {
    const failure = await startProvider(options as object).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(kind);
    expect(String(failure)).toMatch(message);
  });

  test('delay lies between the pieces of a stream, which arrive one by one', async () => {
    const { url } = await provide({ delay: 0.02 });
    const res = await send(`${url}/openai/v1/chat/completions`, user('Say a b c d', { stream: true }), bearer());
    const times: number[] = [];
    for await (const part of res.body ?? []) if (String(part)) times.push(performance.now());
    // Role, four words, finish, end: six delays of 20 ms.
    expect(times.length).toBeGreaterThanOrEqual(5);
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).toBeGreaterThan(80);
  });

  test('context_window bounds the input in each vendor’s words', async () => {
    const { url } = await provide({ context_window: 5 });
    const long = 'one two three four five six';
    const openai = await post<ErrorBody>(`${url}/openai/v1/chat/completions`, user(long), bearer());
    expect(openai).toMatchObject({ status: 400, body: { error: { code: 'context_length_exceeded' } } });
    const headers = { 'x-api-key': 'k', 'anthropic-version': '2023-06-01' };
    const anthropic = await post<ErrorBody>(`${url}/anthropic/v1/messages`, user(long, { max_tokens: 9 }), headers);
    expect(anthropic.body.error.message).toBe('prompt is too long: 6 tokens > 5 maximum');
    const contents = { contents: [{ parts: [{ text: long }] }] };
    const gemini = await post<ErrorBody>(`${url}/gemini/v1beta/models/g:generateContent`, contents, {
      'x-goog-api-key': 'k',
    });
    expect(gemini.body.error.message).toContain('token count (6) exceeds');
    const fits = await post(`${url}/openai/v1/chat/completions`, user('one two three four five'), bearer());
    expect(fits.status).toBe(200);
  });
});

describe('script', () => {
  const path = '/openai/v1/chat/completions';

  test('answers some requests and leaves the others to the server', async () => {
    const seen: RecordedRequest[] = [];
    const { url } = await provide({
      script: (request) => {
        seen.push(request);
        return seen.length === 1
          ? { status: 503, headers: { 'Retry-After': '2' }, body: { error: 'down' } }
          : undefined;
      },
    });
    const first = await post(url + path, user('Say hi'), bearer());
    expect(first).toMatchObject({ status: 503, body: { error: 'down' } });
    expect(first.headers.get('retry-after')).toBe('2');
    expect(first.headers.get('content-type')).toBe('application/json');
    const second = await post<Completion>(url + path, user('Say hi'), bearer());
    expect(second.body.choices[0]?.message.content).toBe('hi');
    expect(seen[0]?.body).toEqual(user('Say hi'));
  });

  test('may be asynchronous, and sends text and bytes as they are', async () => {
    const { url } = await provide({ script: async () => ({ body: Buffer.from([0, 255, 10]) }) });
    const res = await send(url + path, '', {});
    expect(res.status).toBe(200);
    expect([...new Uint8Array(await res.arrayBuffer())]).toEqual([0, 255, 10]);
  });

  test('sends chunks one by one, with their delays', async () => {
    const chunks = ['data: 1\n\n', { data: 'data: 2\n\n', delay: 0.05 }, Buffer.from('data: [DONE]\n\n')];
    const { url } = await provide({ script: () => ({ headers: { 'content-type': 'text/event-stream' }, chunks }) });
    const res = await send(url + path, {}, {});
    const parts: string[] = [];
    const start = performance.now();
    for await (const part of res.body ?? []) parts.push(Buffer.from(part as Uint8Array).toString());
    expect(parts.join('')).toBe('data: 1\n\ndata: 2\n\ndata: [DONE]\n\n');
    expect(parts.length).toBeGreaterThan(1);
    expect(performance.now() - start).toBeGreaterThan(40);
  });

  test('an error event in a stream that began well', async () => {
    const failure = sseEvent({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }, 'error');
    const { url } = await provide({ script: () => ({ chunks: ['data: {}\n\n', failure] }) });
    const body = await (await send(url + path, {}, {})).text();
    expect(body).toBe(
      'data: {}\n\nevent: error\ndata: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}\n\n',
    );
  });

  test('cut breaks the connection: before the answer, or after what was given', async () => {
    const { url } = await provide({
      script: (request) => (request.body === 'now' ? { cut: true } : { chunks: ['half'], cut: true }),
    });
    await expect(send(url + path, 'now', {})).rejects.toThrow(TypeError);
    const res = await send(url + path, 'later', {});
    const reader = res.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('half');
    await expect(reader?.read()).rejects.toThrow('terminated');
  });

  test('a content-length of its own makes a body that ends too early', async () => {
    const { url } = await provide({
      script: () => ({ headers: { 'content-length': '100' }, body: 'short', cut: true }),
    });
    const res = await send(url + path, '', {});
    expect(res.headers.get('content-length')).toBe('100');
    await expect(res.text()).rejects.toThrow('terminated');
  });

  test('hang answers nothing until the client leaves', async () => {
    const { url } = await provide({ script: () => ({ hang: true }) });
    const failure = await fetch(url + path, { signal: AbortSignal.timeout(80) }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TimeoutError' });
  });

  test('hang after chunks keeps the stream open', async () => {
    const { url } = await provide({ script: () => ({ chunks: ['first'], hang: true }) });
    const res = await fetch(url + path, { signal: AbortSignal.timeout(120) });
    const reader = res.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe('first');
    await expect(reader?.read()).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('delay waits before the answer', async () => {
    const { url } = await provide({ script: () => ({ delay: 0.06, body: {} }) });
    const start = performance.now();
    await post(url + path, {}, {});
    expect(performance.now() - start).toBeGreaterThan(50);
  });

  test('an error in a script is told to the client', async () => {
    const { url } = await provide({
      script: (request) => {
        if (request.body === 'ms') return { delay: 500 };
        throw new Error('oops');
      },
    });
    const thrown = await post<ErrorBody>(url + path, {}, {});
    expect([thrown.status, thrown.body.error.message]).toEqual([500, 'The test provider failed: Error: oops']);
    const late = await post<ErrorBody>(url + path, 'ms', {});
    expect(late.body.error.message).toContain('delay is in seconds');
  });
});

describe('close', () => {
  test('ends at once with requests under way, may be called again, and frees the port', measuring, async () => {
    const provider = await startProvider({ script: () => ({ chunks: ['a', { data: 'b', delay: 10 }], hang: true }) });
    const res = await send(`${provider.url}/x`, {}, {});
    const rest = res.text().catch((error: unknown) => error);
    const start = performance.now();
    await Promise.all([provider.close(), provider.close()]);
    expect(performance.now() - start).toBeLessThan(500);
    expect(await rest).toBeInstanceOf(Error);
    await expect(fetch(provider.url)).rejects.toThrow(TypeError);
  });

  test('a client that leaves in the middle of a request or a stream harms nobody', async () => {
    const { url, requests } = await provide({ delay: 0.01 });
    const { port, hostname } = new URL(url);
    await new Promise<void>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => {
        socket.write('POST /openai/v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 50\r\n\r\n{"mod');
        setTimeout(() => socket.destroy(), 20);
      });
      socket.once('close', () => resolve());
      socket.once('error', reject);
    });
    const leave = new AbortController();
    const res = await fetch(`${url}/openai/v1/chat/completions`, {
      method: 'POST',
      headers: { ...bearer(), 'content-type': 'application/json' },
      body: JSON.stringify(user('Say a b c d e f g h', { stream: true })),
      signal: leave.signal,
    });
    await res.body?.getReader().read();
    leave.abort();
    const after = await post<Completion>(`${url}/openai/v1/chat/completions`, user('Say hi'), bearer());
    expect(after.body.choices[0]?.message.content).toBe('hi');
    expect(requests).toHaveLength(2);
  });
});
