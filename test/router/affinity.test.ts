import { expect, test } from 'vitest';
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
