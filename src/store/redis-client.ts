/** The clients of Redis, told apart by what they can do: their packages are not needed here. */
import { CallmError } from '../core/errors.js';

interface Operands {
  keys: string[];
  arguments: string[];
}

/** What is needed of a client or cluster of `redis`. */
export interface NodeRedisClient {
  eval(script: string, operands: Operands): Promise<unknown>;
  evalSha(sha: string, operands: Operands): Promise<unknown>;
  readonly isOpen?: boolean;
  readonly isReady?: boolean;
}

/** What is needed of a client or cluster of `ioredis`. */
export interface IoredisClient {
  eval(script: string, count: number, ...operands: string[]): Promise<unknown>;
  evalsha(sha: string, count: number, ...operands: string[]): Promise<unknown>;
  /** Tells this client from others. */
  defineCommand: unknown;
  readonly status?: string;
  connect?(): Promise<unknown>;
}

/** Any other way to the server. */
export interface EvalClient {
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
}

export type RedisClient = NodeRedisClient | IoredisClient | EvalClient;

export interface Evaluator {
  /**
   * Whether a script would be sent now. A client without a connection keeps commands for the next one, and would run
   * them long after its caller was told that they failed.
   */
  ready(): boolean;
  eval(script: string, keys: string[], args: string[], late: () => boolean): Promise<unknown>;
}

export function evaluator(client: RedisClient): Evaluator {
  if ('evalSha' in client)
    return {
      ready: () => client.isReady !== false || client.isOpen === false,
      eval: (script, keys, args, late) => {
        const operands = { keys, arguments: args };
        return short(
          script,
          late,
          (sha) => client.evalSha(sha, operands),
          () => client.eval(script, operands),
        );
      },
    };
  if ('defineCommand' in client)
    return {
      ready: () => {
        if (client.status === 'wait') client.connect?.().catch(() => {});
        return client.status === undefined || client.status === 'ready' || client.status === 'end';
      },
      eval: (script, keys, args, late) => {
        const operands = [...keys, ...args];
        return short(
          script,
          late,
          (sha) => client.evalsha(sha, keys.length, ...operands),
          () => client.eval(script, keys.length, ...operands),
        );
      },
    };
  return { ready: () => true, eval: (script, keys, args) => client.eval(script, keys, args) };
}

const hashes = new Map<string, Promise<string>>();

function sha1(script: string): Promise<string> {
  let hash = hashes.get(script);
  if (hash === undefined) {
    hash = crypto.subtle
      .digest('SHA-1', new TextEncoder().encode(script))
      .then((bytes) => Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join(''));
    hashes.set(script, hash);
  }
  return hash;
}

/** Names the script by its hash, and sends it whole to a server that does not know it yet. */
async function short(
  script: string,
  late: () => boolean,
  bySha: (sha: string) => Promise<unknown>,
  whole: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await bySha(await sha1(script));
  } catch (error) {
    if (late() || !(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw error;
    return whole();
  }
}

/** A connection that the store itself has opened. */
export interface Opened {
  client: NodeRedisClient | IoredisClient;
  close(): unknown;
}

/** Opens a connection with whichever of the packages is installed; `onError` hears why there is none. */
export async function open(url: string, onError: (error: unknown) => void): Promise<Opened> {
  const redis = await import('redis').catch(() => undefined);
  if (redis !== undefined) {
    const client = redis.createClient({ url });
    client.on('error', onError);
    client.connect().catch(onError);
    // Before version 5 it had another name.
    const { destroy, disconnect } = client as { destroy?(): void; disconnect(): unknown };
    return { client, close: () => (destroy ?? disconnect).call(client) };
  }
  const ioredis = await import('ioredis').catch(() => undefined);
  if (ioredis === undefined)
    throw new CallmError('redisStore: a url needs the package redis or ioredis: install one of them, or pass a client');
  const client = new ioredis.Redis(url);
  client.on('error', onError);
  return { client, close: () => client.disconnect() };
}
