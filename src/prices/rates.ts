/** The rates of one row for one call: which of its figures count, by length, service tier, hour and day. */
import type { PriceRow } from './book.js';

/** What decides between the figures of a row. */
export interface Terms {
  /** Input tokens of all kinds; thresholds go by them. */
  prompt: number;
  /** The service tier, as a suffix of fields; undefined is the standard one. */
  tier: string | undefined;
  batch: boolean;
  /** When the call was made, in milliseconds since the epoch. */
  at: number;
  /** `YYYY-MM-DD`: prices in force on that day, in place of today's. */
  as_of: string | undefined;
  /** A tier above N begins at N itself. */
  includes_edge: boolean;
  /** On every token. */
  multiplier: number;
}

export interface Rate {
  /** USD for one unit. */
  value: number;
  field: string;
  /** Why this figure, where it is not the plain one. */
  rule?: string | undefined;
  /** The row has no price for just this; the figure is the nearest one. */
  assumed?: boolean | undefined;
  /** A figure of the standard tier, or of no step, where another was wanted. */
  general?: boolean | undefined;
}

type Figures = Readonly<Record<string, unknown>>;

const standardTiers = new Set(['auto', 'default', 'standard', 'on_demand', 'standard_only']);
const tierNames: Readonly<Record<string, string>> = { fast: 'priority', batch: 'batches' };

/** The suffix that a service tier has in field names. */
export function tierSuffix(tier: string | undefined): string | undefined {
  if (tier === undefined) return undefined;
  const name = tier.toLowerCase();
  return standardTiers.has(name) ? undefined : (tierNames[name] ?? name);
}

/** Thresholds of a row, highest first; found once per row. */
const thresholds = new WeakMap<object, readonly number[]>();

export function thresholdsOf(row: Figures): readonly number[] {
  let known = thresholds.get(row);
  if (known === undefined) {
    const found = new Set<number>();
    for (const field in row) {
      const above = /_above_(\d+)k_tokens/.exec(field);
      if (above !== null) found.add(Number(above[1]));
    }
    known = [...found].sort((a, b) => b - a);
    thresholds.set(row, known);
  }
  return known;
}

const noThresholds: readonly string[] = [];

export class RateCard {
  readonly terms: Terms;
  readonly #row: Figures;
  /** Suffixes of the thresholds that the prompt exceeds, highest first. */
  readonly #above: readonly string[];
  /** Prices of the hour, or of a list's step: they hold whatever the length. */
  readonly #fixed: Figures | undefined;
  readonly #fixedRule: string | undefined;
  readonly #beyond: boolean;

  constructor(row: PriceRow, terms: Terms) {
    this.terms = terms;
    this.#row = atDay(row, terms.as_of);
    const { prompt, includes_edge: edge } = terms;
    const all = thresholdsOf(this.#row);
    this.#above =
      all.length === 0
        ? noThresholds
        : all.filter((k) => (edge ? prompt >= k * 1000 : prompt > k * 1000)).map((k) => `_above_${k}k_tokens`);
    const { off_peak_pricing, tiered_pricing } = this.#row;
    const offPeak = off_peak_pricing === undefined ? undefined : offPeakPrices(off_peak_pricing, terms.at);
    const step = offPeak === undefined && tiered_pricing !== undefined ? listStep(tiered_pricing, prompt) : undefined;
    this.#fixed = offPeak ?? step?.figures;
    this.#fixedRule = offPeak === undefined ? step?.rule : 'off-peak hours';
    this.#beyond = step?.beyond === true;
  }

  /** A figure of the row that no tier and no length changes. */
  plain(field: string): number | undefined {
    const value = this.#row[field];
    return typeof value === 'number' ? value : undefined;
  }

  /** The rate of a field under the call's terms, multiplier included; undefined where the row has none. */
  rate(field: string): Rate | undefined {
    const found = this.#fixedRate(field) ?? this.#find(field);
    if (found !== undefined && this.#fixed !== undefined && this.#fixed[field] === undefined) found.general = true;
    if (found === undefined || this.terms.multiplier === 1) return found;
    const by = `times ${this.terms.multiplier}`;
    return {
      ...found,
      value: found.value * this.terms.multiplier,
      rule: found.rule === undefined ? by : `${found.rule}, ${by}`,
    };
  }

  #fixedRate(field: string): Rate | undefined {
    const value = this.#fixed?.[field];
    if (typeof value !== 'number') return undefined;
    return this.#halved({ value, field, rule: this.#fixedRule, assumed: this.#beyond });
  }

  #find(field: string): Rate | undefined {
    const { tier, batch } = this.terms;
    const suffix = batch ? 'batches' : tier;
    for (const above of this.#above) {
      const found = this.#pair(`${field}${above}`, suffix, above);
      if (found !== undefined) return found;
    }
    return this.#pair(field, suffix, undefined);
  }

