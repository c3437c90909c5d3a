/**
 * Takes a newer file of one source into the rows: the rules of price-merge.ts decide anew for each row that the source
 * knows, over what the others said last (src/prices/said). Pure: state in, state and report out.
 */
import { fileOf, type Row, type Rows } from './price-data.js';
import { isKnown, isLimit, isPrice, isProvenance } from './price-fields.js';
import {
  deciding,
  flatten,
  merge,
  near,
  sources,
  unflatten,
  wrongUnit,
  type Said,
  type SourceCode,
} from './price-merge.js';
import type { Told } from './price-sources.js';

/** What a source said last: its own name of the model, and prices; of LiteLLM only what differs from the row. */
export type SaidRow = Readonly<Record<string, number | string | null>>;

export interface PriceState {
  files: Map<string, Rows>;
  /** By source: key → what it said. `null`: LiteLLM lacks the row. */
  said: Map<SourceCode, Record<string, SaidRow | null>>;
  /** Of each data set: the date of its newest file. */
  dates: Record<string, string>;
  /** Old prices were mistakes: none goes into `history`. */
  correcting?: boolean;
  /** Of each data set: its address, for rows that it does not source. */
  addresses: Readonly<Record<string, string>>;
}

export interface Change {
  key: string;
  field: string;
  from: number | undefined;
  to: number | undefined;
  /** Why a reader should look twice. */
  suspicious?: string;
}

export interface Refresh {
  added: string[];
  /** Known, but not in the new file. */
  gone: string[];
  changes: Change[];
  /** Rows whose other facts differ. */
  facts: string[];
  /** Rows where sources begin or cease to disagree. */
  conflicts: string[];
  doubts: string[];
}

const isSuspicious = (field: string, from: number | undefined, to: number | undefined): string | undefined => {
  if (to === 0 && from !== 0) return 'zero';
  if (to !== undefined && wrongUnit(field, to)) return 'another unit?';
  if (from === undefined || to === undefined || from === 0) return undefined;
  return to / from > 3 || from / to > 3 ? 'more than threefold' : undefined;
};

export const pricesOf = (said: SaidRow): Said =>
  Object.fromEntries(Object.entries(said).filter((entry): entry is [string, number] => typeof entry[1] === 'number'));

/** What each source says of a row. */
export function claimsOn(state: PriceState, key: string, row: Row): Map<SourceCode, Said> {
  const claims = new Map<SourceCode, Said>();
  for (const [code, rows] of state.said) {
    const said = rows[key];
    if (code !== 'l') {
      if (said != null) claims.set(code, pricesOf(said));
    } else if (said !== null) {
      const own: Record<string, number> = flatten(row, isPrice);
      for (const [field, price] of Object.entries(said ?? {}))
        if (typeof price === 'number') own[field] = price;
        else delete own[field];
      claims.set('l', own);
    }
  }
  return claims;
}

/** What of LiteLLM's prices differs from the row; undefined where nothing does. */
function deviations(said: Said, prices: Said): SaidRow | undefined {
  const found: Record<string, number | null> = {};
  for (const field of new Set([...Object.keys(prices), ...Object.keys(said)]))
    if (said[field] !== prices[field]) found[field] = said[field] ?? null;
  return Object.keys(found).length > 0 ? found : undefined;
}

export const youngestFirst = (dates: PriceState['dates']): SourceCode[] =>
  (Object.keys(sources) as SourceCode[])
    .filter((code) => dates[code] !== undefined)
    .sort((a, b) => ((dates[a] as string) > (dates[b] as string) ? -1 : 1));

/** Prices that are no numbers by name; LiteLLM alone gives them. */
const onlyLitellm: ReadonlySet<string> = new Set([
  'tiered_pricing',
  'off_peak_pricing',
  'web_search_billing_unit',
  'search_free_requests',
]);

/** What LiteLLM's silence does not take away: others may have said it. */
const keptFacts = (field: string): boolean =>
  isProvenance(field) || isLimit(field) || ['bare', 'mode', 'status'].includes(field);

const shapedFree = (row: Readonly<Record<string, unknown>>): boolean =>
  row['free'] === true || row['tiered_pricing'] !== undefined || row['off_peak_pricing'] !== undefined;

