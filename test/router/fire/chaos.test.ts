/** Four processes with one Redis: limits, slots, cooldowns and affinity are shared, and nothing fails while it is away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bundle, makeWorkshop, root, type Workshop } from '../../docs/programs.js';
import { hasRedis, type RedisServer, startRedis } from '../../store/redis-server.js';
import { failure, sendJson, serve, sleep, type TestServer, within } from '../../behaviour/server.js';
import { openai } from '../../behaviour/wires.js';
import { deployment, overList, question, said, whole } from './field.js';
import { Router } from '../../../src/index.js';
import { redisStore } from '../../../src/store/redis.js';
import { clients } from '../../store/redis-clients.js';

interface Outcome {
  good: number;
  failures: Record<string, number>;
  homes: Record<string, string[]>;
  attempts: number;
  cooldowns: number;
  store_failures: number;
  unhandled: string[];
  in_flight: number;
  timers: number;
}

interface Worker {
  ask(order: object): Promise<Outcome>;
  end(): Promise<number | null>;
}

function hire(program: string, args: readonly string[]): Promise<Worker> {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => waiting.shift()?.(line));
  const next = (): Promise<string> => new Promise((resolve) => void waiting.push(resolve));
  const closed = new Promise<number | null>((resolve) => void child.once('close', resolve));
  const worker: Worker = {
    ask: async (order) => {
      const line = next();
      child.stdin?.write(`${JSON.stringify(order)}\n`);
      return JSON.parse(await within(30_000, line, 'a process')) as Outcome;
    },
    end: () => {
      child.stdin?.end();
      return within(5000, closed, 'the end of a process').catch((error: unknown) => {
        child.kill('SIGKILL');
        throw error;
      });
    },
  };
  return next().then(() => worker);
}

const sum = (outcomes: readonly Outcome[], of: 'good' | 'attempts' | 'store_failures' | 'cooldowns'): number =>
  outcomes.reduce((total, outcome) => total + outcome[of], 0);

describe.skipIf(!hasRedis)('over one Redis', () => {
  let redis: RedisServer;
  let workshop: Workshop;
  const workers: Worker[] = [];
  const servers: Record<string, TestServer> = {};
  const active: Record<string, number> = {};
  const highest: Record<string, number> = {};
  const all = (order: object): Promise<Outcome[]> => Promise.all(workers.map((worker) => worker.ask(order)));
  const counted = (id: string): number => servers[id]?.requests.length ?? 0;
  const number = async (script: string): Promise<number> =>
    Number((await redis.ask(`EVAL "return tonumber(${script})" 0`)).slice(1));
  const redisTime = (): Promise<number> => number("redis.call('TIME')[1]");

  beforeAll(async () => {
    redis = await startRedis();
    const answers: Record<string, number> = {
      rpm: 5,
      tpm: 5,
      slots: 15,
      plain: 10,
      ill: 5,
      well: 5,
      east: 2,
      west: 2,
      south: 2,
    };
    for (const [id, ms] of Object.entries(answers)) {
      servers[id] = await serve(async (res) => {
        res.socket?.setMaxListeners(0);
        active[id] = (active[id] ?? 0) + 1;
        highest[id] = Math.max(highest[id] ?? 0, active[id]);
        await sleep(ms);
        active[id]--;
        if (id === 'ill') sendJson(res, { error: { message: 'slow down' } }, 429, { 'retry-after': '20' });
        else sendJson(res, openai.whole('hi'));
      });
    }
    const at = (id: string, params: object, group: string) =>
      deployment(id, servers[id] as TestServer, params as Record<string, unknown>, openai, group);
    const model_list = [
      at('rpm', { rpm: 60 }, 'rpm'),
      at('tpm', { tpm: 1500 }, 'tpm'),
      at('slots', { max_parallel_requests: 3 }, 'slots'),
      at('plain', { rpm: 100_000, tpm: 10_000_000, max_parallel_requests: 12 }, 'plain'),
      at('ill', {}, 'mixed'),
      at('well', {}, 'mixed'),
      ...['east', 'west', 'south'].map((id) => at(id, {}, 'homes')),
    ];
    workshop = makeWorkshop();
    const wrong = await bundle({ chaos: join(root, 'test/router/fire/processes/chaos.ts') }, workshop.dir);
    if (wrong.length > 0) throw new Error(wrong.map(({ text }) => text).join('\n'));
    const program = join(workshop.dir, 'chaos.js');
    const made = await Promise.all(
      ['redis', 'ioredis', 'redis', 'ioredis'].map((kind) =>
        hire(program, [kind, redis.url, JSON.stringify(model_list)]),
      ),
    );
    workers.push(...made);
  }, 40_000);

  afterAll(async () => {
    await Promise.all(workers.map((worker) => worker.end()));
    workshop?.remove();
    await redis?.close();
  });

  const sound = (outcomes: readonly Outcome[]): void => {
    for (const { unhandled, in_flight } of outcomes) {
      expect(unhandled).toEqual([]);
      expect(in_flight).toBe(0);
    }
  };

  test('requests a minute are one limit, by the server’s clock', async () => {
    const before = await redisTime();
    const outcomes = await all({ model: 'rpm', calls: 100, at_once: 25 });
    const windows = Math.floor((await redisTime()) / 60) - Math.floor(before / 60) + 1;
    sound(outcomes);
    expect(counted('rpm')).toBeLessThanOrEqual(60 * windows);
    // Nobody was refused while there was room.
    expect(counted('rpm')).toBeGreaterThanOrEqual(60);
    expect(sum(outcomes, 'good')).toBe(counted('rpm'));
    expect(sum(outcomes, 'attempts')).toBe(counted('rpm'));
    for (const { good, failures } of outcomes) {
      expect(Object.keys(failures)).toEqual(['NoDeploymentError']);
      expect(good + (failures['NoDeploymentError'] ?? 0)).toBe(100);
    }
  }, 40_000);

  test('tokens a minute are one limit: what was reserved is put right by what was used', async () => {
    const before = await redisTime();
    const outcomes = await all({ model: 'tpm', calls: 100, at_once: 10 });
    const windows = Math.floor((await redisTime()) / 60) - Math.floor(before / 60) + 1;
    sound(outcomes);
    // Each call is told to have used 18 tokens.
    expect(counted('tpm') * 18).toBeLessThanOrEqual(1500 * windows);
    expect(counted('tpm')).toBeGreaterThan(40);
    expect(sum(outcomes, 'good')).toBe(counted('tpm'));
  }, 40_000);

  test('calls at once are one limit, and are waited for', async () => {
    const outcomes = await all({ model: 'slots', calls: 60, at_once: 10 });
    sound(outcomes);
    expect(sum(outcomes, 'good')).toBe(240);
    expect(highest['slots']).toBe(3);
    // The last slots are given back while the answers are delivered.
    await expect.poll(() => number("redis.call('ZCARD', 'callm:places:slots:slots')"), { timeout: 5000 }).toBe(0);
  }, 40_000);

  test('a cooldown in one process is known to the others', async () => {
    const [first, ...others] = workers as [Worker, ...Worker[]];
    const began = await first.ask({ model: 'mixed', calls: 30, at_once: 1 });
    expect(began.good).toBe(30);
    expect(began.cooldowns).toBe(1);
    expect(counted('ill')).toBe(1);
    // One call each looks up what is known; from then on nobody goes there.
    await Promise.all(others.map((worker) => worker.ask({ model: 'plain', calls: 1, at_once: 1 })));
    await Promise.all(others.map((worker) => worker.ask({ model: 'mixed', calls: 1, at_once: 1 })));
    await sleep(100);
    const after = counted('ill');
    expect(after).toBeLessThanOrEqual(4);
    const outcomes = await all({ model: 'mixed', calls: 40, at_once: 4 });
    expect(sum(outcomes, 'good')).toBe(160);
    expect(counted('ill')).toBe(after);
    sound(outcomes);
  }, 40_000);

  test('a session keeps its deployment in all processes', async () => {
    const [first, ...others] = workers as [Worker, ...Worker[]];
    const { homes } = await first.ask({ model: 'homes', calls: 12, at_once: 1, sessions: 12 });
    await sleep(50);
    for (const outcome of await Promise.all(
      others.map((worker) => worker.ask({ model: 'homes', calls: 48, at_once: 4, sessions: 12 })),
    ))
      // prettier-ignore
      for (const [session, ids] of Object.entries(outcome.homes)) expect(new Set(ids)).toEqual(new Set(homes[session]));
    expect(new Set(Object.values(homes).flat()).size).toBeGreaterThan(1);
  }, 40_000);

  test('killed and restarted meanwhile: no call fails, and the limits hold again', async () => {
    const before = counted('plain');
    const running = all({ model: 'plain', calls: 500, at_once: 5, deadline: 60 });
    await sleep(250);
    await redis.kill();
    // Longer than a store is waited for.
    await sleep(1500);
    await redis.restart();
    await sleep(600);
    await redis.kill();
    await sleep(300);
    await redis.restart();
    const outcomes = await running;
    sound(outcomes);
    for (const { good, failures } of outcomes) expect({ good, failures }).toEqual({ good: 500, failures: {} });
    expect(counted('plain') - before).toBe(2000);
    expect(sum(outcomes, 'attempts')).toBe(2000);
    expect(sum(outcomes, 'store_failures')).toBeGreaterThan(0);
    // Each process knows of it again, and slots are neither lost nor too many.
    await all({ model: 'plain', calls: 5, at_once: 1 });
    await sleep(1300);
    highest['plain'] = 0;
    const again = await all({ model: 'plain', calls: 30, at_once: 5 });
    sound(again);
    expect(sum(again, 'good')).toBe(120);
    expect(sum(again, 'store_failures')).toBe(0);
    expect(highest['plain']).toBeLessThanOrEqual(12);
    const rpm = counted('rpm');
    const full = await all({ model: 'rpm', calls: 40, at_once: 10 });
    sound(full);
    expect(counted('rpm') - rpm).toBeLessThanOrEqual(120);
    expect(counted('rpm') - rpm).toBeGreaterThanOrEqual(1);
  }, 60_000);

  test('the processes end by themselves', async () => {
    const outcomes = await all({ model: 'plain', calls: 1, at_once: 1 });
    for (const { timers } of outcomes) expect(timers).toBeLessThanOrEqual(3);
    expect(await Promise.all(workers.splice(0).map((worker) => worker.end()))).toEqual([0, 0, 0, 0]);
  });

  test('`redis_url` makes a store that the router closes', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    const model_list = [deployment('named', server, { rpm: 3 }, openai, 'named')];
    const routers = [0, 1].map(() => new Router({ model_list, redis_url: redis.url, enable_pre_call_checks: true }));
    const outcomes = await Promise.all(
      Array.from(
        { length: 10 },
        (_, at) =>
        (routers[at % 2] as Router)
          .completion({ model: 'named', messages: question })
          .then(() => 'good', (error: Error) => error.name), // prettier-ignore
      ),
    );
    // Two windows, if a minute turns meanwhile.
    expect([3, 6]).toContain(outcomes.filter((outcome) => outcome === 'good').length);
    expect(outcomes.filter((outcome) => outcome !== 'good')[0]).toBe('NoDeploymentError');
    expect(server.requests.length).toBe(outcomes.filter((outcome) => outcome === 'good').length);
    await Promise.all(routers.map((router) => router.close()));
    await Promise.all(routers.map((router) => router.close()));
  });

  test('an abort does not wait for a server that is frozen, and what comes late is given back', async () => {
    const server = await serve((res) => sendJson(res, openai.whole('hi')));
    const connected = await (clients['redis'] as NonNullable<(typeof clients)[string]>)(redis.url);
    const store = redisStore(connected.client, { timeout: 2 });
    const { router, close } = await overList([deployment('frozen', server, { max_parallel_requests: 1, rpm: 50 })], {
      store,
      enable_pre_call_checks: true,
    });
    await whole(router);
    redis.freeze();
    const controller = new AbortController();
    const pending = whole(router, { signal: controller.signal, metadata: { session_id: 'a' } });
    const other = whole(router, { signal: controller.signal });
    await sleep(50);
    controller.abort();
    for (const each of [pending, other]) expect((await failure(each, 1000)).name).toBe('APIUserAbortError');
    redis.thaw();
    await sleep(100);
    expect(server.requests).toHaveLength(1);
    expect(said(await whole(router, { deadline: 5 }))).toBe('hi');
    expect((await router.health())['frozen']).toMatchObject({ in_flight: 0 });
    await sleep(50);
    expect(await number("redis.call('ZCARD', 'callm:places:slots:frozen')")).toBe(0);
    await close();
    connected.close();
  });
});
