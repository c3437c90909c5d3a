/** Refuses what cannot be billed, naming the field: a count that is none would become a wrong bill. */
import { BadRequestError } from '../core/errors.js';
import type { CostInput } from './cost-input.js';
import { isFields } from './quantities.js';
import { checkPrice, price } from './register.js';

interface Rule {
  fits(value: unknown): boolean;
  allowed: string;
}

const finite = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const amount = (value: unknown): boolean => finite(value) && value >= 0;
const text: Rule = { fits: (value) => typeof value === 'string', allowed: 'a string' };
const number: Rule = { fits: amount, allowed: 'a number of at least 0' };
const object: Rule = { fits: isFields, allowed: 'an object' };

const rules = new Map<string, Rule>(
  Object.entries({
    model: text,
    custom_llm_provider: text,
    base_model: text,
    call_type: text,
    service_tier: text,
    region_name: text,
    vertex_location: text,
    data_residency: text,
    size: text,
    quality: text,
    prompt: text,
    completion: text,
    messages: { fits: Array.isArray, allowed: 'an array of messages' },
    n: number,
    duration: number,
    usage: object,
    completion_response: object,
    standard_built_in_tools_params: object,
    custom_cost_per_token: object,
    as_of: {
      fits: (value) => typeof value === 'string' && /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)),
      allowed: 'a day, YYYY-MM-DD',
    },
    current_time: {
      fits: (value) =>
        finite(value instanceof Date ? value.getTime() : typeof value === 'string' ? Date.parse(value) : value),
      allowed: 'an ISO date, a Date, or milliseconds',
    },
    cost_discount: {
      fits: (value) => finite(value) && value >= 0 && value <= 1,
      allowed: 'a share from 0 to 1: 0.1 is ten per cent',
    },
    cost_margin: {
      fits: (value) =>
        amount(value) ||
        (isFields(value) && [value['percentage'], value['fixed_amount']].every((part) => part == null || amount(part))),
      allowed: 'a share of at least 0, or { percentage, fixed_amount }',
    },
  }),
);

const counts = ['prompt_tokens', 'completion_tokens', 'input_tokens', 'output_tokens'];

/** @throws {BadRequestError} for counts of tokens that are no numbers */
export function checkCounts(fields: Readonly<Record<string, unknown>>, names: readonly string[], at = ''): void {
  for (const name of names) {
    const value = fields[name];
    if (value !== undefined && value !== null && !amount(value)) wrong(`${at}${name}`, value, number.allowed);
  }
}

/**
 * The input without what is null.
 * @throws {BadRequestError} naming the field that is wrong
 */
export function checkInput(input: CostInput): CostInput {
  if (!isFields(input)) wrong('input', input, 'an object with a model and its usage');
  let empty = false;
  for (const name in input) {
    const value = input[name];
    if (value === null) empty = true;
    else if (value !== undefined) {
      const rule = rules.get(name);
      if (rule !== undefined && !rule.fits(value)) wrong(name, value, rule.allowed);
      if (rule === undefined && name.includes('cost') && price.test(name)) checkPrice(name, name, value, 'input');
    }
  }
  const { usage, completion_response: answer, custom_cost_per_token: own } = input;
  if (isFields(own)) for (const name in own) checkPrice(`custom_cost_per_token.${name}`, name, own[name], 'input');
  if (isFields(usage)) checkCounts(usage, counts, 'usage.');
  else if (isFields(answer) && isFields(answer['usage']))
    checkCounts(answer['usage'], counts, 'completion_response.usage.');
  return empty ? Object.fromEntries(Object.entries(input).filter(([, value]) => value !== null)) : input;
}

/** @throws {BadRequestError} for names that are no strings */
export function checkText(field: string, value: unknown): asserts value is string {
  if (typeof value !== 'string') wrong(field, value, text.allowed);
}

function wrong(field: string, given: unknown, allowed: string): never {
  const shown = given === null || typeof given === 'number' ? String(given) : `a value of type ${typeof given}`;
  throw new BadRequestError(`${field}: must be ${allowed}; got ${shown}`, { param: field, code: 'invalid_input' });
}
