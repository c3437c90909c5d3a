/** Hedging and `fastest`: the first answer counts, the others are ended at their servers and stand in the ledger. */
import { getEventListeners } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Answer, collect, failure, sendEvents, sendJson, sleep, warmUp, within } from '../../behaviour/server.js';
import { openai, streamOf, textOf } from '../../behaviour/wires.js';
import { expectNothing, field, path, question, Remains, said, stream, whole } from './field.js';
import type { ChatStream } from '../../../src/index.js';

const remains = new Remains();
const hedge = { after: 0.05 };

const slow: Answer = () => {};
const good: Answer = (res, { text }) => {
  if (!text.includes('"stream":true')) return sendJson(res, openai.whole('ab'));
  sendEvents(res, ...streamOf(openai, 'a', 'b'));
  res.end();
};
const bad =
  (message: string, ms = 0): Answer =>
  async (res) => {
    await sleep(ms);
    sendJson(res, { error: { message } }, 500);
  };
const late =
  (ms: number): Answer =>
  async (res, ...rest) => {
    await sleep(ms);
    await good(res, ...rest);
  };

beforeAll(async () => {
  await warmUp();
  const made = await field({ one: slow, two: good }, { hedge });
  await whole(made.router);
  await collect(await stream(made.router));
  await whole(made.router, { hedge: { after: 0.01, max_extra_cost: 1 } });
  await made.close();
  remains.begin();
});
afterAll(() => remains.stop());

test.each([false, true])('the second answers, the first is ended at its server (stream: %s)', async (streamed) => {
  const made = await field({ one: slow, two: good }, { hedge });
  const { signal } = new AbortController();
  const got = await whole(made.router, { stream: streamed, signal });
  const rows = got._hidden_params.attempts;
  expect(path(rows)).toEqual(['one', 'two']);
  expect(rows.map(({ error }) => error)).toEqual(['APIUserAbortError', undefined]);
  const request = made.servers['one']?.requests[0];
  await within(1000, request?.left as Promise<number>, 'the end of the loser');
  if (streamed) expect(textOf((await collect(got as unknown as ChatStream)).chunks)).toBe('ab');
  else expect(said(got)).toBe('ab');
  expect(rows).toHaveLength(2);
  expect(rows[1]?.usage).toMatchObject({ prompt_tokens: 11 });
  expect(made.events.filter(({ type }) => type === 'hedge')).toEqual([
    { type: 'hedge', deployment: 'two', model_name: 'main' },
  ]);
  // That it lost says nothing about it.
  const health = await made.router.health();
  expect(health['one']).toMatchObject({ healthy: true, in_flight: 0, failures: 0 });
  expect(health['two']).toMatchObject({ in_flight: 0, tokens: 18 });
  expect(made.events.some(({ type }) => type === 'cooldown')).toBe(false);
  await expectNothing(remains, [signal], () => 0);
  await made.close();
});

test('the first answers after all: the second is ended', async () => {
  const made = await field({ one: late(120), two: slow }, { hedge });
  const got = await whole(made.router);
  expect(path(got._hidden_params.attempts)).toEqual(['one', 'two']);
  expect(got._hidden_params.attempts.map(({ error }) => error)).toEqual([undefined, 'APIUserAbortError']);
  await within(1000, made.servers['two']?.requests[0]?.left as Promise<number>);
  await made.close();
});

test('an answer in time needs no second', async () => {
  const made = await field({ one: good, two: good }, { hedge: { after: 5 } });
  expect(path((await whole(made.router))._hidden_params.attempts)).toEqual(['one']);
  expect(made.servers['two']?.requests).toHaveLength(0);
  await expectNothing(remains, [], () => 0);
  await made.close();
});

test('both at once: one answer, one stream, and the caller keeps the abort', async () => {
  const made = await field({ one: late(50), two: good }, { hedge });
  for (let turn = 0; turn < 10; turn++) {
    const got = await stream(made.router);
    const { chunks, error } = await collect(got);
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('ab');
    const whole_ = await whole(made.router);
    expect(said(whole_)).toBe('ab');
  }
  expect(Object.values(await made.router.health()).every(({ in_flight }) => in_flight === 0)).toBe(true);
  await made.close();
});

