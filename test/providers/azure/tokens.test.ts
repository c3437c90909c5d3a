/** Tokens of service principals: how they are asked for, how long they are kept, what happens when there is none. */
import { describe, expect, test } from 'vitest';
import {
  APIConnectionError,
  APIUserAbortError,
  AuthenticationError,
  BadRequestError,
  InternalServerError,
  RateLimitError,
} from '../../../src/index.js';
import { failure, sendJson, sleep } from '../../behaviour/server.js';
import { answering, ask, clock, entra, granting, principal } from './entra.js';

const later = clock();
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

describe('a token', () => {
  test('is asked for as Entra documents it', async () => {
    const { tokens, client } = await entra();
    await client(principal).completion(ask);
    const [asked] = tokens.requests;
    expect(asked).toMatchObject({ method: 'POST', path: '/harbour.onmicrosoft.com/oauth2/v2.0/token' });
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(Object.fromEntries(new URLSearchParams(asked?.text))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'app-4711',
      client_secret: principal.client_secret,
      scope: 'https://cognitiveservices.azure.com/.default',
    });
  });

  test.each([
    ['the option', { azure_scope: 'https://ai.azure.com/.default' }, {}],
    ['the variable', {}, { AZURE_SCOPE: 'https://ai.azure.com/.default' }],
  ])('is for another scope if %s says so', async (_, options, env) => {
    const { tokens, client } = await entra();
    await client({ ...principal, env }).completion({ ...ask, ...options });
    expect(new URLSearchParams(tokens.requests[0]?.text).get('scope')).toBe('https://ai.azure.com/.default');
  });

  test('serves a hundred calls at once, and those after', async () => {
    const { tokens, resource, client } = await entra(async (res, request, index) => {
      await sleep(20);
      await granting(res, request, index);
    });
    const made = client(principal);
    await Promise.all(many(100, () => made.completion(ask)));
    await made.completion(ask);
    expect(tokens.requests.length).toBe(1);
    expect(new Set(resource.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(['Bearer entra-token-1']),
    );
  });

  test('is replaced before its end, once for all calls', async () => {
    const { tokens, resource, client } = await entra();
    const made = client(principal);
    await made.completion(ask);
    later(3599 - 301);
    await made.completion(ask);
    expect(tokens.requests.length).toBe(1);
    later(2);
    await Promise.all(many(100, () => made.completion(ask)));
    expect(tokens.requests.length).toBe(2);
    expect(resource.requests.at(-1)?.headers.authorization).toBe('Bearer entra-token-2');
  });

  test('that lasts a minute is used for most of it', async () => {
    const { tokens, client } = await entra((res) => sendJson(res, { access_token: 'brief', expires_in: '60' }));
    const made = client(principal);
    await made.completion(ask);
    later(45);
    await made.completion(ask);
    expect(tokens.requests.length).toBe(1);
    later(4);
    await made.completion(ask);
    expect(tokens.requests.length).toBe(2);
  });

  test('is not shared by principals, scopes or clients', async () => {
    const { tokens, client } = await entra();
    const made = client(principal);
    for (const other of [{}, { client_id: 'app-2' }, { client_secret: 'rotated' }, { azure_scope: 'api://x' }, {}])
      await made.completion({ ...ask, ...other });
    expect(tokens.requests.length).toBe(4);
    await client(principal).completion(ask);
    expect(tokens.requests.length).toBe(5);
  });
});

