import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readData } from '../../src/gen/price-data.js';
import { inMillions, partOf } from '../../src/gen/prices.js';
import { loadFacts, loadPrices } from '../../src/prices/book.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const rows = [...readData(root).values()].flatMap((file) => Object.entries(file));

describe.each([
  ['prices', loadPrices],
  ['facts', loadFacts],
] as const)('the book of %s', (name, load) => {
  test('gives every row as it is in the data, to the last bit', async () => {
    const book = await load();
    expect(book.size).toBe(rows.length);
    expect(new Set(book.keys())).toEqual(new Set(rows.map(([key]) => key)));
    for (const [key, row] of rows) expect(book.get(key)).toEqual(partOf(name, row));
  });

  test('loads once, and knows no other key', async () => {
    const book = await load();
    expect(await load()).toBe(book);
    expect(book.get('gpt-4o')).toBe(book.get('gpt-4o'));
    expect(book.get('no-such-model')).toBeUndefined();
    expect(book.get('constructor')).toBeUndefined();
    expect(book.get('')).toBeUndefined();
    expect(Object.isFrozen(book.get('gpt-4o'))).toBe(true);
  });
});

test('the two books part the fields', async () => {
  const [prices, facts] = await Promise.all([loadPrices(), loadFacts()]);
  expect(prices.get('gpt-4o')).toMatchObject({
    litellm_provider: 'openai',
    mode: 'chat',
    input_cost_per_token: 2.5e-6,
  });
  expect(prices.get('gpt-4o')).not.toHaveProperty('max_input_tokens');
  expect(facts.get('gpt-4o')).toMatchObject({ litellm_provider: 'openai', max_input_tokens: 128000 });
  expect(facts.get('gpt-4o')).not.toHaveProperty('input_cost_per_token');
});

test('a price is packed as the decimal that gives it back', () => {
  expect(inMillions(2.5e-6)).toBe('2.5');
  expect(inMillions(1e-7)).toBe('.1');
  expect(inMillions(0.00015)).toBe('150');
  expect(inMillions(0)).toBe('0');
  expect(inMillions(8.99997e-6)).toBe('8.99997');
  fc.assert(
    fc.property(fc.double({ min: 1e-12, max: 1e3, noNaN: true }), (price) => {
      expect(Number(`${inMillions(price)}e-6`)).toBe(price);
    }),
  );
});
