/** Makes the engine of a router: its store, its deployments. */
import { environmentOf } from '../core/io.js';
import type { Runner, Store } from '../core/spec.js';
import { Engine } from './engine.js';
import type { RouterSurroundings } from './router.js';
import type { RouterOptions } from './types.js';

export async function start(options: RouterOptions, client: Runner, { prices }: RouterSurroundings): Promise<Engine> {
  const store = options.store ?? (await redis(options));
  const own = options.store === undefined ? store : undefined;
  return new Engine({
    options: store === undefined ? options : { ...options, store },
    client,
    env: environmentOf(options.env),
    prices,
    own,
  });
}

/** LiteLLM's names for a shared Redis. */
async function redis({ redis_url, redis_host, redis_port, redis_password }: RouterOptions): Promise<Store | undefined> {
  if (redis_url === undefined && redis_host === undefined) return undefined;
  const { redisStore } = await import('../store/redis.js');
  const secret = redis_password === undefined ? '' : `:${encodeURIComponent(redis_password)}@`;
  return redisStore({ url: redis_url ?? `redis://${secret}${redis_host}:${redis_port ?? 6379}` });
}
