/** Keeps credentials out of whatever is shown. */

export const redacted = '<redacted>';

/** Values shorter than this are no secrets worth hiding, and replacing them would garble a text. */
const shortest = 4;
const plain = /^[\w.~-]*$/;

const inForm = (secret: string): string => new URLSearchParams({ _: secret }).toString().slice(2);

/** Those of the last secrets: every call asks for its own again. */
const known = new Map<string, readonly string[]>();

function spellings(secret: string): readonly string[] {
  let found = known.get(secret);
  if (found === undefined) {
    if (known.size > 99) known.clear();
    known.set(secret, (found = spelled(secret)));
  }
  return found;
}

/** The spellings in which a secret may be repeated: as it is, escaped in JSON, encoded in a URL or a form. */
function spelled(secret: string): string[] {
  if (secret.length < shortest) return [];
  if (plain.test(secret)) return [secret];
  return [...new Set([secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), inForm(secret)])];
}

/** What is looked for: every spelling, the longest first, for one may begin another. */
function needlesOf(secrets: readonly string[]): readonly string[] {
  if (secrets.length === 1) return spellings(secrets[0] as string);
  const needles = secrets.flatMap(spellings);
  return needles.length > 1 ? needles.sort((a, b) => b.length - a.length) : needles;
}

function hide(text: string, needles: readonly string[]): string {
  let out = text;
  for (const needle of needles)
    if (needle.length <= out.length && out.includes(needle)) out = out.replaceAll(needle, redacted);
  return out;
}

function hideDeep(value: unknown, needles: readonly string[]): unknown {
  if (typeof value === 'string') return hide(value, needles);
  if (Array.isArray(value)) {
    const copy = value.map((entry: unknown) => hideDeep(entry, needles));
    return copy.some((entry, index) => entry !== value[index]) ? copy : value;
  }
  if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const from = value as Record<string, unknown>;
    let copy: Record<string, unknown> | undefined;
    for (const name in from) {
      const entry = from[name];
      const clean = hideDeep(entry, needles);
      const key = hide(name, needles);
      if (copy === undefined && (clean !== entry || key !== name)) {
        copy = {};
        for (const before in from) {
          if (before === name) break;
          copy[before] = from[before];
        }
      }
      if (copy !== undefined) copy[key] = clean;
    }
    return copy ?? value;
  }
  return value;
}

/** Replaces every secret in a text. */
export const redact = (text: string, secrets: readonly string[]): string => hide(text, needlesOf(secrets));

/** The same for data of any shape; returns a copy only where something was replaced. */
export function redactDeep<T>(value: T, secrets: readonly string[]): T {
  const needles = needlesOf(secrets);
  return needles.length === 0 ? value : (hideDeep(value, needles) as T);
}
