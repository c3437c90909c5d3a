/**
 * Takes a newer file of one price source into src/prices/data and shows what that changes.
 *
 *   npm run prices:refresh -- --litellm FILE | --models-dev FILE | --genai-prices FILE | --pages
 *                             [--date YYYY-MM-DD] [--correction] [--write]
 *
 * FILE is the source's published JSON, also gzipped; `--pages` takes what src/prices/said/page.json and hand.json hold,
 * which people edit. With
 * `--correction` the old prices were mistakes and do not go into `history`. Without `--write` nothing is written. The date is that of the file;
 * without it, today.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { isDay } from './check-prices.js';
import { formatRows, readData } from './price-data.js';
import { deciding, sources, type SourceCode } from './price-merge.js';
import { pricesOf, refresh, type Change, type PriceState, type Refresh, type SaidRow } from './price-refresh.js';
import { readGenaiPrices, readLitellm, readModelsDev, type Told } from './price-sources.js';

interface SourceNote {
  checked: string;
  address: string;
}

const options = { litellm: 'l', 'models-dev': 'm', 'genai-prices': 'g' } as const;

const readJson = (file: string): unknown => {
  const bytes = readFileSync(file);
  return JSON.parse((bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8'));
};

function readTold(code: SourceCode, file: string, day: string): Map<string, Told> {
  const content = readJson(file) as Record<string, unknown>;
  if (code === 'l') return readLitellm(content);
  return code === 'm' ? readModelsDev(content) : readGenaiPrices(content, day);
}

/** @throws {Error} where a file of src/prices/said is no source's */
export function readState(root: string): { state: PriceState; notes: Record<string, SourceNote> } {
  const folder = join(root, 'src/prices/said');
  const notes = readJson(join(folder, 'sources.json')) as Record<string, SourceNote>;
  const codes = new Map(Object.entries(sources).map(([code, name]) => [`${name}.json`, code as SourceCode]));
  const said = new Map<SourceCode, Record<string, SaidRow | null>>();
  for (const file of readdirSync(folder).filter((name) => name !== 'sources.json')) {
    const code = codes.get(file);
    if (code === undefined) throw new Error(`src/prices/said/${file}: no source`);
    said.set(code, readJson(join(folder, file)) as Record<string, SaidRow | null>);
  }
  const byCode = <T>(of: (note: SourceNote) => T): Record<string, T> =>
    Object.fromEntries(
      Object.entries(sources).flatMap(([code, name]) => (notes[name] ? [[code, of(notes[name])]] : [])),
    );
  const state = {
    files: readData(root),
    said,
    dates: byCode(({ checked }) => checked),
    addresses: byCode(({ address }) => address),
  };
  return { state, notes };
}

const shown = (field: string, price: number | undefined): string => {
  if (price === undefined) return 'none';
  return /_token/.test(field) ? `${Number((price * 1e6).toPrecision(6))} per million` : String(price);
};

function line({ key, field, from, to, suspicious }: Change): string {
  const percent =
    from && to !== undefined ? ` (${to > from ? '+' : ''}${(((to - from) / from) * 100).toFixed(1)} %)` : '';
  return `${suspicious === undefined ? ' ' : '!'} ${key} ${field}: ${shown(field, from)} -> ${shown(field, to)}${percent}${suspicious === undefined ? '' : ` ${suspicious}`}`;
}

/** The report as text. */
export function describe({ added, gone, changes, facts, conflicts, doubts }: Refresh): string {
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [`${title}: ${lines.length}`, ...lines.map((each) => `  ${each}`), ''];
  const suspicious = changes.filter((change) => change.suspicious !== undefined);
  return [
    ...section('Look twice', suspicious.map(line)),
    ...section('Changed prices', changes.filter((change) => change.suspicious === undefined).map(line)),
    ...section('New rows', added),
    ...section('No longer listed (kept; delete by hand)', gone),
    ...section('Rows with other facts', facts),
    ...section('Sources began or ceased to disagree', conflicts),
    ...section('Not believed', doubts),
    `${changes.length} prices changed, ${added.length} rows new, ${gone.length} no longer listed.`,
  ].join('\n');
}

function refreshByFile(state: PriceState, code: SourceCode, file: string, day: string): Refresh {
  state.dates[code] = day;
  return refresh(state, code, readTold(code, file, day), day);
}

/** What people wrote into the said file of a source that decides. */
function refreshByHand(state: PriceState, code: SourceCode, day: string): Refresh[] {
  const rows = state.said.get(code);
  if (rows === undefined) return [];
  const told = Object.entries(rows).map(([key, row]): [string, Told] => [
    key,
    { prices: pricesOf(row ?? {}), rest: {} },
  ]);
  return [refresh(state, code, new Map(told), day)];
}

/** @returns the report */
export function run(root: string, args: readonly string[]): string {
  const { values } = parseArgs({
    args: [...args],
    options: {
      litellm: { type: 'string' },
      'models-dev': { type: 'string' },
      'genai-prices': { type: 'string' },
      date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
      pages: { type: 'boolean', default: false },
      correction: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
    },
  });
  const given = Object.keys(options).filter((name) => values[name as keyof typeof options] !== undefined);
  if (given.length + Number(values.pages) !== 1)
    throw new Error('give one of --litellm FILE, --models-dev FILE, --genai-prices FILE, --pages');
  const day = values.date;
  if (!isDay(day)) throw new Error(`--date ${String(day)} is no day`);
  const { state, notes } = readState(root);
  state.correcting = values.correction;
  const name = given[0] as keyof typeof options | undefined;
  const reports =
    name === undefined
      ? deciding.flatMap((code) => refreshByHand(state, code, day))
      : [refreshByFile(state, options[name], values[name] as string, day)];
  if (values.write) {
    for (const [file, rows] of state.files)
      writeFileSync(join(root, 'src/prices/data', `${file}.json`), formatRows(rows));
    for (const [source, rows] of state.said)
      writeFileSync(join(root, 'src/prices/said', `${sources[source]}.json`), formatRows(rows));
    const dated = Object.entries(sources).flatMap(([code, source]) =>
      notes[source] ? [[source, { ...notes[source], checked: state.dates[code] }]] : [],
    );
    writeFileSync(
      join(root, 'src/prices/said/sources.json'),
      `${JSON.stringify(Object.fromEntries(dated), null, 2)}\n`,
    );
  }
  return reports.map(describe).join('\n\n');
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  console.log(run(fileURLToPath(new URL('../..', import.meta.url)), process.argv.slice(2)));
