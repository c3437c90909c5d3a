/** How a second stream goes on with the text of a first: what has been said, and where the two meet. */
import type { ChatCompletionChunk, ChunkChoice } from '../types/chat.js';
import type { JsonObject } from '../core/spec.js';

/** How much of the end of a text is looked for at the beginning of its continuation. */
const longest = 10_000;
/** Fewer equal letters are chance. */
const fewest = 4;

const nothing = (value: unknown): boolean =>
  value === null || value === undefined || value === '' || (Array.isArray(value) && value.length === 0);

/** What the caller has of an answer. */
export class Said {
  text = '';
  /** Text of one choice, without a word on its end, and nothing else. */
  plain = true;
  id: string | undefined = undefined;
  created = 0;

  note({ id, created, choices }: ChatCompletionChunk): void {
    this.id ??= id;
    this.created ||= created;
    for (const { index, delta, finish_reason, logprobs } of choices) {
      if (index !== 0 || finish_reason != null || logprobs != null) this.plain = false;
      else if (typeof delta.content === 'string') this.text += delta.content;
      if (this.plain) this.plain = isPlain(delta);
    }
  }
}

/** Whether a delta has text at most. */
export function isPlain(delta: ChunkChoice['delta']): boolean {
  for (const name in delta)
    if (name !== 'role' && name !== 'content' && name !== 'provider_specific_fields')
      if (!nothing((delta as unknown as JsonObject)[name])) return false;
  return true;
}

/** Finds what a continuation repeats of the end of what it continues, also when that comes letter by letter. */
export class Seam {
  readonly #tail: string;
  /** Where in the tail the continuation may have begun. */
  #places: number[];
  #held = '';

  constructor(text: string) {
    this.#tail = text.slice(-longest);
    this.#places = Array.from({ length: this.#tail.length }, (_, at) => at);
  }

  /** Something is held back that may be a repetition. */
  get holding(): boolean {
    return this.#held !== '';
  }

  /** What is new of the text so far; undefined while it may be a repetition still. */
  take(piece: string): string | undefined {
    const before = this.#held.length;
    this.#held += piece;
    const { length } = this.#tail;
    let open = false;
    this.#places = this.#places.filter((at) => {
      const left = length - at - before;
      if (left <= 0) return true;
      if (!this.#tail.startsWith(piece.length <= left ? piece : piece.slice(0, left), at + before)) return false;
      open ||= piece.length < left;
      return true;
    });
    return open ? undefined : this.close();
  }

  /** What is new, now that nothing follows that would tell. */
  close(): string {
    const held = this.#held;
    this.#held = '';
    for (const at of this.#places) {
      const repeated = this.#tail.length - at;
      // Blanks at the end are not sent to those who are to go on.
      if (repeated <= held.length && (repeated >= fewest || held.slice(0, repeated).trim() === ''))
        return held.slice(repeated);
    }
    return held;
  }
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The usage of two parts of one answer. */
export function addUsage<U>(one: unknown, other: U): U {
  if (!isObject(one)) return other;
  if (!isObject(other)) return one as U;
  const sum: JsonObject = { ...one };
  for (const [name, value] of Object.entries(other)) {
    const known = sum[name];
    if (typeof known === 'number' && typeof value === 'number') sum[name] = known + value;
    else if (isObject(known)) sum[name] = addUsage(known, value);
    else if (known === undefined || known === null || known === false) sum[name] = value;
  }
  return sum as U;
}
