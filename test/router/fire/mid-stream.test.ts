/** Streams that break off, and go on elsewhere: before content unseen, after it as `mid_stream` says. */
import { beforeAll, describe, expect, test } from 'vitest';
import { Stream } from '../../../src/core/stream/stream.js';
import type { Answer } from '../../behaviour/server.js';
import { collect, sendEvents, sleep, thrown, warmUp } from '../../behaviour/server.js';
import { openai, type TestWire, textOf, wires } from '../../behaviour/wires.js';
import { cutAfter, type Field, field, good, isReset, path, said, sent, stream } from './field.js';

beforeAll(warmUp);

/** A beginning, and then the connection is cut. */
const cut = (wire: TestWire, ...texts: string[]): Answer => cutAfter(wire, ...texts.map((text) => wire.text(text)));
const silent =
  (wire: TestWire, ...texts: string[]): Answer =>
  (res) =>
    sendEvents(res, wire.start, ...texts.map((text) => wire.text(text)));
const fault =
  (wire: TestWire, ...texts: string[]): Answer =>
  (res) => {
    sendEvents(res, wire.start, ...texts.map((text) => wire.text(text)), wire.fault('overloaded'));
    res.end();
  };

async function over<T>(made: Promise<Field>, use: (made: Field) => Promise<T>): Promise<T> {
  const ready = await made;
  try {
    return await use(ready);
  } finally {
    await ready.close();
  }
}

describe.each(wires)('before content, $name', (wire) => {
  const beginnings: [string, Answer, object][] = [
    ['a cut after the role', cut(wire), {}],
    ['an error event', fault(wire), {}],
    ['silence after the role', silent(wire), { timeout: { first_token: 0.1 } }],
    ['an end after the role', (res) => (sendEvents(res, wire.start), void res.end()), {}],
  ];
  test.each(beginnings)('%s: failover is not seen', async (_, bad, options) =>
    over(field({ one: bad, two: good(wire, 'a', 'b') }, {}, wire), async ({ router, servers }) => {
      for (const mid_stream of ['raise', 'restart', 'resume']) {
        const answer = await stream(router, { mid_stream, ...options });
        const { chunks, error } = await collect(answer);
        expect(error).toBeUndefined();
        expect(textOf(chunks)).toBe('ab');
        expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
        const roles = chunks.flatMap(({ choices }) => choices.map(({ delta }) => delta.role)).filter(Boolean);
        expect(roles).toEqual(['assistant']);
        expect(chunks.some(isReset)).toBe(false);
        expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two']);
        expect(answer._hidden_params.attempts.map((row) => row.error !== undefined)).toEqual([true, false]);
      }
      expect(sent(servers)).toBe(6);
    }),
  );
});

describe('raise', () => {
  test("hands the client's own stream through", async () =>
    over(field({ one: good(openai, 'a'), two: good(openai, 'a') }), async ({ router }) => {
      const answer = await stream(router);
      expect(answer).toBeInstanceOf(Stream);
      expect(Object.hasOwn(answer, 'next')).toBe(false);
      expect(textOf((await collect(answer)).chunks)).toBe('a');
    }));

  test.each(wires)('after content nothing more is sent, $name', async (wire) =>
    over(
      field(
        {
          one: (res, _, index) => (index === 0 ? good(wire, 'x') : cut(wire, 'a', 'b'))(res, _, index),
          two: good(wire, 'c'),
        },
        {},
        wire,
      ),
      async ({ router, servers, events }) => {
        await collect(await stream(router));
        const answer = await stream(router);
        const { chunks, error } = await collect(answer);
        expect(textOf(chunks)).toBe('ab');
        expect(error).toMatchObject({
          name: 'StreamIncompleteError',
          partial: { choices: [{ message: { content: 'ab' } }] },
        });
        expect(answer.failure).toBe(error);
        expect(path((error as { attempts: [] }).attempts)).toEqual(['one']);
        expect(sent(servers)).toBe(2);
        expect(events.filter(({ type }) => type === 'attempt')).toHaveLength(2);
      },
    ),
  );

  test('the error of a stream has the attempts before it, too', async () =>
    over(field({ one: (res) => void res.writeHead(500).end(), two: cut(openai, 'a') }), async ({ router }) => {
      const answer = await stream(router);
      const { error } = await collect(answer);
      expect(path((error as { attempts: [] }).attempts)).toEqual(['one', 'two']);
      expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two']);
      expect(await thrown(answer.final())).toBe(error);
    }));
});

