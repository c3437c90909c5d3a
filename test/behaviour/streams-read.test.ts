/** Reading a stream: once, twice by tee(), whole by final(). */
import { beforeAll, describe, expect, test } from 'vitest';
import type { ChatCompletion, ChatCompletionChunk } from '../../src/index.js';
import { client, collect, rest, sendEvents, serve, sleep, thrown, warmUp, within } from './server.js';
import { input, openai, streamOf, type TestWire, textOf, wires } from './wires.js';

beforeAll(warmUp);

async function opened(wire: TestWire, events: readonly string[] = streamOf(wire, 'a', 'b', 'c'), pause = 0) {
  const server = await serve(async (res) => {
    for (const event of events) {
      sendEvents(res, event);
      if (pause > 0) await sleep(pause);
    }
    res.end();
  });
  const stream = await client().completion({ ...input(wire, server), stream: true });
  return { server, stream };
}

const broken = (wire: TestWire): string[] => [wire.start, wire.text('a'), wire.text('b'), wire.fault('overloaded')];
const said = (result: ChatCompletion): string | null | undefined => result.choices[0]?.message.content;
/** Keeps a rejected promise from being reported while a test waits for something else. */
const quiet = <T>(promise: Promise<T>): Promise<T> => {
  promise.catch(() => {});
  return promise;
};

describe.each(wires)('a second reading, $name', (wire) => {
  test('throws, and the first is unharmed', async () => {
    const { stream } = await opened(wire, undefined, 5);
    const chunks: ChatCompletionChunk[] = [];
    let refused: unknown;
    for await (const chunk of stream) {
      if (chunks.length === 0)
        refused = await (async () => {
          for await (const _ of stream) throw new Error('a second loop was let in');
        })().catch((error: unknown) => error);
      chunks.push(chunk);
    }
    expect(refused).toBeInstanceOf(Error);
    expect((refused as Error).message).toMatch(/read/);
    expect(textOf(chunks)).toBe('abc');
  });

  test('throws after the first has ended, and after it was left', async () => {
    for (const leave of [false, true]) {
      const { stream } = await opened(wire);
      for await (const _ of stream) if (leave) break;
      const { error, chunks } = await collect(stream);
      expect(chunks).toEqual([]);
      expect(error).toBeInstanceOf(Error);
    }
  });

  test('by tee() or toReadableStream() is refused, too', async () => {
    const { stream } = await opened(wire, undefined, 5);
    const first = collect(stream);
    expect(() => stream.tee()).toThrow(Error);
    expect(() => stream.toReadableStream()).toThrow(Error);
    expect(textOf((await first).chunks)).toBe('abc');
  });

  test('a loop may go on after next()', async () => {
    const { stream } = await opened(wire, undefined, 5);
    const first = await stream.next();
    const { chunks, error } = await collect(stream);
    expect(error).toBeUndefined();
    expect(textOf([first.value as ChatCompletionChunk, ...chunks])).toBe('abc');
  });
});