  /** The figure for the tier, else the standard one. */
  #pair(field: string, suffix: string | undefined, above: string | undefined): Rate | undefined {
    if (suffix === undefined && above === undefined) {
      const value = this.plain(field);
      return value === undefined ? undefined : { value, field };
    }
    const length = above === undefined ? undefined : above.slice(1).replaceAll('_', ' ');
    if (suffix !== undefined) {
      const name = `${field}_${suffix}`;
      const value = this.plain(name);
      if (value !== undefined) return { value, field: name, rule: join(length, `${suffix} price`) };
    }
    const value = this.plain(field);
    if (value === undefined) return undefined;
    if (this.terms.batch) return this.#halved({ value, field, rule: length });
    if (suffix === undefined) return { value, field, rule: length };
    return { value, field, rule: join(length, `no ${suffix} price: the standard one`), assumed: true, general: true };
  }

  /** Batches without a price of their own cost half, as nearly everywhere. */
  #halved(rate: Rate): Rate {
    if (!this.terms.batch) return rate;
    return {
      ...rate,
      value: rate.value / 2,
      rule: join(rate.rule, 'no batch price: half the standard one'),
      assumed: true,
    };
  }
}

const join = (...parts: (string | undefined)[]): string | undefined =>
  parts.filter((part) => part !== undefined).join(', ') || undefined;

/** The row as it was on a day: each entry of `history`, newest first, holds what was different before its `until`. */
function atDay(row: PriceRow, day: string | undefined): Figures {
  const { history } = row;
  if (day === undefined || !Array.isArray(history)) return row;
  let past: Record<string, unknown> | undefined;
  for (const { until, ...fields } of history as (Figures & { until: string })[]) {
    if (day >= until) break;
    past ??= { ...row };
    for (const [field, value] of Object.entries(fields)) layOver(past, field, value);
  }
  return past ?? row;
}

/** Sets a field, `outer.inner` too; null is no price. */
function layOver(row: Record<string, unknown>, field: string, value: unknown): void {
  const [outer = field, inner] = field.split('.');
  if (inner !== undefined) row[outer] = { ...(row[outer] as Figures), [inner]: value ?? undefined };
  else if (value === null) delete row[outer];
  else row[outer] = value;
}

interface Windows {
  hours_utc?: string | readonly string[];
  weekdays?: readonly number[];
  weekday_timezone?: string;
}

/** The prices of the hour, if `at` lies in a window of them. */
function offPeakPrices(pricing: unknown, at: number): Figures | undefined {
  if (typeof pricing !== 'object' || pricing === null) return undefined;
  const { windows, ...rest } = pricing as Windows & { windows?: readonly Windows[] };
  const all = windows ?? [rest];
  return all.some((window) => inWindow(window, at)) ? rest : undefined;
}

function inWindow({ hours_utc, weekdays, weekday_timezone }: Windows, at: number): boolean {
  if (hours_utc === undefined) return false;
  if (weekdays !== undefined && !weekdays.includes(weekday(at, weekday_timezone))) return false;
  const date = new Date(at);
  const minute = date.getUTCHours() * 60 + date.getUTCMinutes();
  return [hours_utc].flat().some((range) => {
    const [from = 0, to = 0] = range.split('-').map(minutesOf);
    if (from === to) return true;
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
  });
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/** 1 = Monday. */
function weekday(at: number, timeZone: string | undefined): number {
  if (timeZone === undefined || timeZone === 'UTC') return new Date(at).getUTCDay() || 7;
  const name = new Intl.DateTimeFormat('en-US', { weekday: 'short', timeZone }).format(at);
  return ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(name) + 1;
}

type Step = Figures & { range?: readonly [number, number] };

/** The step of a list by length; a prompt beyond the last step is priced by the last. */
function listStep(list: unknown, prompt: number): { figures: Figures; rule: string; beyond: boolean } | undefined {
  if (!Array.isArray(list) || list.length === 0) return undefined;
  const steps = list as [Step, ...Step[]];
  let step = steps[0];
  let beyond = true;
  for (const each of steps) {
    step = each;
    beyond = each.range !== undefined && prompt > each.range[1];
    if (!beyond) break;
  }
  const [from, to] = step.range ?? [0, Infinity];
  return { figures: step, beyond, rule: beyond ? 'beyond the list: its last step' : `${from} to ${to} tokens` };
}
