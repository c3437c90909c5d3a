/** The Redis store in processes of its own: several at once, and what each leaves behind. */
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { redisStore } from '../../src/store/redis.js';
import { bundle, makeFolder, makeWorkshop, root, runNode, type Workshop } from '../docs/programs.js';
import { hasRedis, startRedis, type RedisServer } from './redis-server.js';

const program = (name: string): string => join(root, `test/store/processes/${name}.ts`);

describe.skipIf(!hasRedis)('processes', () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.close());

  describe('that count', () => {
    let workshop: Workshop;
    beforeAll(() => {
      workshop = makeWorkshop();
    });
    afterAll(() => workshop?.remove());

    test('four with 500 each do not rise above a limit, and lose nothing', async () => {
      expect(await bundle({ count: program('count') }, workshop.dir)).toEqual([]);
      const limit = 1234;
      const outcomes = await Promise.all(
        ['redis', 'ioredis', 'redis', 'ioredis'].map((name) =>
          runNode([join(workshop.dir, 'count.js'), name, server.url, '500', String(limit)]),
        ),
      );
      for (const { code, output } of outcomes) expect(code, output).toBe(0);
      const told = outcomes.map(({ output }) => JSON.parse(output) as { counted: number; highest: number });
      expect(told.reduce((sum, { counted }) => sum + counted, 0)).toBe(limit);
      expect(Math.max(...told.map(({ highest }) => highest))).toBe(limit);
      const store = redisStore({ url: server.url }, { timeout: 10 });
      const { values } = await store.count(['limited', 'free'].map((key) => ({ key, by: 0, ttl: 100 })));
      expect(values).toEqual([limit, limit * 2]);
      await store.close();
    });
  });

  describe('that know an address', () => {
    const use = async (packages: readonly string[], url: string, timeout: number) => {
      const folder = makeFolder();
      mkdirSync(join(folder.dir, 'node_modules'));
      for (const name of packages)
        symlinkSync(join(root, 'node_modules', name), join(folder.dir, 'node_modules', name), 'dir');
      expect(await bundle({ address: program('address') }, folder.dir)).toEqual([]);
      const { code, output } = await runNode([join(folder.dir, 'address.js'), url, String(timeout)], {
        cwd: folder.dir,
      });
      folder.remove();
      return { code, output };
    };

    test.each([[['redis']], [['ioredis']], [['redis', 'ioredis']]])('and have %o, use it and end', async (packages) => {
      expect(await use(packages, server.url, 10)).toEqual({ code: 0, output: 'kept\n' });
    });

    test.each(['redis', 'ioredis'])('where nobody is end as well, with %s', async (name) => {
      const nobody = await startRedis();
      await nobody.close();
      expect(await use([name], nobody.url, 1)).toEqual({
        code: 0,
        output: expect.stringMatching(/^CallmError.*: redis: no answer within 1 s: .*ECONNREFUSED/),
      });
    });

    test('and have no package are told which to install', async () => {
      expect(await use([], server.url, 10)).toEqual({
        code: 0,
        output: expect.stringMatching(/needs the package redis or ioredis: install one of them, or pass a client/),
      });
    });
  });
});