describe.each(wires)('tee(), $name', (wire) => {
  test('gives all to both, at any pace', async () => {
    const { stream } = await opened(wire, undefined, 2);
    const [fast, slow] = stream.tee();
    const slowly: ChatCompletionChunk[] = [];
    const both = await Promise.all([
      collect(fast),
      (async () => {
        for await (const chunk of slow) {
          slowly.push(chunk);
          await sleep(15);
        }
      })(),
    ]);
    expect(textOf(both[0].chunks)).toBe('abc');
    expect(textOf(slowly)).toBe('abc');
    expect(slowly).toEqual(both[0].chunks);
  });

  test('gives all to both, one after the other, and in turns', async () => {
    const one = (await opened(wire)).stream.tee();
    expect(textOf((await collect(one[1])).chunks)).toBe('abc');
    expect(textOf((await collect(one[0])).chunks)).toBe('abc');

    const turns = (await opened(wire)).stream.tee();
    const got: [ChatCompletionChunk[], ChatCompletionChunk[]] = [[], []];
    for (let open = true; open;)
      for (const arm of [0, 1] as const) {
        const step = await turns[arm].next();
        if (step.done === true) open = false;
        else got[arm].push(step.value);
      }
    expect(got.map(textOf)).toEqual(['abc', 'abc']);
  });

  test('leaving one does not end the other', async () => {
    for (const leave of ['break', 'return', 'abort', 'cancel'] as const) {
      const { stream } = await opened(wire, undefined, 5);
      const [left, right] = stream.tee();
      const reading = collect(right);
      if (leave === 'break') for await (const _ of left) break;
      else if (leave === 'return') await left.return?.();
      else if (leave === 'abort') left.controller.abort();
      else await left.toReadableStream().cancel();
      const { chunks, error } = await within(2000, reading);
      expect(error).toBeUndefined();
      expect(textOf(chunks), leave).toBe('abc');
      expect((await left.next()).done).toBe(true);
    }
  });

  test('errors reach both, after all chunks', async () => {
    const [left, right] = (await opened(wire, broken(wire))).stream.tee();
    const outcomes = [await collect(left), await collect(right)];
    for (const { chunks, error } of outcomes) {
      expect(textOf(chunks)).toBe('ab');
      expect((error as Error).message).toContain('overloaded');
    }
  });

  test('branches have final(), hidden facts and their own tee()', async () => {
    const [left, right] = (await opened(wire)).stream.tee();
    const [first, second] = right.tee();
    const texts = await Promise.all([collect(left), collect(first), collect(second)]);
    expect(texts.map(({ chunks }) => textOf(chunks))).toEqual(['abc', 'abc', 'abc']);
    for (const branch of [left, right, first, second]) {
      expect(said(await branch.final())).toBe('abc');
      expect(branch._hidden_params.attempts).toHaveLength(1);
    }
  });

  test('final() of a branch alone reads, and takes nothing from the other', async () => {
    const [left, right] = (await opened(wire, undefined, 3)).stream.tee();
    expect(said(await within(2000, left.final()))).toBe('abc');
    expect(textOf((await collect(right)).chunks)).toBe('abc');
  });
});

