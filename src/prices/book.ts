/** The packed books: prices, and the other facts of models. Each is a chunk of its own, loaded at its first use. */
import { openBook, type Book } from './unpack.js';

export type { Book, PriceRow } from './unpack.js';

let prices: Promise<Book> | undefined;
let facts: Promise<Book> | undefined;

/** Prices, `mode`, `deprecation_date`, and where a price is from: `source`, `checked`, `conflict`, `history`. */
export const loadPrices = (): Promise<Book> =>
  (prices ??= import('./prices.gen.js').then(({ packed }) => openBook(packed)));

/** Limits, modalities, capabilities. */
export const loadFacts = (): Promise<Book> =>
  (facts ??= import('./facts.gen.js').then(({ packed }) => openBook(packed)));
