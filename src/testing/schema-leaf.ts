import type { Json } from './json.js';
import { matchPattern } from './pattern-instance.js';

/**
 * A string for a schema: its format, its pattern, or the hint, brought to the length asked for. Formats vary with `nth`;
 * a hint gets a number when `beyond` is not 0, so that the entries of an array differ.
 */
export function makeString(schema: Json, hint = 'example', nth = 0, beyond = 0): string {
  const min = Number(schema['minLength'] ?? 0);
  const max = Number(schema['maxLength'] ?? Infinity);
  const pattern = typeof schema['pattern'] === 'string' ? schema['pattern'] : undefined;
  const format = typeof schema['format'] === 'string' ? FORMATS[schema['format']] : undefined;
  const formatted = format?.(nth);
  if (formatted !== undefined && (pattern === undefined || fits(pattern, formatted))) return formatted;
  const named = beyond === 0 ? hint : `${hint} ${beyond + 1}`;
  const sized = resize(named, min, max);
  if (pattern === undefined || fits(pattern, sized)) return sized;
  return matchPattern(pattern, min, max) ?? sized;
}

const FORMATS: Record<string, (nth: number) => string> = {
  date: (nth) => `2025-01-${two((nth % 28) + 1)}`,
  'date-time': (nth) => `2025-01-${two((nth % 28) + 1)}T12:00:00Z`,
  time: (nth) => `12:${two(nth % 60)}:00Z`,
  duration: (nth) => `PT${nth + 1}H`,
  email: (nth) => `user${nth + 1}@example.com`,
  hostname: (nth) => `host${nth + 1}.example.com`,
  uri: (nth) => `https://example.com/${nth + 1}`,
  url: (nth) => `https://example.com/${nth + 1}`,
  'uri-reference': (nth) => `/${nth + 1}`,
  uuid: (nth) => `3f2b8c1e-6d4a-4e9b-8a7c-${String(nth + 1).padStart(12, '0')}`,
  ipv4: (nth) => `192.0.2.${(nth % 254) + 1}`,
  ipv6: (nth) => `2001:db8::${nth + 1}`,
};

const two = (value: number): string => String(value).padStart(2, '0');

function fits(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(value);
  } catch {
    return true;
  }
}

/** Cuts or fills a string to a length counted in code points, as JSON Schema does. */
function resize(value: string, min: number, max: number): string {
  const chars = [...value];
  while (chars.length < min) chars.push('x');
  return chars.slice(0, max).join('');
}

/** A number for a schema: the hint or 1, brought into the bounds; `beyond` moves it on within them. */
export function makeNumber(schema: Json, integer: boolean, hint = 1, beyond = 0): number {
  const multiple = typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : undefined;
  const step = multiple ?? 1;
  const { low, high } = bounds(schema, integer ? 1 : undefined, multiple);
  let value = (integer ? Math.round(hint) : hint) + beyond * step;
  if (value > high) value = high - beyond * step;
  value = Math.min(high, Math.max(low, value));
  if (multiple === undefined) return value;
  const up = tidy(Math.ceil(tidy(value / multiple)) * multiple);
  return up <= high ? up : tidy(Math.floor(tidy(high / multiple)) * multiple);
}

/** Inclusive bounds. An exclusive one moves by a whole step, or by half the span where the span is small. */
function bounds(schema: Json, unit: number | undefined, multiple: number | undefined): { low: number; high: number } {
  const read = (key: string): number | undefined => (schema[key] == null ? undefined : Number(schema[key]));
  const above = read('exclusiveMinimum');
  const below = read('exclusiveMaximum');
  const span = (below ?? read('maximum') ?? Infinity) - (above ?? read('minimum') ?? -Infinity);
  const shift = unit ?? multiple ?? Math.min(1, span / 2);
  let low = Math.max(read('minimum') ?? -Infinity, above === undefined ? -Infinity : above + shift);
  let high = Math.min(read('maximum') ?? Infinity, below === undefined ? Infinity : below - shift);
  if (unit) {
    low = Math.ceil(low);
    high = Math.floor(high);
  }
  return { low, high };
}

/** Without the last digits that binary fractions add. */
const tidy = (value: number): number => Number(value.toPrecision(12));