/** Earlier prices of a row with those that change on a day. */
function withHistory(row: Row, day: string, old: Readonly<Record<string, number>>): object[] | undefined {
  const history = (row['history'] ?? []) as { until: string }[];
  if (Object.keys(old).length === 0) return history.length > 0 ? history : undefined;
  const [latest, ...rest] = history;
  return latest?.until === day ? [{ ...old, ...latest }, ...rest] : [{ until: day, ...old }, ...history];
}

const byField = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

/** The row with its fields in the order of the files. */
function ordered(row: Readonly<Record<string, unknown>>): Row {
  const { litellm_provider, mode, ...rest } = row;
  const own = Object.entries(rest).filter(([, value]) => value !== undefined);
  const last = ['deprecation_date', 'source', 'checked', 'checked_of', 'conflict', 'history', 'announced'];
  return {
    litellm_provider,
    mode,
    ...Object.fromEntries(own.filter(([field]) => isPrice(field)).sort(byField)),
    ...(rest['free'] === true && { free: true }),
    ...Object.fromEntries(own.filter(([field]) => !isPrice(field) && !isProvenance(field))),
    ...Object.fromEntries(last.flatMap((field) => (rest[field] === undefined ? [] : [[field, rest[field]]]))),
  } as Row;
}

interface Result {
  row: Row;
  claims: Map<SourceCode, Said>;
  changes: Change[];
  doubts: string[];
}

const latest = (days: readonly unknown[]): string | undefined =>
  days
    .filter((each) => typeof each === 'string')
    .sort((a, b) => (a < b ? -1 : 1))
    .at(-1);

/** A row after one source has said something new; `rest` replaces its other facts. */
function refreshRow(state: PriceState, key: string, before: Row, code: SourceCode, told: Told, day: string): Result {
  const claims = claimsOn(state, key, before);
  claims.set(code, told.prices);
  const kept = Object.fromEntries(
    Object.entries(before).filter(([field]) => !isPrice(field) && (code !== 'l' || keptFacts(field))),
  );
  const shaped =
    code === 'l' ? {} : Object.fromEntries(Object.entries(before).filter(([field]) => onlyLitellm.has(field)));
  const inLitellm = code !== 'l' && claims.has('l');
  const facts = { ...shaped, ...kept, ...(inLitellm ? {} : told.rest) };
  const merged = merge(claims, youngestFirst(state.dates), shapedFree(facts));
  const behind = merged.behind.length > 0 ? merged.behind : [code];
  const old = flatten(before, isPrice);
  const changes = [...new Set([...Object.keys(old), ...Object.keys(merged.prices)])]
    .sort()
    .flatMap((field): Change[] => {
      const from = old[field];
      const to = merged.prices[field];
      if (from === to || (from !== undefined && to !== undefined && near(from, to))) return [];
      const suspicious = isSuspicious(field, from, to);
      return [{ key, field, from, to, ...(suspicious !== undefined && { suspicious }) }];
    });
  const replaced = Object.fromEntries(
    changes.flatMap(({ field, from }) => (from === undefined ? [] : [[field, from]])),
  );
  const decided = deciding.filter((one) => behind.includes(one)).map((one) => state.said.get(one)?.[key])[0];
  const row = ordered({
    ...facts,
    ...unflatten(merged.prices),
    source: decided?.['id'] ?? facts['source'] ?? state.addresses[code],
    checked: latest([...behind.map((one) => state.dates[one]), decided?.['checked']]) ?? day,
    checked_of: behind.join(''),
    conflict: Object.keys(merged.conflict).length > 0 ? merged.conflict : undefined,
    history: withHistory(before, day, state.correcting === true ? {} : replaced),
  });
  return { row, claims, changes, doubts: merged.doubts };
}

/** callm's id of the provider for each of models.dev's, by the rows that both know. */
function prefixes(said: Readonly<Record<string, SaidRow | null>>): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, row] of Object.entries(said)) {
    const id = String(row?.['id']);
    const slash = id.indexOf('/');
    if (key.endsWith(id.slice(slash)) && key.length > id.length - slash)
      found.set(id.slice(0, slash), key.slice(0, key.length - (id.length - slash)));
  }
  return found;
}

