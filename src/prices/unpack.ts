/**
 * Reads a packed book (written by src/gen/prices.ts). Opening one splits the text and maps the keys; a row is decoded
 * when it is first asked for.
 *
 * The text is sections parted by form feeds: names of fields; ratios; then for every group of fields three sections:
 * shapes (which fields), entries (a shape and its values, parted by tabs), and for each key the entry it has: nothing is
 * the next new one, `-` and a number that of the key before so many times, else its number. Numbers of sections are in base 36.
 *
 * A value is JSON, but the price of a token is in USD per million, or a letter: that multiple of the price of an input
 * token. Letters follow a price and one another without a tab.
 */
export type PriceRow = Readonly<Record<string, unknown>> & { readonly litellm_provider: string };

export interface Book {
  get(key: string): PriceRow | undefined;
  keys(): Iterable<string>;
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
  /** For each key the number of its entry. */
  of: Uint16Array;
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

/** The character that stands for a prefix: printable, and none that a string literal must escape. */
export const prefixCode = (at: number): number => 40 + at + (at < 52 ? 0 : at < 86 ? 1 : 35);
const prefixAt = (code: number): number => code - (code < 92 ? 40 : code < 127 ? 41 : 75);

/**
 * Keys in the order of their rows: by prefix (what stands before the first slash, that included), then by name. The text
 * is three sections: prefixes; names, each with the length it shares with the one before, as a character above `0`; and
 * for each name the letters of the prefixes it has.
 */
export function unpackKeys(packed: string): Map<string, number> {
  const [prefixSection, nameSection, letterSection] = packed.split('\f') as [string, string, string];
  const prefixes = prefixSection.split('\n');
  const letters = letterSection.split('\n');
  const names = nameSection.split('\n');
  const byPrefix = prefixes.map((): string[] => []);
  let name = '';
  for (let at = 0; at < names.length; at++) {
    const line = names[at] as string;
    name = name.slice(0, line.charCodeAt(0) - 48) + line.slice(1);
    const of = letters[at] as string;
    for (let i = 0; i < of.length; i++) (byPrefix[prefixAt(of.charCodeAt(i))] as string[]).push(name);
  }
  const keys = new Map<string, number>();
  for (let at = 0; at < prefixes.length; at++) {
    const prefix = prefixes[at] as string;
    const own = byPrefix[at] as string[];
    for (let i = 0; i < own.length; i++) keys.set(prefix + (own[i] as string), keys.size);
  }
  return keys;
}

function unpackRefs(section: string, size: number): Uint16Array {
  const of = new Uint16Array(size);
  let fresh = 0;
  let last = 0;
  let at = 0;
  let number = -1;
  let repeats = false;
  // Read by characters: pieces of text would cost more than all the rest of opening a book.
  for (let i = 0; i <= section.length; i++) {
    const code = i < section.length ? section.charCodeAt(i) : 44;
    if (code === 45) repeats = true;
    else if (code !== 44) number = (number < 0 ? 0 : number * 36) + code - (code < 58 ? 48 : 87);
    else {
      if (repeats) of.fill(last, at, at + number);
      else of[at] = last = number < 0 ? fresh++ : number;
      at += repeats ? number : 1;
      number = -1;
      repeats = false;
    }
  }
  return of;
}

export function openBook(index: ReadonlyMap<string, number>, packed: string): Book {
  const [fieldNames, ratioSection, ...sections] = packed.split('\f') as [string, string, ...string[]];
  const fields = fieldNames.split(' ');
  const ratios = ratioSection.split(' ');
  const groups: Group[] = [];
  for (let at = 0; at < sections.length; at += 3)
    groups.push({
      shapes: (sections[at] as string).split('\n'),
      read: [],
      entries: (sections[at + 1] as string).split('\n'),
      of: unpackRefs(sections[at + 2] as string, index.size),
    });
  const rows: (PriceRow | undefined)[] = [];

  const shapeOf = (group: Group, number: number): Shape => {
    const text = group.shapes[number] as string;
    const names = text === '' ? [] : text.split(' ').map((name) => fields[parseInt(name, 36)] as string);
    return { names, millions: names.map(perMillion), base: names.indexOf(baseField) };
  };
  const decode = (at: number): PriceRow => {
    const row: Record<string, unknown> = {};
    for (const group of groups) {
      const [shape, ...parts] = (group.entries[group.of[at] as number] as string).split('\t') as [string, ...string[]];
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

  return {
    get: (key) => {
      const at = index.get(key);
      return at === undefined ? undefined : (rows[at] ??= decode(at));
    },
    keys: () => index.keys(),
    size: index.size,
  };
}
