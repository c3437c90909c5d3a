/** Keys and signatures: which of them a call goes with, and what is shown of them. */
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { BadRequestError } from '../../../src/index.js';
import { failure, sendJson, sleep } from '../../behaviour/server.js';
import { amazon, ask, folder, keys, refusing, replying, signer, verify } from './amazon.js';

const credentials = { accessKeyId: keys.aws_access_key_id, secretAccessKey: keys.aws_secret_access_key };
const variables = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 'secret-of-env' };
const environment = { accessKeyId: 'AKIDENV', secretAccessKey: 'secret-of-env' };

describe('a signature', () => {
  test('is made with keys of the call; the path is signed as it is sent', async () => {
    const { bedrock, client } = await amazon();
    await client(keys).completion(ask);
    const [request] = bedrock.requests;
    expect(request?.path).toBe('/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse');
    await verify(request as never, credentials);
  });

  test('of an ARN, of texts beyond ASCII and of headers of Bedrock’s', async () => {
    const { bedrock, client } = await amazon();
    const arn = 'arn:aws:bedrock:eu-central-1:123456789012:application-inference-profile/ab12cd';
    const messages = [{ role: 'user' as const, content: 'Maré às 14:32 – 🌊?' }];
    await client(keys).completion({ model: `bedrock/${arn}`, messages });
    await client(keys)
      .completion({
        model: 'bedrock/invoke/anthropic.claude-sonnet-4-5-20250929-v1:0',
        messages,
        max_tokens: 10,
        service_tier: 'flex',
        extra_headers: { 'x-amzn-trace-id': 'Root=1', 'x-own': 'unsigned' },
      })
      .catch(() => {});
    expect(bedrock.requests[0]?.path).toBe(
      '/model/arn%3Aaws%3Abedrock%3Aeu-central-1%3A123456789012%3Aapplication-inference-profile%2Fab12cd/converse',
    );
    await verify(bedrock.requests[0] as never, credentials, 'eu-central-1');
    await verify(bedrock.requests[1] as never, credentials);
    expect(bedrock.requests[1]?.headers.authorization).toContain('x-amzn-bedrock-service-tier');
    expect(bedrock.requests[1]?.headers.authorization).not.toContain('x-own');
  });

  test('with a session token; options come before variables', async () => {
    const { bedrock, client } = await amazon();
    const session = { ...variables, AWS_SESSION_TOKEN: 'session-of-env' };
    await client({ env: session }).completion(ask);
    await client({ env: session, ...keys, aws_session_token: 'session-1' }).completion(ask);
    await client({ env: session, ...keys }).completion(ask);
    const [first, second, third] = bedrock.requests;
    await verify(first as never, { ...environment, sessionToken: 'session-of-env' });
    await verify(second as never, { ...credentials, sessionToken: 'session-1' });
    // The token of other keys is none of these.
    await verify(third as never, credentials);
  });

  test('of a mantle names its own service', async () => {
    const { bedrock, client } = await amazon((res) =>
      sendJson(res, {
        id: 'c1',
        object: 'chat.completion',
        created: 1,
        model: 'm',
        choices: [{ index: 0, message: { role: 'assistant', content: 'Open.' }, finish_reason: 'stop' }],
      }),
    );
    await client({ ...keys, aws_region_name: undefined }).completion({
      ...ask,
      model: 'bedrock_mantle/us-east-2/zai.glm-4.6',
    });
    await verify(bedrock.requests[0] as never, credentials, 'us-east-2', 'bedrock-mantle');
  });

  test('is made anew for each attempt', async () => {
    const { bedrock, client } = await amazon((res, request, index) =>
      index === 0 ? sendJson(res, { message: 'busy' }, 503, { 'retry-after': '1.1' }) : replying(res, request, index),
    );
    await client({ ...keys, num_retries: 1 }).completion(ask);
    const dates = bedrock.requests.map(({ headers }) => headers['x-amz-date']);
    expect(new Set(dates).size).toBe(2);
    for (const request of bedrock.requests) await verify(request, credentials);
  });

  test('of the function that gives credentials; of an object', async () => {
    const { bedrock, client } = await amazon();
    const session = { accessKeyId: 'AKIDFUN', secretAccessKey: 'secret-of-function', sessionToken: 'session-of-fun' };
    await client({ aws_credentials: async () => session, ...keys, env: variables }).completion(ask);
    await client({ aws_credentials: session }).completion(ask);
    for (const request of bedrock.requests) await verify(request, session);
  });
});

