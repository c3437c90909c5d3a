import { expect, test } from 'vitest';
import { APIUserAbortError, StreamIncompleteError } from '../../src/core/errors.js';
import type { RouterOptions } from '../../src/index.js';
import { errorFor, quota, told } from './faults.js';
import { at, rig, type Rig, steered } from './rig.js';

const once = { num_retries: 0 };
/** Whether `a` is left alone now. */
const cooling = async ({ router }: Rig): Promise<boolean> => (await router.health())['a']?.['healthy'] === false;

test.each([
  [429, true],
  [401, true],
  [402, true],
  [404, true],
  [408, false],
  [500, false],
  [503, false],
  [400, false],
  [403, false],
  [422, false],
])('one %i with a sibling: cools %s', async (status, expected) => {
  const made = rig(steered, once, { a: status });
  await made.ask();
  expect(await cooling(made)).toBe(expected);
});

test('a quota that is used up cools; an abort does not', async () => {
  const spent = rig(steered, once, { a: quota() });
  await spent.ask();
  expect(await cooling(spent)).toBe(true);
  const left = rig(steered, { ...once, allowed_fails: 0 }, { a: new APIUserAbortError('left') });
  await left.ask();
  expect(await cooling(left)).toBe(false);
});

test.each([429, 401, 404, 500])('a group of one is not cooled by %i', async (status) => {
  const made = rig([at('g', 'a')], once, { a: status });
  for (let turn = 0; turn < 12; turn++) await made.ask();
  expect(made.runner.hits).toHaveLength(12);
  expect(await cooling(made)).toBe(false);
});

test('a deployment asked for by its id belongs to its group all the same', async () => {
  const made = rig(steered, once, { a: [429, 'ok'] });
  expect(await made.ask('a')).toBe('RateLimitError');
  expect(await made.ask('g')).toBe('b');
  expect(await made.ask('a')).toBe('a');
  expect(await cooling(made)).toBe(true);
});

test.each([0, 1, 3])('allowed_fails %i trips on the next', async (allowed_fails) => {
  const made = rig(steered, { ...once, allowed_fails }, { a: 500 });
  for (let turn = 0; turn < allowed_fails; turn++) await made.ask();
  expect(await cooling(made)).toBe(false);
  await made.ask();
  expect(await cooling(made)).toBe(true);
});

test('allowed_fails forgives 429, forgets after cooldown_time, and not by a success', async () => {
  const made = rig(steered, { ...once, allowed_fails: 1, cooldown_time: 5 }, { a: [429, 'ok', 500, 500] });
  await made.ask();
  expect(await cooling(made)).toBe(false);
  made.clock.pass(6);
  await made.ask();
  await made.ask();
  expect(await cooling(made)).toBe(false);
  await made.ask();
  expect(await cooling(made)).toBe(true);
  const between = rig(steered, { ...once, allowed_fails: 1 }, { a: [500, 'ok', 500] });
  for (let turn = 0; turn < 3; turn++) await between.ask();
  expect(await cooling(between)).toBe(true);
});

test('allowed_fails of a deployment beats the router’s', async () => {
  const list = [at('g', 'a', { weight: 1 }, { allowed_fails: 1 }), at('g', 'b', { weight: 0, allowed_fails: 2 })];
  const made = rig(list, { ...once, allowed_fails: 9 }, { a: 500 });
  await made.ask();
  expect(await cooling(made)).toBe(false);
  await made.ask();
  expect(await cooling(made)).toBe(true);
});

test.each([
  ['its class', { RateLimitErrorAllowedFails: 1 }, 429, 2],
  ['its class, none', { InternalServerErrorAllowedFails: 0 }, 500, 1],
  ['a timeout', { TimeoutErrorAllowedFails: 0 }, 408, 1],
  ['what is not there', { NotFoundErrorAllowedFails: 0 }, 404, 1],
  ['what is not served', { ServiceUnavailableErrorAllowedFails: 1 }, 503, 2],
  ['a gateway', { BadGatewayErrorAllowedFails: 0, InternalServerErrorAllowedFails: 5 }, 502, 1],
  ['another class: three are forgiven', { InternalServerErrorAllowedFails: 0 }, 429, 4],
])('allowed_fails_policy of %s', async (_, allowed_fails_policy, status, needed) => {
  const made = rig(steered, { ...once, allowed_fails_policy, cooldown_time: 60 }, { a: status });
  for (let turn = 1; turn < needed; turn++) await made.ask();
  expect(await cooling(made)).toBe(false);
  await made.ask();
  expect(await cooling(made)).toBe(true);
});

test('more than half of at least five failing is too much', async () => {
  const four = rig(steered, once, { a: 500 });
  for (let turn = 0; turn < 4; turn++) await four.ask();
  expect(await cooling(four)).toBe(false);
  await four.ask();
  expect(await cooling(four)).toBe(true);
  const half = rig(steered, once, { a: ['ok', 500, 'ok', 500, 'ok', 500, 'ok', 500] });
  for (let turn = 0; turn < 8; turn++) await half.ask();
  expect(await cooling(half)).toBe(false);
});

test('calls under way do not hide failures', async () => {
  let answer: (value: unknown) => void = () => undefined;
  const open = new Promise((resolve) => (answer = resolve));
  const made = rig(steered, once, { a: [...Array<() => unknown>(20).fill(() => open), 500] });
  const waiting = Array.from({ length: 20 }, () => made.ask());
  while (made.runner.hits.length < 20) await new Promise((resolve) => setImmediate(resolve));
  for (let turn = 0; turn < 5; turn++) await made.ask();
  expect(await cooling(made)).toBe(true);
  answer('ok');
  expect(new Set(await Promise.all(waiting))).toEqual(new Set(['a']));
  // They were asked before: their answers end no cooldown.
  expect(await cooling(made)).toBe(true);
});

