import { describe, expect, test, vi } from 'vitest';
import { type Answer, failure, sendJson, within } from '../../behaviour/server.js';
import { ask, bearer, clock, google, grant, serviceAccount } from './google.js';

const later = clock();

/** What Google answers to a token that it no longer takes. */
const expired = {
  error: {
    code: 401,
    message: 'Request had invalid authentication credentials. Expected OAuth 2 access token.',
    status: 'UNAUTHENTICATED',
    details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason: 'ACCESS_TOKEN_EXPIRED' }],
  },
};
const reply = { candidates: [{ content: { role: 'model', parts: [{ text: 'Open.' }] }, finishReason: 'STOP' }] };

/** Takes no token but those named. */
const takes =
  (...tokens: string[]): Answer =>
  (res, request) => {
    if (tokens.some((token) => bearer(request) === `Bearer ${token}`)) sendJson(res, reply);
    else sendJson(res, expired, 401);
  };

describe('a token that is refused before its end', () => {
  test('is asked for anew, once, without counting as a retry', async () => {
    const valid = ['ya29.token-1'];
    const { tokens, models, tokenUri, client } = await google(grant, (...args) => takes(...valid)(...args));
    const calls = client({ vertex_credentials: serviceAccount(tokenUri), num_retries: 0 });
    await calls.completion(ask);
    later(120);
    valid[0] = 'ya29.token-2';
    await calls.completion(ask);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.token-1', 'Bearer ya29.token-1', 'Bearer ya29.token-2']);
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(2);
  });

  test('is asked for anew before a stream, too', async () => {
    const event = `data: ${JSON.stringify(reply)}\n\n`;
    const { models, tokenUri, client } = await google(grant, (res, _, index) => {
      if (index === 0) sendJson(res, reply);
      else if (index === 1) sendJson(res, expired, 401);
      else res.writeHead(200, { 'content-type': 'text/event-stream' }).end(event);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await calls.completion(ask);
    later(120);
    const answer = await (await calls.completion({ ...ask, stream: true })).final();
    expect(answer.choices[0]?.message.content).toBe('Open.');
    expect(bearer(models.requests[2])).toBe('Bearer ya29.token-2');
  });

  test('is asked for anew once by a hundred calls', async () => {
    const valid = ['ya29.token-1'];
    const { tokens, models, tokenUri, client } = await google(grant, (...args) => takes(...valid)(...args));
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await calls.completion(ask);
    later(120);
    valid[0] = 'ya29.token-2';
    await Promise.all(Array.from({ length: 100 }, () => calls.completion(ask)));
    expect(tokens.requests).toHaveLength(2);
    expect(models.requests).toHaveLength(201);
  });

  test('fails when the next is refused as well, or when it is just made', async () => {
    const { tokens, models, tokenUri, client } = await google(grant, (res, _, index) =>
      index === 0 ? sendJson(res, reply) : sendJson(res, expired, 401),
    );
    const calls = client({ vertex_credentials: serviceAccount(tokenUri), num_retries: 2 });
    await calls.completion(ask);
    later(120);
    const error = await failure(calls.completion(ask));
    expect(error).toMatchObject({ name: 'AuthenticationError', status: 401 });
    expect(error.attempts).toHaveLength(2);
    await failure(calls.completion(ask));
    expect([tokens.requests.length, models.requests.length]).toEqual([2, 4]);
  });

  test('is not asked for anew where the account may not, or the token was given', async () => {
    const forbidden = { error: { code: 403, message: 'Permission denied', status: 'PERMISSION_DENIED' } };
    const { tokens, models, tokenUri, client } = await google(grant, (res, request, index) => {
      if (index === 0) sendJson(res, reply);
      else if (bearer(request) === 'Bearer ya29.token-1') sendJson(res, forbidden, 403);
      else sendJson(res, expired, 401);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    await calls.completion(ask);
    later(120);
    expect(await failure(calls.completion(ask))).toMatchObject({ name: 'PermissionDeniedError' });
    for (const api_key of ['ya29.given', () => 'ya29.asked'])
      expect(await failure(calls.completion({ ...ask, api_key }))).toMatchObject({ name: 'AuthenticationError' });
    expect([tokens.requests.length, models.requests.length]).toEqual([1, 4]);
  });
});

test('a token endpoint that refuses is not asked once more', async () => {
  const { tokens, tokenUri, client } = await google(
    (res, request, index) =>
      index === 0
        ? grant(res, request, index)
        : sendJson(res, { error: 'invalid_grant' }, 400, { date: new Date().toUTCString() }),
    (res) => {
      later(3600);
      sendJson(res, {}, 503, { 'retry-after-ms': '1' });
    },
  );
  const error = await failure(client({ vertex_credentials: serviceAccount(tokenUri), num_retries: 3 }).completion(ask));
  expect(error).toMatchObject({ name: 'AuthenticationError', code: 'token_refused', attempts: [{ status: 503 }] });
  expect(tokens.requests).toHaveLength(2);
});

test('errors of calls that waited for one token are their own', async () => {
  const { tokenUri, client } = await google((res) => sendJson(res, { error: 'invalid_grant' }, 400));
  const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
  const models = ['vertex_ai/gemini-2.5-flash', 'vertex_ai/gemini-2.5-pro'];
  const [first, second] = await Promise.all(models.map((model) => failure(calls.completion({ ...ask, model }))));
  expect(first).not.toBe(second);
  expect([first?.model, second?.model]).toEqual(['gemini-2.5-flash', 'gemini-2.5-pro']);
  expect(second).toMatchObject({ name: 'AuthenticationError', code: 'token_refused', message: first?.message });
});

describe('a token endpoint that never answers', () => {
  test('is given up after half a minute by all that wait, and asked anew by the next', async () => {
    const { tokens, tokenUri, client } = await google((res, request, index) => {
      if (index > 0) void grant(res, request, index);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let over = false;
    const outcomes = Promise.allSettled([1, 2].map(() => calls.completion(ask))).finally(() => {
      over = true;
    });
    await vi.waitUntil(() => tokens.requests.length === 1);
    await vi.advanceTimersByTimeAsync(29_900);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    for (const outcome of await outcomes) {
      const { reason } = outcome as PromiseRejectedResult;
      expect(reason).toMatchObject({ name: 'Timeout', llm_provider: 'vertex_ai', code: 'timeout' });
      expect(reason.message).toContain(`127.0.0.1:${tokens.port} did not answer within 30 s`);
    }
    vi.useRealTimers();
    expect(tokens.requests).toHaveLength(1);
    await tokens.requests[0]?.left;
    await calls.completion(ask);
    expect(tokens.requests).toHaveLength(2);
  });

  test('does not outlast the time limit of the call, nor end the calls that have more', async () => {
    const { tokens, models, tokenUri, client } = await google((res, request, index) => {
      if (index > 0) void grant(res, request, index);
    });
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    const hasty = failure(calls.completion({ ...ask, timeout: 0.1 }));
    const patient = calls.completion(ask);
    expect(await within(1000, hasty)).toMatchObject({
      name: 'Timeout',
      message: expect.stringContaining('within 0.1 s'),
    });
    await within(1000, patient);
    expect(tokens.requests).toHaveLength(2);
    expect(models.requests.map(bearer)).toEqual(['Bearer ya29.token-2']);
  });

  test('is left at once when the caller leaves', async () => {
    const { tokens, tokenUri, client } = await google(() => {});
    const leaving = new AbortController();
    const calls = client({ vertex_credentials: serviceAccount(tokenUri) });
    const work = failure(calls.completion({ ...ask, signal: leaving.signal }));
    const request = await tokens.received(1);
    const reason = new Error('enough');
    leaving.abort(reason);
    expect((await within(500, work)).cause).toBe(reason);
    await within(500, request.left);
  });
});
