/** Which credential goes on the wire, and that none is shown. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AuthenticationError, BadRequestError } from '../../../src/index.js';
import { failure, sendJson } from '../../behaviour/server.js';
import { ask, entra, principal } from './entra.js';

const sent = (headers: Record<string, unknown> | undefined) => ({
  key: headers?.['api-key'],
  token: headers?.['authorization'],
});

describe('of several credentials', () => {
  const variables = {
    AZURE_OPENAI_API_KEY: 'key-of-openai-variable',
    AZURE_API_KEY: 'key-of-variable',
    AZURE_AD_TOKEN: 'token-of-variable',
    AZURE_TENANT_ID: principal.tenant_id,
    AZURE_CLIENT_ID: principal.client_id,
    AZURE_CLIENT_SECRET: principal.client_secret,
  };
  const without = (...names: string[]) =>
    Object.fromEntries(Object.entries(variables).filter(([name]) => !names.includes(name)));
  const keys = ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'];

  test.each([
    [
      'a header',
      { ...principal, api_key: 'key-1', extra_headers: { 'Api-Key': 'by-hand' } },
      variables,
      { key: 'by-hand' },
    ],
    [
      'a header with a token',
      { api_key: 'key-1', headers: { Authorization: 'Bearer by-hand' } },
      variables,
      { token: 'Bearer by-hand' },
    ],
    ['api_key', { ...principal, api_key: 'key-1', azure_ad_token: 'token-1' }, variables, { key: 'key-1' }],
    ['api_key as a function', { api_key: () => Promise.resolve('key-2') }, variables, { key: 'key-2' }],
    ['azure_ad_token', { ...principal, azure_ad_token: ' token-1\n' }, variables, { token: 'Bearer token-1' }],
    ['azure_ad_token as a function', { azure_ad_token: () => 'token-2' }, variables, { token: 'Bearer token-2' }],
    [
      'azure_ad_token_provider',
      { ...principal, azure_ad_token_provider: () => Promise.resolve('token-3') },
      variables,
      { token: 'Bearer token-3' },
    ],
    ['the secret of a principal', principal, variables, { token: 'Bearer entra-token-1' }],
    [
      'a principal of which variables tell the rest',
      { client_id: 'app-4712' },
      variables,
      { token: 'Bearer entra-token-1' },
    ],
    ['the first variable', {}, variables, { key: 'key-of-openai-variable' }],
    ['the second variable', {}, without('AZURE_OPENAI_API_KEY'), { key: 'key-of-variable' }],
    ['the token in a variable', {}, without(...keys), { token: 'Bearer token-of-variable' }],
    [
      'the other variable for a token',
      {},
      { AZURE_OPENAI_AD_TOKEN: 'token-of-other-variable' },
      { token: 'Bearer token-of-other-variable' },
    ],
    ['the principal in variables', {}, without(...keys, 'AZURE_AD_TOKEN'), { token: 'Bearer entra-token-1' }],
  ])('%s counts', async (_, options, env, expected) => {
    const { resource, client } = await entra();
    await client({ env }).completion({ ...ask, ...options });
    expect(sent(resource.requests[0]?.headers)).toEqual({ key: undefined, token: undefined, ...expected });
    for (const name of [...Object.keys(principal), 'azure_ad_token', 'azure_ad_token_provider'])
      expect(resource.requests[0]?.body).not.toHaveProperty(name);
  });

  test('none at all is an error that names them, and nothing is sent', async () => {
    const { tokens, resource, client } = await entra();
    const error = await failure(client({ env: { OPENAI_API_KEY: 'sk-foreign' } }).completion(ask));
    expect(error).toBeInstanceOf(AuthenticationError);
    for (const name of ['api_key', 'azure_ad_token_provider', 'client_secret', 'AZURE_API_KEY', '@azure/identity'])
      expect(error.message).toContain(name);
    expect([error.code, error.param, error.attempts]).toEqual(['missing_api_key', 'api_key', []]);
    expect([tokens.requests.length, resource.requests.length]).toEqual([0, 0]);
  });
});

describe('a function that gives tokens', () => {
  test('is asked once for each attempt', async () => {
    let asked = 0;
    const { resource, client } = await entra(undefined, (res, _, index) =>
      index === 0 ? sendJson(res, {}, 500, { 'retry-after-ms': '1' }) : sendJson(res, { choices: [] }),
    );
    const options = { azure_ad_token_provider: () => `token-${++asked}`, num_retries: 1 };
    await client(options).completion(ask);
    expect(resource.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  test('may fail', async () => {
    const { resource, client } = await entra();
    const cause = new Error('no smart card');
    const error = await failure(client({ azure_ad_token_provider: () => Promise.reject(cause) }).completion(ask));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error).toMatchObject({ code: 'token_provider_failed', param: 'azure_ad_token_provider', cause });
    expect(resource.requests.length).toBe(0);
  });

  test.each([
    ['azure_ad_token_provider', () => undefined],
    ['azure_ad_token_provider', () => 'a\r\nx-evil: 1'],
    ['azure_ad_token_provider', 'token-1'],
    ['azure_ad_token', 'two words'],
    ['azure_ad_token', 7],
  ])('or another value that is no token is refused: %s', async (name, value) => {
    const { resource, client } = await entra();
    const error = await failure(client({ [name]: value }).completion(ask));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param: name });
    expect(error.message).toContain(name);
    expect(resource.requests.length).toBe(0);
  });
});

describe('a dry run', () => {
  test.each([
    ['a principal', principal, {}],
    ['a principal in variables', {}, { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 'hush-hush' }],
    ['a token', { azure_ad_token: 'entra-token-0' }, {}],
    ['a function', { azure_ad_token_provider: () => expect.unreachable('not in a dry run') }, {}],
  ])('asks nobody for a token and shows none: %s', async (_, options, env) => {
    const { tokens, resource, client } = await entra();
    const dry = await client({ env }).dryRun('chat', { ...ask, ...options });
    expect(dry.headers['authorization']).toBe('Bearer <redacted>');
    expect(dry.url).toBe(`${resource.url}/openai/deployments/gpt-4o/chat/completions?api-version=2025-02-01-preview`);
    expect(JSON.stringify(dry)).not.toMatch(/entra-token|hush-hush|aB8~q/);
    expect([tokens.requests.length, resource.requests.length]).toEqual([0, 0]);
  });
});

describe('secrets stay hidden', () => {
  const show = (value: unknown): string =>
    `${JSON.stringify(value)} ${inspect(value, { depth: 20, showHidden: true })} ${(value as Error).stack}`;
  const { client_secret: secret } = principal;
  const spellings = [secret, encodeURIComponent(secret), new URLSearchParams({ a: secret }).toString().slice(2)];

  test('when the login server repeats them', async () => {
    const { client } = await entra((res, { text }) =>
      sendJson(res, { error: 'invalid_client', error_description: `AADSTS7000215: ${secret} in ${text}` }, 401),
    );
    const error = await failure(client(principal).completion(ask));
    expect(error.message).toContain('AADSTS7000215');
    for (const spelling of spellings) expect(show(error)).not.toContain(spelling);
  });

  test('when the resource repeats them', async () => {
    const { client } = await entra(undefined, (res, { headers }) =>
      sendJson(res, { error: { message: `${headers.authorization} by ${secret}`, code: 'x' } }, 400, {
        'x-echo': String(headers.authorization),
      }),
    );
    const error = await failure(client(principal).completion(ask));
    expect(error.message).toContain('<redacted>');
    for (const spelling of [...spellings, 'entra-token-1']) expect(show(error)).not.toContain(spelling);
  });

  test('in a result', async () => {
    const { client } = await entra();
    const made = client(principal);
    const result = await made.completion(ask);
    for (const spelling of [...spellings, 'entra-token-1'])
      expect(show([result, result._hidden_params, made])).not.toContain(spelling);
  });
});
