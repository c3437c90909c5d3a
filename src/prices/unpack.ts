/**
 * Reads a packed book (written by src/gen/prices.ts). Opening one splits the text and maps the keys; a row is decoded
 * when it is first asked for.
 *
 * The text is sections parted by form feeds: field names; texts that occur often; keys, each with the length it shares
 * with the one before; then for every group of fields three sections: shapes (which fields), entries (a shape and its
 * values), and for each key the entry it has: nothing is the next new one, `-` that of the key before, else its number.
 */
export type PriceRow = Readonly<Record<string, unknown>> & { readonly litellm_provider: string };

export interface Book {
  get(key: string): PriceRow | undefined;
  keys(): Iterable<string>;
  readonly size: number;
}

interface Group {
  shapes: readonly string[];
  entries: readonly string[];
  /** For each key the number of its entry. */
  of: Uint16Array;
}

/** Prices of a token are packed in USD per million. */
export const perMillion = (field: string): boolean => /cost/.test(field) && /_token/.test(field);

const noShare = 48;

function unpackKeys(section: string): Map<string, number> {
  const keys = new Map<string, number>();
  let key = '';
  for (const line of section.split('\n')) {
    key = key.slice(0, line.charCodeAt(0) - noShare) + line.slice(1);
    keys.set(key, keys.size);
  }
  return keys;
}

function unpackRefs(section: string, size: number): Uint16Array {
  const of = new Uint16Array(size);
  let fresh = 0;
  let last = 0;
  section.split(',').forEach((ref, index) => {
    if (ref === '') last = fresh++;
    else if (ref !== '-') last = parseInt(ref, 36);
    of[index] = last;
  });
  return of;
}

export function openBook(packed: string): Book {
  const [fieldNames, texts, keySection, ...sections] = packed.split('\f') as [string, string, string, ...string[]];
  const fields = fieldNames.split('\n');
  const often = texts.split('\n');
  const index = unpackKeys(keySection);
  const groups: Group[] = [];
  for (let at = 0; at < sections.length; at += 3)
    groups.push({
      shapes: (sections[at] as string).split('\n'),
      entries: (sections[at + 1] as string).split('\n'),
      of: unpackRefs(sections[at + 2] as string, index.size),
    });
  const rows: (PriceRow | undefined)[] = [];

  const value = (field: string, text: string): unknown => {
    if (text.startsWith('$')) return often[parseInt(text.slice(1), 36)];
    if (perMillion(field) && /^[\d.]/.test(text)) return Number(`${text}e-6`);
    return JSON.parse(text);
  };
  const decode = (at: number): PriceRow => {
    const row: Record<string, unknown> = {};
    for (const { shapes, entries, of } of groups) {
      const [shape, ...values] = (entries[of[at] as number] as string).split('\t') as [string, ...string[]];
      const names = (shapes[parseInt(shape, 36)] as string).split(' ');
      for (const [i, text] of values.entries()) {
        const field = fields[parseInt(names[i] as string, 36)] as string;
        row[field] = value(field, text);
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
