/** Profile files, the services of containers and instances, and the package that signs in. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { type Answer, failure, sendJson, within } from '../../behaviour/server.js';
import { amazon, ask, bare, folder, hour, issued, issuing, keys, signer, verify } from './amazon.js';

describe('a profile', () => {
  const place = folder();
  const credentials = place.write(
    'credentials',
    `# keys
[default]
aws_access_key_id=AKIDDEFAULT
aws_secret_access_key=secret=of=default

[ pilot ]
aws_access_key_id = AKIDPILOT   ; the pilot's
aws_secret_access_key = secret-of-pilot
aws_session_token = session-of-pilot
[half]
aws_access_key_id = AKIDHALF
`,
  );
  const config = place.write(
    'config',
    `[default]\r
region = eu-west-3\r
[profile pilot]
region = sa-east-1
s3 =
  region = us-east-2
[profile settled]
aws_access_key_id = AKIDCONFIG
aws_secret_access_key = secret-of-config
[profile linked]
role_arn = arn:aws:iam::123456789012:role/pilot
source_profile = pilot
`,
  );
  const files = { AWS_SHARED_CREDENTIALS_FILE: credentials, AWS_CONFIG_FILE: config };
  const pilot = { accessKeyId: 'AKIDPILOT', secretAccessKey: 'secret-of-pilot', sessionToken: 'session-of-pilot' };

  test('is named by the option, a variable, or is the default', async () => {
    const { bedrock, client } = await amazon();
    await client({ aws_profile_name: 'pilot', env: files }).completion(ask);
    await client({ env: { ...files, AWS_PROFILE: 'pilot' } }).completion(ask);
    await client({ env: files }).completion(ask);
    await client({ aws_profile_name: 'settled', env: { ...files, AWS_PROFILE: 'pilot' } }).completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKIDPILOT', 'AKIDPILOT', 'AKIDDEFAULT', 'AKIDCONFIG']);
    await verify(bedrock.requests[0] as never, pilot);
    await verify(bedrock.requests[2] as never, { accessKeyId: 'AKIDDEFAULT', secretAccessKey: 'secret=of=default' });
  });

  test('lies in the home directory', async () => {
    const home = folder();
    home.write('.aws/credentials', '[default]\naws_access_key_id = AKIDHOME\naws_secret_access_key = s\n');
    const { bedrock, client } = await amazon();
    await client({ env: { HOME: home.path } }).completion(ask);
    await client({ env: { USERPROFILE: home.path } }).completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKIDHOME', 'AKIDHOME']);
  });

  test('of the call comes before variables, those before a profile of theirs', async () => {
    const { bedrock, client } = await amazon();
    const env = { ...files, AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' };
    await client({ env: { ...env, AWS_PROFILE: 'pilot' } }).completion(ask);
    await client({ aws_profile_name: 'pilot', env }).completion(ask);
    await client({ aws_profile_name: 'pilot', ...keys, env }).completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKIDENV', 'AKIDPILOT', keys.aws_access_key_id]);
  });

  test('tells the region where nothing else does', async () => {
    const { bedrock, client } = await amazon();
    const calls = (options: object) => client({ aws_region_name: undefined, ...options });
    await calls({ aws_profile_name: 'pilot', env: files }).completion(ask);
    await calls({ env: files }).completion(ask);
    await calls({ ...keys, env: files }).completion(ask);
    await calls({ ...keys }).completion(ask);
    await calls({ ...keys, env: { ...files, AWS_REGION: 'us-east-2' } }).completion(ask);
    const regions = bedrock.requests.map(({ headers }) => headers.authorization?.split('/')[2]);
    expect(regions).toEqual(['sa-east-1', 'eu-west-3', 'eu-west-3', 'us-west-2', 'us-east-2']);
  });

  test.each([
    ['that no file has', 'ghost', 'aws_credentials_failed', 'no profile ghost'],
    ['with half a pair of keys', 'half', 'missing_api_key', 'aws_secret_access_key: is missing'],
  ])('%s is told', async (_, aws_profile_name, code, told) => {
    const { bedrock, client } = await amazon();
    const error = await failure(client({ aws_profile_name, env: files }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code, llm_provider: 'bedrock' });
    expect(error.message).toContain(told);
    expect(bedrock.requests).toHaveLength(0);
  });

  test('without keys does not stand in the way of a container', async () => {
    const only = place.write('regional', '[default]\nregion = eu-west-3\n');
    const { bedrock, container, client } = await amazon();
    await client({ env: { ...container, AWS_CONFIG_FILE: only } }).completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKID1']);
  });
});

describe('a container’s service', () => {
  test('is asked once; what it gave is used', async () => {
    const { bedrock, services, container, client } = await amazon();
    const calls = client({ env: container });
    await calls.completion(ask);
    await calls.completion(ask);
    expect(services.requests.map(({ method, path }) => `${method} ${path}`)).toEqual(['GET /role']);
    expect(services.requests[0]?.headers.authorization).toBeUndefined();
    const given = { accessKeyId: 'AKID1', secretAccessKey: 'secret-of-1', sessionToken: 'session-of-1' };
    for (const request of bedrock.requests) await verify(request, given);
  });

  test('is shown the token of a variable, or of a file that changes', async () => {
    const place = folder();
    const file = place.write('token', 'from-file-1\n');
    const { services, container, client } = await amazon();
    await client({ env: { ...container, AWS_CONTAINER_AUTHORIZATION_TOKEN: 'from-variable' } }).completion(ask);
    const env = { ...container, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file };
    await client({ env }).completion(ask);
    place.write('token', 'from-file-2');
    await client({ env }).completion(ask);
    expect(services.requests.map(({ headers }) => headers.authorization)).toEqual([
      'from-variable',
      'from-file-1',
      'from-file-2',
    ]);
  });

  test.each([
    'http://169.254.170.3/role',
    'http://example.com/role',
    'ftp://127.0.0.1/role',
    'http://127.0.0.1.example.com/role',
    'role',
  ])('at %s is not asked', async (uri) => {
    const { services, client } = await amazon();
    const error = await failure(client({ env: { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri } }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'aws_credentials_failed' });
    expect(error.message).toContain('AWS_CONTAINER_CREDENTIALS_FULL_URI');
    expect(services.requests).toHaveLength(0);
  });

  test.each([
    ['a refusal', 403, { code: 'AccessDenied', message: 'no role here' }, 'HTTP 403: no role here'],
    ['an answer without keys', 200, { Code: 'Success' }, 'HTTP 200'],
    ['a page', 200, '<html>', 'HTTP 200'],
  ])('with %s fails the call, untried', async (_, status, body, told) => {
    const { bedrock, services, container, client } = await amazon(undefined, (res) => sendJson(res, body, status));
    const error = await failure(client({ env: container, num_retries: 2 }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'aws_credentials_failed', status: undefined });
    expect(error).toMatchObject({ llm_provider: 'bedrock', model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' });
    expect(error.message).toContain(told);
    expect([services.requests.length, bedrock.requests.length]).toEqual([1, 0]);
  });

  test.each([
    [500, 'InternalServerError'],
    [429, 'RateLimitError'],
  ])('with HTTP %d is asked again', async (status, name) => {
    const flaky: Answer = (res, request, index) =>
      index === 0 ? sendJson(res, { message: 'busy' }, status) : issuing(res, request, index);
    const { bedrock, container, client } = await amazon(undefined, flaky);
    await client({ env: container, num_retries: 1, max_retry_delay: 0.01 }).completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKID2']);
    const { container: other, client: failing } = await amazon(undefined, (res) => sendJson(res, {}, status));
    expect(await failure(failing({ env: other }).completion(ask))).toMatchObject({ name, status });
  });

  test('that breaks the connection fails as a connection', async () => {
    const { container, client } = await amazon(undefined, (res) => {
      res.destroy();
    });
    expect(await failure(client({ env: container }).completion(ask))).toMatchObject({ name: 'APIConnectionError' });
  });
});

/** The metadata service of an instance with a role. */
const instance =
  (role: string): Answer =>
  (res, request, index) => {
    const session = request.headers['x-aws-ec2-metadata-token'];
    if (request.method === 'PUT' && request.path === '/latest/api/token') {
      res
        .writeHead(request.headers['x-aws-ec2-metadata-token-ttl-seconds'] === '21600' ? 200 : 400)
        .end('imds-session');
    } else if (session !== 'imds-session') sendJson(res, '', 401);
    else if (request.path === '/latest/meta-data/iam/security-credentials/') res.writeHead(200).end(`${role}\n`);
    else if (request.path === `/latest/meta-data/iam/security-credentials/${role}`) void issuing(res, request, index);
    else sendJson(res, '', 404);
  };

