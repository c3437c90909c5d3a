/**
 * The keys of the books, in the order of their rows: by prefix (what stands before the first slash, that included), then
 * by name. One key is found by a search; all are read only for those who ask for all.
 *
 * The text is three sections parted by form feeds, their lines by `!`: prefixes, each with the count of its keys in two
 * digits; names, each with the length it shares with the one before as a digit; and for each name the prefixes it has, a
 * digit each. Names and their prefixes are in blocks parted by `|`, and the first name of a block shares nothing.
 */
import { digit, numberAt } from './digits.js';

interface Prefix {
  readonly digit: string;
  /** The row of its first key. */
  readonly start: number;
}

const count = (text: string, part: string): number => text.split(part).length - 1;

/** Where a text stands, or would stand, in a sorted list. */
function placeIn(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

export class KeyIndex {
  readonly size: number;
  readonly #prefixes = new Map<string, Prefix>();
  /** Blocks of names, and of their prefixes. */
  readonly #names: readonly string[];
  readonly #prefixesOf: readonly string[];
  /** The first name of each block. */
  readonly #firsts: readonly string[];
  /** The names of blocks that were read. */
  readonly #read: (readonly string[] | undefined)[] = [];
  /** All rows by key, once all were asked for. */
  #rows: Map<string, number> | undefined;

  constructor(packed: string) {
    const [prefixes, names, prefixesOf] = packed.split('\f') as [string, string, string];
    let size = 0;
    for (const line of prefixes.split('!')) {
      this.#prefixes.set(line.slice(0, -2), { digit: digit(this.#prefixes.size), start: size });
      size += numberAt(line, line.length - 2, 2);
    }
    this.size = size;
    this.#names = names.split('|');
    this.#firsts = this.#names.map((block) => (block.split('!', 1)[0] as string).slice(1));
    this.#prefixesOf = prefixesOf.split('|');
  }

  /** The row of a key. */
  get(key: string): number | undefined {
    if (this.#rows !== undefined) return this.#rows.get(key);
    const slash = key.indexOf('/') + 1;
    const prefix = this.#prefixes.get(key.slice(0, slash));
    if (prefix === undefined) return undefined;
    const name = key.slice(slash);
    const block = this.#blockOf(name);
    const names = this.#namesIn(block);
    const at = placeIn(names, name);
    if (names[at] !== name) return undefined;
    const lines = (this.#prefixesOf[block] as string).split('!');
    if (!(lines[at] as string).includes(prefix.digit)) return undefined;
    const before = this.#prefixesOf.slice(0, block).join('') + lines.slice(0, at).join('');
    return prefix.start + count(before, prefix.digit);
  }

  keys(): Iterable<string> {
    return (this.#rows ??= this.#readAll()).keys();
  }

  /** What stands before the first slash of keys. */
  *prefixes(): Iterable<string> {
    for (const prefix of this.#prefixes.keys()) yield prefix.slice(0, -1);
  }

  /** Keys that begin so, and whose first slash, if they have one, is in the text. */
  *startingWith(text: string): Iterable<string> {
    const slash = text.indexOf('/') + 1;
    const prefix = this.#prefixes.get(text.slice(0, slash));
    if (prefix === undefined) return;
    const start = text.slice(slash);
    for (let block = this.#blockOf(start); block < this.#names.length; block++) {
      const names = this.#namesIn(block);
      const lines = (this.#prefixesOf[block] as string).split('!');
      for (let at = placeIn(names, start); at < names.length; at++) {
        const name = names[at] as string;
        if (!name.startsWith(start)) return;
        if ((lines[at] as string).includes(prefix.digit)) yield text.slice(0, slash) + name;
      }
    }
  }

  /** The block that has a name, if any has, or the names after it. */
  #blockOf(name: string): number {
    const at = placeIn(this.#firsts, name);
    return this.#firsts[at] === name ? at : Math.max(at - 1, 0);
  }

  #namesIn(block: number): readonly string[] {
    let name = '';
    return (this.#read[block] ??= (this.#names[block] as string)
      .split('!')
      .map((line) => (name = name.slice(0, numberAt(line, 0, 1)) + line.slice(1))));
  }

  #readAll(): Map<string, number> {
    const prefixes = [...this.#prefixes.keys()];
    const byPrefix = prefixes.map((): string[] => []);
    for (const [block, text] of this.#prefixesOf.entries()) {
      const names = this.#namesIn(block);
      for (const [at, line] of text.split('!').entries())
        for (let i = 0; i < line.length; i++) (byPrefix[numberAt(line, i, 1)] as string[]).push(names[at] as string);
    }
    const rows = new Map<string, number>();
    for (const [at, prefix] of prefixes.entries())
      for (const name of byPrefix[at] as string[]) rows.set(prefix + name, rows.size);
    return rows;
  }
}
