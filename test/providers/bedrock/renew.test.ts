/** Credentials over time: their end, a refusal before it, a wrong clock, many calls at once, calls that are given up. */
import { describe, expect, test } from 'vitest';
import { APIUserAbortError, Timeout } from '../../../src/index.js';
import { type Answer, failure, sendJson, sleep, within } from '../../behaviour/server.js';
import { encodeMessages } from '../../vectors/eventstream.js';
import { amazon, ask, clock, hour, issued, issuing, keys, refusing, replying, signer, verify } from './amazon.js';

const later = clock();
const many = <T>(count: number, make: (index: number) => T): T[] => Array.from({ length: count }, (_, i) => make(i));

const expired = refusing('ExpiredTokenException', 'The security token included in the request is expired');
/** Takes no key but those in the list. */
const takes =
  (valid: readonly string[]): Answer =>
  (res, request, index) =>
    (valid.includes(signer(request) ?? '') ? replying : expired)(res, request, index);

describe('credentials', () => {
  test('are replaced five minutes before their end, once for all calls', async () => {
    const { bedrock, services, container, client } = await amazon();
    const calls = client({ env: container });
    await calls.completion(ask);
    later(hour - 301);
    await calls.completion(ask);
    expect(services.requests).toHaveLength(1);
    later(2);
    await Promise.all(many(20, () => calls.completion(ask)));
    expect(services.requests).toHaveLength(2);
    expect(bedrock.requests.map(signer)).toEqual(['AKID1', 'AKID1', ...many(20, () => 'AKID2')]);
  });

  test('with an end near or past serve for a minute', async () => {
    const { services, container, client } = await amazon(undefined, (res, _, index) =>
      sendJson(res, issued(index + 1, Date.now() - hour * 1000)),
    );
    const calls = client({ env: container });
    await calls.completion(ask);
    later(59);
    await calls.completion(ask);
    expect(services.requests).toHaveLength(1);
    later(2);
    await calls.completion(ask);
    expect(services.requests).toHaveLength(2);
  });

  test('are got once by a hundred calls at once, and those after', async () => {
    const { bedrock, services, container, client } = await amazon(undefined, async (res, request, index) => {
      await sleep(20);
      await issuing(res, request, index);
    });
    const calls = client({ env: container });
    await Promise.all(many(100, () => calls.completion(ask)));
    await calls.completion(ask);
    expect(services.requests).toHaveLength(1);
    expect(new Set(bedrock.requests.map(signer))).toEqual(new Set(['AKID1']));
  });

  test('of a function are asked for once, until shortly before their end', async () => {
    const { client } = await amazon();
    let asked = 0;
    const aws_credentials = async () => {
      asked++;
      await sleep(5);
      const { accessKeyId, secretAccessKey } = { accessKeyId: `AKID${asked}`, secretAccessKey: 's' };
      return { accessKeyId, secretAccessKey, expiration: new Date(Date.now() + hour * 1000) };
    };
    const calls = client({ aws_credentials });
    await Promise.all(many(100, () => calls.completion(ask)));
    expect(asked).toBe(1);
    later(hour);
    await calls.completion(ask);
    expect(asked).toBe(2);
  });

  test('of different sources are kept apart', async () => {
    const { bedrock, container, services, client } = await amazon();
    const calls = client({ env: container });
    const other = () => ({ accessKeyId: 'AKIDOTHER', secretAccessKey: 's' });
    await calls.completion(ask);
    await calls.completion({ ...ask, aws_credentials: other } as never);
    await calls.completion({ ...ask, aws_credentials: () => other() } as never);
    await calls.completion({ ...ask, ...keys } as never);
    await calls.completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKID1', 'AKIDOTHER', 'AKIDOTHER', keys.aws_access_key_id, 'AKID1']);
    expect(services.requests).toHaveLength(1);
  });

  test('that cannot be had are refused to a hundred calls, each with an error of its own, and asked for anew', async () => {
    const { services, container, client } = await amazon(undefined, async (res) => {
      await sleep(20);
      sendJson(res, { message: 'no role' }, 403);
    });
    const calls = client({ env: container });
    const errors = await Promise.all(many(100, () => failure(calls.completion(ask))));
    expect(services.requests).toHaveLength(1);
    expect(new Set(errors).size).toBe(100);
    await failure(calls.completion(ask));
    expect(services.requests).toHaveLength(2);
  });
});

