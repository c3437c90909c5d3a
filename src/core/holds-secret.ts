/** Looks for secrets where a cause of an error may carry them. */
import { redact } from './redact.js';

/** How far into an object a secret is looked for. */
const deepest = 6;

/** Whether a secret stands anywhere in a value, hidden fields and causes included. */
export function holdsSecret(value: unknown, secrets: readonly string[], depth = 0): boolean {
  if (typeof value === 'string') return redact(value, secrets) !== value;
  if (typeof value !== 'object' || value === null || depth > deepest) return false;
  if (value instanceof Map || value instanceof Headers)
    return holdsSecret([...(value as Iterable<unknown>)], secrets, depth + 1);
  return Reflect.ownKeys(value).some((key) => {
    const field = Object.getOwnPropertyDescriptor(value, key);
    return (
      (typeof key === 'string' && redact(key, secrets) !== key) ||
      (field !== undefined && 'value' in field && holdsSecret(field.value, secrets, depth + 1))
    );
  });
}
