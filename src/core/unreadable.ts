/** Marks what went wrong in the reading of an answer, so that it is not taken for a fault of the connection. */
import { CallmError, ProviderFault } from './errors.js';

/** An event whose data is no JSON. V8's own message quotes pieces of a text, which might be pieces of a secret. */
export class BrokenEvent extends SyntaxError {
  readonly data: string;
  constructor(data: string) {
    super('broken JSON');
    this.data = data;
  }
}

/** An answer that its reader choked on: a shape nobody foresaw. */
export class Unreadable extends Error {}

/** Marks what a provider's reader threw, so that it is not taken for a fault of the connection. */
export function unreadable(error: unknown): unknown {
  return error instanceof ProviderFault || error instanceof SyntaxError || CallmError.is(error)
    ? error
    : new Unreadable(error instanceof Error ? error.message : String(error), { cause: error });
}
