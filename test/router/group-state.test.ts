/** What is remembered of the deployments of a group between calls, and what a strategy may do with the list it gets. */
import { expect, test } from 'vitest';
import {
  RateLimitError,
  Router,
  type DeploymentEntry,
  type Input,
  type Runner,
  type Strategy,
} from '../../src/index.js';

const messages = [{ role: 'user' as const, content: 'Hello' }];
const entry = (id: string, more: object = {}): DeploymentEntry => ({
  model_name: 'chat',
  litellm_params: { model: `openai/${id}`, ...more },
  model_info: { id },
});
const list = ['a', 'b', 'c'].map((id) => entry(id));

/** Answers with the headers, or the error, that stand for a model. */
function clientWith(answers: Record<string, Record<string, string> | Error>): Runner {
  return {
    run: async (_endpoint, input: Input<'chat'>) => {
      const answer = answers[input.model] ?? {};
      if (answer instanceof Error) throw answer;
      const hidden = { llm_provider: 'openai', headers: answer, attempts: [], latency: {}, warnings: [] };
      return { choices: [], _hidden_params: { ...hidden, response_cost: null } } as never;
    },
  };
}
const first: Strategy = (candidates) => candidates[0];
const candidatesOf = async (router: Router): Promise<string[]> => {
  const { deployments } = await router.plan('chat', { model: 'chat', messages });
  return deployments.filter(({ excluded }) => excluded === undefined).map(({ deployment }) => deployment);
};

test('a strategy may sort its list', async () => {
  const seen: string[] = [];
  const sorting: Strategy = (candidates) => {
    seen.push(candidates.map(({ id }) => id).join(''));
    return [...candidates, ...(candidates as unknown[]).splice(0)].at(-1) as (typeof candidates)[number];
  };
  const router = new Router({ client: clientWith({}), model_list: list, routing_strategy: sorting });
  for (let call = 0; call < 2; call++)
    await router.completion({ model: 'chat', messages }).catch((error: unknown) => error);
  expect(seen).toEqual(['abc', 'abc']);
  expect(await candidatesOf(router)).toEqual(['a', 'b', 'c']);
});

test('a provider that has nothing left is left out until the time that it names, and no other', async () => {
  let now = 1_000_000;
  const empty = { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '20s' };
  const client = clientWith({ 'openai/a': empty });
  const router = new Router({ client, model_list: list, routing_strategy: first, clock: { now: () => now } });
  expect(await candidatesOf(router)).toEqual(['a', 'b', 'c']);
  await router.completion({ model: 'chat', messages });
  expect(await candidatesOf(router)).toEqual(['b', 'c']);
  now += 19_999;
  expect(await candidatesOf(router)).toEqual(['b', 'c']);
  now += 2;
  expect(await candidatesOf(router)).toEqual(['a', 'b', 'c']);
});

test('a deployment that cools down is out, in its own group alone, and back when a call has gone well', async () => {
  let now = 1_000_000;
  const answers: Record<string, Error> = { 'openai/a': new RateLimitError('slow down', { status: 429 }) };
  const router = new Router({
    client: clientWith(answers),
    model_list: [...list, { ...entry('other'), model_name: 'other' }],
    routing_strategy: first,
    clock: { now: () => now },
  });
  await router.completion({ model: 'chat', messages });
  expect(await candidatesOf(router)).toEqual(['b', 'c']);
  expect((await router.plan('chat', { model: 'other', messages })).deployments).toMatchObject([
    { deployment: 'other' },
  ]);
  delete answers['openai/a'];
  now += 5_001;
  const { _hidden_params } = await router.completion({ model: 'chat', messages });
  expect(_hidden_params.model_id).toBe('a');
  expect(await candidatesOf(router)).toEqual(['a', 'b', 'c']);
  expect((await router.health())['a']).toMatchObject({ healthy: true, in_flight: 0 });
});

test('a deployment that was taken out while it cooled down, and comes back with its id, begins anew', async () => {
  const router = new Router({
    client: clientWith({ 'openai/a': new RateLimitError('slow down', { status: 429 }) }),
    model_list: list,
    routing_strategy: first,
  });
  await router.completion({ model: 'chat', messages });
  expect(await candidatesOf(router)).toEqual(['b', 'c']);
  expect(await router.deleteDeployment('a')).toBe(true);
  await router.addDeployment(entry('a'));
  expect(await candidatesOf(router)).toEqual(['b', 'c', 'a']);
});

test('orders and limits of members that are added later count', async () => {
  const router = new Router({ client: clientWith({}), model_list: list, routing_strategy: first });
  const answered = async (): Promise<string | undefined> =>
    (await router.completion({ model: 'chat', messages }))._hidden_params.model_id;
  expect(await answered()).toBe('a');
  await router.addDeployment(entry('d', { order: 1 }));
  expect(await answered()).toBe('d');
  await router.deleteDeployment('d');
  expect(await answered()).toBe('a');
});