describe.each(wires)('restart, $name', (wire) => {
  const breaks: [string, Answer, object][] = [
    ['a cut', cut(wire, 'a', 'b'), {}],
    ['an error event', fault(wire, 'a', 'b'), {}],
    ['silence', silent(wire, 'a', 'b'), { timeout: { idle: 0.1 } }],
    ['a total timeout', silent(wire, 'a', 'b'), { timeout: { total: 0.15 } }],
    ['an early end', (res) => (sendEvents(res, wire.start, wire.text('a'), wire.text('b')), void res.end()), {}],
    [
      'broken JSON',
      (res) => (sendEvents(res, wire.start, wire.text('a'), wire.text('b'), 'data: {"a\n\n'), void res.end()),
      {},
    ],
  ];
  test.each(breaks)('after %s: the first new chunk is marked, final() is the new answer', async (_, bad, options) =>
    over(
      field({ one: bad, two: good(wire, 'c', 'd') }, { mid_stream: 'restart' }, wire),
      async ({ router, servers }) => {
        const answer = await stream(router, { ...options, stream_options: { include_usage: true } });
        const { chunks, error } = await collect(answer);
        expect(error).toBeUndefined();
        const at = chunks.findIndex(isReset);
        expect(chunks.filter(isReset)).toHaveLength(1);
        expect([textOf(chunks.slice(0, at)), textOf(chunks.slice(at))]).toEqual(['ab', 'cd']);
        expect(chunks.filter(({ usage }) => usage != null)).toHaveLength(1);
        const final = await answer.final();
        expect(said(final)).toBe('cd');
        expect(final.usage).toMatchObject({
          prompt_tokens: wire.usage.prompt,
          completion_tokens: wire.usage.completion,
        });
        expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two']);
        const { attempts, response_cost } = answer._hidden_params;
        expect(attempts.map(({ billing }) => billing)).toEqual([
          // Anthropic tells usage at the beginning, too.
          wire.name === 'anthropic' ? 'billed' : 'estimated',
          'billed',
        ]);
        expect(response_cost).toBeCloseTo(
          attempts.reduce((sum, { cost }) => sum + (cost ?? 0), 0),
          12,
        );
        expect(final._hidden_params.response_cost).toBe(response_cost);
        expect(sent(servers)).toBe(2);
      },
    ),
  );
});