test('calls with tools are not doubled, unless that is asked for', async () => {
  const made = await field({ one: late(100), two: good }, { hedge });
  const tools = [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }];
  expect(path((await whole(made.router, { tools }))._hidden_params.attempts)).toEqual(['one']);
  const asked = await whole(made.router, { tools, hedge: { ...hedge, tools: true } });
  expect(path(asked._hidden_params.attempts)).toEqual(['one', 'two']);
  await made.close();
});

test('max_extra_cost holds the second back', async () => {
  const made = await field({ one: late(100), two: good }, {});
  const dear = await whole(made.router, { max_tokens: 1000, hedge: { after: 0.02, max_extra_cost: 0.000_001 } });
  expect(path(dear._hidden_params.attempts)).toEqual(['one']);
  const cheap = await whole(made.router, { max_tokens: 1000, hedge: { after: 0.02, max_extra_cost: 1 } });
  expect(path(cheap._hidden_params.attempts)).toEqual(['one', 'two']);
  expect((await made.router.health())['two']).toMatchObject({ in_flight: 0 });
  await made.close();

  const unknown = await field({ one: late(100), two: good }, {}, openai, () => ({ model: 'openai/nobody-knows-it' }));
  const unpriced = await whole(unknown.router, { hedge: { after: 0.02, max_extra_cost: 1 } });
  expect(path(unpriced._hidden_params.attempts)).toEqual(['one']);
  await unknown.close();
});

test('both fail: the first error', async () => {
  const made = await field({ one: bad('one is ill', 100), two: bad('two is ill', 150) }, { hedge, num_retries: 0 });
  const error = await failure(whole(made.router));
  expect(error.message).toContain('one is ill');
  expect(error.attempts.map(({ deployment }) => deployment)).toEqual(['one', 'two']);
  await made.close();
  const other = await field({ one: bad('one is ill', 200), two: bad('two is ill') }, { hedge, num_retries: 0 });
  expect((await failure(whole(other.router))).message).toContain('two is ill');
  await other.close();
});

test('one fails, the other is waited for', async () => {
  const made = await field({ one: bad('no', 80), two: late(150) }, { hedge });
  const got = await whole(made.router);
  expect(got._hidden_params.attempts.map(({ error }) => error)).toEqual(['InternalServerError', undefined]);
  await made.close();
});

describe('the caller’s abort', () => {
  test('ends both', async () => {
    const made = await field({ one: slow, two: slow }, { hedge });
    const controller = new AbortController();
    const reason = new Error('enough');
    const pending = whole(made.router, { signal: controller.signal });
    await made.servers['two']?.received(1);
    controller.abort(reason);
    const error = await failure(pending);
    expect(error).toMatchObject({ name: 'APIUserAbortError', cause: reason });
    expect(error.attempts).toHaveLength(2);
    for (const { requests } of Object.values(made.servers)) await within(1000, requests[0]?.left as Promise<number>);
    await expectNothing(remains, [controller.signal], () => 0);
    await made.close();
  });

  test.each(['raise', 'restart'])('ends a stream that has won (%s)', async (mid_stream) => {
    const begin: Answer = (res) => sendEvents(res, openai.start, openai.text('a'));
    const made = await field({ one: slow, two: begin }, { hedge, mid_stream: mid_stream as 'raise' });
    const controller = new AbortController();
    const got = await stream(made.router, { signal: controller.signal });
    const reading = collect(got);
    await sleep(20);
    controller.abort();
    await within(1000, made.servers['two']?.requests[0]?.left as Promise<number>);
    expect((await reading).error).toMatchObject({ name: 'APIUserAbortError' });
    await expectNothing(remains, [controller.signal], () => 0);
    await made.close();
  });

  test('fifty hedged calls under one signal: one listener, no warning', async () => {
    const made = await field({ one: late(80), two: late(80) }, { hedge: { after: 0.01 } });
    const { signal } = new AbortController();
    const calls = Promise.all(Array.from({ length: 50 }, () => whole(made.router, { signal })));
    await sleep(40);
    expect(getEventListeners(signal, 'abort').length).toBeLessThanOrEqual(1);
    await calls;
    await expectNothing(remains, [signal], () => 0);
    await made.close();
  });
});

