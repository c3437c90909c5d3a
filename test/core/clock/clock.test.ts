import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Attempt, attemptTimeouts, Limits, Stop } from '../../../src/core/clock.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const aborted = (attempt: Attempt): Stop | undefined => attempt.reason as Stop | undefined;

describe('Attempt', () => {
  test('ends once, with the first reason, telling its listener and its signal', () => {
    const attempt = new Attempt();
    const heard: unknown[] = [];
    attempt.onAbort((reason) => heard.push(reason));
    const { signal } = attempt;
    attempt.abort('first');
    attempt.abort('second');
    expect(heard).toEqual(['first']);
    expect(signal.reason).toBe('first');
    expect(attempt).toMatchObject({ aborted: true, reason: 'first' });
  });

  test('tells a late listener and a late signal at once; a removed one nothing', () => {
    const attempt = new Attempt();
    const heard: unknown[] = [];
    attempt.onAbort((reason) => heard.push(reason));
    attempt.onAbort(undefined);
    attempt.abort('late');
    expect(heard).toEqual([]);
    attempt.onAbort((reason) => heard.push(reason));
    expect(heard).toEqual(['late']);
    expect(attempt.signal.aborted).toBe(true);
    expect(attempt.signal.reason).toBe('late');
  });

  test('ends at its total and first-token limits', () => {
    const total = new Attempt();
    total.limitTotal(2);
    const first = new Attempt();
    first.limitFirstToken(1);
    vi.advanceTimersByTime(999);
    expect([total.aborted, first.aborted]).toEqual([false, false]);
    vi.advanceTimersByTime(2);
    expect(aborted(first)).toMatchObject({ kind: 'first_token', seconds: 1 });
    vi.advanceTimersByTime(1000);
    expect(aborted(total)).toMatchObject({ kind: 'total', seconds: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the idle clock counts only while somebody waits', () => {
    const attempt = new Attempt();
    attempt.startIdle(1, performance.now());
    vi.advanceTimersByTime(900);
    attempt.endIdle();
    vi.advanceTimersByTime(5000);
    expect(attempt.aborted).toBe(false);
    attempt.startIdle(1, performance.now());
    vi.advanceTimersByTime(999);
    expect(attempt.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(aborted(attempt)).toMatchObject({ kind: 'idle', seconds: 1 });
  });

  test('time waited before counts', () => {
    const attempt = new Attempt();
    attempt.startIdle(1, performance.now() - 700);
    vi.advanceTimersByTime(299);
    expect(attempt.aborted).toBe(false);
    vi.advanceTimersByTime(2);
    expect(attempt.aborted).toBe(true);
  });

  test('many waits share few timers', () => {
    const attempt = new Attempt();
    for (let wait = 0; wait < 100; wait++) {
      attempt.startIdle(1, performance.now());
      expect(vi.getTimerCount()).toBe(1);
      vi.advanceTimersByTime(900);
      attempt.endIdle();
    }
    expect(attempt.aborted).toBe(false);
  });

  test('release clears all timers', () => {
    const attempt = new Attempt();
    attempt.limitTotal(1);
    attempt.limitFirstToken(1);
    attempt.release();
    attempt.startIdle(1, performance.now());
    attempt.release();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(5000);
    expect(attempt.aborted).toBe(false);
  });
});

describe('Limits', () => {
  test('the deadline ends every attempt under way, and what begins later', () => {
    const limits = new Limits(undefined, 2);
    const attempts = [limits.begin(), limits.begin()];
    vi.advanceTimersByTime(2001);
    for (const attempt of attempts) expect(aborted(attempt)).toMatchObject({ kind: 'deadline', seconds: 2 });
    expect(() => limits.begin()).toThrow(Stop);
    expect(() => limits.check()).toThrow(Stop);
    expect(limits.left).toBeLessThanOrEqual(0);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the signal ends them with its reason', () => {
    const controller = new AbortController();
    const limits = new Limits(controller.signal, 5);
    const attempt = limits.begin();
    const ended = limits.begin();
    limits.end(ended);
    controller.abort('enough');
    expect(aborted(attempt)).toMatchObject({ kind: 'signal', cause: 'enough' });
    expect(ended.aborted).toBe(false);
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('an aborted signal lets nothing begin', () => {
    const limits = new Limits(AbortSignal.abort('before'), 5);
    expect(() => limits.begin()).toThrow(expect.objectContaining({ kind: 'signal', cause: 'before' }));
    expect(vi.getTimerCount()).toBe(0);
  });

  test('without limits nothing is set', () => {
    const limits = new Limits(undefined, undefined);
    limits.begin();
    expect(limits.left).toBe(Infinity);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('release removes listener and timer, twice without harm', () => {
    const { signal } = new AbortController();
    const limits = new Limits(signal, 5);
    limits.release();
    limits.release();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('sleep waits, and is cut short by the end of the call', async () => {
    const limits = new Limits(undefined, undefined);
    let woke = false;
    const sleeping = limits.sleep(2).then(() => (woke = true));
    await vi.advanceTimersByTimeAsync(1999);
    expect(woke).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await sleeping;

    const controller = new AbortController();
    const other = new Limits(controller.signal, undefined);
    const cut = other.sleep(1000);
    cut.catch(() => {});
    controller.abort('enough');
    await expect(cut).rejects.toMatchObject({ kind: 'signal', cause: 'enough' });
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('attemptTimeouts', () => {
  test.each([
    [false, undefined, undefined, { total: 600 }],
    [false, 5, undefined, { total: 5 }],
    [false, { total: 5, idle: 1 }, undefined, { total: 5 }],
    [false, { idle: 1 }, undefined, { total: 600 }],
    [false, 5, 1, { total: 5 }],
    [true, undefined, undefined, { first_token: 600, idle: 600 }],
    [true, 5, undefined, { first_token: 5, idle: 5 }],
    [true, 5, 1, { first_token: 1, idle: 1 }],
    [true, { first_token: 3 }, undefined, { first_token: 3, idle: 600 }],
    [true, { first_token: 3, idle: 2, total: 9 }, undefined, { first_token: 3, idle: 2, total: 9 }],
    [true, { total: 9 }, 1, { first_token: 1, idle: 1, total: 9 }],
  ])('stream %s, timeout %j, stream_timeout %j', (stream, timeout, streamTimeout, expected) => {
    expect(attemptTimeouts(stream, timeout, streamTimeout)).toEqual(expected);
  });
});