describe('restart', () => {
  const restart = { mid_stream: 'restart' } as const;

  test('attempts of a group are bounded by num_retries, also by those before content', async () =>
    over(
      field({ one: fault(openai), two: cut(openai, 'a'), three: cut(openai, 'b'), four: good(openai, 'c') }, restart),
      async ({ router, servers }) => {
        const answer = await stream(router, { num_retries: 2 });
        const { chunks, error } = await collect(answer);
        expect(textOf(chunks)).toBe('ab');
        expect(error).toMatchObject({ name: 'StreamIncompleteError' });
        expect(path((error as { attempts: [] }).attempts)).toEqual(['one', 'two', 'three']);
        expect(answer.failure).toBe(error);
        expect(await thrown(answer.final())).toBe(error);
        expect(servers['four']?.requests).toHaveLength(0);
        expect((await answer.next()).done).toBe(true);
      },
    ));

  test('deployments that fail before content are passed over on the way', async () =>
    over(
      field(
        {
          one: cut(openai, 'a'),
          two: (res) => void res.writeHead(500).end(),
          three: fault(openai),
          four: good(openai, 'c'),
        },
        restart,
      ),
      async ({ router }) => {
        const answer = await stream(router, { num_retries: 3 });
        const { chunks, error } = await collect(answer);
        expect(error).toBeUndefined();
        expect(textOf(chunks.slice(chunks.findIndex(isReset)))).toBe('c');
        expect(path(answer._hidden_params.attempts)).toEqual(['one', 'two', 'three', 'four']);
      },
    ));

  test('then the fallbacks serve it, and break in their turn', async () =>
    over(
      field(
        { one: cut(openai, 'a'), 'spare.one': cut(openai, 'b'), 'last.one': good(openai, 'c') },
        { ...restart, num_retries: 0, fallbacks: [{ main: ['spare'] }, { spare: ['last'] }] },
      ),
      async ({ router, events }) => {
        const answer = await stream(router);
        const { chunks, error } = await collect(answer);
        expect(error).toBeUndefined();
        expect(chunks.filter(isReset)).toHaveLength(2);
        expect(textOf(chunks)).toBe('abc');
        expect(said(await answer.final())).toBe('c');
        expect(path(answer._hidden_params.attempts)).toEqual(['one', 'spare.one', 'last.one']);
        expect(events.filter(({ type }) => type === 'fallback')).toMatchObject([
          { from: 'main', to: 'spare' },
          { from: 'spare', to: 'last' },
        ]);
      },
    ));

  test('disable_fallbacks holds in the middle of a stream, too', async () =>
    over(
      field(
        { one: cut(openai, 'a'), 'spare.one': good(openai, 'b') },
        { ...restart, num_retries: 0, fallbacks: [{ main: ['spare'] }] },
      ),
      async ({ router, servers }) => {
        const { chunks, error } = await collect(await stream(router, { disable_fallbacks: true }));
        expect(textOf(chunks)).toBe('a');
        expect(error).toMatchObject({ name: 'StreamIncompleteError' });
        expect(servers['spare.one']?.requests).toHaveLength(0);
      },
    ));

  test('a fallback with parameters of its own gets them, and the one after it as well', async () =>
    over(
      field(
        { one: cut(openai, 'a'), 'spare.one': cut(openai, 'b'), 'spare.two': good(openai, 'c') },
        { ...restart, num_retries: 1, fallbacks: [{ main: [{ model: 'spare', temperature: 0.25 }] }] },
      ),
      async ({ router, servers }) => {
        const answer = await stream(router, { num_retries: 0, retry_policy: undefined });
        expect((await collect(answer)).error).toMatchObject({ name: 'StreamIncompleteError' });
        expect(servers['spare.one']?.requests[0]?.body['temperature']).toBe(0.25);
        const again = await stream(router, { num_retries: 1 });
        expect((await collect(again)).error).toBeUndefined();
        expect(servers['spare.two']?.requests[0]?.body['temperature']).toBe(0.25);
      },
    ));

  test('a whole new answer has a tool call that was half sent', async () => {
    const call = (delta: object) =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason: null }] })}\n\n`;
    const half = [
      call({
        role: 'assistant',
        tool_calls: [{ index: 0, id: 't1', type: 'function', function: { name: 'f', arguments: '{"a"' } }],
      }),
    ];
    await over(
      field(
        {
          one: async (res) => (sendEvents(res, ...half), await sleep(15), void res.socket?.resetAndDestroy()),
          two: good(openai, 'no tool'),
        },
        restart,
      ),
      async ({ router }) => {
        const answer = await stream(router, {
          tools: [{ type: 'function', function: { name: 'f', parameters: { type: 'object' } } }],
        });
        const { chunks } = await collect(answer);
        const at = chunks.findIndex(isReset);
        expect(chunks.slice(at).some(({ choices }) => choices[0]?.delta.tool_calls != null)).toBe(false);
        const final = await answer.final();
        expect(final.choices[0]?.message.tool_calls ?? []).toEqual([]);
        expect(said(final)).toBe('no tool');
      },
    );
  });

  test('errors that are the caller’s own end it', async () =>
    over(field({ one: silent(openai, 'a'), two: good(openai, 'b') }, restart), async ({ router, servers }) => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const answer = await stream(router, { signal: controller.signal });
      const reading = collect(answer);
      await sleep(20);
      controller.abort(reason);
      const { error } = await reading;
      expect(error).toMatchObject({ name: 'APIUserAbortError', cause: reason });
      expect(path((error as { attempts: [] }).attempts)).toEqual(['one']);
      expect(servers['two']?.requests).toHaveLength(0);
    }));

  test('an abort while the next deployment is asked is told as one', async () =>
    over(field({ one: cut(openai, 'a'), two: () => {} }, restart), async ({ router, servers }) => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const answer = await stream(router, { signal: controller.signal });
      const reading = collect(answer);
      const { left } = await (servers['two'] as { received(n: number): Promise<{ left: Promise<number> }> }).received(
        1,
      );
      controller.abort(reason);
      const { error } = await reading;
      expect(error).toMatchObject({ name: 'APIUserAbortError', cause: reason });
      expect(path((error as { attempts: [] }).attempts)).toEqual(['one', 'two']);
      await left;
    }));

  test('an abort after two breaks, while the third is asked, ends its request', async () =>
    over(
      field({ one: cut(openai, 'a'), two: cut(openai, 'b'), three: () => {} }, restart),
      async ({ router, servers }) => {
        const controller = new AbortController();
        const answer = await stream(router, { signal: controller.signal });
        const reading = collect(answer);
        const { left } = await (
          servers['three'] as { received(n: number): Promise<{ left: Promise<number> }> }
        ).received(1);
        await sleep(20);
        controller.abort();
        const { error } = await reading;
        expect(error).toMatchObject({ name: 'APIUserAbortError' });
        expect(path((error as { attempts: [] }).attempts)).toEqual(['one', 'two', 'three']);
        await left;
      },
    ));

  test('all choices are asked anew', async () => {
    const choice = (index: number, content: string, finish: string | null = null): string =>
      `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta: { content }, finish_reason: finish }] })}\n\n`;
    await over(
      field(
        {
          one: async (res) => (sendEvents(res, choice(0, 'a'), choice(1, 'b')), await sleep(15), void res.socket?.resetAndDestroy()), // prettier-ignore
          two: (res) => (sendEvents(res, choice(1, 'd', 'length'), choice(0, 'c', 'stop'), openai.end), void res.end()),
        },
        restart,
      ),
      async ({ router }) => {
        const answer = await stream(router, { n: 2 });
        const { chunks } = await collect(answer);
        expect(chunks.map(isReset)).toEqual([false, false, true, false]);
        const { choices } = await answer.final();
        expect(choices.map(({ message, finish_reason }) => [message.content, finish_reason])).toEqual([
          ['c', 'stop'],
          ['d', 'length'],
        ]);
      },
    );
  });

  test('the deadline spans all streams', async () =>
    over(field({ one: cut(openai, 'a'), two: silent(openai, 'b') }, restart), async ({ router }) => {
      const begun = performance.now();
      const { chunks, error } = await collect(await stream(router, { deadline: 0.3 }));
      expect(performance.now() - begun).toBeLessThan(2000);
      expect(textOf(chunks)).toBe('ab');
      expect(error).toMatchObject({ name: expect.stringMatching(/Timeout|StreamIncomplete/) as string });
    }));
});