describe('credentials that are refused before their end', () => {
  test('are got anew, once, without counting as a retry', async () => {
    const valid = ['AKID1'];
    const { bedrock, services, container, client } = await amazon(takes(valid));
    const calls = client({ env: container });
    await calls.completion(ask);
    later(60);
    valid[0] = 'AKID2';
    await calls.completion(ask);
    await calls.completion(ask);
    expect(bedrock.requests.map(signer)).toEqual(['AKID1', 'AKID1', 'AKID2', 'AKID2']);
    expect(services.requests).toHaveLength(2);
  });

  test('are got anew before a stream, too', async () => {
    const valid = ['AKID1'];
    const stream = encodeMessages([
      { headers: { ':event-type': 'messageStart' }, payload: { role: 'assistant' } },
      { headers: { ':event-type': 'contentBlockDelta' }, payload: { contentBlockIndex: 0, delta: { text: 'Open.' } } },
      { headers: { ':event-type': 'messageStop' }, payload: { stopReason: 'end_turn' } },
    ]);
    const { container, client } = await amazon((res, request, index) => {
      if (!valid.includes(signer(request) ?? '')) void expired(res, request, index);
      else if (request.path.endsWith('/converse')) void replying(res, request, index);
      else res.writeHead(200, { 'content-type': 'application/vnd.amazon.eventstream' }).end(stream);
    });
    const calls = client({ env: container });
    await calls.completion(ask);
    later(60);
    valid[0] = 'AKID2';
    const answer = await (await calls.completion({ ...ask, stream: true })).final();
    expect(answer.choices[0]?.message.content).toBe('Open.');
  });

  test('are got anew once by a hundred calls', async () => {
    const valid = ['AKID1'];
    const { services, container, client } = await amazon(async (res, request, index) => {
      await sleep(index % 7);
      await takes(valid)(res, request, index);
    });
    const calls = client({ env: container });
    await calls.completion(ask);
    later(60);
    valid[0] = 'AKID2';
    await Promise.all(many(100, () => calls.completion(ask)));
    expect(services.requests).toHaveLength(2);
  });

  test('fail the call when the new ones are refused, too', async () => {
    const { bedrock, services, container, client } = await amazon(expired);
    const calls = client({ env: container, num_retries: 2 });
    const first = await failure(calls.completion(ask));
    expect(first).toMatchObject({ name: 'AuthenticationError', code: 'ExpiredTokenException', status: 403 });
    // They were got a moment before.
    expect([services.requests.length, bedrock.requests.length]).toEqual([1, 1]);
    later(60);
    const second = await failure(calls.completion(ask));
    expect(second.attempts).toHaveLength(2);
    expect([services.requests.length, bedrock.requests.length]).toEqual([2, 3]);
  });

  test('are not got anew when they are fixed: keys of the call, variables, an API key', async () => {
    const { bedrock, client } = await amazon(expired);
    const variables = { AWS_ACCESS_KEY_ID: 'AKIDENV', AWS_SECRET_ACCESS_KEY: 's' };
    for (const options of [keys, { env: variables }, { api_key: 'bearer-1' }]) {
      const calls = client({ ...options, num_retries: 2 });
      later(60);
      expect(await failure(calls.completion(ask))).toMatchObject({ name: 'AuthenticationError' });
    }
    expect(bedrock.requests).toHaveLength(3);
  });

  test('are kept when it is a right that is missing', async () => {
    const denied = refusing('AccessDeniedException', 'User is not authorized to perform: bedrock:InvokeModel');
    const { bedrock, services, container, client } = await amazon(denied);
    const calls = client({ env: container, num_retries: 2 });
    for (let i = 0; i < 2; i++) {
      expect(await failure(calls.completion(ask))).toMatchObject({ name: 'PermissionDeniedError' });
      later(60);
    }
    expect([services.requests.length, bedrock.requests.length]).toEqual([1, 2]);
  });
});

