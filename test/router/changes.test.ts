/** Deployments that change, or cool down elsewhere, while calls are under way. */
import { expect, test } from 'vitest';
import { APIUserAbortError } from '../../src/index.js';
import type { Store } from '../../src/core/spec.js';
import { memoryStore } from '../../src/store/memory.js';
import { at, rig, steered, type Rig, type Seen, type Step } from './rig.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A step that waits until it is told to go on. */
function gate(): { step: () => Promise<Step>; open: () => void } {
  let open = (): void => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { step: () => opened.then(() => 'ok'), open };
}

/** Fails once, after something has happened. */
const after =
  (happens: (router: Rig['router']) => Promise<unknown>) =>
  (made: { rig?: Rig }) =>
  async ({ to }: Seen): Promise<never> => {
    await happens((made.rig as Rig).router);
    throw (made.rig as Rig).runner.failed(to, 500);
  };

async function hits(
  list: Parameters<typeof rig>[0],
  happens: (router: Rig['router']) => Promise<unknown>,
): Promise<[string, string[]]> {
  const made: { rig?: Rig } = {};
  made.rig = rig(list, { num_retries: 2 }, { a: [after(happens)(made), 'ok'] });
  return [await made.rig.ask(), made.rig.runner.hits];
}

test('what was taken out is not asked again', async () => {
  expect(await hits([at('g', 'a')], (router) => router.deleteDeployment('a'))).toEqual(['InternalServerError', ['a']]);
  expect(await hits(steered, (router) => router.deleteDeployment('a'))).toEqual(['b', ['a', 'b']]);
});

test('what now is of another group is not asked for this one, except by its id', async () => {
  expect(await hits([at('g', 'a')], (router) => router.upsertDeployment(at('h', 'a')))).toEqual([
    'InternalServerError',
    ['a'],
  ]);
  const { router, ask, runner } = rig([at('g', 'a')]);
  runner.script('a', async ({ to }) => {
    runner.script('a', 'ok');
    await router.upsertDeployment(at('h', 'a'));
    throw runner.failed(to, 500);
  });
  expect(await ask('a')).toBe('a');
});

test('what was put in is asked, as it is now', async () => {
  expect(
    await hits([at('g', 'a')], async (router) => {
      await router.upsertDeployment(at('g', 'a', { model: 'openai/new' }));
    }),
  ).toEqual(['new', ['a', 'new']]);
  expect(
    await hits([at('g', 'a')], async (router) => {
      await router.addDeployment(at('g', 'b'));
      await router.deleteDeployment('a');
    }),
  ).toEqual(['b', ['a', 'b']]);
});

test('one that is added meanwhile has no more calls at once than it may', async () => {
  const { step, open } = gate();
  const list = [at('g', 'a')];
  let [now, most] = [0, 0];
  const { router, ask, runner } = rig(list, { num_retries: 2 }, {});
  runner.script('a', async ({ to }) => {
    await step();
    throw runner.failed(to, 500);
  });
  runner.script('b', async ({ to }) => {
    most = Math.max(most, ++now);
    await turn();
    now--;
    return runner.answer(to);
  });
  const calls = Array.from({ length: 4 }, () => ask());
  await turn();
  await router.addDeployment(at('g', 'b', { max_parallel_requests: 1 }));
  open();
  expect(await Promise.all(calls)).toEqual(['b', 'b', 'b', 'b']);
  expect(most).toBe(1);
});

test('one that comes back under its id while a call of it runs is what it was', async () => {
  const { step, open } = gate();
  const { router, ask, runner } = rig(steered, {}, { a: [step, 429, 'ok'] });
  const running = ask();
  await turn();
  expect(await ask()).toBe('b');
  await router.deleteDeployment('a');
  await router.addDeployment(steered[0]!);
  expect(await ask()).toBe('b');
  expect((await router.health())['a']).toMatchObject({ healthy: false, in_flight: 1 });
  open();
  expect(await running).toBe('a');
  expect(runner.hits).toEqual(['a', 'a', 'b', 'b']);
});

test('who waits for word of a deployment hears that another process leaves it alone', async () => {
  const kept = memoryStore();
  const store: Store = {
    get: (key) => kept.get(key),
    set: (key, value, ttl) => kept.set(key, value, ttl),
    delete: (key) => kept.delete(key),
    count: (counts) => kept.count(counts),
  };
  const { step, open } = gate();
  const { ask, clock } = rig([at('g', 'a')], { store, allowed_fails: 0, num_retries: 0 }, { a: [429, step, 'ok'] });
  expect(await ask()).toBe('RateLimitError');
  clock.pass(6);
  const trying = ask();
  await turn();
  const waiting = ask();
  await turn();
  await store.set('cooldown:a', { error: 'RateLimitError', by: 'another process' }, 60);
  clock.pass(0.6);
  const next = ask();
  await turn();
  open();
  expect(await trying).toBe('a');
  expect(await Promise.all([waiting, next])).toEqual(['NoDeploymentError', 'NoDeploymentError']);
});

test('a call that ended without a word is no try: the one that tries stays alone', async () => {
  const waiting: ((step: unknown) => void)[] = [];
  const held = (): Promise<unknown> => new Promise((resolve) => void waiting.push(resolve));
  const made = rig([at('g', 'a'), at('h', 'b')], { num_retries: 0, allowed_fails: 0, cooldown_time: 5 }, { a: held });
  const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  // One call is under way from before the deployment fails.
  const old = new AbortController();
  const before = made.ask('g', { signal: old.signal });
  await settle();
  const failing = made.ask();
  await settle();
  waiting[1]?.(500);
  expect(await failing).toBe('InternalServerError');
  made.clock.pass(6);
  const trying = made.ask();
  await settle();
  expect(waiting).toHaveLength(3);
  waiting[0]?.(new APIUserAbortError('left'));
  expect(await before).toBe('APIUserAbortError');
  // Others wait for the word of the try.
  const others = [made.ask(), made.ask()];
  await settle();
  expect(waiting).toHaveLength(3);
  waiting[2]?.('ok');
  expect(await trying).toBe('a');
  await settle();
  for (const answer of waiting.slice(3)) answer('ok');
  expect(await Promise.all(others)).toEqual(['a', 'a']);
});

test('who waits for a slot hears of a new deployment, and of more slots', async () => {
  const waiting: ((step: unknown) => void)[] = [];
  const held = (): Promise<unknown> => new Promise((resolve) => void waiting.push(resolve));
  const made = rig([at('g', 'a', { max_parallel_requests: 1 })], {}, { a: held });
  const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));
  const first = made.ask();
  await settle();
  const second = made.ask();
  await settle();
  expect(waiting).toHaveLength(1);
  await made.router.addDeployment(at('g', 'b', { max_parallel_requests: 1 }));
  expect(await second).toBe('b');
  const third = made.ask('a');
  await settle();
  await made.router.upsertDeployment(at('g', 'a', { max_parallel_requests: 2 }));
  await settle();
  expect(waiting).toHaveLength(2);
  for (const answer of waiting) answer('ok');
  expect(await Promise.all([first, third])).toEqual(['a', 'a']);
});
