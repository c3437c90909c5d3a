/** Credentials stay out of whatever the library shows: errors, results, streams, clients, dry runs. */
import { beforeAll, describe, expect, test } from 'vitest';
import { APIError, APIUserAbortError, AuthenticationError, BadRequestError } from '../../src/index.js';
import { expectHidden, shown } from './hidden.js';
import { client, collect, failure, sendEvents, sendJson, serve, serveRaw, sleep, warmUp } from './server.js';
import { anthropic, input, messages, openai, streamOf, type TestWire, wires } from './wires.js';

beforeAll(warmUp);

/** A key and header values of several forms; also such as JSON and URLs spell differently. */
const keys: Record<string, string> = {
  plain: 'sk-live-Zx81kQpW77vRt02LmN45',
  'with JSON characters': 'sk-li"ve\\Zx81kQpW77vRt02LmN45',
  'with URL characters': 'sk+live/Zx81kQpW77=vRt02&LmN45',
};
const headerSecrets = { 'x-team-token': 'team-Secret-4711-abcdef', 'x-cookie': 'session=9f8e7d6c5b4a3f2e1d0c9b8a7f6e' };

const call = (wire: TestWire, server: { url: string }, api_key: string, stream = false) => ({
  ...input(wire, server),
  api_key,
  extra_headers: headerSecrets,
  stream,
});

/** Ways in which a provider repeats a secret. */
const echoes: [string, (res: import('node:http').ServerResponse, secret: string, wire: TestWire) => void][] = [
  [
    'in an error message',
    (res, secret) => sendJson(res, { error: { message: `Incorrect API key provided: ${secret}.` } }, 401),
  ],
  ['in other fields of the error', (res, secret) => sendJson(res, { error: { message: 'no', code: secret, type: secret, param: secret, nested: [{ [secret]: secret }] } }, 400)], // prettier-ignore
  ['in Google\'s details', (res, secret) => sendJson(res, { error: { code: 400, message: 'no', status: 'INVALID_ARGUMENT', details: [{ '@type': 't', reason: 'X', metadata: { key: secret } }] } }, 400)], // prettier-ignore
  ['as plain text', (res, secret) => sendJson(res, `no such key: ${secret}`, 403, { 'content-type': 'text/plain' })],
  ['in an error page', (res, secret) => sendJson(res, `<html><body>bad header: ${secret}</body></html>`, 502, { 'content-type': 'text/html' })], // prettier-ignore
  ['late in a long error text', (res, secret) => sendJson(res, 'x'.repeat(1990) + secret + 'y'.repeat(100), 400, { 'content-type': 'text/plain' })], // prettier-ignore
  [
    'late in a long error message',
    (res, secret) => sendJson(res, { error: { message: 'x'.repeat(3990) + secret } }, 400),
  ],
  ['late in a long unknown object', (res, secret) => sendJson(res, { fault: 'x'.repeat(1985) + secret }, 400)],
  [
    'in a page at 200',
    (res, secret) => sendJson(res, `<html>your key ${secret}</html>`, 200, { 'content-type': 'text/html' }),
  ],
  ['at the edge of the snippet of a page', (res, secret) => sendJson(res, '<' + 'x'.repeat(282) + secret, 200)],
  ['in broken JSON', (res, secret) => sendJson(res, `{"id": ${secret}`, 200)],
  ['in a 200 of another shape', (res, secret) => sendJson(res, { status: 'ok', key: secret }, 200)],
  [
    'in a 200 with an error',
    (res, secret) => sendJson(res, { error: { message: `bad key ${secret}`, code: secret } }, 200),
  ],
  ['in response headers of an error', (res, secret) => sendJson(res, { error: { message: 'no' } }, 400, { 'x-echo': secret, 'x-request-id': secret })], // prettier-ignore
  ['in a redirect', (res, secret) => sendJson(res, '', 302, { location: `http://127.0.0.1:1/?key=${encodeURIComponent(secret)}` })], // prettier-ignore
  ['in an error event', (res, secret, wire) => (sendEvents(res, wire.fault(`bad key ${secret.replaceAll(/["\\]/g, '')}`)), res.end())], // prettier-ignore
];

describe.each(Object.entries(keys))('a key %s', (_, key) => {
  // Its spelling is the same matter on every wire.
  describe.each(key === keys['plain'] ? wires : [openai])('$name', (wire) => {
    test.each(echoes)('repeated %s', async (what, send) => {
      const secrets = [key, ...Object.values(headerSecrets)];
      for (const secret of secrets)
        for (const stream of [false, true]) {
          if (what.includes('event') && !stream) continue;
          const server = await serve((res) => send(res, secret, wire));
          const error = await failure(client().completion(call(wire, server, key, stream)));
          expect(JSON.stringify(server.requests[0]?.headers)).toContain(JSON.stringify(key).slice(1, -1));
          expectHidden(error, secrets);
        }
    });
  });
});