describe('a clock that is wrong', () => {
  const given = { accessKeyId: keys.aws_access_key_id, secretAccessKey: keys.aws_secret_access_key };
  /** Bedrock, some seconds ahead of us, takes what is at most five minutes old. */
  const ahead =
    (seconds: number, name: string, message: string): Answer =>
    (res, request, index) => {
      const theirs = Date.now() + seconds * 1000;
      const stamp = String(request.headers['x-amz-date']).replace(
        /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
        '$1-$2-$3T$4:$5:$6Z',
      );
      if (Math.abs(Date.parse(stamp) - theirs) < 300_000) void replying(res, request, index);
      else void refusing(name, message, 403, { date: new Date(theirs).toUTCString() })(res, request, index);
    };

  test.each([
    [
      'slow',
      7200,
      'InvalidSignatureException',
      'Signature expired: 20260101T000000Z is now earlier than 20260101T015500Z',
    ],
    ['fast', -7200, 'InvalidSignatureException', 'Signature not yet current: 20260101T020000Z is still later than …'],
    [
      'slow',
      7200,
      'RequestTimeTooSkewed',
      'The difference between the request time and the current time is too large.',
    ],
    ['slow', 7200, 'RequestExpired', 'Request has expired'],
  ])('%s: the request is signed anew by AWS’s, and those after it at once', async (_, seconds, name, message) => {
    const { bedrock, client } = await amazon(ahead(seconds, name, message));
    const calls = client(keys);
    await calls.completion(ask);
    await calls.completion(ask);
    expect(bedrock.requests).toHaveLength(3);
    for (const request of bedrock.requests) await verify(request, given);
  });

  test('is not to blame when AWS’s is the same', async () => {
    const { bedrock, client } = await amazon((res, request, index) =>
      refusing('InvalidSignatureException', 'Signature expired: …', 403, { date: new Date().toUTCString() })(
        res,
        request,
        index,
      ),
    );
    expect(await failure(client(keys).completion(ask))).toMatchObject({ name: 'AuthenticationError' });
    expect(bedrock.requests).toHaveLength(1);
  });
});

describe('calls that are given up', () => {
  /** Answers the first request when it is let go, the others at once. */
  function stalling() {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const answer: Answer = async (res, request, index) => {
      if (index === 0) await held;
      await issuing(res, request, index);
    };
    return { answer, release };
  }

  test('let go of the service, and those that wait with them go on', async () => {
    const { answer, release } = stalling();
    const { bedrock, services, container, client } = await amazon(undefined, answer);
    const calls = client({ env: container });
    const controller = new AbortController();
    const first = failure(calls.completion({ ...ask, signal: controller.signal }));
    const asked = await services.received(1);
    const others = many(9, () => calls.completion(ask));
    controller.abort();
    expect(await within(500, first)).toBeInstanceOf(APIUserAbortError);
    await within(500, asked.left);
    await Promise.all(others);
    release();
    expect([services.requests.length, bedrock.requests.length]).toEqual([2, 9]);
  });

  test('at an instance’s service, too', async () => {
    const session: Answer = (res, request, index) =>
      request.method === 'PUT'
        ? index > 0
          ? void res.end('session')
          : undefined
        : request.path.endsWith('/')
          ? void res.end('role')
          : issuing(res, request, index);
    const { services, client } = await amazon(undefined, session);
    const env = { AWS_EC2_METADATA_DISABLED: 'false', AWS_EC2_METADATA_SERVICE_ENDPOINT: services.url };
    const calls = client({ env });
    const controller = new AbortController();
    const first = failure(calls.completion({ ...ask, signal: controller.signal }));
    await services.received(1);
    const others = many(3, () => calls.completion(ask));
    controller.abort();
    expect(await within(500, first)).toBeInstanceOf(APIUserAbortError);
    await within(800, Promise.all(others));
  });

  test('by their time limit end then', async () => {
    const { answer, release } = stalling();
    const { container, services, client } = await amazon(undefined, answer);
    const error = await within(1000, failure(client({ env: container, timeout: 0.1 }).completion(ask)));
    expect(error).toBeInstanceOf(Timeout);
    expect(error.message).toContain('within 0.1 s');
    await within(500, services.requests[0]?.left as Promise<number>);
    release();
  });

  test('before their function answers do not end it for others', async () => {
    const { bedrock, client } = await amazon();
    let asked = 0;
    const aws_credentials = async () => {
      asked++;
      await sleep(50);
      return { accessKeyId: 'AKIDFUN', secretAccessKey: 's' };
    };
    const calls = client({ aws_credentials });
    const first = failure(calls.completion({ ...ask, timeout: 0.01 }));
    const others = many(3, () => calls.completion(ask));
    expect(await first).toBeInstanceOf(Timeout);
    await Promise.all(others);
    expect([asked, bedrock.requests.length]).toEqual([1, 3]);
  });
});
