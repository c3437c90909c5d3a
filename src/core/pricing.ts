/** What the core asks of a price list; the list itself is in src/prices and reaches the core through the client. */
import type { Endpoint, MaybePromise, Options, Warning } from './spec.js';

/** A call as it is billed. */
export interface BilledCall {
  endpoint: Endpoint;
  llm_provider: string;
  model: string;
  /** Where it was served, if the provider tells by its address. */
  region: string | undefined;
  /** What the caller asked for; a service tier, for one. */
  params: object;
  options: Options;
  usage: unknown;
  result: object;
}

/** USD; null when unknown. */
export interface CallCost {
  /** What the provider said, else what its prices give. */
  cost: number | null;
  /** What its prices give. */
  computed: number | null;
}

export interface Pricing {
  /** Never throws. */
  price(call: BilledCall): CallCost;
  /** Whether the model is retired or about to be, told once a model. */
  lifecycle(llm_provider: string, model: string): Warning | undefined;
  /** The day a model is or was retired, `YYYY-MM-DD`. */
  retired(llm_provider: string, model: string): string | undefined;
}

/** Loads the price list at the first call, and gives it at once from then on. */
export interface PricingSource {
  load(): MaybePromise<Pricing>;
}
