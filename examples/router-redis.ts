// Two routers, as in two processes, that share limits by Redis. Needs a server: REDIS_URL, or one on this machine.
// Run: npm run build && npx tsx examples/router-redis.ts
import { NoDeploymentError, Router } from 'callm';
import { redisStore } from 'callm/store/redis';
import { offline } from './offline.js';

const server = await offline();
const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
// A prefix of its own for each run, so that runs do not share limits.
const store = redisStore({ url }, { prefix: `callm-example-${process.pid}:` });

const there = await Promise.resolve(store.get('any')).then(
  () => true,
  () => false,
);
if (there) await shareLimits();
else console.log(`skipped: no Redis at ${new URL(url).host}`);
await store.close?.();
await server.close();

async function shareLimits(): Promise<void> {
  const make = () =>
    new Router({
      store,
      enable_pre_call_checks: true, // rpm is a limit
      model_list: [
        { model_name: 'chat', litellm_params: { model: 'openai/gpt-4.1-mini', rpm: 10 }, model_info: { id: 'only' } },
      ],
    });
  const [first, second] = [make(), make()];
  const ask = (router: Router) =>
    router.completion({ model: 'chat', messages: [{ role: 'user', content: 'Say: within the limit' }] });
  // Twenty calls at once by both: no more than ten a minute go through.
  const results = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => ask(n % 2 === 0 ? first : second)));
  const answered = results.filter(({ status }) => status === 'fulfilled').length;
  console.log(`answered: ${answered} of 20, with 10 a minute`);
  const [refused] = results.filter((result) => result.status === 'rejected');
  if (refused?.reason instanceof NoDeploymentError)
    console.log(`refused: ${refused.reason.reasons['only']}, again in ${Math.ceil(refused.reason.retry_after ?? 0)} s`);
  await first.close();
  await second.close();
}
