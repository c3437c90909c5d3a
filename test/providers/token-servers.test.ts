/** What holds for the tokens of every vendor that exchanges credentials for them: how often, how long, and without one. */
import type { ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { APIConnectionError, AuthenticationError, type ClientOptions, InternalServerError } from '../../src/index.js';
import { type Answer, client, failure, sendJson, serve, sleep, type TestServer } from '../behaviour/server.js';

afterEach(() => {
  vi.useRealTimers();
});
/** Moves the time of day alone: sockets and timers go on. */
const later = (seconds: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
};

interface Vendor {
  name: string;
  model: string;
  options(tokens: TestServer, resource: TestServer): ClientOptions & Record<string, unknown>;
  /** What may never be shown, in the forms in which it goes out. */
  secrets: string[];
  /** What a refusal says is to be done. */
  remedy: RegExp;
  /** Seconds before its end in which a token of an hour is used no longer. */
  margin: number;
}

const secret = 'aB8~q+/harbour secret=&%';
const forms = [secret, encodeURIComponent(secret), new URLSearchParams({ a: secret }).toString().slice(2)];

const vendors: Vendor[] = [
  {
    name: 'azure',
    model: 'azure/gpt-4o',
    options: (tokens, resource) => ({
      env: {
        AZURE_AUTHORITY_HOST: tokens.url,
        AZURE_API_BASE: resource.url,
        AZURE_TENANT_ID: 'harbour',
        AZURE_CLIENT_ID: 'app-1',
        AZURE_CLIENT_SECRET: secret,
      },
    }),
    secrets: forms,
    remedy: /AZURE_CLIENT_SECRET/,
    margin: 300,
  },
  {
    name: 'databricks',
    model: 'databricks/databricks-gpt-5',
    options: (tokens, resource) => ({
      env: {
        DATABRICKS_HOST: tokens.url,
        DATABRICKS_API_BASE: resource.url,
        DATABRICKS_CLIENT_ID: 'app-1',
        DATABRICKS_CLIENT_SECRET: secret,
      },
    }),
    secrets: [...forms, btoa(`app-1:${encodeURIComponent(secret)}`)],
    remedy: /DATABRICKS_CLIENT_SECRET/,
    margin: 60,
  },
  {
    name: 'vertex_ai',
    model: 'vertex_ai/gemini-2.5-flash',
    options: (tokens, resource) => ({
      env: { VERTEXAI_PROJECT: 'harbour-1' },
      api_base: resource.url,
      vertex_credentials: {
        type: 'authorized_user',
        client_id: 'client-1',
        client_secret: secret,
        refresh_token: 'refresh-token-value',
        token_uri: `${tokens.url}/token`,
      },
    }),
    secrets: [...forms, 'refresh-token-value'],
    remedy: /gcloud auth application-default login/,
    margin: 225,
  },
  {
    name: 'watsonx',
    model: 'watsonx/ibm/granite-3-3-8b-instruct',
    options: (tokens, resource) => ({
      env: {
        WATSONX_URL: resource.url,
        WATSONX_IAM_URL: `${tokens.url}/identity/token`,
        WATSONX_APIKEY: secret,
        WATSONX_PROJECT_ID: 'project-1',
      },
    }),
    secrets: forms,
    remedy: /WATSONX_APIKEY/,
    margin: 60,
  },
];

const whole = {
  id: 'chatcmpl-1',
  model: 'm',
  model_id: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'High.' }, finish_reason: 'stop' }],
  candidates: [{ content: { role: 'model', parts: [{ text: 'High.' }] }, finishReason: 'STOP' }],
};
const answering: Answer = (res) => sendJson(res, whole);
/** Numbered tokens that last an hour. */
const granting: Answer = (res, _, index) =>
  sendJson(res, { access_token: `harbour-token-${index + 1}`, token_type: 'Bearer', expires_in: 3600 });

const many = (count: number, make: () => Promise<unknown>): Promise<unknown[]> =>
  Promise.all(Array.from({ length: count }, make));
const tokensSent = ({ requests }: TestServer): unknown[] => requests.map(({ headers }) => headers.authorization);