describe.each(wires)('in a stream, $name', (wire) => {
  const key = 'sk-live-Zx81kQpW77vRt02LmN45';
  const secrets = [key, ...Object.values(headerSecrets)];

  const endings: [string, (secret: string) => string][] = [
    ['an error event', (secret) => wire.fault(`overloaded, ${secret}`)],
    ['broken JSON', (secret) => `data: {"id": ${secret}\n\n`],
    ['broken JSON that begins with it', (secret) => `data: ${secret}\n\n`],
    ['a cut after text that repeats it', (secret) => wire.text(`your key is ${secret}`)],
  ];
  test.each(endings)('%s', async (_, ending) => {
    for (const secret of secrets) {
      const server = await serve(async (res) => {
        sendEvents(res, wire.start, wire.text('a'));
        await sleep(5);
        sendEvents(res, ending(secret));
        res.end();
      });
      const stream = await client().completion({ ...call(wire, server, key), stream: true });
      const { error } = await collect(stream);
      expect(error).toBeInstanceOf(APIError);
      expectHidden(error, secrets);
      expectHidden(stream, secrets);
      expectHidden(await stream.final().catch((each: unknown) => each), secrets);
    }
  });
});

describe('errors without an answer', () => {
  const key = 'sk-live-Zx81kQpW77vRt02LmN45';
  const secrets = [key, ...Object.values(headerSecrets)];

  test('refused, reset, aborted, timed out', async () => {
    const silent = await serve(() => {});
    const reset = await serveRaw((socket) => socket.resetAndDestroy());
    for (const wire of wires) {
      expectHidden(await failure(client().completion(call(wire, { url: 'http://127.0.0.1:1' }, key))), secrets);
      expectHidden(await failure(client().completion(call(wire, reset, key))), secrets);
      expectHidden(await failure(client().completion({ ...call(wire, silent, key), timeout: 0.05 })), secrets);
      const aborted = await failure(
        client().completion({ ...call(wire, silent, key), signal: AbortSignal.timeout(50) }),
      );
      expect(aborted).toBeInstanceOf(APIUserAbortError);
      expectHidden(aborted, secrets);
    }
  });

  test('a key given by header, repeated without its scheme', async () => {
    const server = await serve((res) =>
      sendJson(res, { error: { message: `Incorrect API key provided: ${key}` } }, 401),
    );
    const given = { ...input(openai, server), api_key: undefined, extra_headers: { Authorization: `Bearer ${key}` } };
    expectHidden(await failure(client().completion(given as never)), [key]);
    expect(server.requests[0]?.headers.authorization).toBe(`Bearer ${key}`);
  });

  test('a transport that tells what it was given', async () => {
    const callm = client({
      api_key: key,
      transport: (wire) => {
        const cause = Object.assign(new Error(`cannot send ${JSON.stringify(wire.headers)}`), { request: wire });
        return Promise.reject(
          Object.assign(new TypeError('fetch failed', { cause }), { wire, key: wire.headers['authorization'] }),
        );
      },
    });
    expectHidden(
      await failure(callm.completion({ model: openai.model, messages, extra_headers: headerSecrets })),
      secrets,
    );
  });

  test('bad input beside good secrets', async () => {
    const bad: object[] = [
      { temperature: Number.NaN },
      { messages: [] },
      { model: 'nobody/nothing' },
      { timeout: -1 },
      { tools: 'x' },
    ];
    for (const each of bad)
      expectHidden(
        await failure(client().completion({ ...call(openai, { url: 'http://127.0.0.1:1' }, key), ...each })),
        secrets,
      );
  });

  test('a key asked for, and keys of the environment', async () => {
    const server = await serve((res, { headers }) =>
      sendJson(res, { error: { message: JSON.stringify(headers) } }, 401),
    );
    const asked = { ...input(anthropic, server), api_key: () => Promise.resolve(key) };
    expectHidden(await failure(client().completion(asked)), [key]);
    const variables: Record<string, string> = {
      openai: 'OPENAI_API_KEY',
      anthropic: 'ANTHROPIC_API_KEY',
      gemini: 'GEMINI_API_KEY',
    };
    for (const wire of wires) {
      const callm = client({ api_key: undefined as never, env: { [variables[wire.name] ?? '']: key } });
      expectHidden(await failure(callm.completion(input(wire, server))), [key]);
    }
    expect(server.requests.every(({ headers }) => JSON.stringify(headers).includes(key))).toBe(true);
  });
});

