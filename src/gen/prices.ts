/** Packs src/prices/data into the two books that src/prices/book.ts loads; src/prices/unpack.ts reads them. */
import { base, digit, largest } from '../prices/digits.js';
import { KeyIndex } from '../prices/key-index.js';
import { baseField, firstMark, multiple, openBook, perMillion, ratioLetters } from '../prices/unpack.js';
import { readData, type Row } from './price-data.js';
import { facts, isLimit, isPrice } from './price-fields.js';

type Group = (field: string) => boolean;
const only =
  (...fields: string[]): Group =>
  (field) =>
    fields.includes(field);
const isPriced: Group = (field) => isPrice(field) || field === 'free';
/** Fields that change together stand in one group: its values are stored once for all rows that have them. */
const books: Record<string, readonly Group[]> = {
  prices: [
    only('litellm_provider'),
    only('mode'),
    isPriced,
    only('source'),
    only('checked', 'checked_of'),
    only('conflict'),
    only('deprecation_date'),
  ],
  facts: [
    only('litellm_provider'),
    isLimit,
    // `bare` is for the index of names alone.
    (field) => field in facts.fields && !['litellm_provider', 'mode', 'bare'].includes(field),
    only('conflict', 'history', 'announced'),
  ],
};

/**
 * What a book holds of a row, in the order in which it gives it back. What each source says of a price in conflict is
 * among the facts: a bill tells the fields alone.
 */
export function partOf(book: 'prices' | 'facts', row: Row): Row {
  const groups = books[book] as readonly Group[];
  const part = Object.fromEntries(groups.flatMap((group) => Object.entries(row).filter(([field]) => group(field))));
  const { conflict } = part;
  if (book === 'prices' && conflict !== undefined) part['conflict'] = Object.keys(conflict as object);
  return part as Row;
}

/** The digits of a number and the power of ten of the last. */
function digitsOf(value: number): [digits: string, power: number] {
  const [, whole = '', fraction = '', power = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+(?=\d)/, '');
  const trimmed = digits.replace(/(?<=\d)0+$/, '');
  return [trimmed, Number(power) - fraction.length + digits.length - trimmed.length];
}

/** The number times a million, as a short decimal. */
export function inMillions(value: number): string {
  if (value === 0) return '0';
  const [digits, power] = digitsOf(value);
  const point = digits.length + power + 6;
  const text =
    power + 6 >= 0
      ? `${digits}${'0'.repeat(power + 6)}`
      : point > 0
        ? `${digits.slice(0, point)}.${digits.slice(point)}`
        : `.${'0'.repeat(-point)}${digits}`;
  if (Number(`${text}e-6`) !== value) throw new Error(`${value} is not ${text} per million`);
  return text;
}

/** JSON whose numbers are as short as they can be. */
const shortJson = (value: unknown): string =>
  JSON.stringify(value).replace(/(?<=[:,[])\d[\d.e-]*(?=[,}\]])/g, (number) => {
    const [digits, power] = digitsOf(Number(number));
    const short = `${digits}e${power}`;
    return short.length < number.length && Number(short) === Number(number) ? short : number;
  });

type Rows = readonly (readonly [string, Row])[];

/** The commonest ratios of a row's prices to that of an input token. */
function commonRatios(rows: Rows): string[] {
  const count = new Map<string, number>();
  for (const [, row] of rows) {
    const base = row[baseField];
    if (typeof base !== 'number' || base === 0) continue;
    for (const [field, price] of Object.entries(row))
      if (typeof price === 'number' && price > 0 && perMillion(field) && field !== baseField) {
        const ratio = String(Number((price / base).toPrecision(6)));
        count.set(ratio, (count.get(ratio) ?? 0) + 1);
      }
  }
  const sorted = [...count].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  return sorted.slice(0, ratioLetters.length).map(([ratio]) => ratio);
}

const base36 = (number: number): string => number.toString(36);
const digits = (value: number, width: number): string =>
  width > 1 ? digit(Math.floor(value / base)) + digit(value % base) : digit(value);
const place = <T>(list: T[], item: T): number => {
  const at = list.indexOf(item);
  return at >= 0 ? at : list.push(item) - 1;
};

/** An entry: its shape and values parted by `|`, but none between a price and the letters after it. */
function joinValues(shape: string, values: readonly string[]): string {
  const parts: string[] = [];
  for (const value of values) {
    const last = parts.at(-1);
    if (ratioLetters.includes(value) && last !== undefined && /^[\d.]*[A-Za-z]*$/.test(last))
      parts[parts.length - 1] = last + value;
    else parts.push(value);
  }
  return [shape, ...parts].join('|');
}

