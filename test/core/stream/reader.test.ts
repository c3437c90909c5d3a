/** The rules of reading a stream, over pieces that come when a test says so. */
import { describe, expect, test } from 'vitest';
import { APIUserAbortError } from '../../../src/core/errors.js';
import { Stop } from '../../../src/core/clock.js';
import type { HiddenParams } from '../../../src/core/spec.js';
import { Reader } from '../../../src/core/stream/reader.js';

const facts = { attempts: [] } as unknown as HiddenParams;
const tick = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2));

/** Pieces are texts, of which each letter is a chunk; `$` ends the stream. */
class Letters extends Reader<string, string, string> {
  read_ = '';
  reads = 0;
  /** Reads under way at once, the most. */
  most = 0;
  under = 0;
  lets: { resolve(piece: string): void; reject(error: Error): void }[] = [];
  endings: boolean[] = [];
  settle: (() => void) | undefined = undefined;

  constructor(
    signal?: AbortSignal,
    readonly slow = false,
  ) {
    super(facts, signal);
  }

  protected async read(): Promise<string> {
    this.reads++;
    this.most = Math.max(this.most, ++this.under);
    try {
      return await new Promise<string>((resolve, reject) => void this.lets.push({ resolve, reject }));
    } finally {
      this.under--;
    }
  }
  protected accept(piece: string): void {
    for (const letter of piece)
      if (letter === '$') this.close();
      else {
        this.read_ += letter;
        this.push(letter);
      }
  }
  protected failureOf(reason: unknown): Error {
    return reason instanceof Stop ? new APIUserAbortError('aborted') : (reason as Error);
  }
  protected ended(_: Error | undefined, whole: boolean): Promise<void> | undefined {
    this.endings.push(whole);
    for (const { resolve } of this.lets) resolve('');
    return this.slow ? new Promise((resolve) => void (this.settle = resolve)) : undefined;
  }
  protected result(whole: boolean): string {
    return whole ? this.read_ : `${this.read_}…`;
  }

  /** Gives the read that waits its piece. */
  async come(piece: string): Promise<void> {
    await tick();
    this.lets.shift()?.resolve(piece);
    await tick();
  }
  async breakOff(error: Error): Promise<void> {
    await tick();
    this.lets.shift()?.reject(error);
    await tick();
  }
}

async function loop(stream: AsyncIterable<string>): Promise<string> {
  let text = '';
  for await (const letter of stream) text += letter;
  return text;
}

describe('final()', () => {
  test('and a loop that begins while it waits: one reads at a time, and both get all', async () => {
    const stream = new Letters();
    const final = stream.final();
    await stream.come('a');
    const looped = loop(stream);
    await stream.come('bc');
    await stream.come('d');
    await stream.come('$');
    expect(await looped).toBe('abcd');
    expect(await final).toBe('abcd');
    expect(stream.most).toBe(1);
  });

  test('and calls of next() while it waits keep their order', async () => {
    const stream = new Letters();
    const final = stream.final();
    await tick();
    const steps = [stream.next(), stream.next(), stream.next()];
    await stream.come('a');
    await stream.come('b$');
    expect((await Promise.all(steps)).map(({ value }) => value)).toEqual(['a', 'b', undefined]);
    expect(await final).toBe('ab');
    expect(stream.most).toBe(1);
  });

  test('after some next(), without a loop, reads the rest', async () => {
    const stream = new Letters();
    const first = stream.next();
    await stream.come('ab');
    expect((await first).value).toBe('a');
    const final = stream.final();
    await stream.come('c');
    await stream.come('$');
    expect(await final).toBe('abc');
    expect([await stream.next(), await stream.next()].map(({ value }) => value)).toEqual(['b', 'c']);
    expect((await stream.next()).done).toBe(true);
  });

  test('while a next() waits, takes its turn behind it', async () => {
    const stream = new Letters();
    const step = stream.next();
    const final = stream.final();
    await stream.come('a');
    await stream.come('b$');
    expect((await step).value).toBe('a');
    expect(await final).toBe('ab');
    expect(stream.most).toBe(1);
  });

  test('leaves reading to a loop that waits for more', async () => {
    const stream = new Letters();
    const looped = stream[Symbol.asyncIterator]();
    const first = looped.next();
    void stream.final();
    await tick();
    expect(stream.reads).toBe(1);
    await stream.come('a');
    expect((await first).value).toBe('a');
    expect(stream.most).toBe(1);
  });

  test('may be waited for within a loop, which goes on behind it', async () => {
    const stream = new Letters();
    let seen = '';
    const reading = (async () => {
      for await (const letter of stream) {
        seen += letter;
        if (letter === 'a') expect(await stream.final()).toBe('abcd');
      }
    })();
    await stream.come('ab');
    await stream.come('cd$');
    await reading;
    expect(seen).toBe('abcd');
    expect(stream.most).toBe(1);
  });

  test('of a stream that is left while it reads is what had come', async () => {
    const stream = new Letters();
    const final = stream.final();
    await stream.come('ab');
    await stream.return();
    expect(await final).toBe('ab…');
    expect(stream.endings).toEqual([false]);
    expect((await stream.next()).done).toBe(true);
  });
});

