/** A stream that may go on elsewhere has the surface of a plain one: read once, left in any way, nothing kept. */
import { getEventListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type http from 'node:http';
import type { ChatCompletionChunk, ChatStream } from '../../../src/index.js';
import {
  type Answer,
  collect,
  measuring,
  rest,
  sendEvents,
  sleep,
  thrown,
  warmUp,
  within,
} from '../../behaviour/server.js';
import { openai, textOf } from '../../behaviour/wires.js';
import {
  cutAfter,
  expectNothing,
  type Field,
  field,
  good as whole,
  isReset,
  path,
  Remains,
  said,
  stream,
} from './field.js';

const allowed = 250;
const remains = new Remains();
const responses: http.ServerResponse[] = [];
const open = (): number => responses.filter((res) => !res.writableFinished && !res.destroyed).length;
const noted =
  (answer: Answer): Answer =>
  (res, ...more) => {
    responses.push(res);
    return answer(res, ...more);
  };

const cut = (...texts: string[]): Answer => cutAfter(openai, ...texts.map((text) => openai.text(text)));
const good = (...texts: string[]): Answer => whole(openai, ...texts);
const endless: Answer = (res) => sendEvents(res, openai.start, openai.text('c'), openai.text('d'));

const fields: Field[] = [];
async function opened(
  answers: Record<string, Answer>,
  options: Record<string, unknown> = {},
): Promise<{ answer: ChatStream; made: Field }> {
  const noting = Object.fromEntries(Object.entries(answers).map(([id, answer]) => [id, noted(answer)]));
  const made = await field(noting, { mid_stream: 'restart' });
  fields.push(made);
  return { answer: await stream(made.router, options), made };
}

beforeAll(async () => {
  await warmUp();
  await collect((await opened({ one: cut('a'), two: good('b') })).answer);
  remains.begin();
});
beforeEach(() => void (responses.length = 0));
afterAll(async () => {
  remains.stop();
  await Promise.all(fields.map((made) => made.close()));
});

/** After the break, within the second stream. */
async function reachSecond(answer: ChatStream): Promise<void> {
  let step = await answer.next();
  while (step.done !== true && !isReset(step.value)) step = await answer.next();
  expect(step.done).toBe(false);
}

const ways: [string, (answer: ChatStream) => Promise<unknown>][] = [
  [
    'break',
    async (answer) => {
      for await (const _ of answer) break;
    },
  ],
  ['return()', async (answer) => answer.return?.()],
  ['controller.abort()', async (answer) => answer.controller.abort()],
  ['[Symbol.asyncDispose]()', async (answer) => answer[Symbol.asyncDispose]()],
  ['cancelling toReadableStream()', async (answer) => answer.toReadableStream().cancel()],
  [
    'both branches of a tee',
    async (answer) => {
      for (const branch of answer.tee()) await branch.return?.();
    },
  ],
];

describe.each(['the first stream', 'the second stream', 'the wait for the second'])('leaving in %s', (where) => {
  // A loop that waits cannot break.
  const possible = ways.filter(([name]) => name !== 'break' || !where.startsWith('the wait'));
  test.each(possible)('by %s closes the connection, for good', measuring, async (_, leave) => {
    const controller = new AbortController();
    const { signal } = controller;
    const second = where === 'the wait for the second' ? () => {} : endless;
    const answers = where === 'the first stream' ? { one: endless } : { one: cut('a', 'b'), two: second };
    const { answer, made } = await opened(answers as Record<string, Answer>, { signal });
    let pending: Promise<unknown> = Promise.resolve();
    if (where === 'the second stream') await reachSecond(answer);
    if (where === 'the wait for the second') {
      pending = (async () => {
        let step = await answer.next();
        while (step.done !== true) step = await answer.next();
        return step;
      })();
      await made.servers['two']?.received(1);
    }
    const server = where === 'the first stream' ? 'one' : 'two';
    const request = made.servers[server]?.requests[0];
    const begun = performance.now();
    await within(1000, leave(answer));
    expect((await within(1000, request?.left as Promise<number>)) - begun).toBeLessThan(allowed);
    await within(1000, pending);
    expect(await answer.next()).toEqual({ done: true, value: undefined });
    expect(await answer.return?.()).toEqual({ done: true, value: undefined });
    await within(1000, answer.finished());
    expect(answer.failure).toBeUndefined();
    await within(
      1000,
      answer.final().catch(() => undefined),
    );
    await sleep(10);
    expect(Object.values(await made.router.health()).every(({ in_flight }) => in_flight === 0)).toBe(true);
    expect(made.events.some(({ type }) => type === 'cooldown')).toBe(false);
    await expectNothing(remains, [signal], open);
  });
});

test('a pending next() is done when the stream is left', async () => {
  const { answer } = await opened({ one: cut('a'), two: endless });
  await reachSecond(answer);
  await answer.next();
  await answer.next();
  const pending = [answer.next(), answer.next()];
  await sleep(10);
  void answer.return?.();
  for (const step of await within(500, Promise.all(pending))) expect(step).toEqual({ done: true, value: undefined });
});

test('overlapping calls of next() keep their order over the break', async () => {
  const texts = Array.from({ length: 20 }, (_, at) => `<${at}>`);
  const { answer } = await opened({ one: cut(...texts.slice(0, 10)), two: good(...texts.slice(10)) });
  const steps = await Promise.all(Array.from({ length: 40 }, () => answer.next()));
  const chunks = steps.flatMap((step) => (step.done === true ? [] : [step.value]));
  expect(textOf(chunks)).toBe(texts.join(''));
  expect(steps.findIndex((step) => step.done)).toBe(chunks.length);
});

test('overlapping calls of next(): one gets the error, in its turn', async () => {
  const { answer } = await opened({ one: cut('a'), two: cut('b') }, { num_retries: 1 });
  const steps = await Promise.allSettled(Array.from({ length: 8 }, () => answer.next()));
  const at = steps.findIndex((step) => step.status === 'rejected');
  expect(textOf(steps.slice(0, at).map((step) => (step as PromiseFulfilledResult<{ value: ChatCompletionChunk }>).value.value))).toBe('ab'); // prettier-ignore
  for (const step of steps.slice(at + 1))
    expect(step).toEqual({ status: 'fulfilled', value: { done: true, value: undefined } });
});

test('is read once', async () => {
  const { answer } = await opened({ one: cut('a'), two: good('b') });
  const chunks: ChatCompletionChunk[] = [];
  for await (const chunk of answer) {
    expect(() => answer[Symbol.asyncIterator]()).toThrow(/read/);
    expect(() => answer.tee()).toThrow(/read/);
    chunks.push(chunk);
  }
  expect(textOf(chunks)).toBe('ab');
  expect((await collect(answer)).error).toMatchObject({ message: expect.stringMatching(/read/) as string });
});

test('tee(): both branches get all, at any pace, and leaving one does not end the other', async () => {
  const { answer } = await opened({ one: cut('a'), two: good('b', 'c') });
  const [left, right] = answer.tee();
  const slowly: ChatCompletionChunk[] = [];
  const [fast] = await Promise.all([
    collect(left),
    (async () => {
      for await (const chunk of right) {
        slowly.push(chunk);
        await sleep(10);
      }
    })(),
  ]);
  expect(textOf(fast.chunks)).toBe('abc');
  expect(slowly).toEqual(fast.chunks);
  expect(said(await left.final())).toBe('bc');
  expect(path(right._hidden_params.attempts)).toEqual(['one', 'two']);
  expect(left._hidden_params.response_cost).toBe(answer._hidden_params.response_cost);
  expect(left._hidden_params['model_id' as never]).toBe('two');

  const other = (await opened({ one: cut('a'), two: good('b') })).answer.tee();
  for await (const _ of other[0]) break;
  expect(textOf((await collect(other[1])).chunks)).toBe('ab');

  const broken = (await opened({ one: cut('a'), two: cut('b') }, { num_retries: 1 })).answer.tee();
  const outcomes = [await collect(broken[0]), await collect(broken[1])];
  for (const { chunks, error } of outcomes) {
    expect(textOf(chunks)).toBe('ab');
    expect(error).toMatchObject({ name: 'StreamIncompleteError' });
  }
});

test('toReadableStream() gives one JSON line a chunk, and the errors', async () => {
  const text = await new Response((await opened({ one: cut('a'), two: good('b') })).answer.toReadableStream()).text();
  const lines = text.trimEnd().split('\n').map((line) => JSON.parse(line) as ChatCompletionChunk); // prettier-ignore
  expect(textOf(lines)).toBe('ab');
  expect(lines.filter(isReset)).toHaveLength(1);
  const broken = (await opened({ one: cut('a') }, { num_retries: 0 })).answer;
  expect(await thrown(new Response(broken.toReadableStream()).text())).toMatchObject({ name: 'StreamIncompleteError' });
});

describe('final()', () => {
  test('alone reads the stream itself, and a loop after it gets all', async () => {
    const { answer } = await opened({ one: cut('a'), two: good('b', 'c') });
    expect(said(await within(3000, answer.final()))).toBe('bc');
    const { chunks, error } = await collect(answer);
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('abc');
  });

  test('before, beside and after a loop is one result', async () => {
    const { answer } = await opened({ one: cut('a'), two: good('b') });
    const before = answer.final();
    let beside: Promise<unknown> | undefined;
    for await (const _ of answer) beside ??= answer.final();
    expect(said(await before)).toBe('b');
    expect(await beside).toBe(await before);
    expect(await answer.final()).toBe(await before);
  });

  test('asked for after some next()', async () => {
    const { answer } = await opened({ one: cut('a'), two: good('b') });
    await answer.next();
    const final = answer.final();
    await rest(answer);
    expect(said(await within(1000, final))).toBe('b');
  });

  test('rejects with the error of the loop, and is never unhandled', async () => {
    const { answer } = await opened({ one: cut('a') }, { num_retries: 0 });
    void answer.final();
    const { error } = await collect(answer);
    expect(await thrown(answer.final())).toBe(error);
    const alone = (await opened({ one: cut('a'), two: cut('b') }, { num_retries: 1 })).answer;
    void alone.final();
    for (const branch of (await opened({ one: cut('a') }, { num_retries: 0 })).answer.tee()) void branch.final();
    await sleep(80);
    await expectNothing(remains, [], open);
  });
});

test('finished() reads nothing, and tells when all is known', async () => {
  const { answer } = await opened({ one: cut('a'), two: good('b') });
  let over = false;
  const finished = answer.finished().then(() => (over = true));
  await sleep(50);
  expect(over).toBe(false);
  await collect(answer);
  await within(1000, finished);
  expect(answer._hidden_params.response_cost).toBeGreaterThan(0);
});

test('an abort ends a stream that nobody reads, and what final() had read is not delivered', async () => {
  const controller = new AbortController();
  const { signal } = controller;
  const { answer, made } = await opened({ one: endless, two: good('x') }, { signal });
  const final = answer.final();
  final.catch(() => {});
  await sleep(30);
  controller.abort();
  await within(1000, made.servers['one']?.requests[0]?.left as Promise<number>);
  expect(await thrown(final)).toMatchObject({ name: 'APIUserAbortError' });
  expect((await collect(answer)).chunks).toEqual([]);
  await expectNothing(remains, [signal], open);

  const other = new AbortController();
  const unread = await opened({ one: endless, two: good('x') }, { signal: other.signal });
  other.abort();
  await within(1000, unread.made.servers['one']?.requests[0]?.left as Promise<number>);
  expect(getEventListeners(other.signal, 'abort')).toEqual([]);
  expect((await collect(unread.answer)).chunks).toEqual([]);
});

test.each(['the first', 'the second'])(
  'an abort of %s stream is the end, also for those who only wait for it',
  async (where) => {
    const controller = new AbortController();
    const { signal } = controller;
    const answers = where === 'the first' ? { one: endless, two: good('x') } : { one: cut('a'), two: endless };
    const { answer, made } = await opened(answers, { signal });
    if (where === 'the second') await reachSecond(answer);
    const finished = answer.finished();
    const reason = new Error('enough');
    controller.abort(reason);
    await within(1000, finished);
    expect(answer.failure).toMatchObject({ name: 'APIUserAbortError', cause: reason, llm_provider: 'openai' });
    expect(await thrown(answer.final())).toBe(answer.failure);
    expect(await thrown(answer.next())).toBe(answer.failure);
    expect(made.servers['two']?.requests).toHaveLength(where === 'the first' ? 0 : 1);
    await expectNothing(remains, [signal], open);
  },
);

test('a second stream that is left tells what had come, and both rows at once', async () => {
  const { answer } = await opened({ one: cut('a'), two: endless });
  await reachSecond(answer);
  await answer.return?.();
  expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two']);
  const final = await within(1000, answer.final());
  expect(said(final)).toMatch(/^cd?$/);
  expect(final.choices[0]?.finish_reason).toBeNull();
  expect(answer._hidden_params.response_cost).toBeGreaterThan(0);
});

test('a second stream that nobody reads leaves no listener when its time is up', async () => {
  const { signal } = new AbortController();
  const { answer, made } = await opened({ one: cut('a'), two: endless }, { signal, timeout: { total: 0.5 } });
  await reachSecond(answer);
  await within(2000, made.servers['two']?.requests[0]?.left as Promise<number>);
  await expectNothing(remains, [signal], open);
});

test('after the deadline nobody is asked, no fallback either', async () => {
  const { answer, made } = await opened(
    { one: endless, two: good('x'), 'spare.one': good('y') },
    { deadline: 0.5, fallbacks: ['spare'] },
  );
  const { chunks, error } = await collect(answer);
  expect(textOf(chunks)).toBe('cd');
  expect(error).toMatchObject({ name: 'Timeout' });
  expect(path((error as { attempts: [] }).attempts)).toEqual(['one']);
  await sleep(50);
  expect(made.servers['two']?.requests).toHaveLength(0);
  expect(made.servers['spare.one']?.requests).toHaveLength(0);
});

test('final() and a loop that begins while it waits read one stream', async () => {
  const slowly: Answer = async (res) => {
    for (const text of ['b', 'c', 'd']) {
      sendEvents(res, openai.text(text));
      await sleep(40);
    }
    res.end(openai.finish + openai.end);
  };
  const { answer } = await opened({ one: cut('a'), two: slowly });
  const final = answer.final();
  await sleep(70);
  expect(textOf((await within(2000, collect(answer))).chunks)).toBe('abcd');
  expect(said(await within(1000, final))).toBe('bcd');
});

test('a total limit ends a stream that nobody reads, and leaves no listener', async () => {
  const { signal } = new AbortController();
  const { made } = await opened({ one: endless, two: good('x') }, { signal, timeout: { total: 0.1 }, deadline: 30 });
  await within(2000, made.servers['one']?.requests[0]?.left as Promise<number>);
  await expectNothing(remains, [signal], open);
});

test('a stream that is not read stops the server', async () => {
  const piece = openai.text('x'.repeat(16 * 1024));
  const count = 3000;
  let written = 0;
  const flood: Answer = async (res) => {
    sendEvents(res, openai.start);
    while (written < count && !res.destroyed) {
      written++;
      if (!res.write(piece))
        await new Promise<void>((resolve) => {
          res.setMaxListeners(0).once('drain', resolve).once('close', resolve);
        });
    }
    res.end(openai.finish + openai.end);
  };
  const { answer } = await opened({ one: cut('a'), two: flood });
  await reachSecond(answer);
  let before = -1;
  while (before !== written) {
    before = written;
    await sleep(150);
  }
  expect(written).toBeLessThan(count / 2);
  expect(textOf((await rest(answer)).chunks).length).toBeGreaterThan((count - 2) * 16 * 1024);
});