test.each<[string, RouterOptions, object, Error, number | undefined]>([
  ['the default', {}, {}, errorFor(429), 5],
  ['the router’s', { cooldown_time: 0.25 }, {}, errorFor(429), 0.25],
  ['Retry-After over it', { cooldown_time: 9 }, {}, told(429, 2), 2],
  ['the deployment’s over both', { cooldown_time: 9 }, { cooldown_time: 3 }, told(429, 2), 3],
  ['none of the deployment’s', { cooldown_time: 9 }, { cooldown_time: 0 }, told(429, 2), undefined],
  ['none at all', { disable_cooldowns: true }, {}, told(429, 2), undefined],
])('how long: %s', async (_, options, params, error, seconds) => {
  const list = [at('g', 'a', { weight: 1, ...params }), at('g', 'b', { weight: 0 })];
  const made = rig(list, { ...once, ...options }, { a: [error, 'ok'] });
  await made.ask();
  expect((await made.router.health())['a']?.['cooling_for']).toBe(seconds);
  if (seconds === undefined) return;
  made.clock.pass(seconds - 0.01);
  expect(await made.ask()).toBe('b');
  made.clock.pass(0.02);
  expect(await made.ask()).toBe('a');
});

test('all cooling: no request, how long, and why; or the fallback', async () => {
  const list = [at('g', 'a'), at('g', 'b'), at('h', 'c')];
  const made = rig(list, { num_retries: 1, cooldown_time: 8 }, { a: 429, b: told(429, 3) });
  expect(await made.ask()).toBe('RateLimitError');
  const error = await made.fail();
  expect(error).toMatchObject({ name: 'NoDeploymentError', retry_after: 3, attempts: [] });
  expect(error['reasons']).toEqual({
    a: 'it is cooling down after RateLimitError',
    b: 'it is cooling down after RateLimitError',
  });
  expect(made.runner.hits).toHaveLength(2);
  expect(await made.ask('g', { fallbacks: ['h'] })).toBe('c');
});

test('a single call tries a deployment that comes back; the others go elsewhere, or wait for its word', async () => {
  const list = [at('g', 'a', { weight: 1, cooldown_time: 5 }), at('g', 'b', { weight: 0, cooldown_time: 60 })];
  let answer: (value: unknown) => void = () => undefined;
  const made = rig(list, once, { a: [429, () => new Promise((resolve) => (answer = resolve)), 'ok'] });
  const events: string[] = [];
  await made.router.on('*', ({ type }) => events.push(type));
  await made.ask();
  made.clock.pass(6);
  const first = made.ask();
  const others = [made.ask(), made.ask()];
  expect(await Promise.all(others)).toEqual(['b', 'b']);
  made.runner.script('b', 429);
  expect(await made.ask()).toBe('RateLimitError');
  const waiting = [made.ask(), made.ask()];
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  expect(made.runner.hits.filter((to) => to === 'a')).toHaveLength(2);
  answer('ok');
  expect(await first).toBe('a');
  expect(await Promise.all(waiting)).toEqual(['a', 'a']);
  expect(events.filter((type) => type === 'recovered')).toHaveLength(1);
});

test('a try that fails is the beginning of another cooldown, whatever the failure', async () => {
  const made = rig(steered, once, { a: [429, 500, 'ok'] });
  await made.ask();
  made.clock.pass(6);
  expect(await made.ask()).toBe('InternalServerError');
  expect(await cooling(made)).toBe(true);
  made.clock.pass(6);
  expect(await made.ask()).toBe('a');
  expect(await cooling(made)).toBe(false);
});

test('a try that tells nothing leaves it to the next call', async () => {
  const made = rig(steered, once, { a: [429, 400, 'ok'] });
  await made.ask();
  made.clock.pass(6);
  expect(await made.ask()).toBe('BadRequestError');
  expect(await made.ask()).toBe('a');
});

test('a stream that breaks after content is a failure, one that is left is none', async () => {
  const broken = new StreamIncompleteError('cut');
  const made = rig(steered, { ...once, allowed_fails: 0 }, { a: () => made.runner.stream('a', 1, broken) });
  const stream = (await made.router.completion({
    model: 'g',
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  })) as AsyncIterable<unknown>;
  await expect(
    (async () => {
      for await (const _ of stream);
    })(),
  ).rejects.toBe(broken);
  await new Promise((resolve) => setImmediate(resolve));
  expect(await cooling(made)).toBe(true);
  const other = rig(steered, { ...once, allowed_fails: 0 }, { a: () => other.runner.stream('a') });
  const left = await other.router.completion({
    model: 'g',
    stream: true,
    messages: [{ role: 'user', content: 'Hello' }],
  });
  for await (const _ of left) break;
  await new Promise((resolve) => setImmediate(resolve));
  expect(await cooling(other)).toBe(false);
  expect((await other.router.health())['a']).toMatchObject({ in_flight: 0, requests: 1 });
});

test('listeners hear of a cooldown', async () => {
  const made = rig(steered, once, { a: told(429, 4) });
  const heard: unknown[] = [];
  await made.router.on('cooldown', (event) => heard.push(event));
  await made.ask();
  expect(heard).toEqual([{ type: 'cooldown', deployment: 'a', model_name: 'g', seconds: 4, error: 'RateLimitError' }]);
});