describe('an instance’s metadata service', () => {
  const at = (url: string) => ({ AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: url });

  test('is asked in its second version', async () => {
    const { bedrock, services, client } = await amazon(undefined, instance('pilot-role'));
    const calls = client({ env: at(services.url) });
    await calls.completion(ask);
    await calls.completion(ask);
    expect(services.requests).toHaveLength(3);
    const given = { accessKeyId: 'AKID3', secretAccessKey: 'secret-of-3', sessionToken: 'session-of-3' };
    for (const request of bedrock.requests) await verify(request, given);
  });

  test('comes after a container’s', async () => {
    const { bedrock, services, container, client } = await amazon();
    await client({ env: { ...container, ...at(services.url) } }).completion(ask);
    expect(services.requests.map(({ path }) => path)).toEqual(['/role']);
    expect(bedrock.requests.map(signer)).toEqual(['AKID1']);
  });

  test('is not asked when that is forbidden', async () => {
    const { services, client } = await amazon(undefined, instance('pilot-role'));
    const env = { ...at(services.url), AWS_EC2_METADATA_DISABLED: 'TRUE' };
    expect(await failure(client({ env }).completion(ask))).toMatchObject({ code: 'missing_api_key' });
    expect(services.requests).toHaveLength(0);
  });

  test.each<[string, Answer]>([
    ['that is no AWS', (res) => sendJson(res, '', 404)],
    ['that refuses version 2', (res) => sendJson(res, '', 403)],
    ['without a role', (res, { method }) => (method === 'PUT' ? void res.end('s') : sendJson(res, '', 404))],
    ['that hangs up', (res) => void res.destroy()],
  ])('%s is none', async (_, answer) => {
    const { services, client } = await amazon(undefined, answer);
    const error = await failure(client({ env: at(services.url) }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'missing_api_key' });
  });

  test('that does not answer within a second is none', async () => {
    const { services, client } = await amazon(undefined, () => {});
    const error = await within(2500, failure(client({ env: at(services.url) }).completion(ask)));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'missing_api_key' });
    await within(1000, services.requests[0]?.left as Promise<number>);
  });

  test('with a fault is one, worth a retry', async () => {
    const { services, client } = await amazon(undefined, (res) => sendJson(res, '', 503));
    const error = await failure(client({ env: at(services.url) }).completion(ask));
    expect(error).toMatchObject({ name: 'ServiceUnavailableError', status: 503 });
  });
});

