import type { Call } from '../../src/core/spec.js';
import { isObject } from './messages.js';

/** The effort of `reasoning_effort`, which may also be given in the form of the Responses API: `{ effort, summary }`. */
export function effortOf(given: unknown, call: Pick<Call, 'warn'>): unknown {
  if (!isObject(given) || given['effort'] === undefined) return given;
  for (const name of Object.keys(given))
    if (name !== 'effort' && given[name] !== null)
      call.warn({ type: 'drop', param: `reasoning_effort.${name}`, message: 'only the effort is sent' });
  return given['effort'];
}
