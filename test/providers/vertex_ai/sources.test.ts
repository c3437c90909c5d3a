import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { failure, sendJson } from '../../behaviour/server.js';
import { ask, bearer, folder, google, grant, serviceAccount, userCredentials } from './google.js';

describe('a login of gcloud', () => {
  test.each(['HOME', 'APPDATA', 'CLOUDSDK_CONFIG'])('is found by %s and refreshed', async (variable) => {
    const { tokens, models, tokenUri, client } = await google();
    const place = folder();
    const name = 'application_default_credentials.json';
    const under = { HOME: `.config/gcloud/${name}`, APPDATA: `gcloud/${name}`, CLOUDSDK_CONFIG: name }[
      variable
    ] as string;
    place.write(under, userCredentials(tokenUri));
    const calls = client({ env: { [variable]: place.path } });
    await calls.completion(ask);
    await calls.completion(ask);
    expect(tokens.requests.map(({ text }) => Object.fromEntries(new URLSearchParams(text)))).toEqual([
      {
        grant_type: 'refresh_token',
        client_id: 'client-1',
        client_secret: 'client-secret-value',
        refresh_token: 'refresh-token-value',
      },
    ]);
    const [request] = models.requests;
    expect(bearer(request)).toBe('Bearer ya29.token-1');
    // Such a login names no project of its own: the one that pays serves.
    expect(request?.path).toContain('/projects/quota-1/');
    expect(request?.headers['x-goog-user-project']).toBe('quota-1');
  });

  test('that has expired is told, and nothing of it shown', async () => {
    const { tokenUri, client } = await google((res) =>
      sendJson(
        res,
        { error: 'invalid_grant', error_description: 'Token refresh-token-value has been expired or revoked.' },
        400,
      ),
    );
    const error = await failure(client({ vertex_credentials: userCredentials(tokenUri) }).completion(ask));
    expect(error.name).toBe('AuthenticationError');
    expect(error.message).toContain('run `gcloud auth application-default login`');
    expect(error.message).toContain('Token <redacted> has been expired');
    expect(JSON.stringify(error)).not.toContain('refresh-token-value');
  });

  test('pays with the project that a variable or the caller names', async () => {
    const { models, tokenUri, client } = await google();
    const vertex_credentials = userCredentials(tokenUri);
    await client({ vertex_credentials, env: { GOOGLE_CLOUD_QUOTA_PROJECT: 'payer' } }).completion(ask);
    await client({ vertex_credentials, extra_headers: { 'x-goog-user-project': 'mine' } }).completion(ask);
    expect(models.requests.map(({ headers }) => headers['x-goog-user-project'])).toEqual(['payer', 'mine']);
  });
});

describe('the metadata server', () => {
  const machine = (answer = grant) =>
    google((res, request, index) => {
      if (request.path.startsWith('/computeMetadata/v1/project/')) res.end('machine-project');
      else void answer(res, request, index);
    });
  const env = (port: number, more = {}) => ({ GCE_METADATA_HOST: `127.0.0.1:${port}`, ...more });

  test('gives the token and the project, once each', async () => {
    const { tokens, models, client } = await machine();
    const calls = client({ env: env(tokens.port) });
    await calls.completion(ask);
    await calls.completion(ask);
    expect(tokens.requests.map(({ method, path, headers }) => [method, path, headers['metadata-flavor']])).toEqual([
      [
        'GET',
        '/computeMetadata/v1/instance/service-accounts/default/token?scopes=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform',
        'Google',
      ],
      ['GET', '/computeMetadata/v1/project/project-id', 'Google'],
    ]);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.token-1', 'Bearer ya29.token-1']);
    expect(models.requests[0]?.path).toContain('/projects/machine-project/');
  });

  test('is not asked for a project that is named', async () => {
    const { tokens, models, client } = await machine();
    await client({ env: env(tokens.port, { GOOGLE_CLOUD_PROJECT: 'named' }) }).completion(ask);
    expect(tokens.requests).toHaveLength(1);
    expect(models.requests[0]?.path).toContain('/projects/named/');
  });

  test('comes after a login of gcloud', async () => {
    const { tokens, models, tokenUri, client } = await machine();
    const place = folder();
    place.write('application_default_credentials.json', userCredentials(tokenUri, { quota_project_id: undefined }));
    await client({ env: env(tokens.port, { CLOUDSDK_CONFIG: place.path }) }).completion(ask);
    expect(tokens.requests.map(({ method }) => method)).toEqual(['POST', 'GET']);
    expect(models.requests[0]?.path).toContain('/projects/machine-project/');
  });

  test('that knows no account is told', async () => {
    const { tokens, client } = await machine((res) => sendJson(res, 'no such account', 404));
    const error = await failure(client({ env: env(tokens.port) }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'token_refused' });
    expect(error.message).toContain('attach a service account to this machine');
  });

  test('that cannot be reached is a fault of the connection, worth a retry', async () => {
    const { tokens, client } = await machine();
    await tokens.close();
    const error = await failure(client({ env: env(tokens.port) }).completion(ask));
    expect(error).toMatchObject({ name: 'APIConnectionError', code: 'ECONNREFUSED' });
  });
});

