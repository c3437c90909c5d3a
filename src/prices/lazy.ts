/** A client's price list, loaded when it is first needed. */
import type { PricingSource } from '../core/pricing.js';
import type { MaybePromise } from '../core/spec.js';
import type { Prices } from './prices.js';
import type { PriceRows } from './register.js';

export class LazyPrices implements PricingSource {
  readonly #rows: PriceRows | undefined;
  #prices: MaybePromise<Prices> | undefined;

  constructor(rows: PriceRows | Prices | undefined) {
    if (isPrices(rows)) this.#prices = rows;
    else this.#rows = rows;
  }

  load(): MaybePromise<Prices> {
    if (this.#prices === undefined) {
      const making = import('./prices.js').then(({ makePrices }) => makePrices(this.#rows));
      this.#prices = making;
      making.then(
        (prices) => (this.#prices = prices),
        () => (this.#prices = undefined),
      );
    }
    return this.#prices;
  }
}

const isPrices = (value: object | undefined): value is Prices =>
  typeof (value as Partial<Prices> | null | undefined)?.explainCost === 'function';