describe('the end', () => {
  test('a failure is thrown once, after the chunks before it, and by final()', async () => {
    const stream = new Letters();
    const steps = Promise.allSettled(Array.from({ length: 4 }, () => stream.next()));
    await stream.come('a');
    const failure = new Error('broken');
    await stream.breakOff(failure);
    expect(await steps).toMatchObject([
      { value: { value: 'a' } },
      { status: 'rejected', reason: failure },
      { value: { done: true } },
      { value: { done: true } },
    ]);
    expect(stream.failure).toBe(failure);
    await expect(stream.final()).rejects.toBe(failure);
    expect(stream.endings).toEqual([false]);
  });

  test('is told when the facts are there: to a loop, to final() and to those who wait for it', async () => {
    const stream = new Letters(undefined, true);
    const told: string[] = [];
    void loop(stream).then(() => told.push('loop'));
    void stream.final().then(() => told.push('final'));
    void stream.finished().then(() => told.push('finished'));
    await stream.come('a$');
    expect(stream.over).toBe(true);
    expect(told).toEqual([]);
    stream.settle?.();
    await tick();
    expect(told.sort()).toEqual(['final', 'finished', 'loop']);
  });
});

describe("after the caller's abort", () => {
  test('nothing is delivered of what had come', async () => {
    const controller = new AbortController();
    const stream = new Letters(controller.signal);
    const first = stream.next();
    await stream.come('abc');
    await first;
    controller.abort();
    await expect(stream.next()).rejects.toBeInstanceOf(APIUserAbortError);
    expect((await stream.next()).done).toBe(true);
    expect(stream.endings).toEqual([false]);
  });

  test('nothing is delivered of what final() has read to the end', async () => {
    const controller = new AbortController();
    const stream = new Letters(controller.signal);
    const final = stream.final();
    await stream.come('abc$');
    expect(await final).toBe('abc');
    controller.abort();
    await expect(loop(stream)).rejects.toBeInstanceOf(APIUserAbortError);
    expect(stream.endings).toEqual([true]);
  });

  test('the slower arm of a tee gets nothing more either, whether the faster is at the end or not', async () => {
    for (const end of ['', '$']) {
      const controller = new AbortController();
      const stream = new Letters(controller.signal);
      const [fast, slow] = stream.tee();
      const [ahead] = fast.tee();
      const steps = [ahead.next(), slow.next()];
      await stream.come(`abc${end}`);
      await Promise.all(steps);
      for (const _ of 'bc') await ahead.next();
      controller.abort();
      const outcome = await slow.next().catch((error: unknown) => error);
      if (end === '') expect(outcome).toBeInstanceOf(APIUserAbortError);
      else expect(outcome).toMatchObject({ done: true });
      expect((await slow.next()).done).toBe(true);
    }
  });
});

test('final() of an arm that was left in a loop settles without the other', async () => {
  const stream = new Letters();
  const [left, right] = stream.tee();
  const leaving = (async () => {
    for await (const _ of left) break;
  })();
  await stream.come('ab');
  await leaving;
  const final = left.final();
  await stream.come('c$');
  expect(await final).toBe('abc');
  expect(await loop(right)).toBe('abc');
});

test('chunks that have come can be had without a promise, unless somebody waits before', async () => {
  const stream = new Letters();
  expect(stream.ready()).toBeUndefined();
  const first = stream.next();
  expect(stream.ready()).toBeUndefined();
  await stream.come('abc');
  await first;
  expect([stream.ready(), stream.ready(), stream.ready()]).toEqual(['b', 'c', undefined]);
});
