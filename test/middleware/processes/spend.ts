/**
 * Makes many calls at once within a budget in Redis, when told to go; tells what they cost, how many were refused, and
 * how full the budget ever was.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { BudgetExceededError, createCallm, type Store } from '../../../src/index.js';
import { budget } from '../../../src/middleware/budget.js';
import { redisStore } from '../../../src/store/redis.js';
import { call, prices } from '../penny.js';

const [url = '', calls = '', max = ''] = process.argv.slice(2);
const store = redisStore({ url }, { timeout: 30 });
/** Of all that is ever reserved or spent, by whichever process: every change is seen by the one that makes it. */
let highest = 0;
const watched: Store = {
  get: (key) => store.get(key),
  set: (key, value, ttl) => store.set(key, value, ttl),
  delete: (key) => store.delete(key),
  count: async (counts) => {
    const counted = await store.count(counts);
    highest = Math.max(highest, ...counted.values);
    return counted;
  },
};
const client = createCallm({ prices, api_key: 'k', use: [budget({ prices, max: Number(max), store: watched })] });
await store.count([{ key: 'ready', by: 1, ttl: 100 }]);
while ((await store.get('go')) === undefined) await sleep(5);
const costs: number[] = [];
let refused = 0;
await Promise.all(
  Array.from({ length: Number(calls) }, async (_, at) => {
    try {
      const output = await client.completion({ ...call, mock_delay: (at % 5) / 1000 });
      costs.push(output._hidden_params.response_cost as number);
    } catch (error) {
      if (!(error instanceof BudgetExceededError) || error.needed === undefined) throw error;
      refused++;
    }
  }),
);
await store.close();
console.log(JSON.stringify({ costs, refused, highest }));
