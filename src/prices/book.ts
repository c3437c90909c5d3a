/** The packed books: prices, and the other facts of models. They load at their first use, with the keys they share. */
import { KeyIndex } from './key-index.js';
import { openBook, type Book } from './unpack.js';

export type { Book, PriceRow } from './unpack.js';

let index: Promise<KeyIndex> | undefined;
let prices: Promise<Book> | undefined;
let facts: Promise<Book> | undefined;

async function load(content: Promise<{ packed: string }>): Promise<Book> {
  index ??= import('./keys.gen.js').then(({ packed }) => new KeyIndex(packed));
  const [keys, { packed }] = await Promise.all([index, content]);
  return openBook(keys, packed);
}

/** Prices, `mode`, `deprecation_date`, and where a price is from: `source`, `checked`, `conflict`. */
export const loadPrices = (): Promise<Book> => (prices ??= load(import('./prices.gen.js')));

/** Limits, modalities, capabilities, earlier and coming prices. */
export const loadFacts = (): Promise<Book> => (facts ??= load(import('./facts.gen.js')));
