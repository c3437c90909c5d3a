/** The AWS credentials of a call, and what becomes of refused ones. */
import { APIError } from '../../src/core/errors.js';
import type { Call, Io, Refusal } from '../../src/core/spec.js';
import { credentialsOf, sourceOf, type Held } from './aws-auth-sources.js';
import type { AwsCredentials } from './sigv4.js';

/** What a call went with, where it can be had anew. */
const used = new WeakMap<Call, { held: Held; key: string }>();

/** The credentials of a call. Many calls may wait for the same ones. */
export async function awsCredentials(call: Call, io: Io): Promise<AwsCredentials> {
  try {
    const source = sourceOf(call.options, io.env);
    const held = await credentialsOf(source, io);
    if (source.key !== undefined) used.set(call, { held, key: source.key });
    return held.credentials;
  } catch (error) {
    throw error instanceof APIError ? ownError(error, call) : error;
  }
}

/** Attempts are noted on an error, so each call throws one of its own. */
function ownError(error: APIError, { llm_provider, model }: Call): APIError {
  const { message, status, code, param, cause } = error;
  return new (error.constructor as typeof APIError)(message, { status, code, param, cause, llm_provider, model });
}

const skewKey = 'aws clock skew';
/** Less than AWS tolerates. */
const worthMending = 60_000;

/** How far AWS's clock is ahead of ours, in milliseconds, as far as it has told. */
export const clockSkew = (io: Pick<Io, 'memo'>): Promise<number> =>
  io.memo(skewKey, () => Promise.resolve({ value: 0 }));

/** Credentials that were got this shortly before would be got again. */
const young = 5_000;

/** Forgets what was refused. True when the clock is mended or other credentials can be had. */
export function renewAws(
  { code, message, headers }: Refusal,
  call: Call,
  io: Pick<Io, 'now' | 'memo' | 'forget'>,
): boolean {
  if (/Skew|Expired$/.test(code ?? '') || /signature (?:expired|not yet current)/i.test(message)) {
    const told = Date.parse(headers?.['date'] ?? '');
    const skew = told - io.now();
    if (Math.abs(skew) > worthMending) {
      io.forget(skewKey);
      void io.memo(skewKey, () => Promise.resolve({ value: skew }));
      return true;
    }
  }
  const { held, key } = used.get(call) ?? {};
  if (held === undefined || key === undefined || io.now() - held.made < young) return false;
  // The first of many calls forgets them; what is remembered by then is newer.
  if (!held.refused) io.forget(key);
  held.refused = true;
  return true;
}
