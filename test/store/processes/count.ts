/** Counts two counters many times at once, and tells how often that went well. */
import { redisStore } from '../../../src/store/redis.js';
import { clients } from '../redis-clients.js';

const [name = '', url = '', times = '', limit = ''] = process.argv.slice(2);
const connected = await clients[name]?.(url);
if (connected === undefined) throw new Error(`no client ${name}`);
const store = redisStore(connected.client, { timeout: 30 });
const results = await Promise.all(
  Array.from({ length: Number(times) }, () =>
    store.count([
      { key: 'limited', by: 1, limit: Number(limit), ttl: 100 },
      { key: 'free', by: 2, ttl: 100 },
    ]),
  ),
);
const counted = results.filter(({ ok }) => ok);
const highest = Math.max(...results.map(({ values }) => values[0] as number));
connected.close();
console.log(JSON.stringify({ counted: counted.length, highest }));