describe('an API key', () => {
  const bearer = { AWS_BEARER_TOKEN_BEDROCK: 'bearer-of-env' };

  test('goes as Bearer, and is asked for anew by a function', async () => {
    const { bedrock, client } = await amazon();
    let asked = 0;
    await client({ env: bearer }).completion(ask);
    await client({ api_key: 'bearer-1', env: bearer, ...keys }).completion(ask);
    const calls = client({ api_key: () => `bearer-fun-${++asked}` });
    await calls.completion(ask);
    await calls.completion(ask);
    expect(bedrock.requests.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer bearer-of-env',
      'Bearer bearer-1',
      'Bearer bearer-fun-1',
      'Bearer bearer-fun-2',
    ]);
    for (const { headers } of bedrock.requests) expect(headers['x-amz-date']).toBeUndefined();
  });

  test.each([
    ['keys', keys],
    ['a function', { aws_credentials: () => ({ accessKeyId: keys.aws_access_key_id, secretAccessKey: 'x' }) }],
  ])('of the environment gives way to %s of the call, not to variables', async (_, options) => {
    const { bedrock, client } = await amazon();
    await client({ env: { ...bearer, ...variables }, ...options }).completion(ask);
    await client({ env: { ...bearer, ...variables } }).completion(ask);
    expect(signer(bedrock.requests[0] as never)).toBe(keys.aws_access_key_id);
    expect(bedrock.requests[1]?.headers.authorization).toBe('Bearer bearer-of-env');
  });

  test('or any credential in a header of the caller’s is left alone', async () => {
    const { bedrock, client } = await amazon();
    await client({ ...keys, extra_headers: { Authorization: 'Bearer own' } }).completion(ask);
    expect(bedrock.requests[0]?.headers.authorization).toBe('Bearer own');
    expect(bedrock.requests[0]?.headers['x-amz-date']).toBeUndefined();
  });
});

describe('what cannot be right is refused before a request', () => {
  test.each([
    ['a key without its secret', { aws_access_key_id: 'AKID' }, {}, 'aws_secret_access_key'],
    ['a secret without its key', { aws_secret_access_key: 's' }, {}, 'aws_access_key_id'],
    ['half a pair of variables', {}, { AWS_ACCESS_KEY_ID: 'AKID' }, 'AWS_SECRET_ACCESS_KEY'],
  ])('%s', async (_, options, env, missing) => {
    const { bedrock, client } = await amazon();
    const error = await failure(client({ ...options, env }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', param: missing, code: 'missing_api_key' });
    expect(error).toMatchObject({ llm_provider: 'bedrock', attempts: [] });
    expect(bedrock.requests).toHaveLength(0);
  });

  test.each([
    ['a line break', { ...keys, aws_access_key_id: 'AKID\r\nx-evil: 1' }, 'aws_access_key_id'],
    ['no text', { ...keys, aws_secret_access_key: 7 }, 'aws_secret_access_key'],
    ['a space within', { ...keys, aws_access_key_id: 'AK ID' }, 'aws_access_key_id'],
  ])('%s in a key', async (_, options, param) => {
    const { bedrock, client } = await amazon();
    const error = await failure(client(options).completion(ask));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ param });
    expect(bedrock.requests).toHaveLength(0);
  });

  test('nothing at all names what to give', async () => {
    const { bedrock, client } = await amazon();
    const error = await failure(client({ num_retries: 2 }).completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', param: 'api_key', code: 'missing_api_key' });
    for (const way of ['api_key', 'aws_access_key_id', 'AWS_BEARER_TOKEN_BEDROCK', 'AWS_ACCESS_KEY_ID', 'profile'])
      expect(error.message).toContain(way);
    expect(error).toMatchObject({ llm_provider: 'bedrock', attempts: [] });
    expect(bedrock.requests).toHaveLength(0);
  });

  test('a function that fails, or gives something else', async () => {
    const { client } = await amazon();
    const cause = new Error('the vault is shut');
    const failing = client({
      aws_credentials: async () => {
        await sleep(1);
        throw cause;
      },
    });
    const error = await failure(failing.completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'aws_credentials_failed', cause });
    for (const given of [undefined, {}, { accessKeyId: 'AKID' }, 'AKID:secret']) {
      const odd = await failure(client({ aws_credentials: () => given }).completion(ask));
      expect(odd).toMatchObject({ name: 'AuthenticationError', code: 'aws_credentials_failed' });
    }
  });
});

