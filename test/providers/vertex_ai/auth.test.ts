import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { AuthenticationError } from '../../../src/index.js';
import { failure, sendJson, sleep } from '../../behaviour/server.js';
import {
  ask,
  bearer,
  claimsOf,
  clock,
  folder,
  google,
  grant,
  keyLine,
  privateKey,
  realNow,
  serviceAccount,
} from './google.js';

const hour = 3600;
const path = '/v1/projects/harbour-1/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent';

const later = clock();

describe('the key of a service account', () => {
  test('is exchanged for a token by a signed request', async () => {
    const { tokens, models, tokenUri, client } = await google();
    await client({ vertex_credentials: serviceAccount(tokenUri) }).completion(ask);

    const [asked] = tokens.requests;
    expect(asked).toMatchObject({ method: 'POST', path: '/token' });
    expect(asked?.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(new URLSearchParams(asked?.text).get('grant_type')).toBe('urn:ietf:params:oauth:grant-type:jwt-bearer');
    const { header, claims } = claimsOf(asked as never);
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT', kid: 'key-7' });
    const iat = claims['iat'] as number;
    expect(Math.abs(iat - realNow() / 1000)).toBeLessThan(30);
    expect(claims).toEqual({
      iss: 'pilot@harbour-1.iam.gserviceaccount.com',
      scope: 'https://www.googleapis.com/auth/cloud-platform',
      aud: tokenUri,
      iat,
      exp: iat + hour,
    });
    expect(models.requests.map(({ path, headers }) => [path, headers.authorization])).toEqual([
      [path, 'Bearer ya29.token-1'],
    ]);
  });

  test('may be an object, text, a file, or stand in a variable; options come before variables', async () => {
    const { tokens, models, tokenUri, client } = await google();
    const place = folder();
    const account = (id: string) => serviceAccount(tokenUri, { project_id: id });
    const ways: [string, Record<string, unknown>][] = [
      ['a1', { vertex_credentials: account('a1') }],
      ['a2', { vertex_credentials: JSON.stringify(account('a2')) }],
      ['a3', { vertex_credentials: place.write('a3.json', account('a3')) }],
      ['a4', { vertex_ai_credentials: account('a4') }],
      ['a5', { env: { VERTEXAI_CREDENTIALS: `\n${JSON.stringify(account('a5'))}\n` } }],
      ['a6', { env: { VERTEXAI_CREDENTIALS: place.write('a6.json', account('a6')) } }],
      ['a7', { env: { GOOGLE_APPLICATION_CREDENTIALS: place.write('a7.json', account('a7')) } }],
      [
        'a8',
        {
          vertex_credentials: account('a8'),
          env: { VERTEXAI_CREDENTIALS: 'none', GOOGLE_APPLICATION_CREDENTIALS: 'none' },
        },
      ],
      ['a9', { env: { VERTEXAI_CREDENTIALS: JSON.stringify(account('a9')), GOOGLE_APPLICATION_CREDENTIALS: 'none' } }],
      // Of one's own credentials the project counts, not that of Google's variables.
      ['a10', { vertex_credentials: account('a10'), env: { GOOGLE_CLOUD_PROJECT: 'elsewhere' } }],
      ['named', { vertex_credentials: account('a11'), env: { VERTEXAI_PROJECT: 'named' } }],
      [
        'cloud',
        {
          env: {
            GOOGLE_APPLICATION_CREDENTIALS: place.write('a12.json', account('a12')),
            GOOGLE_CLOUD_PROJECT: 'cloud',
          },
        },
      ],
    ];
    for (const [id, options] of ways) {
      await client(options).completion(ask);
      expect(models.requests.at(-1)?.path).toContain(`/projects/${id}/locations/us-central1/`);
    }
    expect(tokens.requests).toHaveLength(ways.length);
  });

  test('may have its line breaks as two characters', async () => {
    const { tokens, tokenUri, client } = await google();
    const credentials = serviceAccount(tokenUri, { private_key: privateKey.replaceAll('\n', '\\n') });
    await client({ vertex_credentials: credentials }).completion(ask);
    expect(claimsOf(tokens.requests[0] as never).claims['iss']).toContain('pilot@');
  });

  test.each([
    [{ private_key: undefined }, 'no private_key'],
    [{ client_email: '' }, 'no client_email'],
    [{ private_key: 'nonsense' }, 'no PEM block named PRIVATE KEY'],
    [{ private_key: '-----BEGIN PRIVATE KEY-----\n????\n-----END PRIVATE KEY-----' }, 'its base64 is broken'],
    [{ private_key: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----' }, 'no RSA key in PKCS #8'],
  ])('is refused when it is broken: %o', async (broken, message) => {
    const { tokens, models, tokenUri, client } = await google();
    const error = await failure(client({ vertex_credentials: serviceAccount(tokenUri, broken) }).completion(ask));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect(error.message).toContain('vertex_credentials');
    expect(error.message).toContain(message);
    expect([tokens.requests, models.requests]).toEqual([[], []]);
  });

  test.each([
    ['{"type": "service_account", "private_key": "secret-in-broken-json"', 'holds no JSON object'],
    ['/nowhere/secret-name.json', 'no file of that name can be read (ENOENT)'],
    [['a'], 'must be the JSON of a key'],
  ])('is refused when it is no key at all: %j', async (vertex_credentials, message) => {
    const { client } = await google();
    const error = await failure(client({ vertex_credentials }).completion(ask));
    expect(error).toMatchObject({
      name: 'AuthenticationError',
      param: 'vertex_credentials',
      llm_provider: 'vertex_ai',
    });
    expect(error.message).toContain(message);
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  });
});

describe('a token', () => {
  test('is kept until shortly before its end', async () => {
    const { tokens, models, tokenUri, client } = await google();
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await calls.completion(ask);
    later(hour - 230);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(1);
    later(10);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(2);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.token-1', 'Bearer ya29.token-1', 'Bearer ya29.token-2']);
  });

  test('of short life is kept for half of it', async () => {
    const { tokens, tokenUri, client } = await google((res) =>
      sendJson(res, { access_token: 'ya29.brief', expires_in: 100 }),
    );
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await calls.completion(ask);
    later(45);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(1);
    later(10);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(2);
  });

  test('is asked for once by a hundred calls', async () => {
    const { tokens, models, tokenUri, client } = await google(async (...args) => {
      await sleep(30);
      await grant(...args);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await Promise.all(Array.from({ length: 100 }, () => calls.completion(ask)));
    expect(tokens.requests).toHaveLength(1);
    expect(new Set(models.requests.map(bearer))).toEqual(new Set(['Bearer ya29.token-1']));
    expect(models.requests).toHaveLength(100);
  });

  test('belongs to its own credentials and client', async () => {
    const { tokens, tokenUri, client } = await google();
    const calls = client();
    const own = serviceAccount(tokenUri);
    await calls.completion({ ...ask, vertex_credentials: own });
    await calls.completion({ ...ask, vertex_credentials: JSON.stringify(own) });
    expect(tokens.requests).toHaveLength(1);
    // The same account, but somebody who does not have its key.
    const forged = serviceAccount(tokenUri, { private_key: 'guessed' });
    await expect(calls.completion({ ...ask, vertex_credentials: forged })).rejects.toThrow('private_key');
    await client().completion({ ...ask, vertex_credentials: own });
    expect(tokens.requests).toHaveLength(2);
  });

  test('survives the call that asked for it', async () => {
    const { tokens, models, tokenUri, client } = await google(async (...args) => {
      await sleep(60);
      await grant(...args);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    const leaving = new AbortController();
    const first = failure(calls.completion({ ...ask, signal: leaving.signal }));
    const second = calls.completion(ask);
    await tokens.received(1);
    leaving.abort();
    expect(await first).toMatchObject({ name: 'APIUserAbortError' });
    await second;
    expect(models.requests.map(bearer)).toEqual([expect.stringMatching(/^Bearer ya29\.token-[12]$/)]);
  });
});

describe('a token endpoint that fails', () => {
  const refusing = (status: number, body: unknown, headers = {}) =>
    google((res) => sendJson(res, body, status, headers));

  test('is told with what to do; nothing is sent to the model', async () => {
    const { tokens, models, tokenUri, client } = await refusing(400, {
      error: 'invalid_grant',
      error_description: 'Invalid JWT Signature.',
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri), num_retries: 2 });
    const error = await failure(calls.completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', status_code: 401, code: 'token_refused', attempts: [] });
    expect(error.message).toMatch(/127\.0\.0\.1:\d+ answered HTTP 400 \(invalid_grant: Invalid JWT Signature\.\)/);
    expect(error.message).toContain('check that the key of pilot@harbour-1.iam.gserviceaccount.com still exists');
    expect(tokens.requests).toHaveLength(1);
    expect(models.requests).toHaveLength(0);
    await failure(calls.completion(ask));
    expect(tokens.requests).toHaveLength(2);
  });

  test('is not stormed either', async () => {
    const { tokens, tokenUri, client } = await google(async (res) => {
      await sleep(30);
      sendJson(res, { error: 'invalid_grant' }, 400);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    const outcomes = await Promise.allSettled(Array.from({ length: 100 }, () => calls.completion(ask)));
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(tokens.requests).toHaveLength(1);
  });

  test('is asked again after 503, within the retries of the call', async () => {
    const { tokens, models, tokenUri, client } = await google((res, request, index) =>
      index === 0 ? sendJson(res, 'busy', 503, { 'retry-after': '0.01' }) : grant(res, request, index),
    );
    await client({ vertex_credentials: serviceAccount(tokenUri), num_retries: 1 }).completion(ask);
    expect(tokens.requests).toHaveLength(2);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.token-2']);
  });

  test.each([
    [429, 'RateLimitError', { retry_after: 7 }],
    [500, 'ServiceUnavailableError', {}],
    [403, 'AuthenticationError', {}],
    [200, 'AuthenticationError', {}],
  ])('with %i makes a %s', async (status, name, facts) => {
    const headers = status === 429 ? { 'retry-after': '7' } : {};
    const { tokenUri, client } = await refusing(status, { error: { message: 'not now' } }, headers);
    const error = await failure(client({ vertex_credentials: serviceAccount(tokenUri) }).completion(ask));
    expect(error).toMatchObject({ name, ...facts });
    expect(error.message).toContain(`answered HTTP ${status} (not now)`);
  });

  test('or cannot be reached makes an APIConnectionError', async () => {
    const { tokens, tokenUri, client } = await google();
    await tokens.close();
    const error = await failure(client({ vertex_credentials: serviceAccount(tokenUri) }).completion(ask));
    expect(error).toMatchObject({ name: 'APIConnectionError', code: 'ECONNREFUSED', llm_provider: 'vertex_ai' });
    expect(error.message).toContain(`the connection to 127.0.0.1:${tokens.port} failed`);
    expect(error.cause).toBeInstanceOf(Error);
  });

  test('may show nothing that is secret', async () => {
    const { tokenUri, client } = await google((res, { text }) => {
      const assertion = new URLSearchParams(text).get('assertion') ?? '';
      sendJson(res, { error: 'bad', error_description: `I got ${assertion} and ${privateKey}` }, 400);
    });
    const error = await failure(client({ vertex_credentials: serviceAccount(tokenUri) }).completion(ask));
    const shown = `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}${error.stack}`;
    expect(error.message).toContain('I got <redacted>');
    expect(shown).not.toContain(keyLine);
    expect(shown).not.toContain('eyJ');
  });
});

describe('a clock that is wrong', () => {
  /** Refuses what was not issued within five minutes of now, as Google does. */
  const strict = () =>
    google((res, request, index) => {
      res.setHeader('date', new Date(realNow()).toUTCString());
      const off = Math.abs((claimsOf(request).claims['iat'] as number) - realNow() / 1000);
      if (off > 300)
        sendJson(res, { error: 'invalid_grant', error_description: 'Invalid JWT: check iat and exp' }, 400);
      else void grant(res, request, index);
    });

  test.each([-2 * hour, 2 * hour])('by %i seconds is put right by the endpoint', async (off) => {
    const { tokens, models, tokenUri, client } = await strict();
    later(off);
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await calls.completion(ask);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(2);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.token-2', 'Bearer ya29.token-2']);
    // The token's own life is measured from when it was asked for.
    later(hour);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(4);
  });
});

describe('a dry run', () => {
  test('asks no token endpoint, and shows the project that is known', async () => {
    const { tokens, tokenUri, client } = await google();
    const known = await client({ vertex_credentials: serviceAccount(tokenUri) }).dryRun('chat', ask);
    expect(new URL(known.url).pathname).toBe(path);
    expect(known.headers['authorization']).toBe('Bearer <redacted>');
    const file = folder().write('key.json', serviceAccount(tokenUri, { project_id: 'from-file' }));
    const read = await client({ env: { GOOGLE_APPLICATION_CREDENTIALS: file } }).dryRun('chat', ask);
    expect(read.url).toContain('/projects/from-file/');
    for (const options of [
      {},
      { vertex_credentials: '/nowhere.json' },
      { env: { GCE_METADATA_HOST: `127.0.0.1:${tokens.port}` } },
    ]) {
      const unknown = await client(options).dryRun('chat', ask);
      expect(unknown.url).toContain('/projects/{project}/');
    }
    const asked = await client({ api_key: () => 'ya29.never-asked', vertex_project: 'p-1' }).dryRun('chat', ask);
    expect(asked).toMatchObject({ headers: { authorization: 'Bearer <redacted>' } });
    expect(tokens.requests).toHaveLength(0);
  });
});