describe('what is no error', () => {
  const key = 'sk-live-Zx81kQpW77vRt02LmN45';
  const secrets = [key, ...Object.values(headerSecrets)];

  test.each(wires)('$name: results, their facts and streams, with headers that repeat it', async (wire) => {
    const server = await serve((res, { text }) => {
      const headers = { 'x-echo': secrets.join(' ') };
      if (!text.includes('"stream":true') && wire.name !== 'gemini')
        return sendJson(res, wire.whole('hi'), 200, headers);
      if (wire.name === 'gemini' && !server.requests.at(-1)?.path.includes('stream'))
        return sendJson(res, wire.whole('hi'), 200, headers);
      res.writeHead(200, { 'content-type': 'text/event-stream', ...headers });
      res.end(streamOf(wire, 'hi').join(''));
    });
    const result = await client().completion({ ...call(wire, server, key), stream: false });
    expectHidden(result, secrets);
    const hidden = (result as unknown as { _hidden_params: object })._hidden_params;
    expect(hidden).toMatchObject({ llm_provider: wire.name });
    expectHidden(hidden, secrets);
    const stream = await client().completion({ ...call(wire, server, key), stream: true });
    expectHidden(stream, secrets);
    expectHidden(stream._hidden_params, secrets);
    const { chunks } = await collect(stream);
    expectHidden(chunks, secrets);
    expectHidden(await stream.final(), secrets);
    const [left, right] = (await client().completion({ ...call(wire, server, key), stream: true })).tee();
    expectHidden([left, right], secrets);
    await Promise.all([collect(left), collect(right)]);
  });

  test('a client', () => {
    expectHidden(client({ api_key: key, extra_headers: headerSecrets, env: { OPENAI_API_KEY: key } }), secrets);
  });

  test.each(wires)('$name: a dry run', async (wire) => {
    const callm = client({ api_key: key, extra_headers: headerSecrets });
    const run = await callm.dryRun('chat', { ...input(wire, { url: 'http://127.0.0.1:1' }), stream: true });
    expectHidden(run, secrets);
    expect(JSON.stringify(run.headers)).toContain('<redacted>');
    const asked = await callm.dryRun('chat', { ...input(wire, { url: 'http://127.0.0.1:1' }), api_key: () => key });
    expectHidden(asked, secrets);
  });
});

describe('the prompt is not in the error of a server fault', () => {
  const prompt = 'my diagnosis is lupus erythematosus';
  test.each(wires)('$name', async (wire) => {
    const server = await serve((res) => sendJson(res, { error: { message: 'internal error' } }, 500));
    const reset = await serveRaw((socket) => socket.resetAndDestroy());
    const silent = await serve(() => {});
    const page = await serve((res) => sendJson(res, '<html>maintenance', 200));
    const asked = (at: { url: string }) => ({
      ...input(wire, at),
      messages: [{ role: 'user' as const, content: prompt }],
      timeout: 0.2,
    });
    for (const at of [server, reset, silent, page])
      for (const stream of [false, true]) {
        const error = await failure(client().completion({ ...asked(at), stream }));
        expect(shown(error)).not.toContain('lupus');
      }
  });
});

describe('values that HTTP cannot carry are refused before the network, and not shown', () => {
  const bad = ['sk-live-Zx81kQ\nx-evil: 1', 'sk-live-Zx81kQ\r\nx-evil: 1', 'sk-live-Zx81kQ\0', 'sk-live-\u007fZx81kQ'];
  test.each(bad)('%j', async (value) => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    for (const wire of wires) {
      const variable =
        { openai: 'OPENAI_API_KEY', anthropic: 'ANTHROPIC_API_KEY', gemini: 'GEMINI_API_KEY' }[wire.name] ?? '';
      const calls: [string, Promise<unknown>][] = [
        ['api_key', client().completion({ ...input(wire, server), api_key: value })],
        ['api_key', client().completion({ ...input(wire, server), api_key: () => value })],
        [
          'api_key',
          client({ api_key: undefined as never, env: { [variable]: value } }).completion(input(wire, server)),
        ],
        ['extra_headers', client().completion({ ...input(wire, server), extra_headers: { 'x-a': value } })],
        ['headers', client().completion({ ...input(wire, server), headers: { 'x-a': value } })],
      ];
      for (const [field, pending] of calls) {
        const error = await failure(pending);
        expect(error instanceof BadRequestError || error instanceof AuthenticationError).toBe(true);
        expect(error.message).toMatch(field === 'api_key' ? /api_key|_API_KEY/ : new RegExp(field));
        expect(shown(error)).not.toContain('sk-live-Zx81kQ');
      }
    }
    expect(server.requests).toHaveLength(0);
  });

  test('so are header names', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    for (const name of ['', 'a b', 'a:b', 'a\nb', 'ä', 'a\r\nb: c']) {
      const error = await failure(client().completion({ ...input(openai, server), extra_headers: { [name]: 'a' } }));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error.message).toContain('extra_headers');
    }
    expect(server.requests).toHaveLength(0);
  });

  test('a line break at the end of a key, as files have it, is cut off or refused', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    const outcome = await client()
      .completion({ ...input(openai, server), api_key: 'sk-live-Zx81kQ\n' })
      .catch((error: unknown) => error);
    if (outcome instanceof Error) expect(outcome).toBeInstanceOf(BadRequestError);
    else expect(server.requests[0]?.headers.authorization).toBe('Bearer sk-live-Zx81kQ');
  });
});