const product = '/sys/class/dmi/id/product_name';
const onGoogle = existsSync(product) && readFileSync(product, 'utf8').includes('Google');

test.skipIf(onGoogle)('without any credentials the call is refused at once, naming what to give', async () => {
  const { models, client } = await google();
  const error = await failure(client().completion(ask));
  expect(error).toMatchObject({
    name: 'AuthenticationError',
    code: 'missing_credentials',
    param: 'vertex_credentials',
  });
  for (const way of [
    'vertex_credentials',
    'api_key',
    'GOOGLE_APPLICATION_CREDENTIALS',
    'gcloud auth application-default login',
  ])
    expect(error.message).toContain(way);
  expect(models.requests).toHaveLength(0);
});

test('credentials without a project ask for one', async () => {
  const { tokenUri, client } = await google();
  const vertex_credentials = serviceAccount(tokenUri, { project_id: undefined });
  const error = await failure(client({ vertex_credentials }).completion(ask));
  expect(error).toMatchObject({ name: 'BadRequestError', param: 'vertex_project' });
  expect(error.message).toContain('VERTEXAI_PROJECT');
});

const installed = (): boolean => {
  try {
    createRequire(import.meta.url).resolve('google-auth-library');
    return true;
  } catch {
    return false;
  }
};

test.skipIf(installed())("credentials that only Google's library knows name the package", async () => {
  const { client } = await google();
  const vertex_credentials = { type: 'external_account', audience: '//iam.googleapis.com/x' };
  const error = await failure(client({ vertex_credentials, vertex_project: 'p-1' }).completion(ask));
  expect(error).toMatchObject({ name: 'AuthenticationError', code: 'missing_package' });
  expect(error.message).toContain('npm install google-auth-library');
});

describe('api_key', () => {
  const project = { vertex_project: 'p-1' };

  test.each(['ya29.c.abc-DEF_1', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl'])(
    'is an access token: %s',
    async (api_key) => {
      const { models, client } = await google();
      await client({ api_key, ...project }).completion(ask);
      expect(models.requests[0]).toMatchObject({ headers: { authorization: `Bearer ${api_key}` } });
      expect(models.requests[0]?.headers).not.toHaveProperty('x-goog-api-key');
    },
  );

  test('is else a key of express mode: in a header, never in the address, and without project', async () => {
    const { models, client } = await google();
    await client({ api_key: 'AQ.Ab8-express', ...project, vertex_location: 'europe-west4' }).completion({
      ...ask,
      stream: false,
    });
    const [request] = models.requests;
    expect(request?.path).toBe('/v1/publishers/google/models/gemini-2.5-flash:generateContent');
    expect(request?.headers).toMatchObject({ 'x-goog-api-key': 'AQ.Ab8-express' });
    expect(request?.headers).not.toHaveProperty('authorization');
  });

  test('may be a function, asked once for each attempt', async () => {
    const { models, client } = await google(grant, (res, _, index) =>
      index === 0
        ? sendJson(res, {}, 503, { 'retry-after-ms': '1' })
        : sendJson(res, { candidates: [{ finishReason: 'STOP' }] }),
    );
    let asked = 0;
    const api_key = async () => `ya29.own-${++asked}`;
    await client({ api_key, ...project, num_retries: 1 }).completion(ask);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.own-1', 'Bearer ya29.own-2']);
  });

  test('of express mode may come from a function, too', async () => {
    const { models, client } = await google();
    await client({ api_key: () => 'AQ.Ab8-express' }).completion(ask);
    expect(models.requests[0]).toMatchObject({
      path: '/v1/publishers/google/models/gemini-2.5-flash:generateContent',
      headers: { 'x-goog-api-key': 'AQ.Ab8-express' },
    });
    const error = await failure(
      client({ api_key: () => 'AQ.Ab8' }).completion({ ...ask, model: 'vertex_ai/meta/llama-3-maas' }),
    );
    expect(error).toMatchObject({ name: 'AuthenticationError', param: 'api_key' });
    expect(models.requests).toHaveLength(1);
  });

  test('empty counts as absent, and no path of a file is taken for a key', async () => {
    const { models, tokenUri, client } = await google();
    const file = folder().write('key.json', serviceAccount(tokenUri));
    await client({ api_key: '', env: { GOOGLE_APPLICATION_CREDENTIALS: file } }).completion(ask);
    expect(bearer(models.requests[0])).toBe('Bearer ya29.token-1');
  });

  test('yields to a header of the caller', async () => {
    const { tokens, models, tokenUri, client } = await google();
    const calls = client({
      vertex_credentials: serviceAccount(tokenUri),
      extra_headers: { authorization: 'Bearer mine' },
    });
    await calls.completion(ask);
    expect(bearer(models.requests[0])).toBe('Bearer mine');
    expect(models.requests[0]?.path).toContain('/projects/harbour-1/');
    expect(tokens.requests).toHaveLength(0);
  });
});