function pack(rows: Rows, groups: readonly Group[]): string {
  const count = new Map<string, number>();
  for (const [, row] of rows)
    for (const field of Object.keys(row))
      if (groups.some((group) => group(field))) count.set(field, (count.get(field) ?? 0) + 1);
  const fields = [...count.keys()].sort((a, b) => (count.get(b) as number) - (count.get(a) as number));
  const ratios = groups.includes(isPriced) ? commonRatios(rows) : [];
  const encode = (row: Row, field: string, value: unknown): string => {
    if (typeof value !== 'number' || !perMillion(field)) return shortJson(value);
    const base = row[baseField];
    if (typeof base === 'number' && field !== baseField) {
      const letter = ratios.findIndex((ratio) => Number(`${multiple(inMillions(base), ratio)}e-6`) === value);
      if (letter >= 0 && value > 0) return ratioLetters[letter] as string;
    }
    return inMillions(value);
  };

  const sections = groups.flatMap((group) => {
    const shapes: string[] = [];
    const entries = new Map<string, number>();
    const refs: (readonly [entry: number, first: boolean])[] = [];
    for (const [, row] of rows) {
      const own = Object.entries(row).filter(([field]) => group(field));
      const shape = place(shapes, own.map(([field]) => base36(fields.indexOf(field))).join(' '));
      const entry = joinValues(
        base36(shape),
        own.map(([field, value]) => encode(row, field, value)),
      );
      const known = entries.get(entry);
      refs.push([known ?? entries.size, known === undefined]);
      if (known === undefined) entries.set(entry, entries.size);
    }
    const width = entries.size > base ? 2 : 1;
    if (entries.size > base ** 2) throw new Error(`${entries.size} entries are too many for two digits`);
    // Marks compress better than ever new numbers; among few numbers they are but one more.
    const text = refs.map(([entry, first]) => (first && width > 1 ? firstMark.repeat(width) : digits(entry, width)));
    return [shapes.join('!'), [...entries.keys()].join('!'), text.join('')];
  });
  return [fields.join(' '), ratios.join(' '), ...sections].join('\f');
}

const prefixOf = (key: string): string => key.slice(0, key.indexOf('/') + 1);

/** Names in a block: one is read to find one of them, and a block costs a name in full. */
const blockSize = 128;

/** Lines in blocks. */
function inBlocks(lines: readonly string[]): string {
  const blocks = Array.from({ length: Math.ceil(lines.length / blockSize) }, (_, at) =>
    lines.slice(at * blockSize, (at + 1) * blockSize).join('!'),
  );
  return blocks.join('|');
}

function packKeys(all: readonly string[]): string {
  const byName = new Map<string, string[]>();
  const count = new Map<string, number>();
  for (const key of all.toSorted()) {
    const prefix = prefixOf(key);
    const name = key.slice(prefix.length);
    byName.set(name, [...(byName.get(name) ?? []), prefix]);
    count.set(prefix, (count.get(prefix) ?? 0) + 1);
  }
  const counts = [...count].sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1));
  if (counts.length > largest) throw new Error(`${counts.length} prefixes are too many`);
  const prefixes = counts.map(([prefix]) => prefix);
  const names = [...byName.keys()].sort();
  const lines = names.map((name, at) => {
    const before = at % blockSize === 0 ? '' : (names[at - 1] as string);
    let shared = 0;
    while (shared < base - 1 && shared < before.length && name[shared] === before[shared]) shared++;
    return `${digit(shared)}${name.slice(shared)}`;
  });
  const prefixesOf = names.map((name) =>
    (byName.get(name) as string[]).map((prefix) => digit(prefixes.indexOf(prefix))).join(''),
  );
  const counted = counts.map(([prefix, keys]) => `${prefix}${digits(keys, 2)}`);
  return [counted.join('!'), inBlocks(lines), inBlocks(prefixesOf)].join('\f');
}

function chunk(name: string, packed: string): [string, string] {
  const escaped = packed.replace(/[\\']/g, '\\$&').replaceAll('\f', '\\f');
  return [
    `src/prices/${name}.gen.ts`,
    `// Generated by src/gen/prices.ts from src/prices/data.\nexport const packed =\n  '${escaped}';\n`,
  ];
}

/** @throws {Error} where a packed row differs from the data */
export function prices(root: string): [string, string][] {
  const all = [...readData(root).values()].flatMap((file) => Object.entries(file));
  const keys = packKeys(all.map(([key]) => key));
  const order = new Map([...new KeyIndex(keys).keys()].map((key, at) => [key, at]));
  for (const [key] of all) if (!order.has(key)) throw new Error(`${key} is not read back from the packed keys`);
  const rows = all.toSorted(([a], [b]) => (order.get(a) as number) - (order.get(b) as number));
  const packed = (['prices', 'facts'] as const).map((name) => {
    const parts = rows.map(([key, row]) => [key, partOf(name, row)] as const);
    const text = pack(parts, books[name] as readonly Group[]);
    const book = openBook(new KeyIndex(keys), text);
    for (const [key, part] of parts) {
      const got = JSON.stringify(book.get(key));
      const want = JSON.stringify(part);
      if (got !== want) throw new Error(`${name}: ${key} is ${got}, not ${want}`);
    }
    return chunk(name, text);
  });
  return [chunk('keys', keys), ...packed];
}
