/** Checks price rows that a caller hands in. */
import { BadRequestError } from '../core/errors.js';

/** Rows by key, in LiteLLM's field names. */
export type PriceRows = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export const price = /_cost(?:_|$)|cost_per_/;
/** USD for one token: above this it is a price for a thousand or a million. */
const mostPerToken = 0.01;

/** @throws {BadRequestError} naming the row and the field */
export function checkRows(rows: unknown, what: string): PriceRows {
  if (typeof rows !== 'object' || rows === null || Array.isArray(rows))
    throw new BadRequestError(`${what}: takes an object: model name → row`, {
      param: what,
      code: 'invalid_input',
    });
  for (const [key, row] of Object.entries(rows)) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      refuse(`${key}`, 'must be an object of price fields', what);
    for (const [field, value] of Object.entries(row as Record<string, unknown>)) {
      const path = `${key}.${field}`;
      if (price.test(field)) checkPrice(path, field, value, what);
      else checkFact(path, field, value, what);
    }
  }
  return rows as PriceRows;
}

/** A price, or an object of prices. */
export function checkPrice(path: string, field: string, value: unknown, what: string): void {
  if (value === undefined || value === null) return;
  if (typeof value === 'object') {
    for (const [name, inner] of Object.entries(value))
      if (typeof inner === 'number') checkPrice(`${path}.${name}`, field, inner, what);
    return;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    refuse(path, `must be USD, a number of at least 0, not ${String(value)}`, what);
  if (/(?:_per_(?:\w+_)?token|_token_cost)(?:_|$)/.test(field) && value > mostPerToken && !field.includes('_per_1k'))
    refuse(path, `is USD for one token; ${value} looks like a price per million`, what);
}

const texts = new Set(['litellm_provider', 'mode']);
const limits = new Set(['max_tokens', 'max_input_tokens', 'max_output_tokens']);

function checkFact(path: string, field: string, value: unknown, what: string): void {
  if (value === undefined || value === null) return;
  if (texts.has(field) && (typeof value !== 'string' || value === '')) refuse(path, 'must be a name', what);
  if (limits.has(field) && !(typeof value === 'number' && value >= 0)) refuse(path, 'must be a number of tokens', what);
  if (field.startsWith('supports_') && typeof value !== 'boolean') refuse(path, 'must be true or false', what);
  if (field === 'deprecation_date' && (typeof value !== 'string' || Number.isNaN(Date.parse(value))))
    refuse(path, 'must be a day, YYYY-MM-DD', what);
  if (field === 'tiered_pricing') checkSteps(path, value, what);
  if (field === 'off_peak_pricing') checkHours(path, value, what);
}

function checkSteps(path: string, value: unknown, what: string): void {
  if (!Array.isArray(value)) refuse(path, 'must be a list of steps', what);
  for (const [at, step] of (value as unknown[]).entries()) {
    if (typeof step !== 'object' || step === null) refuse(`${path}[${at}]`, 'must be an object of prices', what);
    for (const [name, inner] of Object.entries(step))
      if (price.test(name)) checkPrice(`${path}[${at}].${name}`, name, inner, what);
  }
}

const hours = /^\d{1,2}:\d\d-\d{1,2}:\d\d$/;

function checkHours(path: string, value: unknown, what: string): void {
  if (typeof value !== 'object' || value === null) refuse(path, 'must be an object of prices with hours_utc', what);
  const { windows, ...rest } = value as { windows?: unknown } & Record<string, unknown>;
  for (const [name, inner] of Object.entries(rest))
    if (price.test(name)) checkPrice(`${path}.${name}`, name, inner, what);
  for (const each of Array.isArray(windows) ? (windows as unknown[]) : [rest]) {
    const { hours_utc } = (each ?? {}) as { hours_utc?: unknown };
    if (![hours_utc].flat().every((range) => typeof range === 'string' && hours.test(range)))
      refuse(`${path}.hours_utc`, 'must be hours such as "16:30-00:30"', what);
  }
}

function refuse(path: string, why: string, what: string): never {
  throw new BadRequestError(`${what}: ${path} ${why}`, { param: path, code: 'invalid_input' });
}
