/** When a second deployment is asked, and what it costs. Of the answers themselves: fire/hedge.test.ts. */
import { expect, test } from 'vitest';
import { APIUserAbortError } from '../../src/core/errors.js';
import type { AttemptRow } from '../../src/core/spec.js';
import { errorFor } from './faults.js';
import { at, messages, rig, type Rig, type Seen, type Step } from './rig.js';

const pair = [at('g', 'a', { weight: 1 }), at('g', 'b', { weight: 0 })];
const options = { num_retries: 0, hedge: { after: 'p95' as const } };
/** An answer that takes so long by the clock of the router. */
const taking =
  (made: () => Rig, seconds: number): Step =>
  ({ to }) => {
    made().clock.pass(seconds);
    return made().runner.answer(to);
  };
/** An answer that takes so long by the clock on the wall. */
const late =
  (seconds: number): Step =>
  () =>
    new Promise((resolve) => setTimeout(() => resolve('ok'), seconds * 1000));
const stream = async (made: Rig, seconds = 0): Promise<void> => {
  made.runner.script('a', async ({ to }: Seen) => {
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    return made.runner.stream(to);
  });
  made.runner.script('b', ({ to }) => made.runner.stream(to));
  for await (const _ of await made.router.completion({ model: 'g', messages, stream: true }));
};

test('p95: whole answers go by whole answers, streams by first tokens', async () => {
  const made: Rig = rig(pair, options);
  made.runner.script(
    'a',
    taking(() => made, 5),
  );
  await made.ask();
  // Its first token came after 0.1 s.
  await stream(made);
  made.runner.script('a', late(0.3));
  expect(await made.ask()).toBe('a');
  expect(made.runner.hits).toEqual(['a', 'a', 'a']);
  await stream(made, 0.3);
  expect(made.runner.hits).toEqual(['a', 'a', 'a', 'a', 'b']);
});

test('p95: a timeout is no measure', async () => {
  const made: Rig = rig(pair, options);
  await stream(made);
  made.runner.script('a', errorFor(408));
  await made.router.completion({ model: 'g', messages, stream: true }).catch(() => undefined);
  await stream(made, 0.3);
  expect(made.runner.hits).toEqual(['a', 'a', 'a', 'b']);
  // For a choice by latency it is one.
  expect((await made.router.health())['a']?.['first_token']).toBeGreaterThan(100);
});

test('response_cost has what the other request cost, also when that becomes known later', async () => {
  const row: AttemptRow = { provider: 'openai', model: 'a', start: 0, error: 'APIUserAbortError' };
  const made = rig(
    pair,
    { num_retries: 0, hedge: { after: 0.01 } },
    {
      a: ({ input }) =>
        new Promise((_, reject) => {
          (input['signal'] as AbortSignal).addEventListener('abort', () => {
            const error = new APIUserAbortError('ended');
            error.attempts = [row];
            reject(error);
          });
        }),
    },
  );
  const { _hidden_params } = await made.router.completion({ model: 'g', messages });
  expect(_hidden_params.attempts.map(({ deployment }) => deployment)).toEqual(['a', 'b']);
  expect(_hidden_params.response_cost).toBe(0.5);
  row.cost = 0.25;
  expect(_hidden_params.response_cost).toBe(0.75);
  expect(JSON.parse(JSON.stringify(_hidden_params))).toMatchObject({ response_cost: 0.75 });
});
