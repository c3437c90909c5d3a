/** Error answers: their class, their text, what their headers tell. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  APIError,
  AuthenticationError,
  BadGatewayError,
  BadRequestError,
  CallmError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  ServiceUnavailableError,
  Timeout,
  UnprocessableEntityError,
} from '../../src/index.js';
import { client, failure, sendJson, serve } from './server.js';
import { input, openai, wires } from './wires.js';

type ErrorClass = abstract new (...parts: never[]) => APIError;

const classes: [status: number, type: ErrorClass, exact?: boolean][] = [
  [400, BadRequestError, true],
  [401, AuthenticationError, true],
  [402, APIError, true],
  [403, PermissionDeniedError, true],
  [404, NotFoundError, true],
  [405, APIError, true],
  [406, APIError, true],
  [408, Timeout, true],
  [409, ConflictError, true],
  [410, APIError, true],
  [413, APIError],
  [415, APIError, true],
  [418, APIError, true],
  [422, UnprocessableEntityError, true],
  [425, APIError, true],
  [429, RateLimitError, true],
  [431, APIError, true],
  [451, APIError, true],
  [499, APIError, true],
  [500, InternalServerError, true],
  [501, InternalServerError, true],
  [502, BadGatewayError, true],
  [503, ServiceUnavailableError, true],
  [505, InternalServerError, true],
  [520, InternalServerError, true],
  [522, InternalServerError, true],
  [529, InternalServerError],
  [598, InternalServerError, true],
];

const answerWithStatus = () =>
  serve((res, { headers }) =>
    sendJson(res, { error: { message: 'something about it' } }, Number(headers['x-status']), { 'x-request-id': 'r1' }),
  );

describe.each(wires)('statuses, $name', (wire) => {
  test.each(classes)('%i', async (status, type, exact) => {
    const server = await answerWithStatus();
    for (const stream of [false, true]) {
      const error = await failure(
        client().completion({ ...input(wire, server), extra_headers: { 'x-status': String(status) }, stream }),
      );
      expect(error).toBeInstanceOf(type);
      if (exact === true) expect(error.constructor).toBe(type);
      expect(error.status).toBe(status);
      expect(error.status_code).toBe(status);
      expect(error.message).toContain('something about it');
      expect(error.llm_provider).toBe(wire.name);
      expect(wire.model).toContain(error.model ?? 'no model');
      expect(error.request_id).toBe('r1');
      expect(error.attempts).toMatchObject([{ provider: wire.name, status, error: error.name }]);
      expect(error.name).toBe(error.constructor.name);
    }
  });

  test('504 is a timeout or a server error', async () => {
    const server = await answerWithStatus();
    const error = await failure(client().completion({ ...input(wire, server), extra_headers: { 'x-status': '504' } }));
    expect(error instanceof Timeout || error instanceof InternalServerError).toBe(true);
    expect([504, 408]).toContain(error.status_code);
  });
});

describe('retry_after', () => {
  const soon = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
  type Headers = Record<string, string>;
  // Dates are made when they are sent, however long the tests before took.
  const rows: [what: string, headers: Headers | (() => Headers), from: number | undefined, to?: number][] = [
    ['seconds', { 'retry-after': '2' }, 2],
    ['a fraction', { 'retry-after': '2.5' }, 2.5],
    ['nothing', {}, undefined],
    ['milliseconds', { 'retry-after-ms': '1500' }, 1.5],
    ['milliseconds before seconds', { 'retry-after-ms': '1500', 'retry-after': '30' }, 1.5],
    ['senseless milliseconds, seconds', { 'retry-after-ms': 'soon', 'retry-after': '30' }, 30],
    ['negative milliseconds, seconds', { 'retry-after-ms': '-5', 'retry-after': '30' }, 30],
    ['empty milliseconds, seconds', { 'retry-after-ms': '', 'retry-after': '30' }, 30],
    ['a date', () => ({ 'retry-after': soon(100) }), 97, 100],
    ['an old form of date', () => ({ 'retry-after': new Date(Date.now() + 100_000).toString().slice(0, 33) }), 97, 100],
    ['negative', { 'retry-after': '-1' }, undefined],
    ['a word', { 'retry-after': 'later' }, undefined],
    ['empty', { 'retry-after': '' }, undefined],
    ['infinite', { 'retry-after': 'Infinity' }, undefined],
    ['no number', { 'retry-after': 'NaN' }, undefined],
    ['too large for a number', { 'retry-after': '1e999' }, undefined],
    ['hexadecimal', { 'retry-after': '0x10' }, undefined],
    ['a number and a unit', { 'retry-after': '12 seconds' }, undefined],
    ['a text with a year', { 'retry-after': 'not before 2099' }, undefined],
    ['a bare year', { 'retry-after': 'AD 2099' }, undefined],
  ];

  test.each(rows)('%s', async (_, headers, from, to = from) => {
    const server = await serve((res) =>
      sendJson(res, { error: { message: 'wait' } }, 429, typeof headers === 'function' ? headers() : headers),
    );
    const error = await failure(client().completion(input(openai, server)));
    if (from === undefined) expect(error.retry_after).toBeUndefined();
    else {
      expect(error.retry_after).toBeGreaterThanOrEqual(from);
      expect(error.retry_after).toBeLessThanOrEqual(to ?? from);
    }
  });

  test('a date that has passed asks for no wait', async () => {
    const headers = { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' };
    const server = await serve((res) => sendJson(res, { error: { message: 'wait' } }, 429, headers));
    const error = await failure(client().completion(input(openai, server)));
    expect(error.retry_after ?? 0).toBe(0);
  });

  test.each([408, 409, 500, 502, 503, 529])('is read on %i too', async (status) => {
    const server = await serve((res) => sendJson(res, { error: { message: 'wait' } }, status, { 'retry-after': '7' }));
    for (const stream of [false, true])
      expect((await failure(client().completion({ ...input(openai, server), stream }))).retry_after).toBe(7);
  });
});

describe('headers', () => {
  test.each(['x-request-id', 'request-id', 'x-amzn-requestid', 'apim-request-id'])(
    'request_id from %s',
    async (name) => {
      const server = await serve((res) => sendJson(res, { error: { message: 'no' } }, 400, { [name]: 'id-4711' }));
      for (const wire of wires)
        expect((await failure(client().completion(input(wire, server)))).request_id).toBe('id-4711');
    },
  );

  test('of the answer stand on the error, in lower case, or as Headers', async () => {
    const server = await serve((res) => sendJson(res, { error: { message: 'no' } }, 400, { 'X-Ratelimit-Left': '3' }));
    const { headers } = await failure(client().completion(input(openai, server)));
    expect(headers?.['x-ratelimit-left']).toBe('3');
  });

  test('of the answer stand on results and streams', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi'), 200, { 'X-Ratelimit-Left': '3' }));
    const result = (await client().completion(input(openai, server))) as unknown as {
      _hidden_params: { headers: object };
    };
    expect(result._hidden_params.headers).toMatchObject({ 'x-ratelimit-left': '3' });
    const stream = await client().completion({ ...input(openai, server), stream: true });
    expect(stream._hidden_params.headers).toMatchObject({ 'x-ratelimit-left': '3' });
    await stream.final();
  });

  test('a StreamIncompleteError tells the request too', async () => {
    for (const name of ['x-request-id', 'request-id', 'x-amzn-requestid', 'apim-request-id']) {
      const server = await serve((res) => {
        res.writeHead(200, { 'content-type': 'text/event-stream', [name]: 'id-4711' });
        res.end();
      });
      const error = await failure(client().completion({ ...input(openai, server), stream: true }));
      expect(error.request_id).toBe('id-4711');
    }
  });
});

describe('the message holds the text of the provider', () => {
  const text = 'Zebra quota exceeded for project 4711';
  const shapes: [string, unknown][] = [
    ['OpenAI', { error: { message: text, type: 'invalid_request_error', param: 'model', code: null } }],
    ['Anthropic', { type: 'error', error: { type: 'invalid_request_error', message: text }, request_id: 'req_1' }],
    ['Gemini', { error: { code: 400, message: text, status: 'INVALID_ARGUMENT', details: [{ reason: 'X' }] } }],
    ['Gemini in an array', [{ error: { code: 400, message: text, status: 'INVALID_ARGUMENT' } }]],
    ['a text as error', { error: text }],
    ['FastAPI', { detail: [{ loc: ['body', 'messages', 0], msg: text, type: 'value_error' }] }],
    ['FastAPI, two entries', { detail: [{ msg: 'Field required' }, { loc: ['body'], msg: text }] }],
    ['FastAPI, a text', { detail: text }],
    ['FastAPI, an object', { detail: { error: text } }],
    ['message', { message: text }],
    ['Message', { Message: text }],
    ['a list of errors', { errors: [{ message: text }] }],
    ['a list of texts', { errors: [text] }],
    ['errors beside an error of another form', { error: { reason: text } }],
    ['a nested message', { error: { message: { detail: text } } }],
    ['an object of no known shape', { fault: { faultstring: text } }],
    ['a JSON text', JSON.stringify(text)],
    ['plain text', text],
    ['HTML', `<html><head><title>502</title></head><body><h1>${text}</h1></body></html>`],
  ];

  describe.each(wires)('$name', (wire) => {
    test.each(shapes)('%s', async (_, body) => {
      const server = await serve((res) => sendJson(res, body, 400));
      for (const stream of [false, true]) {
        const error = await failure(client().completion({ ...input(wire, server), stream }));
        expect(error).toBeInstanceOf(BadRequestError);
        expect(error.message).toContain(text);
        expect(CallmError.is(error)).toBe(true);
      }
    });
  });

  test.each([
    '',
    ' ',
    'null',
    '{}',
    '[]',
    '[null]',
    '{"error":null}',
    '{"error":{}}',
    '{"error":[]}',
    '{"error":{"message":null}}',
    '{"error":{"message":5,"code":{}}}',
  ])('and is not empty without one: %s', async (body) => {
    const server = await serve((res) => sendJson(res, body, 400));
    for (const wire of wires) {
      const error = await failure(client().completion(input(wire, server)));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error.message).not.toBe('');
      expect(error.message).not.toContain('undefined');
      expect(error.message).toContain('400');
    }
  });

  test.each(['json', 'text', 'html'])('and stays short: 200 KB of %s', async (kind) => {
    const long = 'lorem ipsum '.repeat(17_000);
    const body = kind === 'json' ? { error: { message: long } } : kind === 'html' ? `<html>${long}` : long;
    const server = await serve((res) => sendJson(res, body, 500));
    for (const wire of wires) {
      const error = await failure(client().completion(input(wire, server)));
      expect(error.message).toContain('lorem ipsum');
      expect(error.message.length).toBeLessThan(20_000);
    }
  });

  test('and its code, type and param are kept', async () => {
    const body = { error: { message: text, type: 'invalid_request_error', param: 'tools', code: 'bad_tool' } };
    const server = await serve((res) =>
      sendJson(res, gzipSync(JSON.stringify(body)), 400, { 'content-encoding': 'gzip' }),
    );
    const error = await failure(client().completion(input(openai, server)));
    expect(error).toMatchObject({ code: 'bad_tool', type: 'invalid_request_error', param: 'tools' });
    expect(error.error).toEqual(body);
  });
});