describe('the package of AWS', () => {
  afterEach(() => {
    vi.doUnmock('@aws-sdk/credential-providers');
  });
  const roles = {
    aws_role_name: 'arn:aws:iam::123456789012:role/pilot',
    aws_session_name: 'watch-1',
    aws_external_id: 'x-9',
  };
  const session = (id: string) => ({
    accessKeyId: id,
    secretAccessKey: `secret-of-${id}`,
    sessionToken: `session-of-${id}`,
    expiration: new Date(Date.now() + hour * 1000),
  });

  /** Notes what it is asked for. */
  function installed() {
    const asked: [string, unknown][] = [];
    const via = (name: string) => (options: unknown) => async () => {
      asked.push([name, options]);
      return session(`AKID${name.toUpperCase()}`);
    };
    vi.doMock('@aws-sdk/credential-providers', () => ({
      fromIni: via('fromIni'),
      fromTemporaryCredentials: via('fromTemporaryCredentials'),
      fromWebToken: via('fromWebToken'),
      fromTokenFile: via('fromTokenFile'),
    }));
    return asked;
  }

  test('assumes roles with keys of the call, or with those that are found', async () => {
    const asked = installed();
    const { bedrock, container, client } = await amazon();
    await client({ ...keys, ...roles, aws_sts_endpoint: 'https://sts.example.com' }).completion(ask);
    await client({ aws_role_name: roles.aws_role_name, env: container }).completion(ask);
    expect(asked).toEqual([
      [
        'fromTemporaryCredentials',
        {
          params: { RoleArn: roles.aws_role_name, RoleSessionName: 'watch-1', ExternalId: 'x-9' },
          masterCredentials: { accessKeyId: keys.aws_access_key_id, secretAccessKey: keys.aws_secret_access_key },
          clientConfig: { region: 'us-west-2', endpoint: 'https://sts.example.com' },
        },
      ],
      [
        'fromTemporaryCredentials',
        {
          params: { RoleArn: roles.aws_role_name, RoleSessionName: 'callm' },
          masterCredentials: { accessKeyId: 'AKID1', secretAccessKey: 'secret-of-1', sessionToken: 'session-of-1' },
          clientConfig: { region: 'us-west-2' },
        },
      ],
    ]);
    const { expiration: _, ...given } = session('AKIDFROMTEMPORARYCREDENTIALS');
    for (const request of bedrock.requests) await verify(request, given);
  });

  test('exchanges web identities, of the call or of the machine', async () => {
    const asked = installed();
    const { client } = await amazon();
    await client({ ...roles, aws_web_identity_token: 'web.token.1' }).completion(ask);
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token', AWS_ROLE_ARN: roles.aws_role_name };
    await client({ env }).completion(ask);
    expect(asked).toMatchObject([
      ['fromWebToken', { roleArn: roles.aws_role_name, roleSessionName: 'watch-1', webIdentityToken: 'web.token.1' }],
      ['fromTokenFile', { roleArn: roles.aws_role_name, webIdentityTokenFile: '/var/run/token' }],
    ]);
  });

  test('reads profiles with roles, single sign-on or a process', async () => {
    const asked = installed();
    const place = folder();
    const config = place.write(
      'config',
      '[profile role]\nrole_arn = arn:aws:iam::1:role/r\nsource_profile = x\n' +
        '[profile sso]\nsso_session = harbour\n[profile process]\ncredential_process = cat\n',
    );
    const { bedrock, client } = await amazon();
    for (const aws_profile_name of ['role', 'sso', 'process'])
      await client({ aws_profile_name, env: { AWS_CONFIG_FILE: config } }).completion(ask);
    expect(asked.map(([name, options]) => [name, (options as { profile: string }).profile])).toEqual([
      ['fromIni', 'role'],
      ['fromIni', 'sso'],
      ['fromIni', 'process'],
    ]);
    expect(asked[0]?.[1]).toMatchObject({ configFilepath: config, clientConfig: { region: 'us-west-2' } });
    expect(new Set(bedrock.requests.map(signer))).toEqual(new Set(['AKIDFROMINI']));
  });

  test('that is not installed is named', async () => {
    const { bedrock, client } = await amazon();
    const error = await failure(client({ ...keys, ...roles }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'aws_credentials_failed' });
    expect(error.message).toContain('@aws-sdk/credential-providers');
    expect(error.message).toContain('install it');
    expect(bedrock.requests).toHaveLength(0);
  });

  test('that fails is told', async () => {
    vi.doMock('@aws-sdk/credential-providers', () => ({
      fromTemporaryCredentials: () => () => Promise.reject(new Error('AccessDenied: not the pilot')),
    }));
    const { client } = await amazon();
    const error = await failure(client({ ...keys, ...roles }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'aws_credentials_failed' });
    expect(error.message).toContain('not the pilot');
  });
});

test('an expiry that cannot be read does not stop the credentials', async () => {
  const { bedrock, container, client } = await amazon(undefined, (res) =>
    sendJson(res, { ...issued(1, 0), Expiration: 'soon' }),
  );
  await client({ env: { ...bare, ...container } }).completion(ask);
  expect(bedrock.requests.map(signer)).toEqual(['AKID1']);
});
