import { describe, expect, test } from 'vitest';
import { redact, redactDeep } from '../../../src/core/redact.js';

describe('redact', () => {
  test('replaces every occurrence of every secret', () => {
    expect(redact('a KEY-1 b KEY-2 c KEY-1', ['KEY-1', 'KEY-2'])).toBe('a <redacted> b <redacted> c <redacted>');
  });

  test('knows the spellings of JSON and URLs', () => {
    const secret = 'k"e\\y&1/2';
    expect(redact(JSON.stringify({ secret }), [secret])).toBe('{"secret":"<redacted>"}');
    expect(redact(`https://x/?key=${encodeURIComponent(secret)}`, [secret])).toBe('https://x/?key=<redacted>');
  });

  test('a secret that begins another leaves nothing of the longer one, in either order', () => {
    const secrets = ['sk-abcd', 'sk-abcd-efgh-ijkl'];
    for (const list of [secrets, secrets.toReversed()])
      expect(redact('the key sk-abcd-efgh-ijkl', list)).toBe('the key <redacted>');
  });

  test('leaves texts alone that hold none, and does not garble them for very short values', () => {
    expect(redact('nothing here', ['KEY-1'])).toBe('nothing here');
    expect(redact('a1b1c1', ['1', ''])).toBe('a1b1c1');
  });

  test('takes secrets literally', () => {
    expect(redact('key $& and .*', ['.*aa', '$&', '(((('])).toBe('key $& and .*');
    expect(redact('key ((((', ['(((('])).toBe('key <redacted>');
  });
});

describe('redactDeep', () => {
  test('reaches values and names at any depth', () => {
    const value = { a: ['x KEY-1', { 'KEY-1': { b: 'KEY-1' } }], n: 1, z: null };
    expect(redactDeep(value, ['KEY-1'])).toEqual({
      a: ['x <redacted>', { '<redacted>': { b: '<redacted>' } }],
      n: 1,
      z: null,
    });
  });

  test('never changes what it was given, and copies only where it must', () => {
    const clean = { a: [1, { b: 'x' }] };
    expect(redactDeep(clean, ['KEY-1'])).toBe(clean);
    const dirty = Object.freeze({ keep: clean, text: 'KEY-1' });
    const out = redactDeep(dirty, ['KEY-1']);
    expect(out).toEqual({ keep: clean, text: '<redacted>' });
    expect(out.keep).toBe(clean);
    expect(dirty.text).toBe('KEY-1');
  });

  test.each([undefined, null, 5, true])('passes %s', (value) => expect(redactDeep(value, ['KEY-1'])).toBe(value));
});
