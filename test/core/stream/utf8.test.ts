import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Utf8Pieces } from '../../../src/core/stream/utf8.js';

function inPieces(bytes: Uint8Array, cuts: readonly number[]): string {
  const text = new Utf8Pieces();
  const at = [...new Set([0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])].sort((a, b) => a - b);
  return (
    at
      .slice(1)
      .map((end, index) => text.decode(bytes.subarray(at[index], end)))
      .join('') + text.end()
  );
}

test('any cut of any bytes, valid or not, reads like the whole', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array(),
        fc.string({ unit: 'binary' }).map((text) => new TextEncoder().encode(text)),
      ),
      fc.array(fc.nat()),
      (bytes, cuts) => {
        expect(inPieces(bytes, cuts)).toBe(new TextDecoder().decode(bytes));
      },
    ),
    { numRuns: 2000 },
  );
});

test('every cut of a text of all lengths', () => {
  const bytes = new TextEncoder().encode('\ufeffa\u00e9\u20ac\u{1f9ed}\ufeffz');
  for (let cut = 0; cut <= bytes.length; cut++) expect(inPieces(bytes, [cut])).toBe('a\u00e9\u20ac\u{1f9ed}\ufeffz');
  expect(inPieces(bytes, [...bytes.keys()])).toBe('a\u00e9\u20ac\u{1f9ed}\ufeffz');
});
