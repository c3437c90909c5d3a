/** Entra's access tokens, remembered while they last: what asks for them, and what refuses them. */
import { errorClass } from '../../src/core/errors.js';
import type { Call, ErrorFacts, Io, Refusal } from '../../src/core/spec.js';
import { remembered as once } from '../shared/auth-memory.js';

/** A token with the time it lasts (milliseconds since the epoch), or why there is none. */
export type Grant = { token: string; until: number } | Failure;

export interface Failure {
  failure: ErrorFacts;
  /** Of the answer, where there was one. */
  status?: number;
}

/** A token in use. */
interface Held {
  key: string;
  token: string;
  made: number;
  /** A request with it was refused. */
  refused: boolean;
}

/** Milliseconds before its end in which a token is no longer used; a fifth of its life at most. */
const margin = 300_000;
/** A token that was refused at this age (milliseconds) is no stale one: a new one would be refused, too. */
const young = 60_000;

/** The token with which a call was sent last. */
const used = new WeakMap<Call, Held>();

/** A token of those remembered, else a new one. A failure is told to all who waited for it, and then forgotten. */
export async function remembered(key: string, call: Call, io: Io, ask: () => Promise<Grant>): Promise<string> {
  used.delete(call);
  const found = await once<Held | Failure>(key, call, io, async () => {
    const made = io.now();
    const grant = await ask();
    if ('failure' in grant) return { value: grant, expires: 0 };
    const { token, until } = grant;
    const expires = until - Math.min(margin, (until - made) / 5);
    return { value: { key, token, made, refused: false }, expires };
  });
  if ('failure' in found) throw refusal(found, call);
  used.set(call, found);
  return found.token;
}

/** An error of its own for each call: attempts are noted on it. */
function refusal({ failure, status }: Failure, call: Call): Error {
  const { message, code = null, retry_after } = failure;
  const transient = status !== undefined && (status >= 500 || status === 429);
  const type = errorClass(transient ? failure : { ...failure, kind: 'authentication' }, status);
  return new type(message, {
    code,
    llm_provider: call.llm_provider,
    model: call.model,
    retry_after,
    ...(transient && { status }),
  });
}

/** Forgets a token that went stale before its time: revoked, or of a clock that is wrong. */
export function renew({ status }: Refusal, call: Call, io: Pick<Io, 'now' | 'forget'>): boolean {
  const held = used.get(call);
  if (status !== 401 || held === undefined || io.now() - held.made < young) return false;
  // The first of many calls with it forgets it; what is remembered by then is a newer one.
  if (!held.refused) io.forget(held.key);
  held.refused = true;
  return true;
}
