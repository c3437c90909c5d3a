import type { Json } from './json.js';
import { Refusal } from './vendor.js';

/** One field that the API does not know, as its error lists them. */
export interface Violation {
  field: string;
  description: string;
}

const snake = (name: string): string => name.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);

/** A field by its JSON name; the API also takes the name in snake case. */
export const field = (object: Json, name: string): unknown => object[name] ?? object[snake(name)];

export const invalidArgument = (message: string): Refusal => new Refusal(400, message);

/** The fields of an object that are not among those known; `at` is where the object stands in the request. */
export function unknownFields(object: Json, known: readonly string[], at: string): Violation[] {
  const names = new Set([...known, ...known.map(snake)]);
  return Object.keys(object)
    .filter((name) => !names.has(name))
    .map((name) => {
      const place = at === '' ? '' : ` at '${at}'`;
      return {
        field: at,
        description: `Invalid JSON payload received. Unknown name "${name}"${place}: Cannot find field.`,
      };
    });
}

export function throwViolations(fieldViolations: readonly Violation[]): void {
  if (fieldViolations.length === 0) return;
  const message = fieldViolations.map((one) => one.description).join('\n');
  const details = [{ '@type': 'type.googleapis.com/google.rpc.BadRequest', fieldViolations }];
  throw new Refusal(400, message, { details });
}