describe('a dry run', () => {
  test('leaves the request unsigned, asks no function and no service', async () => {
    const { bedrock, services, container, client } = await amazon();
    let asked = 0;
    const aws_credentials = () => {
      asked++;
      return { accessKeyId: 'AKIDFUN', secretAccessKey: 's' };
    };
    for (const options of [{ aws_credentials }, keys, { env: container }, { env: variables }]) {
      const { headers, url } = await client(options).dryRun('chat', ask);
      expect(url).toBe(`${bedrock.url}/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse`);
      expect(Object.keys(headers)).not.toContain('authorization');
      expect(Object.keys(headers)).not.toContain('x-amz-date');
    }
    expect([asked, bedrock.requests.length, services.requests.length]).toEqual([0, 0, 0]);
  });

  test('shows no API key', async () => {
    const { client } = await amazon();
    const { headers } = await client({ api_key: 'bearer-0123456789' }).dryRun('chat', ask);
    expect(headers['authorization']).toBe('Bearer <redacted>');
  });
});

describe('secrets', () => {
  const session = { ...keys, aws_session_token: 'session/token+0123456789' };
  const hidden = [keys.aws_secret_access_key, session.aws_session_token, keys.aws_access_key_id];

  test('stand in no error, whatever the provider repeats', async () => {
    const { client } = await amazon((res, request) =>
      sendJson(res, { message: `${hidden.join(' ')} ${String(request.headers['x-amz-security-token'])}` }, 400, {
        'x-amzn-errortype': 'ValidationException',
        'x-echo': session.aws_session_token,
      }),
    );
    const calls = client(session);
    const error = await failure(calls.completion(ask));
    const shown = [
      error.message,
      error.stack,
      inspect(error, { depth: 9 }),
      JSON.stringify(error),
      inspect(calls, { depth: 9 }),
    ];
    for (const text of shown) for (const secret of hidden) expect(text).not.toContain(secret);
    expect(error.message).toContain('<redacted>');
  });

  test('of a profile stand in no error about it', async () => {
    const place = folder();
    const file = place.write(
      'credentials',
      '[pilot]\naws_access_key_id = AKIDPILOT\naws_secret_access_key = a-secret-of-files\n',
    );
    const { client } = await amazon(
      refusing(
        'UnrecognizedClientException',
        'The security token included in the request is invalid: a-secret-of-files',
      ),
    );
    const error = await failure(
      client({ aws_profile_name: 'pilot', env: { AWS_SHARED_CREDENTIALS_FILE: file } }).completion(ask),
    );
    expect(error).toMatchObject({ name: 'AuthenticationError', code: 'UnrecognizedClientException', status: 403 });
    expect(inspect(error, { depth: 9 })).not.toContain('a-secret-of-files');
  });
});