test('the deadline ends both with a timeout', async () => {
  const made = await field({ one: slow, two: slow }, { hedge, num_retries: 0 });
  expect((await failure(whole(made.router, { deadline: 0.2 }))).name).toBe('Timeout');
  await expectNothing(remains, [], () => 0);
  await made.close();
});

test('slots and limits come back from those that lost, and a full deployment is not waited for', async () => {
  const made = await field({ one: late(120), two: slow }, { hedge, enable_pre_call_checks: true }, openai, () => ({
    max_parallel_requests: 1,
    rpm: 1000,
    tpm: 1_000_000,
  }));
  for (let turn = 0; turn < 3; turn++) expect(said(await whole(made.router))).toBe('ab');
  expect(Object.values(await made.router.health()).map(({ in_flight }) => in_flight)).toEqual([0, 0]);
  await made.close();

  // The only other slot is taken for long: the first answer comes when it comes.
  const narrow = await field({ one: late(120), two: late(1500) }, { hedge }, openai, (id) =>
    id === 'two' ? { max_parallel_requests: 1 } : {},
  );
  const holder = narrow.router.completion({ model: 'two', messages: question });
  await narrow.servers['two']?.received(1);
  const got = await whole(narrow.router);
  expect(path(got._hidden_params.attempts)).toEqual(['one']);
  await holder;
  await narrow.close();
});

test('a hedged stream that breaks goes on at a third', async () => {
  const cut: Answer = async (res) => {
    sendEvents(res, openai.start, openai.text('x'));
    await sleep(20);
    res.socket?.resetAndDestroy();
  };
  const made = await field({ one: slow, two: cut, three: good }, { hedge, mid_stream: 'restart' });
  const got = await stream(made.router);
  expect(textOf((await collect(got)).chunks)).toBe('xab');
  expect(path(got._hidden_params.attempts)).toEqual(['one', 'two', 'three']);
  expect(said(await got.final())).toBe('ab');
  await expectNothing(remains, [], () => 0);
  await made.close();
});

describe('fastest', () => {
  const race = { 'a.one': slow, 'b.one': late(40), 'c.one': slow };
  const models = ['a', 'b', 'c'];
  test('gives the first answer and ends the others', async () => {
    const made = await field(race);
    const { signal } = new AbortController();
    const got = (await made.router.fastest({ models, messages: question, signal })) as Awaited<
      ReturnType<typeof whole>
    >;
    expect(said(got)).toBe('ab');
    for (const id of ['a.one', 'c.one']) await within(1000, made.servers[id]?.requests[0]?.left as Promise<number>);
    const rows = got._hidden_params.attempts;
    expect(new Set(path(rows))).toEqual(new Set(Object.keys(race)));
    expect(rows.filter(({ error }) => error === 'APIUserAbortError')).toHaveLength(2);
    await expectNothing(remains, [signal], () => 0);
    await made.close();
  });

  test('gives a stream, which the caller’s abort ends', async () => {
    const made = await field({ ...race, 'b.one': (res) => sendEvents(res, openai.start, openai.text('a')) });
    const controller = new AbortController();
    const asked = { model: 'a, b,c', messages: question, stream: true, signal: controller.signal };
    const got = await made.router.fastest(asked);
    const reading = collect(got as ChatStream);
    await sleep(20);
    controller.abort();
    expect((await reading).error).toMatchObject({ name: 'APIUserAbortError' });
    await within(1000, made.servers['b.one']?.requests[0]?.left as Promise<number>);
    await expectNothing(remains, [controller.signal], () => 0);
    await made.close();
  });

  test('when all fail the first error counts, with all attempts', async () => {
    const made = await field(
      { 'a.one': bad('a is ill', 60), 'b.one': bad('b is ill'), 'c.one': bad('c is ill', 90) },
      { num_retries: 0 },
    );
    const error = await failure(made.router.fastest({ models, messages: question }));
    expect(error.message).toContain('b is ill');
    expect(error.attempts).toHaveLength(3);
    await made.close();
  });
});
