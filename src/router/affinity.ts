/** Calls that belong together go to one deployment: it holds the session's state, or the cache of the prompt. */
import type { JsonObject, Store } from '../core/spec.js';

const cacheLife = 300;
/** Of a mark with `ttl: '1h'`. */
const longCacheLife = 3600;
/** How many parts before its last mark a prompt is looked for that was marked earlier. */
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
  if (!mayBeMarked(messages, tools)) return undefined;
  let found: Prefixes | undefined;
  try {
    found = cachedPrefixes(messages, tools);
  } catch {
    // What cannot be written as JSON is refused later, by its name.
  }
  if (found?.keys[0] === undefined) return undefined;
  const long = isObject(found.mark) && found.mark['ttl'] === '1h';
  return { key: found.keys[0], known: found.keys, ttl: long ? longCacheLife : cacheLife };
}

/** What of a value is marked to be cached. */
const markOf = (value: unknown): unknown => (isObject(value) ? (value['cache_control'] ?? undefined) : undefined);

const markOfTool = (tool: unknown): unknown => markOf(tool) ?? (isObject(tool) ? markOf(tool['function']) : undefined);

const written = (value: unknown): string =>
  JSON.stringify(value, (name, inner: unknown) => (name === 'cache_control' ? undefined : inner)) ?? '';

/** The parts of a prompt one after another, each with its mark. A text is the same in a part and as the content itself. */
function* partsOf(messages: readonly unknown[]): Generator<{ part: string; mark: unknown }> {
  for (const message of messages) {
    const { content, ...envelope } = isObject(message) ? message : { content: message };
    const parts = Array.isArray(content) && content.length > 0 ? (content as unknown[]) : [content];
    for (const [at, part] of parts.entries()) {
      const whole = typeof part === 'string' ? { type: 'text', text: part } : part;
      const mark = markOf(part) ?? (at === parts.length - 1 ? markOf(message) : undefined);
      yield { part: written([envelope, whole]), mark };
    }
  }
}

const has = (list: unknown, mark: (entry: unknown) => unknown): boolean =>
  Array.isArray(list) && list.some((entry) => mark(entry) !== undefined);

/** A look that costs next to nothing: most calls have no mark. */
const mayBeMarked = (messages: unknown, tools: unknown): boolean =>
  has(tools, markOfTool) ||
  has(
    messages,
    (message) => markOf(message) ?? (isObject(message) && has(message['content'], markOf) ? true : undefined),
  );

interface Prefixes {
  /** The longest first. */
  keys: string[];
  /** Of the last mark. */
  mark: unknown;
}

/**
 * The prompts up to the last part that is marked to be cached, and up to those before it: the mark moves on with each
 * turn of a conversation, and what was cached before is a shorter beginning.
 */
function cachedPrefixes(messages: unknown, tools: unknown): Prefixes | undefined {
  const given = Array.isArray(tools) ? (tools as unknown[]) : [];
  let found: Prefixes | undefined;
  const toolMark = given.findLastIndex((tool) => markOfTool(tool) !== undefined);
  if (toolMark >= 0) {
    const key = `tools:${new Hash(written(given.slice(0, toolMark + 1))).text}`;
    found = { keys: [key], mark: markOfTool(given[toolMark]) };
  }
  const all: string[] = [];
  let [last, markOfLast]: [number, unknown] = [-1, undefined];
  let hash = new Hash(written(given));
  for (const { part, mark } of partsOf(Array.isArray(messages) ? messages : [])) {
    hash = hash.with(part);
    if (mark !== undefined) [last, markOfLast] = [all.length, mark];
    all.push(`prompt:${hash.text}`);
  }
  if (last < 0) return found;
  const keys = all.slice(Math.max(last - lookBack, 0), last + 1).toReversed();
  return { keys: [...keys, ...(found?.keys ?? [])], mark: markOfLast };
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
