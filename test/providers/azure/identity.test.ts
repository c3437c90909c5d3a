/** Credentials that only the optional package knows; a stand-in for it is handed in. */
import { describe, expect, test } from 'vitest';
import { apiKey, authenticate } from '../../../providers/azure/auth.js';
import { azure } from '../../../providers/azure/index.js';
import { AuthenticationError, type ClientOptions, type Provider } from '../../../src/index.js';
import { client, failure, serve } from '../../behaviour/server.js';
import { answering, ask, clock } from './entra.js';

type Found = { token: string; expiresOnTimestamp: number } | null;

const later = clock();

/** A client of a provider whose package gives what `getToken` gives. */
async function scene(
  getToken: (scope: string) => Promise<Found>,
  options: ClientOptions & Record<string, unknown> = {},
) {
  const made: unknown[] = [];
  const scopes: string[] = [];
  class DefaultAzureCredential {
    constructor(given: unknown) {
      made.push(given);
    }
    getToken(scope: string): Promise<Found> {
      scopes.push(scope);
      return getToken(scope);
    }
  }
  const { route: _, ...plain } = azure;
  const provider: Provider = {
    ...plain,
    auth: authenticate(apiKey, () => Promise.resolve({ DefaultAzureCredential })),
  };
  const resource = await serve(answering);
  const own = client({ api_key: undefined as never, api_base: resource.url, providers: [provider], ...options });
  return { made, scopes, resource, client: own };
}

const lasting = (token: string): Promise<Found> =>
  Promise.resolve({ token, expiresOnTimestamp: Date.now() + 3600_000 });

describe('@azure/identity', () => {
  test('gives a token for a hundred calls, and another before it ends', async () => {
    let count = 0;
    const { made, scopes, resource, client: own } = await scene(() => lasting(`managed-${++count}`));
    await Promise.all(Array.from({ length: 100 }, () => own.completion(ask)));
    expect(made).toEqual([{}]);
    expect(scopes).toEqual(['https://cognitiveservices.azure.com/.default']);
    expect(resource.requests[0]?.headers.authorization).toBe('Bearer managed-1');
    later(3302);
    await own.completion(ask);
    expect(resource.requests.at(-1)?.headers.authorization).toBe('Bearer managed-2');
  });

  test('is told of a user-assigned identity, a tenant and a scope', async () => {
    const {
      made,
      scopes,
      client: own,
    } = await scene(() => lasting('managed'), {
      env: { AZURE_TENANT_ID: 'tenant-1', AZURE_SCOPE: 'https://ai.azure.com/.default' },
    });
    await own.completion({ ...ask, client_id: 'identity-1' });
    expect(made).toEqual([
      { tenantId: 'tenant-1', managedIdentityClientId: 'identity-1', workloadIdentityClientId: 'identity-1' },
    ]);
    expect(scopes).toEqual(['https://ai.azure.com/.default']);
  });

  test('is not asked where there is a key, nor in a dry run', async () => {
    const { made, client: own } = await scene(() => lasting('managed'));
    await own.completion({ ...ask, api_key: 'key-1' });
    expect((await own.dryRun('chat', ask)).headers['authorization']).toBe('Bearer <redacted>');
    expect(made).toEqual([]);
  });

  test.each([
    ['finds nothing', () => Promise.reject(new Error('ChainedTokenCredential authentication failed.'))],
    ['gives nothing', () => Promise.resolve(null)],
  ])('that %s is an error, and is asked again by the next call', async (_, getToken) => {
    const { made, resource, client: own } = await scene(getToken);
    const errors = await Promise.all(Array.from({ length: 10 }, () => failure(own.completion(ask))));
    for (const error of errors) expect(error).toBeInstanceOf(AuthenticationError);
    expect(errors[0]?.message).toContain('@azure/identity');
    expect(made.length).toBe(1);
    await failure(own.completion(ask));
    expect([made.length, resource.requests.length]).toEqual([2, 0]);
  });
});
