/** Wraps a runner in middleware; the first in the list is the outermost. */
import type { Endpoint, Input, Middleware, Output, Runner } from './spec.js';

export function compose(use: readonly Middleware[], run: Runner['run']): Runner['run'] {
  return use.reduceRight<Runner['run']>(
    (next, middleware) =>
      async <E extends Endpoint>(endpoint: E, input: Input<E>): Promise<Output<E>> =>
        middleware(endpoint, input, (changed) => next(endpoint, changed)),
    run,
  );
}
