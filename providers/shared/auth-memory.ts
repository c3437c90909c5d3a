/** What credentials gave, remembered while it lasts; and tokens that were refused before their end. */
import { APIError } from '../../src/core/errors.js';
import type { Call, Io } from '../../src/core/spec.js';

/** A value with its end, in milliseconds since the epoch. */
export interface Made<T> {
  value: T;
  expires?: number;
}

/** A value in use. */
interface Held {
  key: string;
  value: unknown;
  /** Milliseconds since the epoch. */
  made: number;
  /** A request with it was refused. */
  refused: boolean;
}

/** A token that was refused at this age (milliseconds) is no stale one: a new one would be refused, too. */
const young = 60_000;

/** What a call was sent with last. */
const used = new WeakMap<Call, Held>();

/** An error of its own for each of the calls that waited: attempts are noted on it. */
export function ownError(error: unknown, { llm_provider, model }: Call): unknown {
  if (!(error instanceof APIError)) return error;
  const type = error.constructor as typeof APIError;
  return new type(error.message, { ...error, cause: error.cause, llm_provider, model });
}

/** Makes a value once for all calls that ask for it meanwhile, and remembers it. */
export async function remembered<T>(key: string, call: Call, io: Io, make: () => Promise<Made<T>>): Promise<T> {
  try {
    return await io.memo(key, make);
  } catch (error) {
    throw ownError(error, call);
  }
}

/** The same for a credential, noted as the call's. */
export async function held<T>(key: string, call: Call, io: Io, make: () => Promise<Made<T>>): Promise<T> {
  const found = await remembered<Held>(key, call, io, async () => {
    const made = io.now();
    const { value, ...end } = await make();
    return { value: { key, value, made, refused: false }, ...end };
  });
  used.set(call, found);
  return found.value as T;
}

/** Forgets what a call was refused with: revoked, or of a clock that is wrong. True if another is worth a try. */
export function renewHeld(call: Call, io: Pick<Io, 'now' | 'forget'>): boolean {
  const found = used.get(call);
  if (found === undefined || io.now() - found.made < young) return false;
  // The first of many calls with it forgets it; what is remembered by then is a newer one.
  if (!found.refused) io.forget(found.key);
  found.refused = true;
  return true;
}
