/** The clients that the store is tested with, each connected to a server of the tests. */
import { createClient } from 'redis';
import { Redis } from 'ioredis';
import type { EvalClient, RedisClient } from '../../src/store/redis.js';

export interface Connected {
  client: RedisClient;
  /** Whether it knows of a connection. */
  ready(): boolean;
  close(): void;
}

export const clients: Readonly<Record<string, (url: string) => Promise<Connected>>> = {
  redis: async (url) => {
    const client = createClient({ url, socket: { reconnectStrategy: 50 } });
    client.on('error', () => {});
    await client.connect();
    return { client, ready: () => client.isReady, close: () => client.destroy() };
  },
  ioredis: (url) => {
    const client = new Redis(url, { retryStrategy: () => 50 });
    client.on('error', () => {});
    return Promise.resolve({ client, ready: () => client.status === 'ready', close: () => client.disconnect() });
  },
  'eval alone': (url) => {
    const client = new Redis(url);
    const plain: EvalClient = { eval: (script, keys, args) => client.eval(script, keys.length, ...keys, ...args) };
    return Promise.resolve({
      client: plain,
      ready: () => client.status === 'ready',
      close: () => client.disconnect(),
    });
  },
};
