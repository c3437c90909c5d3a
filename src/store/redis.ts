/** State in Redis (or Valkey), for all processes that share it. Scripts on the server make every operation one step. */
import { CallmError } from '../core/errors.js';
import type { Count, Counted, Store } from '../core/spec.js';
import { Breaker } from './breaker.js';
import { type EvalClient, evaluator, open, type Evaluator, type Opened, type RedisClient } from './redis-client.js';
import { countScript, deleteScript, getScript, holdScript, releaseScript, setScript } from './redis-scripts.js';

export type { EvalClient, IoredisClient, NodeRedisClient, RedisClient } from './redis-client.js';

export interface RedisStoreOptions {
  /** Stands before every key; `callm:` by default. A cluster needs a hash tag, which keeps all keys on one node: `{callm}:`. */
  prefix?: string;
  /** Seconds for one operation, 0.5 by default. */
  timeout?: number;
  /**
   * After so many failures in a row (3) operations reject at once for `retry_after` seconds (5); then a single one tries
   * again. `false`: every operation tries.
   */
  breaker?: { failures?: number; retry_after?: number } | false;
  /** The clock of the breaker, in milliseconds. Windows and lives go by the server's clock. */
  now?: () => number;
}

/** Milliseconds between looks at a client that is connecting. */
const look = 10;
/** The longest life of a key in milliseconds: Redis adds it to the time, as a whole number of 64 bits. */
const longest = 1e15;

export class RedisStore implements Store {
  readonly bounded = true;
  readonly #source: RedisClient | { url: string };
  readonly #prefix: string;
  readonly #breaker: Breaker;
  #given: Evaluator | undefined;
  #opening: Promise<Opened> | undefined;
  #connectionError: unknown;

  constructor(source: RedisClient | { url: string }, options: RedisStoreOptions = {}) {
    const { prefix = 'callm:', timeout = 0.5, breaker = {}, now = () => performance.now() } = options;
    if (!(timeout > 0 && timeout <= 3600))
      throw new CallmError('redisStore: timeout is in seconds, above 0 and up to 3600');
    if ('eval' in source) this.#given = evaluator(source);
    // The error of the client's own parser would show the password.
    else if (!URL.canParse(source.url))
      throw new CallmError('redisStore: url is no address, like redis://localhost:6379');
    this.#source = source;
    this.#prefix = prefix;
    const { failures = 3, retry_after = 5 } = breaker === false ? { failures: Infinity } : breaker;
    if (!(failures >= 1 && retry_after >= 0))
      throw new CallmError('redisStore: breaker takes failures, at least 1, and retry_after in seconds');
    this.#breaker = new Breaker({
      failures,
      retry_after,
      timeout,
      now,
      explain: (reason) => {
        if (reason !== undefined) return `redis: ${worded(reason)}`;
        const why = this.#connectionError === undefined ? '' : `: ${worded(this.#connectionError)}`;
        return `redis: no answer within ${timeout} s${why}`;
      },
    });
  }

  async get(key: string): Promise<unknown> {
    const [value] = await this.#run(getScript, [this.#value(key)], []);
    return value;
  }

  async set(key: string, value: unknown, ttl?: number): Promise<void> {
    const json: string | undefined = JSON.stringify(value);
    if (json === undefined) throw new CallmError(`redisStore: ${typeof value} is not JSON`);
    await this.#run(setScript, [this.#value(key)], [json, milliseconds(ttl)]);
  }

  async delete(key: string): Promise<void> {
    await this.#run(deleteScript, [this.#value(key), this.#counter(key), this.#places(key)], []);
  }

  async count(counts: readonly Count[]): Promise<Counted> {
    const args = counts.flatMap(({ by, limit, window, ttl }) => {
      if (!Number.isSafeInteger(by)) throw new CallmError(`redisStore: counters change by whole numbers, not by ${by}`);
      const life = milliseconds(window === undefined ? ttl : window * 2);
      return [String(by), String(limit ?? ''), String(window ?? ''), life];
    });
    const reply = await this.#run(
      countScript,
      counts.map(({ key }) => this.#counter(key)),
      args,
    );
    const [place, wait, values, windows] = reply as [number, number, number[], (number | null)[]];
    if (place < 0) throw new CallmError('redisStore: a counter would be larger than numbers are exact');
    const keys = counts.map(({ key }, at) => (windows[at] == null ? key : `${key}@${windows[at]}`));
    if (place === 0) return { ok: true, values, keys };
    const counted: Counted = { ok: false, over: place - 1, values, keys };
    if (windows[place - 1] != null) counted.retry_after = wait;
    return counted;
  }

  async hold(key: string, holder: string, limit: number, ttl: number): Promise<boolean> {
    const [held] = await this.#run(holdScript, [this.#places(key)], [holder, String(limit), milliseconds(ttl)]);
    return held === true;
  }

  async release(key: string, holder: string): Promise<void> {
    await this.#run(releaseScript, [this.#places(key)], [holder]);
  }

  /** Ends the connection that was opened for a `url`; a client that was given is its owner's. */
  async close(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    await (await opening?.catch(() => undefined))?.close();
  }

  #value(key: string): string {
    return `${this.#prefix}value:${key}`;
  }

  #places(key: string): string {
    return `${this.#prefix}places:${key}`;
  }

  #counter(key: string): string {
    return `${this.#prefix}count:${key}`;
  }

  async #run(script: string, keys: string[], args: string[]): Promise<unknown[]> {
    // Loading a client's package is not the server's time.
    const server = this.#given ?? (await this.#open());
    const reply = await this.#breaker.run(async (late) => {
      while (!late()) {
        if (server.ready()) return server.eval(script, keys, args, late);
        await new Promise((resolve) => setTimeout(resolve, look));
      }
      return undefined;
    });
    this.#connectionError = undefined;
    return parsed(reply);
  }

  async #open(): Promise<Evaluator> {
    this.#opening ??= open((this.#source as { url: string }).url, (error) => (this.#connectionError = error));
    try {
      return evaluator((await this.#opening).client);
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }
}

const milliseconds = (ttl: number | undefined): string =>
  ttl === undefined ? '' : String(Math.min(Math.ceil(ttl * 1000), longest));

/** A client may have decoded the reply already, or not even from bytes. */
function parsed(reply: unknown): unknown[] {
  if (Array.isArray(reply)) return reply;
  try {
    return JSON.parse(reply instanceof Uint8Array ? new TextDecoder().decode(reply) : String(reply)) as unknown[];
  } catch {
    // The parser's message would show a piece of what is stored.
    throw new CallmError('redis: the stored value is not JSON');
  }
}

/** Why an operation failed, without the operation: clients and servers quote commands, with what is stored by them. */
function worded(reason: unknown): string {
  if (!(reason instanceof Error)) return String(reason);
  const { code } = reason as { code?: unknown };
  const message = reason.message.replace(/,? with args beginning with.*/s, '');
  return message || String(code ?? reason.name);
}

/**
 * State in Redis: pass a client of `redis` or `ioredis`, anything that can `eval`, or `{ url }` to have a connection
 * opened with whichever of the two is installed.
 */
export function redisStore(client: EvalClient, options?: RedisStoreOptions): RedisStore;
export function redisStore(source: RedisClient | { url: string }, options?: RedisStoreOptions): RedisStore;
export function redisStore(source: RedisClient | { url: string }, options?: RedisStoreOptions): RedisStore {
  return new RedisStore(source, options);
}
