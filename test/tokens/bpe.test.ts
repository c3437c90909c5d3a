import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Bpe, type Split, type TokenTable } from '../../src/tokens/bpe.js';
import { loadPackage } from '../../src/tokens/encodings.js';
import { cl100k, gpt2, o200k } from '../../src/tokens/split.js';
import type { EncodingName } from '../../src/types/index.js';

const bytesOf = (text: string): number[] => [...new TextEncoder().encode(text)];
const keyOf = (bytes: readonly number[]): string => bytes.join();

/** Joins the pair of the lowest rank, the leftmost first, by looking at all of them each time. */
function mergeSlowly(ranks: ReadonlyMap<string, number>, text: string): number[] {
  const parts = bytesOf(text).map((byte) => [byte]);
  for (;;) {
    let best = -1;
    let lowest = Infinity;
    for (let at = 0; at + 1 < parts.length; at++) {
      const rank = ranks.get(keyOf([...(parts[at] as number[]), ...(parts[at + 1] as number[])])) ?? Infinity;
      if (rank < lowest) [best, lowest] = [at, rank];
    }
    if (best < 0) return parts.map((part) => ranks.get(keyOf(part)) as number);
    parts.splice(best, 2, [...(parts[best] as number[]), ...(parts[best + 1] as number[])]);
  }
}

const ranksOf = (table: TokenTable): ReadonlyMap<string, number> =>
  new Map(table.map((token, id) => [keyOf(typeof token === 'string' ? bytesOf(token) : (token ?? [])), id]));

const whole: Split = (text) => (text === '' ? [] : [text]);
interface Made {
  table: TokenTable;
  bpe: Bpe;
}
const made = new Map<Split, Map<EncodingName, Made>>();
/** One for each splitter and encoding: to read a table takes longer than most tests. */
async function make(name: EncodingName, split = whole): Promise<Made> {
  const known = made.get(split) ?? new Map<EncodingName, Made>();
  made.set(split, known);
  let one = known.get(name);
  if (one === undefined) {
    const table = (await loadPackage(name)) as TokenTable;
    known.set(name, (one = { table, bpe: new Bpe({ table, split, special: {} }) }));
  }
  return one;
}

describe('merging', () => {
  test('joins as one that looks at every pair each time', async () => {
    const { table, bpe } = await make('r50k_base');
    const ranks = ranksOf(table);
    const letters = fc.string({
      unit: fc.constantFrom('a', 'b', ' ', 'th', 'é', '漢', '👋', '\ufeff', '='),
      maxLength: 60,
    });
    fc.assert(
      fc.property(letters, (text) => {
        expect(bpe.encode(text)).toEqual(mergeSlowly(ranks, text));
      }),
    );
  });

  test('takes pieces of any length', async () => {
    const { table, bpe } = await make('r50k_base');
    const ranks = ranksOf(table);
    for (const text of ['a'.repeat(700), 'aB'.repeat(350), ' '.repeat(700), '漢字'.repeat(200), 'x=1;'.repeat(200)])
      expect(bpe.encode(text)).toEqual(mergeSlowly(ranks, text));
  });

  test('may be bound to one left part for each token', () => {
    const table = ['a', 'b', 'c', 'ab', 'bc', 'abc'];
    const special = {};
    expect(new Bpe({ table, split: whole, special }).encode('abc')).toEqual([5]);
    const lefts = Uint8Array.from([0, 0, 0, 1, 1, 1]);
    expect(new Bpe({ table, split: whole, special, lefts }).encode('abc')).toEqual([3, 2]);
  });
});

describe('long texts', () => {
  test.each([
    ['one letter', 'a'.repeat(200_000), 25_000, 25_000, 50_000],
    ['one capital', 'A'.repeat(200_000), 25_000, 25_000, 25_000],
    ['spaces', `${' '.repeat(200_000)}x`, 1564, 1564, 12_501],
    ['blank lines', `${' \n'.repeat(100_000)}x`, 50_001, 50_001, 200_001],
    ['marks', '='.repeat(200_000), 3125, 3125, 3125],
    ['changing case', 'aB'.repeat(100_000), 100_001, 100_001, 100_001],
    ['Chinese', '中文'.repeat(50_000), 50_000, 100_000, 150_000],
  ])('%s', async (_, text, ...counts) => {
    const made = [await make('o200k_base', o200k), await make('cl100k_base', cl100k), await make('p50k_base', gpt2)];
    expect(made.map(({ bpe }) => bpe.count(text))).toEqual(counts);
  });

  test('are counted in parts as they are whole', async () => {
    const { bpe } = await make('o200k_base', o200k);
    const line = "It isn't  over, said Zoë\u00a0— 3 o'clock\n\n and then… 漢字 went on. ";
    const count = bpe.count(line.repeat(10)) - bpe.count(line.repeat(9));
    expect(bpe.count(line.repeat(8000))).toBe(bpe.count(line) + 7999 * count);
  });
});

describe('round trips', () => {
  test.each([
    ['o200k_base', o200k],
    ['cl100k_base', cl100k],
    ['p50k_base', gpt2],
    ['r50k_base', gpt2],
  ] as const)('%s', async (name, split) => {
    const { bpe } = await make(name, split);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), (text) => {
        const ids = bpe.encode(text);
        expect(bpe.decode(ids)).toBe(text);
        expect(bpe.count(text)).toBe(ids.length);
      }),
    );
    for (const text of ['\ufeff', '\ufeffa\ufeff', 'a\u0000b', '🏳️‍🌈', '\r\n \r\n'])
      expect(bpe.decode(bpe.encode(text))).toBe(text);
  });

  test('a lone surrogate becomes the replacement character', async () => {
    const { bpe } = await make('o200k_base', o200k);
    for (const text of ['\ud83d', 'a\udc00b', '\ud83d\ud83d\ude00'])
      expect(bpe.decode(bpe.encode(text))).toBe(Buffer.from(text).toString());
    expect(bpe.count('\ud83d')).toBe(bpe.count('\ufffd'));
  });

  test('half a character is the replacement character', async () => {
    const { bpe } = await make('r50k_base', gpt2);
    const [first] = bpe.encode('漢') as [number];
    expect(bpe.decode([first])).toBe('\ufffd');
  });
});
