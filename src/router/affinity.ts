/** Calls that belong together go to one deployment: it holds the session's state, or the cache of the prompt. */
import type { JsonObject, Store } from '../core/spec.js';

const cacheLife = 300;

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What makes a call belong to others, and for how many seconds. */
export function bond(input: JsonObject, life: number): { key: string; ttl: number } | undefined {
  const { metadata, prompt_cache_key, previous_response_id, messages } = input;
  const session = isObject(metadata) ? text(metadata['session_id']) : undefined;
  const named = session ?? text(prompt_cache_key) ?? text(previous_response_id);
  if (named !== undefined) return { key: named, ttl: life };
  const prefix = cachedPrefix(messages);
  return prefix === undefined ? undefined : { key: `prompt:${hashOf(prefix)}`, ttl: cacheLife };
}

const marked = (value: unknown): boolean =>
  isObject(value) &&
  (value['cache_control'] !== undefined || (Array.isArray(value['content']) && value['content'].some(marked)));

/** The messages up to the last that is marked to be cached. */
function cachedPrefix(messages: unknown): string | undefined {
  if (!Array.isArray(messages)) return undefined;
  const last = messages.findLastIndex(marked);
  return last < 0 ? undefined : JSON.stringify(messages.slice(0, last + 1));
}

function hashOf(value: string): string {
  let [one, two] = [0x811c9dc5, 0x1b873593];
  for (let at = 0; at < value.length; at++) {
    const code = value.charCodeAt(at);
    one = Math.imul(one ^ code, 0x01000193);
    two = Math.imul(two ^ (code + (at & 0xff)), 0xcc9e2d51);
  }
  return (one >>> 0).toString(36) + (two >>> 0).toString(36);
}

/** Remembers which deployment a bond is with. */
export class Affinity {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(group: string, key: string): Promise<string | undefined> {
    try {
      return text(await this.#store.get(`affinity:${group}:${key}`));
    } catch {
      // It would have been faster there; it works elsewhere, too.
      return undefined;
    }
  }

  async set(group: string, key: string, id: string, ttl: number): Promise<void> {
    try {
      await this.#store.set(`affinity:${group}:${key}`, id, ttl);
    } catch {
      // The next call of the bond goes where it will.
    }
  }
}
