/** Requests to token servers: their limits, and what is said when there is no answer. */
import { APIConnectionError, CallmError, ProviderFault, Timeout } from '../../src/core/errors.js';
import type { Call, ErrorKind, Io } from '../../src/core/spec.js';

/** What a request needs. `secrets` are those of the call's own request. */
export interface Context {
  call: Call;
  io: Io;
  secrets: string[];
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Seconds after which a silent token server is given up. */
const patience = 30;
/** Seconds that a token is taken to last when its server does not say. */
const unknownLife = 300;
/** Seconds before its end in which a token is no longer used; a fifth of its life at most. */
const margin = 60;

/** When a token is to be replaced, in milliseconds since the epoch. It was asked for at `asked`; the server's clock does not matter. */
export function renewalOf(asked: number, seconds: unknown): number {
  const life = typeof seconds === 'number' && seconds > 0 ? seconds : unknownLife;
  return asked + (life - Math.min(margin, life / 5)) * 1000;
}

export const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'the token endpoint');

/** The spellings of a secret: as it is, in an address, in a form. */
export const spellings = (secret: string): string[] => [
  secret,
  encodeURIComponent(secret),
  new URLSearchParams({ _: secret }).toString().slice(2),
];

/** A text of others without the values that must not be shown. */
export function hide(text: string, { secrets }: Pick<Context, 'secrets'>): string {
  const spelled = secrets.filter((secret) => secret.length >= 4).flatMap(spellings);
  return spelled.reduce((clean, each) => clean.replaceAll(each, '<redacted>'), text).slice(0, 500);
}

function unreachable(url: string, cause: unknown, context: Context): APIConnectionError {
  const error = cause instanceof Error ? cause : new Error(String(cause));
  const { code } = error as { code?: unknown };
  const told = hide(error.message || String(code ?? error.name), context);
  const { llm_provider, model } = context.call;
  return new APIConnectionError(
    `no access token for ${llm_provider}: the connection to ${hostOf(url)} failed: ${told}`,
    {
      llm_provider,
      model,
      code: typeof code === 'string' ? code : null,
      cause: told === error.message ? error : new Error(told),
    },
  );
}

function silent(url: string, { call: { llm_provider, model } }: Context): Timeout {
  const told = `no access token for ${llm_provider}: ${hostOf(url)} did not answer within ${patience} s`;
  return new Timeout(told, { llm_provider, model, code: 'timeout' });
}

/** A token request, within the limits of the call and of our patience. */
export async function fetched(request: Parameters<Io['fetch']>[0], context: Context): Promise<Answer> {
  try {
    return await context.io.fetch({ ...request, timeout: patience });
  } catch (cause) {
    const { kind, seconds } = cause as { kind?: unknown; seconds?: unknown };
    if (kind === 'total' && seconds === patience) throw silent(request.url, context);
    // The call itself was ended: others that wait for the token ask anew.
    if (CallmError.is(cause) || kind !== undefined) throw cause;
    throw unreachable(request.url, cause, context);
  }
}

/** A token server gave none. It may do so later, or `remedy` says what to do. */
export function refusedToken(refusal: {
  status: number;
  headers: Record<string, string>;
  message: string;
  code: string;
  remedy: string;
}): ProviderFault {
  const { status, headers, message, remedy } = refusal;
  const kind: ErrorKind = status === 429 ? 'rate_limit' : status >= 500 ? 'server' : 'authentication';
  const wait = Number(headers['retry-after']);
  return new ProviderFault({
    message: kind === 'authentication' ? `${message}; ${remedy}` : message,
    code: refusal.code || null,
    kind,
    ...(kind !== 'authentication' && { status }),
    ...(wait > 0 && { retry_after: wait }),
  });
}
