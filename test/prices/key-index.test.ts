import { describe, expect, test } from 'vitest';
import { KeyIndex } from '../../src/prices/key-index.js';
import { packed } from '../../src/prices/keys.gen.js';

/** Reads all keys at once, where `searched` looks for each. */
const all = [...new KeyIndex(packed).keys()];
const searched = new KeyIndex(packed);

describe('an index of keys', () => {
  test('finds each key where it stands among all', () => {
    expect(searched.size).toBe(all.length);
    expect(all.findIndex((key, row) => searched.get(key) !== row)).toBe(-1);
  });

  test('finds the same once all were read', () => {
    const read = new KeyIndex(packed);
    read.keys();
    expect(all.findIndex((key, row) => read.get(key) !== row)).toBe(-1);
    expect(read.get('gpt-4')).toBe(searched.get('gpt-4'));
    expect(read.get('no-such-model')).toBeUndefined();
  });

  test('knows no name under a prefix that does not have it, and nothing near a name', () => {
    const known = new Set(all);
    const near = all.flatMap((key) => [`${key}x`, key.slice(0, -1), key.slice(1), key.slice(key.indexOf('/') + 1)]);
    const under = all.flatMap((key) => [`azure/${key}`, `openai/${key}`, `nobody/${key}`]);
    const unknown = [...near, ...under, '', '/', '!', '|', '\uFFFF', 'constructor'].filter((key) => !known.has(key));
    expect(unknown.length).toBeGreaterThan(all.length);
    expect(unknown.find((key) => searched.get(key) !== undefined)).toBeUndefined();
  });

  test('tells what stands before the first slash', () => {
    const before = new Set(all.map((key) => key.slice(0, Math.max(key.indexOf('/'), 0))));
    expect(new Set(searched.prefixes())).toEqual(before);
  });

  test.each([
    'gpt-4o',
    'gpt',
    'azure/gpt-4o',
    'vertex_ai/claude',
    'openrouter/~',
    'azure/',
    'a',
    'zz',
    '',
    'nobody/gpt',
    '~',
  ])('gives the keys that begin with "%s"', (text) => {
    const prefix = text.slice(0, text.indexOf('/') + 1);
    const expected = all.filter((key) => key.startsWith(text) && key.slice(0, key.indexOf('/') + 1) === prefix);
    expect([...searched.startingWith(text)]).toEqual(expected);
  });
});
