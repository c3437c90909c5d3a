// Many deployments behind one name. Run: npm run build && npx tsx examples/router-balancing.ts
import { Router, type Strategy } from 'callm';
import { offline } from './offline.js';

const server = await offline();
const messages = [{ role: 'user' as const, content: 'Say: hello' }];

/** How often each deployment answers. */
async function shares(router: Router, calls: number): Promise<string> {
  const counts = new Map<string, number>();
  const answers = await Promise.all(
    Array.from({ length: calls }, () => router.completion({ model: 'chat', messages })),
  );
  for (const { _hidden_params } of answers) {
    const id = _hidden_params.model_id ?? '';
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return [...counts.keys()]
    .sort((a, b) => a.localeCompare(b))
    .map((id) => `${id} ${counts.get(id)}`)
    .join(', ');
}

const deployment = (id: string, model: string, more: object = {}) => ({
  model_name: 'chat',
  litellm_params: { model, ...more },
  model_info: { id },
});

// By weight, at random. `random` is given here so that each run shows the same.
let seed = 1;
const random = (): number => (seed = (seed * 16_807) % 2_147_483_647) / 2_147_483_647;
const weighted = new Router({
  random,
  model_list: [
    deployment('mini', 'openai/gpt-4.1-mini', { weight: 3 }),
    deployment('haiku', 'anthropic/claude-haiku-4-5', { weight: 1 }),
  ],
});
console.log(`weights 3 and 1: ${await shares(weighted, 400)}`);

// The one with the fewest calls under way: calls at the same time spread evenly.
const evenly = new Router({
  routing_strategy: 'least-busy',
  model_list: [deployment('one', 'openai/gpt-4.1-mini'), deployment('two', 'gemini/gemini-2.5-flash')],
});
console.log(`least busy: ${await shares(evenly, 40)}`);

// A function: one after the other.
let turn = 0;
const roundRobin: Strategy = (candidates) => candidates[turn++ % candidates.length];
const inTurn = new Router({
  routing_strategy: roundRobin,
  model_list: ['a', 'b', 'c'].map((id) => deployment(id, 'openai/gpt-4.1-mini')),
});
console.log(`in turn: ${await shares(inTurn, 9)}`);

// What a call would do, and how the deployments are.
const { deployments } = await weighted.plan('chat', { model: 'chat', messages, max_tokens: 100 });
for (const { deployment: id, model, worst_case_cost } of deployments)
  console.log(`${id}: ${model}, at the most $${worst_case_cost?.toFixed(6)}`);
console.log(
  'healthy:',
  Object.entries(await weighted.health())
    .map(([id, { healthy }]) => `${id} ${String(healthy)}`)
    .join(', '),
);

await Promise.all([weighted.close(), evenly.close(), inTurn.close()]);
await server.close();
