/** `callm/prices`: the price list by itself, synchronous once it is loaded. */
import { makePrices, type Prices } from './prices.js';
import type { PriceRows } from './register.js';

/**
 * Loads the shipped price list; with rows of your own, those alone. What it gives may be handed to
 * `createCallm({ prices })`.
 */
export const loadPrices = async (rows?: PriceRows): Promise<Prices> => (await makePrices(rows)).withFacts();

export type { PriceRow } from './book.js';
export type { CostExplanation, CostInput } from './cost-input.js';
export type { ModelInfo } from './info.js';
export type { CostLine } from './lines.js';
export type { PriceFunctions } from './functions.js';
export type { ModelQuery, Prices, TokenCostInput } from './prices.js';
export type { PriceRows } from './register.js';
