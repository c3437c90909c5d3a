import { typeName } from './json.js';
import { Refusal } from './vendor.js';

/** A 400 that names a parameter. */
export const invalid = (message: string, param: string | null, code: string | null): Refusal =>
  new Refusal(400, message, { param, code });

export const missing = (param: string): Refusal =>
  invalid(`Missing required parameter: '${param}'.`, param, 'missing_required_parameter');

export const wrongType = (param: string, expected: string, value: unknown): Refusal =>
  invalid(
    `Invalid type for '${param}': expected ${expected}, but got ${typeName(value)} instead.`,
    param,
    'invalid_type',
  );

export const wrongValue = (param: string, value: unknown, supported: readonly string[]): Refusal => {
  const list = supported.map((one) => `'${one}'`).join(', ');
  return invalid(`Invalid value: '${String(value)}'. Supported values are: ${list}.`, param, 'invalid_value');
};
