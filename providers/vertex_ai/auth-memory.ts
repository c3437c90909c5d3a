/** What credentials gave, remembered while it lasts; and tokens that were refused before their end. */
import { APIError } from '../../src/core/errors.js';
import type { Call, Io, Refusal } from '../../src/core/spec.js';
import type { Grant, Made } from './auth-sources.js';
import type { Context } from './auth-tokens.js';

/** A grant in use. */
interface Held {
  key: string;
  grant: Grant;
  /** Milliseconds since the epoch. */
  made: number;
  /** A request with it was refused. */
  refused: boolean;
}

/** A token that was refused at this age (milliseconds) is no stale one: a new one would be refused, too. */
const young = 60_000;

/** The grant with which a call was sent last. */
const used = new WeakMap<Call, Held>();

/** An error of its own for each of the calls that waited: attempts are noted on it. */
function ownError(error: unknown, { llm_provider, model }: Call): unknown {
  if (!(error instanceof APIError)) return error;
  const type = error.constructor as typeof APIError;
  return new type(error.message, { ...error, cause: error.cause, llm_provider, model });
}

/** Makes a value once for all calls that ask for it meanwhile, and remembers it. */
export async function remembered<T>(key: string, { call, io }: Context, make: () => Promise<Made<T>>): Promise<T> {
  try {
    return await io.memo(key, make);
  } catch (error) {
    throw ownError(error, call);
  }
}

/** The same for a grant, noted as the call's. */
export async function grantFor(key: string, context: Context, make: () => Promise<Made<Grant>>): Promise<Grant> {
  const { call, io } = context;
  const held = await remembered<Held>(key, context, async () => {
    const made = io.now();
    const { value, ...end } = await make();
    return { value: { key, grant: value, made, refused: false }, ...end };
  });
  used.set(call, held);
  return held.grant;
}

/** Forgets a token that was refused: revoked, or of a clock that is wrong. */
export function renew({ status }: Refusal, call: Call, io: Pick<Io, 'now' | 'forget'>): boolean {
  const held = used.get(call);
  if (status !== 401 || held === undefined || io.now() - held.made < young) return false;
  // The first of many calls with it forgets it; what is remembered by then is a newer one.
  if (!held.refused) io.forget(held.key);
  held.refused = true;
  return true;
}
