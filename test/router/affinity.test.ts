import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/core/spec.js';
import { at, rig } from './rig.js';

const list = [at('g', 'a'), at('g', 'b'), at('g', 'c'), at('h', 'd')];
/** Each call would go to another one. */
const round = (): (() => number) => {
  let turn = 0;
  return () => (turn++ % 3) / 3 + 0.1;
};
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const marked = (text: string, last: string) => [
  { role: 'system', content: [{ type: 'text', text, cache_control: { type: 'ephemeral' } }] },
  { role: 'user', content: last },
];

test.each<[string, (name: string, turn: number) => JsonObject]>([
  ['metadata.session_id', (name) => ({ metadata: { session_id: name } })],
  ['prompt_cache_key', (name) => ({ prompt_cache_key: name })],
  ['previous_response_id', (name) => ({ previous_response_id: name })],
  ['a prompt that is marked', (name, turn) => ({ messages: marked(name, `question ${turn}`) })],
  [
    'a message that is marked',
    (name) => ({ messages: [{ role: 'user', content: name, cache_control: { type: 'ephemeral' } }] }),
  ],
])('%s leads back to its deployment, others elsewhere', async (_, bond) => {
  const { ask } = rig(list, { random: round() });
  const [first, second] = [await ask('g', bond('one', 0)), await ask('g', bond('two', 0))];
  expect(first).not.toBe(second);
  await settle();
  for (let turn = 1; turn < 5; turn++) {
    expect(await ask('g', bond('one', turn))).toBe(first);
    expect(await ask('g', bond('two', turn))).toBe(second);
  }
});

test('an answer that is kept is built upon where it lies', async () => {
  const made: ReturnType<typeof rig> = rig(
    list,
    { random: round() },
    {
      b: ({ to }) => made.runner.answer(to, { id: 'resp-1' }),
    },
  );
  expect(await made.ask()).toBe('a');
  expect(await made.ask('g', { store: true })).toBe('b');
  await settle();
  expect(await made.ask('g', { previous_response_id: 'resp-1' })).toBe('b');
});

test('without a bond calls go where they will', async () => {
  const { ask } = rig(list, { random: round() });
  expect([await ask(), await ask(), await ask()]).toEqual(['a', 'b', 'c']);
});

test('a deployment that cools, is full or is gone is not waited for', async () => {
  const made = rig(list, { random: round(), num_retries: 1 }, { a: ['ok', 429, 'ok'] });
  const bond = { prompt_cache_key: 'k' };
  expect(await made.ask('g', bond)).toBe('a');
  await settle();
  const next = await made.ask('g', bond);
  expect(next).not.toBe('a');
  await settle();
  expect(await made.ask('g', bond)).toBe(next);
  await made.router.deleteDeployment(next);
  expect(await made.ask('g', bond)).not.toBe(next);
});

test('a bond of one group is none of another, and ends', async () => {
  const made = rig(list, { random: round(), deployment_affinity_ttl_seconds: 10 });
  const bond = { prompt_cache_key: 'k' };
  expect(await made.ask('h', bond)).toBe('d');
  await settle();
  expect(await made.ask('g', bond)).toBe('a');
  await settle();
  made.clock.pass(9);
  expect(await made.ask('g', bond)).toBe('a');
  await settle();
  made.clock.pass(11);
  expect(await made.ask('g', bond)).toBe('b');
});

test('a store that is away costs the bond, not the call', async () => {
  const away = (): Promise<never> => Promise.reject(new Error('away'));
  const { ask } = rig(list, {
    random: round(),
    store: { get: away, set: away, delete: away, count: away },
  });
  expect(await ask('g', { prompt_cache_key: 'k' })).toBe('a');
  expect(await ask('g', { prompt_cache_key: 'k' })).toBe('b');
});

const mark = { cache_control: { type: 'ephemeral' } };
const part = (text: string, more: object = {}): JsonObject => ({ type: 'text', text, ...more });
const user = (...content: unknown[]): JsonObject => ({ role: 'user', content });

describe('a prompt that is cached', () => {
  const turns = (first: unknown, second: unknown) => async (): Promise<boolean> => {
    const made = rig(list, { random: round() });
    const one = await made.ask('g', first as JsonObject);
    await settle();
    return (await made.ask('g', second as JsonObject)) === one;
  };
  const answered = { role: 'assistant', content: 'yes' };
  const earlier = Array.from({ length: 30 }, (_, turn) => user(part(`turn ${turn}`)));

  test.each<[string, unknown, unknown]>([
    [
      'the mark moves on to the newest message, and what was a part is a text',
      { messages: [user(part('one', mark))] },
      { messages: [{ role: 'user', content: 'one' }, answered, user(part('two', mark))] },
    ],
    [
      'one more mark',
      { messages: [user(part('one', mark))] },
      { messages: [user(part('one', mark)), answered, user(part('two', mark))] },
    ],
    [
      'other questions behind the marked part of one message',
      { messages: [user(part('the book', mark), part('what?'))] },
      { messages: [user(part('the book', mark), part('why?'))] },
    ],
    [
      'after a long conversation',
      { messages: [...earlier, user(part('one', mark))] },
      { messages: [...earlier, user(part('one')), answered, user(part('two', mark))] },
    ],
    [
      'tools that are marked, whatever is asked',
      { messages: [user(part('one'))], tools: [{ type: 'function', function: { name: 'f' }, ...mark }] },
      { messages: [user(part('two'))], tools: [{ type: 'function', function: { name: 'f' }, ...mark }] },
    ],
  ])('leads back: %s', async (_, first, second) => {
    expect(await turns(first, second)()).toBe(true);
  });

  test.each<[string, unknown, unknown]>([
    [
      'another beginning',
      { messages: [user(part('one', mark))] },
      { messages: [user(part('other')), answered, user(part('two', mark))] },
    ],
    [
      'other tools, for they come before the messages',
      { messages: [user(part('one', mark))], tools: [{ type: 'function', function: { name: 'f' } }] },
      { messages: [user(part('one', mark))], tools: [{ type: 'function', function: { name: 'other' } }] },
    ],
    [
      'another role',
      { messages: [user(part('one', mark))] },
      { messages: [{ role: 'system', content: [part('one', mark)] }] },
    ],
    ['no mark', { messages: [user(part('one'))] }, { messages: [user(part('one'))] }],
  ])('goes elsewhere: %s', async (_, first, second) => {
    expect(await turns(first, second)()).toBe(false);
  });

  test.each([
    [{ type: 'ephemeral' }, 300],
    [{ type: 'ephemeral', ttl: '5m' }, 300],
    [{ type: 'ephemeral', ttl: '1h' }, 3600],
  ])('as long as the mark says: %o', async (cache_control, seconds) => {
    const made = rig(list, { random: round() });
    const call = { messages: [user(part('one', { cache_control }))] };
    expect(await made.ask('g', call)).toBe('a');
    await settle();
    made.clock.pass(seconds - 1);
    expect(await made.ask('g', call)).toBe('a');
    await settle();
    made.clock.pass(seconds + 1);
    expect(await made.ask('g', call)).toBe('b');
  });

  test('what is no JSON is left to those who refuse it', async () => {
    const made = rig(list);
    expect(await made.ask('g', { messages: [user(part('one', mark), { type: 'text', text: 1n })] })).toBe('a');
  });
});
