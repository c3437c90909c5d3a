/** The price rows of a client: those that were registered, before the shipped ones. */
import type { Book, PriceRow } from './book.js';

/** What stands before a first slash. */
export const prefixOf = (key: string): string => key.slice(0, Math.max(key.indexOf('/'), 0));

export class PriceTable {
  readonly #book: Book | undefined;
  readonly #own = new Map<string, PriceRow>();
  /** Counts changes, so that what was derived from the rows can be forgotten. */
  revision = 0;

  constructor(book: Book | undefined, own: Readonly<Record<string, PriceRow>> = {}) {
    this.#book = book;
    this.set(own);
  }

  get(key: string): PriceRow | undefined {
    return this.#own.get(key) ?? this.#book?.get(key);
  }

  *keys(): Iterable<string> {
    yield* this.#own.keys();
    for (const key of this.#book?.keys() ?? []) if (!this.#own.has(key)) yield key;
  }

  *prefixes(): Iterable<string> {
    for (const key of this.#own.keys()) yield prefixOf(key);
    yield* this.#book?.prefixes() ?? [];
  }

  /** Keys that begin so; of shipped ones those whose first slash, if they have one, is in the text. */
  *startingWith(text: string): Iterable<string> {
    for (const key of this.#own.keys()) if (key.startsWith(text)) yield key;
    yield* this.#book?.startingWith(text) ?? [];
  }

  /** Adds rows; fields of a row that is there already stay unless the new one has them. */
  set(rows: Readonly<Record<string, PriceRow>>): void {
    for (const [key, row] of Object.entries(rows)) this.#own.set(key, { ...this.get(key), ...row });
    this.revision++;
  }
}