/** Keys of the source's models that no row has yet. */
function newKeys(state: PriceState, code: SourceCode, told: ReadonlyMap<string, Told>, known: ReadonlySet<string>) {
  const found: [key: string, id: string, provider: string][] = [];
  if (code === 'l') {
    for (const [key, { rest }] of told) if (!known.has(key)) found.push([key, key, String(rest['litellm_provider'])]);
  } else if (code === 'm') {
    // Only where LiteLLM lacks most of the provider's models: elsewhere its names are not ours to make.
    const said = state.said.get('m') ?? {};
    const alone = Object.fromEntries(Object.entries(said).filter(([key]) => state.said.get('l')?.[key] === null));
    const taken = new Set(Object.values(said).map((row) => String(row?.['id'])));
    const prefix = prefixes(alone);
    for (const id of told.keys()) {
      const provider = prefix.get(id.slice(0, id.indexOf('/')));
      const key = `${provider}${id.slice(id.indexOf('/'))}`;
      if (provider !== undefined && !taken.has(id) && !known.has(key)) found.push([key, id, provider]);
    }
  }
  return found;
}

const plainFacts = (row: Row): string =>
  JSON.stringify(
    Object.entries(row)
      .filter(([field]) => isKnown(field) && !isProvenance(field) && typeof row[field] !== 'number')
      .sort(byField),
  );

/** Its names of models are not ours. */
const hasOwnNames = (code: SourceCode): boolean => code === 'm' || code === 'g';

/** Changes the state; the report tells what is new. */
export function refresh(state: PriceState, code: SourceCode, told: ReadonlyMap<string, Told>, day: string): Refresh {
  const report: Refresh = { added: [], gone: [], changes: [], facts: [], conflicts: [], doubts: [] };
  const said = state.said.get(code) as Record<string, SaidRow | null>;
  const litellm = state.said.get('l') as Record<string, SaidRow | null>;
  const known = new Set([...state.files.values()].flatMap((rows) => Object.keys(rows)));
  const put = (key: string, id: string, before: Row, news: Told, isNew: boolean): void => {
    const { row, claims, changes, doubts } = refreshRow(state, key, before, code, news, day);
    if (isNew) report.added.push(key);
    else report.changes.push(...changes);
    if (!isNew && plainFacts(row) !== plainFacts(before)) report.facts.push(key);
    if (JSON.stringify(Object.keys(row['conflict'] ?? {})) !== JSON.stringify(Object.keys(before['conflict'] ?? {})))
      report.conflicts.push(key);
    report.doubts.push(...doubts.map((doubt) => `${key}: ${doubt}`));
    if (hasOwnNames(code)) said[key] = { id, ...Object.fromEntries(Object.entries(news.prices).sort(byField)) };
    const own = claims.get('l');
    const differs = own && deviations(own, flatten(row, isPrice));
    if (differs !== undefined) litellm[key] = differs;
    else if (own !== undefined) delete litellm[key];
    const old = fileOf(before.litellm_provider);
    const file = fileOf(row.litellm_provider);
    if (old !== file) delete state.files.get(old)?.[key];
    const rows = state.files.get(file) ?? {};
    state.files.set(file, { ...rows, [key]: row });
  };
  const all = [...state.files.values()].flatMap((rows) => Object.entries(rows));
  for (const [key, row] of all) {
    const id = hasOwnNames(code) ? said[key]?.['id'] : key;
    const news = told.get(String(id));
    if (news !== undefined) put(key, String(id), row, news, false);
    else if (code === 'l' ? said[key] !== null : said[key] !== undefined) report.gone.push(key);
  }
  for (const [key, id, provider] of newKeys(state, code, told, known)) {
    const news = told.get(id) as Told;
    if (code !== 'l' && Object.values(news.prices).every((price) => price === 0)) continue;
    if (code !== 'l') litellm[key] = null;
    put(key, id, { litellm_provider: provider, mode: 'chat' }, news, true);
  }
  return report;
}
