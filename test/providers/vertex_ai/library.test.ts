import { inspect } from 'node:util';
import { afterEach, expect, test, vi } from 'vitest';
import { failure } from '../../behaviour/server.js';
import { ask, bearer, clock, google } from './google.js';

const later = clock();
const federated = { type: 'external_account', audience: '//iam.googleapis.com/pool', secret: 'of-the-pool' };

/** What Google's library was made with, and what it gives. */
const made: unknown[] = [];
let give: () => { token?: string | null; expiry_date?: number } = () => ({ token: 'ya29.federated' });

vi.mock('google-auth-library', () => ({
  GoogleAuth: class {
    constructor(options: unknown) {
      made.push(options);
    }
    getClient() {
      const { token, ...credentials } = give();
      return Promise.resolve({ credentials, getAccessToken: () => Promise.resolve({ token }) });
    }
  },
}));
afterEach(() => {
  made.length = 0;
});

test('credentials of other kinds are given to the library; its token is kept until shortly before its end', async () => {
  const { models, client } = await google();
  give = () => ({ token: `ya29.federated-${made.length}`, expiry_date: Date.now() + 3600_000 });
  const calls = client({ vertex_credentials: federated, vertex_project: 'p-1' });
  await calls.completion(ask);
  later(3600 - 230);
  await calls.completion(ask);
  later(10);
  await calls.completion(ask);
  expect(made).toEqual(
    Array(2).fill({ credentials: federated, scopes: 'https://www.googleapis.com/auth/cloud-platform' }),
  );
  expect(models.requests.map(bearer)).toEqual([1, 1, 2].map((number) => `Bearer ya29.federated-${number}`));
});

test.each([
  [Object.assign(new Error('getaddrinfo ENOTFOUND sts.example'), { code: 'ENOTFOUND' }), 'APIConnectionError'],
  [Object.assign(new Error('try later'), { status: 503, code: 503 }), 'ServiceUnavailableError'],
  [Object.assign(new Error('invalid_grant'), { status: 400, code: 400 }), 'AuthenticationError'],
])('its failure %s makes a %s', async (reason, name) => {
  const { models, client } = await google();
  give = () => {
    throw reason;
  };
  const error = await failure(client({ vertex_credentials: federated, vertex_project: 'p-1' }).completion(ask));
  expect(error).toMatchObject({ name, llm_provider: 'vertex_ai' });
  expect(error.message).toContain('google-auth-library gave no access token for type external_account');
  expect(error.message).toContain(reason.message);
  expect(inspect(error, { depth: 9 })).not.toContain('of-the-pool');
  expect(models.requests).toHaveLength(0);
});

test('no token from it is told', async () => {
  const { client } = await google();
  give = () => ({ token: null });
  const error = await failure(client({ vertex_credentials: federated, vertex_project: 'p-1' }).completion(ask));
  expect(error).toMatchObject({ name: 'AuthenticationError', message: expect.stringContaining('it gave no token') });
});
