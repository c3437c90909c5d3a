import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readData } from '../../src/gen/price-data.js';
import { inMillions, partOf } from '../../src/gen/prices.js';
import { loadFacts, loadPrices } from '../../src/prices/book.js';
import { loadPrices as loadList } from '../../src/prices/index.js';

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

test('a bill names the fields in conflict, the facts have what each source says', async () => {
  const disputed = rows.filter(([, row]) => row['conflict'] !== undefined);
  const changed = rows.filter(([, row]) => row['history'] !== undefined);
  expect(Math.min(disputed.length, changed.length)).toBeGreaterThan(5);
  const list = await loadList();
  for (const [key, row] of [...disputed, ...changed])
    expect(list.getModelInfo(key)).toMatchObject({
      key,
      ...(row['conflict'] !== undefined && { conflict: row['conflict'] }),
      ...(row['history'] !== undefined && { history: row['history'] }),
    });
  const [key, row] = disputed.find(([, { conflict }]) => 'input_cost_per_token' in (conflict as object)) ?? [];
  const usage = { prompt_tokens: 10, completion_tokens: 0 };
  const provider = row?.litellm_provider as string;
  const bill = list.explainCost({ model: key, custom_llm_provider: provider, usage });
  expect(bill.conflict).toEqual(['input_cost_per_token']);
});

test('an alias that the list has with a date alone is priced as its newest snapshot', async () => {
  const list = await loadList();
  const dated = /^(.+)[-@](20\d{6})$/;
  const newest = new Map<string, string>();
  for (const [key] of rows.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const alias = dated.exec(key)?.[1];
    if (alias !== undefined && key.startsWith('vertex_ai/')) newest.set(alias, key);
  }
  const known = new Set(rows.map(([key]) => key));
  const missing = [...newest].filter(([alias]) => !known.has(alias) && !known.has(alias.slice('vertex_ai/'.length)));
  expect(missing.length).toBeGreaterThan(2);
  for (const [alias, key] of missing) expect(list.getModelInfo(alias)?.key).toBe(key);
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
