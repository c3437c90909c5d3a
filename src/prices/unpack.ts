/**
 * Reads a packed book (written by src/gen/prices.ts). Opening one splits the text; all else is done for the rows that
 * are asked for.
 *
 * The text is sections parted by form feeds: names of fields; ratios; then for every group of fields three sections:
 * shapes (which fields) and entries (a shape and its values, parted by `|`), a line each, parted by `!`; and for each row
 * the number of its entry, all in as many digits, or as many `~` for the next entry that no row before has. Numbers of
 * shapes and fields are in base 36.
 *
 * A value is JSON, but the price of a token is in USD per million, or a letter: that multiple of the price of an input
 * token. Letters follow a price and one another without a mark between.
 */
import { numberAt } from './digits.js';
import type { KeyIndex } from './key-index.js';

export type PriceRow = Readonly<Record<string, unknown>> & { readonly litellm_provider: string };

export interface Book {
  get(key: string): PriceRow | undefined;
  keys(): Iterable<string>;
  /** What stands before the first slash of keys. */
  prefixes(): Iterable<string>;
  /** Keys that begin so, and whose first slash, if they have one, is in it. */
  startingWith(text: string): Iterable<string>;
  readonly size: number;
}

interface Shape {
  names: readonly string[];
  /** Whether the value is a price in USD per million. */
  millions: readonly boolean[];
  /** Where the price of an input token stands. */
  base: number;
}

interface Group {
  shapes: readonly string[];
  /** Those of `shapes` that a row needed so far. */
  read: (Shape | undefined)[];
  entries: readonly string[];
  /** The entry of each row, in so many digits. */
  refs: string;
  width: number;
  /** The entries of rows that are the first to have them. */
  firsts: Uint16Array | undefined;
}

export const ratioLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
export const baseField = 'input_cost_per_token';

/** The values in a part of an entry: itself, or a price and the letters after it. */
function split(part: string): string[] {
  const [, price, letters] = /^([\d.]*)([A-Za-z]+)$/.exec(part) ?? [];
  if (letters === undefined || part === 'true' || part === 'false') return [part];
  return price === '' ? [...letters] : [price as string, ...letters];
}

/** Prices of a token are packed in USD per million. */
export const perMillion = (field: string): boolean => /cost/.test(field) && /_token/.test(field);

/** A multiple of a price, both in USD per million. */
export const multiple = (base: string, ratio: string): string =>
  String(Number((Number(base) * Number(ratio)).toPrecision(12)));

/** Marks a row that is the first to have its entry. */
export const firstMark = '~';

function firstRows({ refs, width }: Group, size: number): Uint16Array {
  const entryOf = new Uint16Array(size);
  let entry = 0;
  for (let at = refs.indexOf(firstMark); at >= 0; at = refs.indexOf(firstMark, at + width))
    entryOf[at / width] = entry++;
  return entryOf;
}

export function openBook(index: KeyIndex, packed: string): Book {
  const [fieldNames, ratioSection, ...sections] = packed.split('\f') as [string, string, ...string[]];
  const fields = fieldNames.split(' ');
  const ratios = ratioSection.split(' ');
  const groups: Group[] = [];
  for (let at = 0; at < sections.length; at += 3) {
    const [shapes, entries, refs] = sections.slice(at, at + 3) as [string, string, string];
    groups.push({
      shapes: shapes.split('!'),
      read: [],
      entries: entries.split('!'),
      refs,
      width: refs.length / index.size,
      firsts: undefined,
    });
  }
  const rows = new Map<string, PriceRow>();

  const shapeOf = (group: Group, number: number): Shape => {
    const text = group.shapes[number] as string;
    const names = text === '' ? [] : text.split(' ').map((name) => fields[parseInt(name, 36)] as string);
    return { names, millions: names.map(perMillion), base: names.indexOf(baseField) };
  };
  const entryOf = (group: Group, at: number): string => {
    const { entries, refs, width } = group;
    const number =
      refs[at * width] === firstMark
        ? (group.firsts ??= firstRows(group, index.size))[at]
        : numberAt(refs, at * width, width);
    return entries[number as number] as string;
  };
  const decode = (at: number): PriceRow => {
    const row: Record<string, unknown> = {};
    for (const group of groups) {
      const [shape, ...parts] = entryOf(group, at).split('|') as [string, ...string[]];
      const number = parseInt(shape, 36);
      const { names, millions, base } = (group.read[number] ??= shapeOf(group, number));
      const values = parts.flatMap(split);
      for (const [i, name] of names.entries()) {
        const text = values[i] as string;
        const letter = millions[i] === true ? ratioLetters.indexOf(text) : -1;
        const price = letter < 0 ? text : multiple(values[base] as string, ratios[letter] as string);
        row[name] = millions[i] === true ? Number(`${price}e-6`) : JSON.parse(text);
      }
    }
    return Object.freeze(row) as PriceRow;
  };

  const read = (key: string): PriceRow | undefined => {
    const at = index.get(key);
    if (at === undefined) return undefined;
    const row = decode(at);
    rows.set(key, row);
    return row;
  };

  return {
    get: (key) => rows.get(key) ?? read(key),
    keys: () => index.keys(),
    prefixes: () => index.prefixes(),
    startingWith: (text) => index.startingWith(text),
    size: index.size,
  };
}
