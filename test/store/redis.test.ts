import { inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis } from 'ioredis';
import { createCluster } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Counted } from '../../src/core/spec.js';
import { redisStore, type RedisStoreOptions } from '../../src/store/redis.js';
import { layCable } from './cable.js';
import { storeContract } from './contract.js';
import { clients, type Connected } from './redis-clients.js';
import { hasRedis, startRedis, type RedisServer } from './redis-server.js';

/** Takes seconds off the lives of all keys that begin with a prefix. */
const ageScript = `
for _, key in ipairs(redis.call('KEYS', ARGV[1] .. '*')) do
  local left = redis.call('PTTL', key)
  if left >= 0 then redis.call('PEXPIRE', key, left - ARGV[2] * 1000) end
end
`;

const failure = async (promise: Promise<unknown>): Promise<Error> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  return error as Error;
};

describe.skipIf(!hasRedis)('against a server', () => {
  let server: RedisServer;
  let direct: Redis;
  beforeAll(async () => {
    server = await startRedis();
    direct = new Redis(server.url);
  });
  afterAll(async () => {
    direct?.disconnect();
    await server?.close();
  });

  let stores = 0;
  const prefix = (): string => `store${++stores}:`;

  describe.each(Object.entries(clients))('%s', (_, connect) => {
    let connected: Connected;
    beforeAll(async () => {
      connected = await connect(server.url);
    });
    afterAll(() => connected?.close());

    storeContract(() => {
      const own = prefix();
      return {
        store: redisStore(connected.client, { prefix: own, timeout: 10 }),
        age: async (seconds) => void (await direct.eval(ageScript, 0, own, seconds)),
        pass: (seconds) => sleep(seconds * 1000),
      };
    });

    test('windows go by the clock of the server', async () => {
      vi.useFakeTimers({ toFake: ['Date'], now: 0 });
      try {
        const store = redisStore(connected.client, { prefix: prefix(), timeout: 10 });
        const before = Number((await direct.time())[0]);
        const { keys } = await store.count([{ key: 'a', by: 1, window: 10 }]);
        const after = Number((await direct.time())[0]);
        const window = Number(keys[0]?.slice('a@'.length));
        expect(window).toBeGreaterThanOrEqual(Math.floor(before / 10));
        expect(window).toBeLessThanOrEqual(Math.floor(after / 10));
      } finally {
        vi.useRealTimers();
      }
    });

    test('a server that has forgotten the scripts is told them again', async () => {
      const store = redisStore(connected.client, { prefix: prefix(), timeout: 10 });
      await store.set('a', 1);
      await direct.script('FLUSH');
      await store.set('a', 2);
      expect(await store.get('a')).toBe(2);
    });
  });

  test('scripts that the server knows are not sent again', async () => {
    for (const name of ['redis', 'ioredis']) {
      const { client, close } = await (clients[name] as (typeof clients)[string])(server.url);
      const store = redisStore(client, { prefix: prefix(), timeout: 10 });
      await store.set('a', 1);
      await direct.config('RESETSTAT');
      for (let at = 0; at < 5; at++) await store.set('a', at);
      const stats = await direct.info('commandstats');
      expect(stats).toMatch(/cmdstat_evalsha:calls=5,/);
      expect(stats).not.toContain('cmdstat_eval:');
      close();
    }
  });

  test('stores with other prefixes are apart', async () => {
    const [a, b] = [redisStore(direct, { prefix: prefix() }), redisStore(direct, { prefix: prefix() })];
    await a.set('key', 1);
    expect(await b.get('key')).toBeUndefined();
    const own = redisStore(direct);
    await own.set('key', 1);
    await own.count([{ key: 'key', by: 1, ttl: 100 }]);
    expect((await direct.keys('callm:*')).sort()).toEqual(['callm:count:key', 'callm:value:key']);
  });

  test('nothing is counted when one of the counters cannot be', async () => {
    const own = prefix();
    const store = redisStore(direct, { prefix: own });
    await direct.lpush(`${own}count:list`, 'private');
    const counts = ['a', 'list'].map((key) => ({ key, by: 1, ttl: 100 }));
    const error = await failure(store.count(counts));
    expect(error.message).toMatch(/^redis: WRONGTYPE/);
    // Clients put the whole command on their errors.
    expect(inspect(error, { depth: 9 })).not.toMatch(/INCRBY|list"/);
    await store.count([{ key: 'b', by: Number.MAX_SAFE_INTEGER, ttl: 100 }]);
    const larger = ['a', 'b'].map((key) => ({ key, by: 1, ttl: 100 }));
    await expect(store.count(larger)).rejects.toThrow('larger than numbers are exact');
    expect((await store.count([{ key: 'a', by: 0, ttl: 100 }])).values).toEqual([0]);
  });

  test('a value that somebody else has written is not shown when it cannot be read', async () => {
    const own = prefix();
    await direct.set(`${own}value:a`, 'private words');
    const error = await failure(redisStore(direct, { prefix: own }).get('a'));
    expect(error.message).toBe('redis: the stored value is not JSON');
    expect(inspect(error)).not.toContain('private');
  });

  test('a client that connects at its first command is connected', async () => {
    const client = new Redis(server.url, { lazyConnect: true });
    const store = redisStore(client, { prefix: prefix(), timeout: 10 });
    await store.set('a', 1);
    expect(await store.get('a')).toBe(1);
    client.disconnect();
    await expect(store.get('a')).rejects.toThrow('redis: Connection is closed.');
  });

  test('an address is enough', async () => {
    const store = redisStore({ url: server.url }, { prefix: prefix(), timeout: 10 });
    await Promise.all([store.set('a', 1), store.set('b', 2)]);
    expect([await store.get('a'), await store.get('b')]).toEqual([1, 2]);
    await store.close();
    await store.close();
    expect(await store.get('a')).toBe(1);
    await store.close();
  });
});

describe.skipIf(!hasRedis)('a server that goes away', () => {
  const rejected: unknown[] = [];
  const note = (reason: unknown): void => void rejected.push(reason);
  beforeAll(() => void process.on('unhandledRejection', note));
  afterAll(() => void process.off('unhandledRejection', note));

  describe.each(['redis', 'ioredis'])('%s', (name) => {
    let server: RedisServer;
    let connected: Connected;
    let now = 0;
    beforeAll(async () => {
      server = await startRedis();
      connected = await (clients[name] as (typeof clients)[string])(server.url);
    });
    afterAll(async () => {
      connected?.close();
      await server?.close();
    });
    const open = (options: RedisStoreOptions = {}) =>
      redisStore(connected.client, { timeout: 0.2, now: () => now, ...options });
    const one = { key: 'a', by: 1, ttl: 100 };
    /** Until the client has found the server again. */
    const recovered = async (store: ReturnType<typeof open>): Promise<Counted> => {
      for (;;) {
        now += 5000;
        try {
          return await store.count([one]);
        } catch {
          await sleep(20);
        }
      }
    };

    test('killed and started again: rejections, rest, recovery', async () => {
      const store = open();
      expect((await store.count([one])).values).toEqual([1]);
      await server.kill();
      // What a client sends before it has noticed may be sent once more by it, later.
      await expect.poll(() => connected.ready()).toBe(false);
      for (let at = 0; at < 3; at++) expect((await failure(store.count([one]))).message).toMatch(/^redis: /);
      expect((await failure(store.count([one]))).message).toMatch(/; not asked again for 5 s$/);
      now += 5000;
      // A single operation tries; it fails, and the rest begins anew.
      const [tried, refused] = await Promise.all([failure(store.count([one])), failure(store.count([one]))]);
      expect(tried.message).not.toContain('not asked again');
      expect(refused.message).toContain('not asked again');
      expect((await failure(store.count([one]))).message).toMatch(/; not asked again for 5 s$/);
      await server.restart();
      // The new server is empty.
      expect((await recovered(store)).values).toEqual([1]);
      expect((await store.count([one])).values).toEqual([2]);
    });

    test('cut off: nothing is done behind the back of a caller who was told that it failed', async () => {
      const cable = await layCable(server.port);
      const far = await (clients[name] as (typeof clients)[string])(`redis://127.0.0.1:${cable.port}`);
      const counts = [{ key: 'cut off', by: 1, ttl: 100 }];
      const store = redisStore(far.client, { timeout: 0.2, breaker: false });
      await store.count(counts);
      await cable.cut();
      await expect.poll(() => far.ready()).toBe(false);
      await Promise.all(Array.from({ length: 5 }, () => failure(store.count(counts))));
      await cable.mend();
      await expect.poll(() => far.ready(), { timeout: 10_000 }).toBe(true);
      expect((await store.count(counts)).values).toEqual([2]);
      far.close();
      await cable.cut();
    });

    test('alive but silent', async () => {
      const store = open();
      await store.set('a', 1);
      server.freeze();
      const errors = await Promise.all(['a', 'b', 'c', 'd'].map((key) => failure(store.get(key))));
      expect(errors.map(({ message }) => message)).toEqual(new Array(4).fill('redis: no answer within 0.2 s'));
      expect((await failure(store.get('a'))).message).toContain('not asked again');
      server.thaw();
      await recovered(store);
      expect(await store.get('a')).toBe(1);
    });
  });

  test('an address where nobody is yet', async () => {
    const server = await startRedis();
    await server.kill();
    const store = redisStore({ url: server.url }, { timeout: 0.2, breaker: false });
    expect((await failure(store.get('a'))).message).toMatch(/^redis: no answer within 0\.2 s: .*ECONNREFUSED/);
    await server.restart();
    await expect.poll(() => store.set('a', 1).then(() => store.get('a')), { timeout: 10_000 }).toBe(1);
    // What was once wrong is not told of any more.
    server.freeze();
    expect((await failure(store.get('a'))).message).toBe('redis: no answer within 0.2 s');
    await store.close();
    await server.close();
  });

  afterEach(async () => {
    // Rejections are reported a turn after nobody took them.
    await sleep(0);
    if (rejected.length > 0) throw new Error('unhandled rejections', { cause: rejected });
  });
});

describe.skipIf(!hasRedis)('a cluster', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis('--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1');
    await server.ask('CLUSTER ADDSLOTSRANGE 0 16383');
    while (!(await server.ask('SET up 1')).startsWith('+OK')) await sleep(20);
  });
  afterAll(() => server?.close());

  const counts = ['a', 'b', 'c'].map((key) => ({ key, by: 1, limit: 3, window: 86_400 * 365 }));
  const prefix = '{callm}:';

  test('keeps what has a hash tag on one node', async () => {
    const cluster = createCluster({ rootNodes: [{ url: server.url }] });
    cluster.on('error', () => {});
    await cluster.connect();
    const store = redisStore(cluster, { prefix, timeout: 10 });
    expect((await store.count(counts)).values).toEqual([1, 1, 1]);
    await store.set('a', 'x');
    expect(await store.get('a')).toBe('x');
    // Without a tag the keys lie on several nodes.
    await expect(redisStore(cluster, { timeout: 10 }).count(counts)).rejects.toThrow(/slot/i);
    cluster.destroy();

    const other = new Cluster([{ host: '127.0.0.1', port: server.port }]);
    const same = redisStore(other, { prefix, timeout: 10 });
    expect((await same.count(counts)).values).toEqual([2, 2, 2]);
    await same.delete('a');
    expect(await same.get('a')).toBeUndefined();
    other.disconnect();
  });
});
