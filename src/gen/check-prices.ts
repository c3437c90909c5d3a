/** What a row of src/prices/data must be. */
import { fileOf, type Row, type Rows } from './price-data.js';
import { basePrice, facts, isKnown, isLimit, isTokenPrice } from './price-fields.js';
import { flatten, sources, wrongUnit } from './price-merge.js';

const modes: ReadonlySet<string> = new Set(
  (
    'audio_speech audio_transcription chat completion decisions embedding evaluation extraction guardrail ' +
    'image_edit image_generation moderation ocr realtime rerank responses search vector_store video_generation'
  ).split(' '),
);
const sourceNames: ReadonlySet<string> = new Set(Object.values(sources));
const texts: ReadonlySet<string> = new Set(['default_reasoning_effort', 'litellm_provider', 'mode', 'status']);

/** A day of the calendar. */
export function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(value)) return false;
  const date = new Date(`${value}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(value);
}

const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What is wrong with one price; undefined where nothing is. */
function priceProblem(field: string, value: unknown): string | undefined {
  if (!isNumber(value)) return `${field} is no number`;
  if (value < 0) return `${field} is negative`;
  if (wrongUnit(field, value)) return `${field} ${value} looks like a price for another unit`;
  if (isTokenPrice(field) ? value > 1e-3 : value > 1000) return `${field} ${value} is too high`;
  return undefined;
}

function* prices(row: Readonly<Record<string, unknown>>, known: ReadonlySet<string>, gaps: boolean): Generator<string> {
  for (const [field, value] of Object.entries(row)) {
    if (known.has(field)) continue;
    if (basePrice(field) === undefined && !isObject(value)) yield `${field} is no known price`;
    else if (isObject(value)) for (const each of Object.entries(value)) yield* problem(`${field}.${each[0]}`, each[1]);
    else if (!(gaps && value === null)) yield* problem(field, value);
  }
  function* problem(field: string, value: unknown): Generator<string> {
    const found = priceProblem(field, value);
    if (found !== undefined) yield found;
  }
}

function* dated(row: Row, field: 'history' | 'announced', day: 'until' | 'from'): Generator<string> {
  const entries = row[field];
  if (entries === undefined) return;
  if (!Array.isArray(entries) || entries.length === 0) yield `${field} is no list`;
  else {
    let before = '';
    for (const entry of entries as Record<string, unknown>[]) {
      const date = entry[day];
      if (!isDay(date)) yield `${field}: ${String(date)} is no day`;
      else if (before !== '' && (field === 'history') === date >= before) yield `${field} is out of order`;
      else before = date;
      if (Object.keys(entry).length < 2) yield `${field}: an entry without a price`;
      yield* prices(flattened(entry, day), new Set([day]), true);
    }
  }
}

/** Paths (`a.b`) of an entry of history are checked like fields. */
const flattened = (entry: Record<string, unknown>, day: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(entry).flatMap(([path, value]) => {
      const [field, name] = path.split('.') as [string, string?];
      return path === day || name === undefined || value === null ? [[path, value]] : [[field, { [name]: value }]];
    }),
  );

function* shaped(row: Row): Generator<string> {
  for (const tier of (row['tiered_pricing'] ?? []) as Record<string, unknown>[]) {
    const range = tier['range'] ?? tier['max_results_range'];
    if (!Array.isArray(range) || range.length !== 2 || !range.every(isNumber) || range[0]! >= range[1]!)
      yield 'tiered_pricing has a bad range';
    yield* prices(tier, new Set(['range', 'max_results_range']), false);
  }
  const offPeak = row['off_peak_pricing'];
  if (offPeak === undefined) return;
  if (!isObject(offPeak) || (offPeak['hours_utc'] ?? offPeak['windows']) === undefined)
    yield 'off_peak_pricing has no hours';
  else yield* prices(offPeak, new Set(['hours_utc', 'windows', 'weekday_timezone']), false);
}

function* conflicts(row: Row, flat: Readonly<Record<string, number>>): Generator<string> {
  for (const [field, claims] of Object.entries((row['conflict'] ?? {}) as Record<string, Record<string, unknown>>)) {
    if (flat[field] === undefined) yield `conflict names ${field}, which has no price`;
    else if (!Object.values(claims).includes(flat[field])) yield `conflict of ${field} lacks the row's price`;
    if (Object.keys(claims).length < 2) yield `conflict of ${field} has one side`;
    for (const [source, price] of Object.entries(claims))
      if (!sourceNames.has(source) || !isNumber(price)) yield `conflict of ${field}: ${source} ${String(price)}`;
  }
}

function* origin(row: Row): Generator<string> {
  const { source, checked, checked_of: of } = row;
  if (typeof source !== 'string' || !/^https?:\/\/\S+$/.test(source)) yield 'it has no source';
  if (!isDay(checked)) yield `checked ${String(checked)} is no day`;
  if (typeof of !== 'string' || of === '' || ![...of].every((code) => code in sources)) yield 'checked_of is not known';
  if (row['deprecation_date'] !== undefined && !isDay(row['deprecation_date'])) yield 'deprecation_date is no day';
}

function factProblem(field: string, value: unknown): string | undefined {
  if (isLimit(field)) return isNumber(value) && value > 0 ? undefined : `${field} is no limit`;
  if (!(field in facts.fields)) return undefined;
  if (texts.has(field)) return typeof value === 'string' ? undefined : `${field} is no text`;
  if (/^(?:supported_|reasoning_)/.test(field)) return Array.isArray(value) ? undefined : `${field} is no list`;
  return typeof value === 'boolean' ? undefined : `${field} is no boolean`;
}

const isFree = (row: Row): boolean => row['free'] === true;
const hasShape = (row: Row): boolean => row['tiered_pricing'] !== undefined || row['off_peak_pricing'] !== undefined;

/** What is wrong with a row of a file. */
export function rowProblems(file: string, row: Row): string[] {
  const found: string[] = [];
  if (typeof row.litellm_provider !== 'string' || fileOf(row.litellm_provider) !== file)
    found.push(`${String(row.litellm_provider)} does not belong into ${file}.json`);
  if (!modes.has(row['mode'] as string)) found.push(`mode ${String(row['mode'])} is not known`);
  for (const [field, value] of Object.entries(row)) {
    if (!isKnown(field)) found.push(`${field} is not known`);
    const problem = factProblem(field, value);
    if (problem !== undefined) found.push(problem);
  }
  const flat = flatten(row, isKnown);
  for (const [field, value] of Object.entries(flat)) {
    if (isLimit(field)) continue;
    const problem = priceProblem(field, value);
    if (problem !== undefined) found.push(problem);
  }
  for (const [field, value] of Object.entries(row))
    if (basePrice(field) !== undefined && typeof value !== 'number') found.push(`${field} is no number`);
  const priced = Object.entries(flat).filter(([field]) => !isLimit(field));
  const zeros = priced.length > 0 && priced.every(([, price]) => price === 0);
  if (zeros && !isFree(row) && !hasShape(row)) found.push('it costs nothing, but is not free');
  if (isFree(row) && !zeros) found.push('it is free, but has a price');
  if (row['free'] !== undefined && !isFree(row)) found.push('free may only be true');
  found.push(...origin(row), ...shaped(row), ...conflicts(row, flat));
  found.push(...dated(row, 'history', 'until'), ...dated(row, 'announced', 'from'));
  return found;
}

export function fileProblems(file: string, rows: Rows): string[] {
  return Object.entries(rows).flatMap(([key, row]) => rowProblems(file, row).map((problem) => `${key}: ${problem}`));
}