describe('without a token', () => {
  const refusing = (status: number, body: unknown, headers = {}) =>
    entra((res) => sendJson(res, body, status, headers));

  test.each([400, 401])('after HTTP %i the call fails as unauthenticated, untried', async (status) => {
    const body = { error: 'invalid_client', error_description: 'AADSTS7000215: Invalid client secret provided.' };
    const { tokens, resource, client } = await refusing(status, body);
    const error = await failure(client({ ...principal, num_retries: 2 }).completion(ask));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: 'invalid_client', status: undefined, status_code: 401, attempts: [] });
    expect(error).toMatchObject({ llm_provider: 'azure', model: 'gpt-4o' });
    expect(error.message).toContain('AADSTS7000215');
    expect([tokens.requests.length, resource.requests.length]).toEqual([1, 0]);
  });

  test('a hundred calls share the refusal, each with an error of its own', async () => {
    const { tokens, client } = await entra(async (res) => {
      await sleep(20);
      sendJson(res, { error: 'unauthorized_client' }, 400);
    });
    const made = client(principal);
    const errors = await Promise.all(many(100, () => failure(made.completion(ask))));
    expect(tokens.requests.length).toBe(1);
    expect(new Set(errors).size).toBe(100);
    await failure(made.completion(ask));
    expect(tokens.requests.length).toBe(2);
  });

  test.each([
    ['a fault', 500, InternalServerError],
    ['a limit', 429, RateLimitError],
  ])('after %s of the login server the call is tried again', async (_, status, type) => {
    const { tokens, client } = await entra((res, request, index) =>
      index === 0
        ? sendJson(res, { error: 'temporarily_unavailable' }, status, { 'retry-after': '0.01' })
        : granting(res, request, index),
    );
    await client({ ...principal, num_retries: 1 }).completion(ask);
    expect(tokens.requests.length).toBe(2);
    const { client: other } = await refusing(status, 'down for repair', { 'retry-after': '3' });
    const error = await failure(other(principal).completion(ask));
    expect(error).toBeInstanceOf(type);
    expect(error).toMatchObject({ status, retry_after: 3 });
    expect(error.message).toContain('down for repair');
  });

  test.each([
    ['a page', 200, '<html>Sign in</html>', 'Sign in'],
    ['no token', 200, { token_type: 'Bearer' }, 'no token in its answer'],
    ['a redirect', 302, '', 'HTTP 302'],
  ])('%s in its place is told', async (_, status, body, told) => {
    const { resource, client } = await refusing(status, body, { location: 'https://elsewhere.example.com' });
    const error = await failure(client(principal).completion(ask));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toContain(told);
    expect(resource.requests.length).toBe(0);
  });

  test('because the connection broke, the call may be tried again', async () => {
    const { client } = await entra((res) => {
      res.destroy();
    });
    const error = await failure(client(principal).completion(ask));
    expect(error.constructor).toBe(APIConnectionError);
  });

  test('because the call that asked was given up, the others go on', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { tokens, resource, client } = await entra(async (res, request, index) => {
      if (index === 0) await held;
      await granting(res, request, index);
    });
    const made = client(principal);
    const controller = new AbortController();
    const first = failure(made.completion({ ...ask, signal: controller.signal }));
    await tokens.received(1);
    const others = many(9, () => made.completion(ask));
    controller.abort();
    expect(await first).toBeInstanceOf(APIUserAbortError);
    await Promise.all(others);
    release();
    expect([tokens.requests.length, resource.requests.length]).toEqual([2, 9]);
  });
});

describe('what is given for a token request is checked', () => {
  test.each([
    ['tenant_id', { ...principal, tenant_id: '../other' }, {}],
    ['tenant_id', { ...principal, tenant_id: 'a/b?c' }, {}],
    ['AZURE_AUTHORITY_HOST', principal, { AZURE_AUTHORITY_HOST: 'http://login.example.com' }],
    ['AZURE_AUTHORITY_HOST', principal, { AZURE_AUTHORITY_HOST: 'http://[' }],
  ])('%s', async (name, options, env) => {
    const { tokens, client } = await entra();
    const error = await failure(client({ ...options, env }).completion(ask));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error.param).toBe(name);
    expect(tokens.requests.length).toBe(0);
  });
});

describe('a token that the resource refuses', () => {
  const stale = { error: { code: 'Unauthorized', message: 'Access token is missing, invalid, or have expired.' } };

  test('is replaced once, when it is not young, for all calls that used it', async () => {
    const { tokens, resource, client } = await entra(undefined, (res, request, index) =>
      request.headers.authorization === 'Bearer entra-token-1' && index > 0
        ? sendJson(res, stale, 401)
        : answering(res, request, index),
    );
    const made = client(principal);
    await made.completion(ask);
    later(61);
    await Promise.all(many(10, () => made.completion(ask)));
    expect(tokens.requests.length).toBe(2);
    expect(resource.requests.filter(({ headers }) => headers.authorization === 'Bearer entra-token-2').length).toBe(10);
  });

  test('is not replaced while it is young, nor twice in a call', async () => {
    const { tokens, resource, client } = await entra(undefined, (res) => sendJson(res, stale, 401));
    const made = client(principal);
    expect(await failure(made.completion(ask))).toBeInstanceOf(AuthenticationError);
    expect([tokens.requests.length, resource.requests.length]).toEqual([1, 1]);
    later(61);
    expect(await failure(made.completion(ask))).toMatchObject({ status: 401, code: 'Unauthorized' });
    expect([tokens.requests.length, resource.requests.length]).toEqual([2, 3]);
  });

  test('is none of ours to replace when the caller gave it', async () => {
    const { resource, client } = await entra(undefined, (res) => sendJson(res, stale, 401));
    await failure(client({ azure_ad_token_provider: () => 'given' }).completion(ask));
    expect(resource.requests.length).toBe(1);
  });
});
