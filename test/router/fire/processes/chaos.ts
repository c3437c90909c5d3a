/** One of the processes that share a Redis: makes calls over a Router as it is told by lines, and tells what came of them. */
import { createInterface } from 'node:readline';
import { getActiveResourcesInfo } from 'node:process';
import { Router } from '../../../../src/index.js';
import { redisStore } from '../../../../src/store/redis.js';
import type { DeploymentEntry, RouterEvent } from '../../../../src/router/types.js';
import { clients } from '../../../store/redis-clients.js';

const [kind = '', url = '', model_list = ''] = process.argv.slice(2);
const connected = await clients[kind]?.(url);
if (connected === undefined) throw new Error(`no client ${kind}`);
const router = new Router({
  model_list: JSON.parse(model_list) as DeploymentEntry[],
  store: redisStore(connected.client, { timeout: 1, breaker: { failures: 2, retry_after: 0.2 } }),
  enable_pre_call_checks: true,
  num_retries: 2,
});
let events: RouterEvent[] = [];
await router.on('*', (event) => void events.push(event));

interface Order {
  model: string;
  calls: number;
  at_once: number;
  deadline?: number;
  sessions?: number;
  /** Seconds; calls go on until then. */
  lasting?: number;
}

const unhandled: string[] = [];
process.on('unhandledRejection', (reason) => void unhandled.push(String(reason)));

async function carryOut({ model, calls, at_once, deadline, sessions, lasting }: Order): Promise<object> {
  events = [];
  const failures: Record<string, number> = {};
  const homes: Record<string, string[]> = {};
  const end = lasting === undefined ? Infinity : performance.now() + lasting * 1000;
  let left = calls;
  let good = 0;
  const work = async (): Promise<void> => {
    while (left > 0 && performance.now() < end) {
      const number = left--;
      const session = sessions === undefined ? undefined : `s${number % sessions}`;
      try {
        const got = await router.completion({
          model,
          messages: [{ role: 'user', content: 'hello' }],
          max_tokens: 10,
          ...(deadline !== undefined && { deadline }),
          ...(session !== undefined && { metadata: { session_id: session } }),
        });
        good++;
        if (session !== undefined) (homes[session] ??= []).push(got._hidden_params.model_id as string);
      } catch (error) {
        const { name, message } = error as Error;
        failures[name === 'NoDeploymentError' ? name : `${name}: ${message}`] = (failures[name] ?? 0) + 1;
      }
    }
  };
  await Promise.all(Array.from({ length: at_once }, work));
  const counted = (type: RouterEvent['type']): number => events.filter((event) => event.type === type).length;
  return {
    good,
    failures,
    homes,
    attempts: counted('attempt'),
    cooldowns: counted('cooldown'),
    store_failures: counted('store_failure'),
    unhandled,
    in_flight: Object.values(await router.health()).reduce((sum, { in_flight }) => sum + (in_flight as number), 0),
    timers: getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
  };
}

const lines = createInterface({ input: process.stdin });
console.log(JSON.stringify({ ready: true }));
for await (const line of lines) console.log(JSON.stringify(await carryOut(JSON.parse(line) as Order)));
await router.close();
connected.close();
