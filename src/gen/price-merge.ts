/**
 * The rules by which the sources' prices become a row's. Each source says a price for a field or nothing:
 *
 * - What the vendor's page says, or a hand set, holds whatever the others say.
 * - Two sources within 0.05 % agree, and what two agree on holds; models.dev also agrees with what it rounds to cents
 *   per million.
 * - Else the youngest source's price holds, and the field is a `conflict`.
 * - A zero is no price where another source has one.
 * - A token at more than a thousandth of a dollar, or at a billionth and less as the plain price, is a mistake of units;
 *   then no token price of that source is believed.
 * - A row of zeros has no price unless it is known to be free.
 */
import { isTokenPrice } from './price-fields.js';

/** What a source says, by the path of the field (`search_context_cost_per_query.search_context_size_low`). */
export type Said = Readonly<Record<string, number>>;

/** Letters of `checked_of`, in the order in which sources are asked: `p` and `u` decide. */
export const sources = { l: 'litellm', m: 'models.dev', g: 'genai-prices', p: 'page', u: 'hand' } as const;
export type SourceCode = keyof typeof sources;
/** Their word holds whatever the others say. */
export const deciding: readonly SourceCode[] = ['u', 'p'];

export interface Merged {
  prices: Record<string, number>;
  conflict: Record<string, Record<string, number>>;
  /** The sources behind the prices. */
  behind: SourceCode[];
  /** What was not believed, for the report. */
  doubts: string[];
}

export const near = (a: number, b: number): boolean => Math.abs(a - b) <= 0.0005 * Math.max(Math.abs(a), Math.abs(b));

/** Whether the second is the first rounded to cents per million tokens. */
const roundsTo = (exact: number, rounded: number): boolean => near(Number((exact * 1e6).toFixed(2)), rounded * 1e6);

const plain = /^(?:input|output)_cost_per_token$/;
/** Looks like a price for a thousand or a million tokens, or for something else altogether. */
export const wrongUnit = (field: string, price: number): boolean =>
  isTokenPrice(field) && (price > 1e-3 || (plain.test(field) && price > 0 && price <= 1e-9));

function believable(code: SourceCode, said: Said, doubts: string[]): [string, number][] {
  const fields = Object.entries(said).filter(([, price]) => price >= 0);
  const wrong = fields.filter(([field, price]) => wrongUnit(field, price));
  if (wrong.length === 0) return fields;
  doubts.push(...wrong.map(([field, price]) => `${sources[code]}: ${field} ${price} is a mistake of units`));
  return fields.filter(([field]) => !isTokenPrice(field));
}

interface Choice {
  price: number;
  by: SourceCode[];
  conflict: boolean;
}

type Claim = readonly [by: SourceCode, price: number];

function choose(claims: readonly Claim[], youngest: readonly SourceCode[]): Choice {
  const ranked = claims.toSorted(([a], [b]) => youngest.indexOf(a) - youngest.indexOf(b));
  const same = ([, a]: Claim, [, b]: Claim): boolean => near(a, b);
  const rounded = (a: Claim, b: Claim): boolean => same(a, b) || (b[0] === 'm' && roundsTo(a[1], b[1]));
  const shared = (agree: typeof same): Claim | undefined =>
    ranked.find((claim) => ranked.some((other) => other !== claim && agree(claim, other)));
  const decided = deciding.map((code) => claims.find(([by]) => by === code)).find((claim) => claim !== undefined);
  const agreed = decided ?? shared(same) ?? shared(rounded);
  const chosen = (agreed ?? ranked[0]) as Claim;
  const by = claims.filter((claim) => claim === chosen || rounded(chosen, claim)).map(([code]) => code);
  return { price: chosen[1], by, conflict: agreed === undefined && claims.length > 1 };
}

/** In the order of `sources`. */
const bySource = (claims: readonly Claim[]): Record<string, number> =>
  Object.fromEntries(
    Object.entries(sources).flatMap(([code, name]) =>
      claims.filter(([by]) => by === code).map(([, price]): [string, number] => [name, price]),
    ),
  );

/**
 * @param youngest the sources, youngest first
 * @param zeros whether a row of zeros is meant so: it is free, or has prices of another shape
 */
export function merge(said: ReadonlyMap<SourceCode, Said>, youngest: readonly SourceCode[], zeros: boolean): Merged {
  const doubts: string[] = [];
  const byField = new Map<string, [SourceCode, number][]>();
  for (const [code, prices] of said)
    for (const [field, price] of believable(code, prices, doubts))
      byField.set(field, [...(byField.get(field) ?? []), [code, price]]);
  const merged: Merged = { prices: {}, conflict: {}, behind: [], doubts };
  const behind = new Set<SourceCode>();
  for (const field of [...byField.keys()].sort()) {
    const all = byField.get(field) as [SourceCode, number][];
    const positive = all.filter(([, price]) => price > 0);
    const claims = positive.length > 0 ? positive : all;
    const { price, by, conflict } = choose(claims, youngest);
    merged.prices[field] = price;
    if (conflict) merged.conflict[field] = bySource(claims);
    for (const code of by) behind.add(code);
  }
  if (!zeros && Object.values(merged.prices).every((price) => price === 0) && byField.size > 0) {
    doubts.push('all prices are zero');
    merged.prices = {};
  }
  merged.behind = (Object.keys(sources) as SourceCode[]).filter((code) => behind.has(code));
  return merged;
}

/** Fields that hold numbers by name. */
const nested = ['search_context_cost_per_query', 'provider_specific_entry', 'guardrail_cost_per_unit'];

/** The numbers of a row by their path. */
export function flatten(
  row: Readonly<Record<string, unknown>>,
  isPrice: (field: string) => boolean,
): Record<string, number> {
  const flat: Record<string, number> = {};
  for (const [field, value] of Object.entries(row)) {
    if (!isPrice(field)) continue;
    if (typeof value === 'number') flat[field] = value;
    else if (nested.includes(field) && typeof value === 'object' && value !== null)
      for (const [name, price] of Object.entries(value))
        if (typeof price === 'number') flat[`${field}.${name}`] = price;
  }
  return flat;
}

/** The opposite of `flatten`. */
export function unflatten(flat: Readonly<Record<string, number>>): Record<string, unknown> {
  const row: Record<string, unknown> = {};
  for (const [path, price] of Object.entries(flat)) {
    const field = nested.find((name) => path.startsWith(`${name}.`));
    if (field === undefined) row[path] = price;
    else row[field] = { ...(row[field] as object | undefined), [path.slice(field.length + 1)]: price };
  }
  return row;
}
