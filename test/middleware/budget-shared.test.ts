import { join } from 'node:path';
import { expect, test } from 'vitest';
import { redisStore } from '../../src/store/redis.js';
import { bundle, makeWorkshop, root, runNode } from '../docs/programs.js';
import { hasRedis, startRedis } from '../store/redis-server.js';

test.skipIf(!hasRedis)('200 calls at once of two processes never spend more than there is', async () => {
  const server = await startRedis();
  const workshop = makeWorkshop();
  const store = redisStore({ url: server.url }, { timeout: 30 });
  const counter = async (key: string): Promise<number> => (await store.count([{ key, by: 0 }])).values[0] as number;
  try {
    expect(await bundle({ spend: join(root, 'test/middleware/processes/spend.ts') }, workshop.dir)).toEqual([]);
    const max = 1;
    const spend = () => runNode([join(workshop.dir, 'spend.js'), server.url, '100', String(max)]);
    const outcomes = Promise.all([spend(), spend()]);
    await expect.poll(() => counter('ready'), { timeout: 15_000 }).toBe(2);
    await store.set('go', true);
    const told: { costs: number[]; refused: number; highest: number }[] = [];
    for (const { code, output } of await outcomes) {
      expect(code, output).toBe(0);
      told.push(JSON.parse(output) as (typeof told)[number]);
    }
    for (const { highest } of told) expect(highest / 1e9).toBeLessThanOrEqual(max);
    const costs = told.flatMap((each) => each.costs);
    expect(told.reduce((sum, { refused }) => sum + refused, costs.length)).toBe(200);
    // So many fit even while each keeps the most that it may cost.
    expect(costs.length).toBeGreaterThanOrEqual(9);
    const spent = costs.reduce((sum, cost) => sum + Math.ceil(cost * 1e9), 0);
    expect(spent / 1e9).toBeLessThanOrEqual(max);
    expect(await counter('budget:default')).toBe(spent);
  } finally {
    await store.close();
    await server.close();
    workshop.remove();
  }
});
