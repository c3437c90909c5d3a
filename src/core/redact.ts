/** Keeps credentials out of whatever is shown. */

export const redacted = '<redacted>';

/** Values shorter than this are no secrets worth hiding, and replacing them would garble a text. */
const shortest = 4;

/** Replaces every secret in a text, also in its JSON-escaped and URL-encoded spelling. */
export function redact(text: string, secrets: readonly string[]): string {
  let out = text;
  for (const secret of secrets) {
    if (secret.length < shortest) continue;
    if (out.includes(secret)) out = out.replaceAll(secret, redacted);
    const escaped = JSON.stringify(secret).slice(1, -1);
    if (escaped !== secret && out.includes(escaped)) out = out.replaceAll(escaped, redacted);
    const encoded = encodeURIComponent(secret);
    if (encoded !== secret && out.includes(encoded)) out = out.replaceAll(encoded, redacted);
  }
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
