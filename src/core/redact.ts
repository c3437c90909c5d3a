/** Keeps credentials out of whatever is shown. */

export const redacted = '<redacted>';

/** Values shorter than this are no secrets worth hiding, and replacing them would garble a text. */
const shortest = 4;
const plain = /^[\w.~-]*$/;

/** The spellings in which a secret may be repeated: as it is, escaped in JSON, encoded in a URL. */
function spellings(secret: string): string[] {
  if (secret.length < shortest) return [];
  if (plain.test(secret)) return [secret];
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)])];
}

/** Replaces every secret in a text. */
export function redact(text: string, secrets: readonly string[]): string {
  let out = text;
  // The longest first: one secret may begin another.
  const ordered = secrets.length > 1 ? [...secrets].sort((a, b) => b.length - a.length) : secrets;
  for (const secret of ordered)
    for (const spelling of spellings(secret)) if (out.includes(spelling)) out = out.replaceAll(spelling, redacted);
  return out;
}

/** The same for data of any shape; returns a copy only where something was replaced. */
export function redactDeep<T>(value: T, secrets: readonly string[]): T {
  if (secrets.length === 0) return value;
  if (typeof value === 'string') return redact(value, secrets) as T;
  if (Array.isArray(value)) {
    const copy = value.map((entry: unknown) => redactDeep(entry, secrets));
    return copy.some((entry, index) => entry !== value[index]) ? (copy as T) : value;
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    let changed = false;
    const copy: Record<string, unknown> = {};
    for (const [name, entry] of Object.entries(value)) {
      const clean = redactDeep(entry, secrets);
      const key = redact(name, secrets);
      changed ||= clean !== entry || key !== name;
      copy[key] = clean;
    }
    return changed ? (copy as T) : value;
  }
  return value;
}

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