describe.each(wires)('final(), $name', (wire) => {
  function check(result: ChatCompletion): void {
    expect(result).toMatchObject({
      object: 'chat.completion',
      choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'abc' } }],
      usage: {
        prompt_tokens: wire.usage.prompt,
        completion_tokens: wire.usage.completion,
        total_tokens: wire.usage.prompt + wire.usage.completion,
      },
    });
    expect(result.id).not.toBe('');
    expect(result.created).toBeGreaterThan(0);
  }

  test('alone reads the stream itself', async () => {
    check(await (await opened(wire, undefined, 3)).stream.final());
  });

  test('may be asked for before, beside and after a loop; it is one result', async () => {
    const { stream } = await opened(wire, undefined, 3);
    const before = stream.final();
    let beside: Promise<ChatCompletion> | undefined;
    const chunks: ChatCompletionChunk[] = [];
    for await (const chunk of stream) {
      beside ??= stream.final();
      chunks.push(chunk);
    }
    expect(textOf(chunks)).toBe('abc');
    check(await before);
    expect(await beside).toBe(await before);
    expect(await stream.final()).toBe(await before);
  });

  test('asked for after the loop', async () => {
    const { stream } = await opened(wire);
    await collect(stream);
    check(await stream.final());
  });

  test('asked for after some next()', async () => {
    const { stream } = await opened(wire);
    await stream.next();
    const final = stream.final();
    await rest(stream);
    check(await within(1000, final));
  });

  test('after some next(), and nobody reads on: it reads the rest itself', async () => {
    const { stream } = await opened(wire, undefined, 5);
    const first = await stream.next();
    check(await within(1000, stream.final()));
    expect(textOf([first.value as ChatCompletionChunk, ...(await rest(stream)).chunks])).toBe('abc');
  });

  test('and a loop that begins while it waits: both get all', async () => {
    const { stream } = await opened(wire, undefined, 30);
    const final = stream.final();
    await sleep(45);
    const { chunks, error } = await within(2000, collect(stream));
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('abc');
    check(await within(1000, final));
  });

  test('then a loop: what was read by final() is still delivered', async () => {
    const { stream } = await opened(wire);
    check(await stream.final());
    const { chunks, error } = await collect(stream);
    expect(error).toBeUndefined();
    expect(textOf(chunks)).toBe('abc');
  });

  test('rejects with the error of the loop, the same object', async () => {
    for (const events of [broken(wire), broken(wire).slice(0, 3)]) {
      const { stream } = await opened(wire, events);
      const before = quiet(stream.final());
      const { error } = await collect(stream);
      expect(error).toBeInstanceOf(Error);
      expect(await thrown(before)).toBe(error);
      expect(await thrown(stream.final())).toBe(error);
    }
  });

  test('rejects alone, too', async () => {
    const { stream } = await opened(wire, broken(wire));
    expect(((await thrown(stream.final())) as Error).message).toContain('overloaded');
  });

  test('settles for a stream that is left: before, during and after', async () => {
    const settle = (promise: Promise<unknown>) =>
      within(
        1000,
        promise.then(
          () => true,
          () => true,
        ),
        'final()',
      );
    const silent = [wire.start, wire.text('a')];
    for (const asked of ['before', 'after'] as const) {
      const server = await serve((res) => sendEvents(res, ...silent));
      const stream = await client().completion({ ...input(wire, server), stream: true });
      const before = asked === 'before' ? quiet(stream.final()) : undefined;
      for await (const _ of stream) break;
      expect(await settle(before ?? stream.final())).toBe(true);
    }
    const server = await serve((res) => sendEvents(res, ...silent));
    const aborted = await client().completion({ ...input(wire, server), stream: true });
    const final = quiet(aborted.final());
    await sleep(10);
    aborted.controller.abort();
    expect(await settle(final)).toBe(true);
  });

  test('is never an unhandled rejection when nobody awaits it', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    process.on('unhandledRejection', note);
    try {
      for (const events of [broken(wire), broken(wire).slice(0, 3)]) {
        const { stream } = await opened(wire, events);
        void stream.final();
        await collect(stream);
        const [left, right] = (await opened(wire, events)).stream.tee();
        void left.final();
        void right.final();
        await collect(left);
        const alone = (await opened(wire, events)).stream;
        void alone.final();
        await sleep(30);
      }
      expect(unhandled).toEqual([]);
    } finally {
      process.off('unhandledRejection', note);
    }
  });

  test('carries the facts of the call', async () => {
    const { stream } = await opened(wire);
    const result = await stream.final();
    expect(result._hidden_params).toMatchObject({ llm_provider: wire.name, attempts: [{ status: 200 }] });
    expect(Object.keys(result)).not.toContain('_hidden_params');
    const latency = stream._hidden_params.latency;
    expect(latency.first_token).toBeGreaterThan(0);
    expect(latency.total).toBeGreaterThanOrEqual(latency.first_token ?? Infinity);
    expect(stream._hidden_params.attempts[0]).toMatchObject({ usage: { prompt_tokens: wire.usage.prompt } });
    expect(stream._hidden_params.attempts[0]?.end).toBeGreaterThan(0);
  });
});

test('n: 2 gives two choices, in chunks and whole', async () => {
  const choice = (index: number, delta: object, finish: string | null = null): string =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index, delta, finish_reason: finish }] })}\n\n`;
  const events = [
    choice(1, { role: 'assistant', content: 'x' }),
    choice(0, { role: 'assistant', content: 'a' }),
    choice(1, { content: 'y' }),
    choice(0, { content: 'b' }, 'stop'),
    choice(1, {}, 'length'),
    'data: [DONE]\n\n',
  ];
  const { stream } = await opened(openai, events);
  const result = await stream.final();
  expect(result.choices.map(({ index, finish_reason, message }) => [index, finish_reason, message.content])).toEqual([
    [0, 'stop', 'ab'],
    [1, 'length', 'xy'],
  ]);
});
