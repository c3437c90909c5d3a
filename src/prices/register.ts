/** Checks price rows that a caller hands in. */
import { BadRequestError } from '../core/errors.js';

/** Rows by key, in LiteLLM's field names. */
export type PriceRows = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const price = /_cost(?:_|$)|cost_per_/;
/** USD for one token: above this it is a price for a thousand or a million. */
const mostPerToken = 0.01;

/** @throws {BadRequestError} naming the row and the field */
export function checkRows(rows: unknown, what: string): PriceRows {
  if (typeof rows !== 'object' || rows === null || Array.isArray(rows))
    refuse(what, 'takes an object: model name → row', what);
  for (const [key, row] of Object.entries(rows)) {
    if (typeof row !== 'object' || row === null || Array.isArray(row))
      refuse(`${key}`, 'must be an object of price fields', what);
    for (const [field, value] of Object.entries(row as Record<string, unknown>))
      if (price.test(field)) checkPrice(`${key}.${field}`, field, value, what);
  }
  return rows as PriceRows;
}

function checkPrice(path: string, field: string, value: unknown, what: string): void {
  if (value === undefined || value === null || typeof value === 'object') return;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
    refuse(path, `must be USD, a number of at least 0, not ${String(value)}`, what);
  if (/_per_(?:\w+_)?token(?:_|$)/.test(field) && value > mostPerToken && !field.includes('_per_1k'))
    refuse(path, `is USD for one token; ${value} looks like a price per million`, what);
}

function refuse(path: string, why: string, what: string): never {
  throw new BadRequestError(`${what}: ${path} ${why}`, { param: path, code: 'invalid_input' });
}
