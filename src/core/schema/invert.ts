/** Undoing what the compiler did to a schema, on the values that answer it. No function here throws. */
import { isObject } from './document.js';

export type Inverse = (this: void, value: unknown) => unknown;

export const identity: Inverse = (value) => value;

export interface ObjectInverse {
  properties?: ReadonlyMap<string, Inverse>;
  /** For properties that have no name in the schema. */
  others?: Inverse | undefined;
  /** Properties whose null stands for absence. */
  nullIsAbsent?: ReadonlySet<string>;
  /** What the absence of a property stands for. */
  absentIs?: ReadonlyMap<string, () => unknown>;
}

export const objectInverse =
  ({ properties, others = identity, nullIsAbsent, absentIs }: ObjectInverse): Inverse =>
  (value) => {
    if (!isObject(value)) return value;
    const out = Object.entries(value)
      .filter(([key, item]) => item !== null || !nullIsAbsent?.has(key))
      .map(([key, item]): [string, unknown] => [key, (properties?.get(key) ?? others)(item)]);
    for (const [key, make] of absentIs ?? []) if (!Object.hasOwn(value, key)) out.push([key, make()]);
    return Object.fromEntries(out);
  };

/** `[{ key, value }]` → an object; of two entries with one key the later counts. */
export const entriesInverse =
  (key: Inverse, item: Inverse): Inverse =>
  (value) =>
    Array.isArray(value) && value.every((entry) => isObject(entry) && 'key' in entry)
      ? Object.fromEntries(value.map((entry) => [String(key(entry['key'])), item(entry['value'])]))
      : value;

/** `{ '0': …, '1': …, rest: […] }` → an array. */
export const tupleInverse =
  (length: number): Inverse =>
  (value) =>
    isObject(value)
      ? [
          ...Array.from({ length }, (_, index) => value[index]),
          ...(Array.isArray(value['rest']) ? (value['rest'] as unknown[]) : []),
        ]
      : value;

/** `rest` is for the items after those of the tuple. */
export const itemsInverse =
  (rest: Inverse, tuple: readonly Inverse[] = []): Inverse =>
  (value) =>
    Array.isArray(value) ? value.map((item, index) => (tuple[index] ?? rest)(item)) : value;

/** Literals written as strings → the literals. */
export const literalInverse =
  (literals: ReadonlyMap<string, unknown>): Inverse =>
  (value) =>
    typeof value === 'string' && literals.has(value) ? literals.get(value) : value;

/** JSON text → what it says; text that is not JSON stands for itself. */
export const textInverse: Inverse = (value) => {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
};

export const unwrap =
  (inner: Inverse): Inverse =>
  (value) =>
    inner(isObject(value) && 'value' in value ? value['value'] : value);

export const nullable =
  (inner: Inverse): Inverse =>
  (value) =>
    value === null ? null : inner(value);

export const chain =
  (first: Inverse, second: Inverse): Inverse =>
  (value) =>
    second(first(value));

export interface Alternative {
  invert: Inverse;
  /** Whether the value answers this alternative as compiled. */
  fits(value: unknown): boolean;
  /** Whether an inverted value answers this alternative as given. */
  restores(value: unknown): boolean;
}

/** Inverts by the alternative that the value answers; if it answers none, by one that it answers once inverted. */
export const unionInverse =
  (alternatives: readonly Alternative[]): Inverse =>
  (value) => {
    const fitting = alternatives.filter((one) => one.fits(value));
    const candidates = fitting.length > 0 ? fitting : alternatives;
    for (const one of candidates) {
      const inverted = one.invert(value);
      if (one.restores(inverted)) return inverted;
    }
    return fitting[0] ? fitting[0].invert(value) : value;
  };

/** The inverse of a schema that may contain itself, known only later. A loop that does not descend ends. */
export const laterInverse = (find: () => Inverse | undefined): Inverse => {
  const inside = new Set<unknown>();
  return (value) => {
    if (inside.has(value)) return value;
    inside.add(value);
    try {
      return (find() ?? identity)(value);
    } finally {
      inside.delete(value);
    }
  };
};
