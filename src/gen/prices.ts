/** Packs src/prices/data into the two books that src/prices/book.ts loads; src/prices/unpack.ts reads them. */
import { openBook, perMillion } from '../prices/unpack.js';
import { readData, type Row } from './price-data.js';

/** Where a price comes from and how long it holds. */
const provenance = ['mode', 'source', 'checked', 'checked_of', 'free'];
const dated = ['deprecation_date', 'conflict', 'history', 'announced'];
const priceField =
  /cost|multiplier|^(?:tiered_pricing|off_peak_pricing|provider_specific_entry|web_search_billing_unit|search_free_requests)$/;
const limitField = /^(?:max_|rpm$|tpm$|output_vector_size$|prompt_cache_min_tokens$)/;
/** Read by generators alone. */
const notPacked = new Set(['bare']);

type Group = (field: string) => boolean;
const isPrices: Group = (field) => priceField.test(field);
const isProvenance: Group = (field) => provenance.includes(field) || field === 'litellm_provider';
const isDated: Group = (field) => dated.includes(field);
const isFact: Group = (field) =>
  !priceField.test(field) && !provenance.includes(field) && !dated.includes(field) && !notPacked.has(field);
const books: Record<string, readonly Group[]> = {
  prices: [isPrices, isProvenance, isDated],
  facts: [(field) => isFact(field) && limitField.test(field), (field) => isFact(field) && !limitField.test(field)],
};

/** What a book holds of a row, in the order in which it gives it back. */
export function partOf(book: 'prices' | 'facts', row: Row): Record<string, unknown> {
  const groups = books[book] as readonly Group[];
  return Object.fromEntries(groups.flatMap((group) => Object.entries(row).filter(([field]) => group(field))));
}

/** The number times a million, as a short decimal. */
function inMillions(value: number): string {
  const [, digits = '', fraction = '', exponent = '0'] = /^(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/.exec(String(value)) ?? [];
  const all = `${digits}${fraction}`;
  const point = digits.length + Number(exponent) + 6;
  const padded = point <= 0 ? `${'0'.repeat(1 - point)}${all}` : all.padEnd(point, '0');
  const at = Math.max(point, 1);
  const whole = padded.slice(0, at).replace(/^0+(?=\d)/, '');
  const rest = padded.slice(at).replace(/0+$/, '');
  const text = rest === '' ? whole : `${whole === '0' ? '' : whole}.${rest}`;
  if (Number(`${text}e-6`) !== value) throw new Error(`${value} is not ${text} per million`);
  return text;
}

const base36 = (number: number): string => number.toString(36);

function pack(rows: readonly (readonly [string, Row])[], groups: readonly Group[]): string {
  const fields: string[] = [];
  const count = new Map<string, number>();
  for (const [, row] of rows)
    for (const [field, value] of Object.entries(row))
      if (typeof value === 'string' && groups.some((group) => group(field)))
        count.set(value, (count.get(value) ?? 0) + 1);
  const often = [...count].filter(([, times]) => times > 1).map(([text]) => text);
  const oftenAt = new Map(often.map((text, at) => [text, at]));
  const place = <T>(list: T[], item: T): number => {
    const at = list.indexOf(item);
    return at >= 0 ? at : list.push(item) - 1;
  };
  const encode = (field: string, value: unknown): string => {
    if (typeof value === 'number' && perMillion(field)) return inMillions(value);
    const at = typeof value === 'string' ? oftenAt.get(value) : undefined;
    return at === undefined ? JSON.stringify(value) : `$${base36(at)}`;
  };

  let before = '';
  const keys = rows.map(([key]) => {
    let shared = 0;
    while (shared < 70 && shared < before.length && key[shared] === before[shared]) shared++;
    before = key;
    return `${String.fromCharCode(48 + shared)}${key.slice(shared)}`;
  });
  const sections: string[] = [];
  for (const group of groups) {
    const shapes: string[] = [];
    const entries = new Map<string, number>();
    let last = -1;
    const refs = rows.map(([, row]) => {
      const own = Object.entries(row).filter(([field]) => group(field));
      const shape = place(shapes, own.map(([field]) => base36(place(fields, field))).join(' '));
      const entry = [base36(shape), ...own.map(([field, value]) => encode(field, value))].join('\t');
      const known = entries.get(entry);
      const at = known ?? entries.size;
      if (known === undefined) entries.set(entry, at);
      const ref = known === undefined ? '' : at === last ? '-' : base36(at);
      last = at;
      return ref;
    });
    sections.push(shapes.join('\n'), [...entries.keys()].join('\n'), refs.join(','));
  }
  return [fields.join('\n'), often.join('\n'), keys.join('\n'), ...sections].join('\f');
}

const literal = (text: string): string =>
  `'${text.replace(/[\\']/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\f', '\\f')}'`;

/** @throws {Error} where a packed row differs from the data */
export function prices(root: string): [string, string][] {
  const rows = [...readData(root).values()]
    .flatMap((file) => Object.entries(file))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return (['prices', 'facts'] as const).map((name) => {
    const packed = pack(rows, books[name] as readonly Group[]);
    const book = openBook(packed);
    for (const [key, row] of rows)
      if (JSON.stringify(book.get(key)) !== JSON.stringify(partOf(name, row)))
        throw new Error(`${name}: ${key} is not what was packed`);
    return [
      `src/prices/${name}.gen.ts`,
      `// Generated by src/gen/prices.ts from src/prices/data.\nexport const packed =\n  ${literal(packed)};\n`,
    ];
  });
}
