/** Calls that belong together go to one deployment: it holds the session's state, or the cache of the prompt. */
import type { JsonObject, Store } from '../core/spec.js';

const cacheLife = 300;
/** How many messages before its last mark a prompt is looked for that was marked earlier. */
const lookBack = 20;

/** What makes a call belong to others. */
export interface Bond {
  /** Under which its deployment is remembered. */
  key: string;
  /** Under which earlier calls may have left theirs, the nearest first. */
  known: readonly string[];
  /** Seconds. */
  ttl: number;
}

const isObject = (value: unknown): value is JsonObject => typeof value === 'object' && value !== null;
const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

export function bondOf(input: JsonObject, life: number): Bond | undefined {
  const { metadata, prompt_cache_key, previous_response_id, messages, tools } = input;
  const session = isObject(metadata) ? text(metadata['session_id']) : undefined;
  const named = session ?? text(prompt_cache_key) ?? text(previous_response_id);
  if (named !== undefined) return { key: named, known: [named], ttl: life };
  const prefixes = cachedPrefixes(messages, tools);
  return prefixes[0] === undefined ? undefined : { key: prefixes[0], known: prefixes, ttl: cacheLife };
}

const marked = (value: unknown): boolean =>
  isObject(value) &&
  (value['cache_control'] !== undefined || (Array.isArray(value['content']) && value['content'].some(marked)));

const withoutMarks = (name: string, value: unknown): unknown => (name === 'cache_control' ? undefined : value);

/**
 * The prompts up to the last message that is marked to be cached, and up to those before it: the mark moves on with
 * each turn of a conversation, and what was cached before is a shorter beginning.
 */
function cachedPrefixes(messages: unknown, tools: unknown): string[] {
  if (!Array.isArray(messages)) return [];
  const last = messages.findLastIndex(marked);
  const keys: string[] = [];
  let hash = new Hash(JSON.stringify(tools, withoutMarks) ?? '');
  for (let at = 0; at <= last; at++) {
    hash = hash.with(JSON.stringify(messages[at], withoutMarks));
    if (at >= last - lookBack) keys.unshift(`prompt:${hash.text}`);
  }
  return keys;
}

class Hash {
  readonly #one: number;
  readonly #two: number;

  constructor(value: string, one = 0x811c9dc5, two = 0x1b873593) {
    for (let at = 0; at < value.length; at++) {
      const code = value.charCodeAt(at);
      one = Math.imul(one ^ code, 0x01000193);
      two = Math.imul(two ^ (code + (at & 0xff)), 0xcc9e2d51);
    }
    this.#one = one;
    this.#two = two;
  }

  with(value: string): Hash {
    return new Hash(value, this.#one, this.#two);
  }

  get text(): string {
    return (this.#one >>> 0).toString(36) + (this.#two >>> 0).toString(36);
  }
}

/** Remembers which deployment a bond is with. */
export class Affinity {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  async get(group: string, { known }: Bond): Promise<string | undefined> {
    try {
      const found = await Promise.all(known.map((key) => this.#store.get(`affinity:${group}:${key}`)));
      return found.map(text).find((id) => id !== undefined);
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