describe.each(vendors)('$name', ({ model, options, secrets, remedy, margin }) => {
  const ask = { model, messages: [{ role: 'user' as const, content: 'Which tide now?' }] };

  async function scene(grant: Answer = granting, answer: Answer = answering, more: ClientOptions = {}) {
    const tokens = await serve(grant);
    const resource = await serve(answer);
    const callm = client({ api_key: undefined as never, ...options(tokens, resource), ...more });
    return { tokens, resource, ask: () => callm.completion(ask) };
  }

  test('a hundred calls at once make one token request', async () => {
    const {
      tokens,
      resource,
      ask: call,
    } = await scene(async (...given) => {
      await sleep(20);
      await granting(...given);
    });
    await many(100, call);
    await call();
    expect(tokens.requests).toHaveLength(1);
    expect(resource.requests).toHaveLength(101);
    expect(new Set(tokensSent(resource))).toEqual(new Set(['Bearer harbour-token-1']));
  });

  test('a token is used until shortly before its end, and then replaced once for all calls', async () => {
    const { tokens, resource, ask: call } = await scene();
    await call();
    later(3600 - margin - 5);
    await call();
    expect(tokens.requests).toHaveLength(1);
    later(10);
    await many(100, call);
    expect(tokens.requests).toHaveLength(2);
    expect(tokensSent(resource).at(-1)).toBe('Bearer harbour-token-2');
  });

  test('a token of a minute is used for some of it, not asked for by every call', async () => {
    const { tokens, ask: call } = await scene((res, _, index) =>
      sendJson(res, { access_token: `harbour-token-${index + 1}`, expires_in: 60 }),
    );
    await call();
    later(25);
    await call();
    expect(tokens.requests).toHaveLength(1);
    later(31);
    await call();
    expect(tokens.requests).toHaveLength(2);
  });

  test.each([-3 * 3600, 3 * 3600])('a clock that is %i seconds off changes nothing', async (off) => {
    const date = new Date().toUTCString();
    later(off);
    const { tokens, ask: call } = await scene((res, request, index) => {
      res.setHeader('date', date);
      void granting(res, request, index);
    });
    await call();
    later(3600 - margin - 5);
    await call();
    expect(tokens.requests).toHaveLength(1);
    later(10);
    await call();
    expect(tokens.requests).toHaveLength(2);
  });

  test('a stale token that ten calls were refused with is replaced once', async () => {
    const stale = (res: ServerResponse): void => sendJson(res, { error: { code: 401, message: 'stale' } }, 401);
    const {
      tokens,
      resource,
      ask: call,
    } = await scene(granting, async (res, request, index) => {
      await sleep(index % 3);
      if (index > 0 && request.headers.authorization === 'Bearer harbour-token-1') stale(res);
      else await answering(res, request, index);
    });
    await call();
    later(90);
    await many(10, call);
    expect(tokens.requests).toHaveLength(2);
    expect(tokensSent(resource).filter((token) => token === 'Bearer harbour-token-2')).toHaveLength(10);
  });

  const show = (value: unknown): string =>
    `${JSON.stringify(value)} ${inspect(value, { depth: 20, showHidden: true })} ${(value as Error).stack}`;
  /** Repeats all it was sent. */
  const echo = (text: string, headers: unknown): string =>
    `bad credentials ${secrets.join(' ')} in ${text} with ${JSON.stringify(headers)}`;
  const failing: [string, Answer, abstract new (...given: never[]) => Error, boolean][] = [
    ['HTTP 400', (res, { text, headers }) => sendJson(res, { error: 'invalid_client', error_description: echo(text, headers), errorMessage: echo(text, headers) }, 400), AuthenticationError, true], // prettier-ignore
    ['HTTP 401', (res, { text, headers }) => sendJson(res, echo(text, headers), 401), AuthenticationError, true],
    ['HTTP 403', (res) => sendJson(res, {}, 403), AuthenticationError, true],
    ['a page', (res, { text }) => sendJson(res, `<html>Sign in ${text}`), AuthenticationError, true],
    ['no token', (res) => sendJson(res, { token_type: 'Bearer' }), AuthenticationError, true],
    ['nothing', (res) => sendJson(res, ''), AuthenticationError, true],
    ['HTTP 500', (res, { text, headers }) => sendJson(res, echo(text, headers), 500), InternalServerError, false],
    ['HTTP 503', (res) => sendJson(res, { error: 'down' }, 503), InternalServerError, false],
    ['a broken connection', (res) => void res.destroy(), APIConnectionError, false],
  ];

  test.each(failing)('%s in place of a token', async (what, fail, type, final) => {
    const {
      tokens,
      resource,
      ask: call,
    } = await scene((res, request, index) => (index === 0 ? fail(res, request, index) : granting(res, request, index)));
    const error = await failure(call());
    expect(error).toBeInstanceOf(type);
    if (final) expect(error.message).toMatch(remedy);
    // A fault that is not of the credentials names the server that has it.
    if (what === 'a broken connection') expect(error.message).toContain(`127.0.0.1:${tokens.port}`);
    for (const each of secrets) expect(show(error)).not.toContain(each);
    expect(error.llm_provider).toBe(model.split('/')[0]);
    expect(resource.requests).toHaveLength(0);
    // The next call asks anew.
    await call();
    expect(tokens.requests).toHaveLength(2);
    expect(tokensSent(resource)).toEqual(['Bearer harbour-token-2']);
  });

  test('a hundred calls share a failure, each with an error of its own', async () => {
    for (const fail of [(res: ServerResponse) => sendJson(res, {}, 401), (res: ServerResponse) => void res.destroy()]) {
      const { tokens, ask: call } = await scene(async (res) => {
        await sleep(20);
        fail(res);
      });
      const errors = await many(100, () => failure(call()));
      expect(tokens.requests).toHaveLength(1);
      expect(new Set(errors).size).toBe(100);
    }
  });

  test('a token server that is down is asked again within the retries of the call', async () => {
    const { tokens, ask: call } = await scene(
      (res, request, index) =>
        index === 0 ? sendJson(res, {}, 503, { 'retry-after': '0.01' }) : granting(res, request, index),
      answering,
      { num_retries: 1 },
    );
    await call();
    expect(tokens.requests).toHaveLength(2);
  });

  test('the resource may repeat what it was sent', async () => {
    const { ask: call } = await scene(granting, (res, { headers }) =>
      sendJson(res, { error: { message: `${headers.authorization} by ${secrets.join(' ')}`, code: 400 } }, 400),
    );
    const error = await failure(call());
    for (const each of [...secrets, 'harbour-token-1']) expect(show(error)).not.toContain(each);
  });
});
