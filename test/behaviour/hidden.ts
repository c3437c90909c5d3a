/** Whether a secret stands in anything that somebody may print of a value. */
import { inspect } from 'node:util';
import { expect } from 'vitest';

/** All that somebody may print of a value. */
export function shown(value: unknown): string {
  const seen = new Set<unknown>();
  const texts: string[] = [];
  const walk = (each: unknown): void => {
    if (typeof each === 'string') texts.push(each);
    if ((typeof each !== 'object' && typeof each !== 'function') || each === null || seen.has(each)) return;
    seen.add(each);
    texts.push(
      String((each as { message?: unknown }).message ?? ''),
      String((each as { stack?: unknown }).stack ?? ''),
    );
    for (const name of Reflect.ownKeys(each)) {
      texts.push(String(name));
      walk(Object.getOwnPropertyDescriptor(each, name)?.value);
    }
  };
  walk(value);
  let json = '';
  try {
    json = JSON.stringify(value) ?? '';
  } catch {
    // not everything has a JSON form
  }
  return [
    ...texts,
    json,
    inspect(value, { depth: 20, showHidden: true, maxStringLength: Infinity }),
    inspect(value),
    value instanceof Error ? `${value} ${value.stack ?? ''}` : '',
  ].join('\n');
}

/** The secret does not stand in the text, nor does the greater part of it, in any spelling. */
export function expectHidden(value: unknown, secrets: readonly string[]): void {
  const text = shown(value);
  for (const secret of secrets) {
    const spellings = [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)];
    for (const spelling of spellings) {
      expect(text.includes(spelling), `${spelling} in ${text.slice(0, 2000)}`).toBe(false);
      const half = spelling.slice(0, Math.ceil(spelling.length / 2));
      expect(text.includes(half), `${half} in ${text.slice(0, 2000)}`).toBe(false);
    }
  }
}
