/** Credentials: keys from options and the environment, tokens remembered for a client's life. */
import { AuthenticationError, BadRequestError } from './errors.js';
import type { Call, Env, Io, MaybePromise, Refusal, Wire } from './spec.js';

/** Reads the environment of this process, where there is one. */
export const processEnv: Env = (name) => {
  const value = (globalThis as { process?: { env?: Record<string, string | undefined> } }).process?.env?.[name];
  return value === undefined || value === '' ? undefined : value;
};

/** An environment's variables by name, or a function that knows them. */
export type Variables = Readonly<Record<string, string | undefined>> | Env;

/** What stands in place of the process's environment. */
export function environmentOf(variables: Variables | undefined): Env {
  if (typeof variables === 'function') return variables;
  return variables === undefined ? processEnv : (name) => variables[name] || undefined;
}

interface Token {
  value: unknown;
  expires: number;
}

/** Tokens by key, with one refresh at a time. */
export class TokenMemory {
  readonly #tokens = new Map<string, Token>();
  readonly #pending = new Map<string, { refresh: Promise<unknown>; aborted: () => boolean }>();

  /** `aborted`: whether the call that asks has been given up. */
  async get<T>(
    key: string,
    now: () => number,
    make: () => Promise<{ value: T; expires?: number }>,
    aborted: () => boolean,
  ): Promise<T> {
    const known = this.#tokens.get(key);
    if (known !== undefined && known.expires > now()) return known.value as T;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      try {
        return (await pending.refresh) as T;
      } catch (error) {
        // The call that asked was given up; this one was not.
        if (pending.aborted() && !aborted()) return this.get(key, now, make, aborted);
        throw error;
      }
    }
    const refresh = make().then(({ value, expires }) => {
      this.#tokens.set(key, { value, expires: expires ?? Infinity });
      return value;
    });
    this.#pending.set(key, { refresh, aborted });
    try {
      return await refresh;
    } finally {
      this.#pending.delete(key);
    }
  }

  forget(key: string): void {
    this.#tokens.delete(key);
  }
}

export interface IoHost {
  env: Env;
  now(): number;
  tokens: TokenMemory;
  /** Sends an auxiliary request within the limits of the attempt, and within `seconds`. */
  send(
    wire: Wire,
    seconds: number | undefined,
  ): Promise<{ status: number; headers: Record<string, string>; text: string }>;
  /** Whether the attempt has been given up. */
  aborted(): boolean;
  dry: boolean;
}

const placeholder = '<redacted>';

/** A header value that HTTP cannot carry would be a request smuggled in; it is refused, unseen. */
export function checkHeaderValue(field: string, value: string): void {
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(value))
    throw new BadRequestError(`${field}: must not contain line breaks or control characters`, {
      param: field,
      code: 'invalid_input',
    });
}

export function envNames(call: Pick<Call, 'provider'>): readonly string[] {
  return call.provider.env?.key ?? [];
}

export function missingKey(call: Pick<Call, 'provider' | 'llm_provider' | 'model'>): AuthenticationError {
  const names = envNames(call);
  const variables = names.length === 0 ? '' : ` or set ${names.join(' or ')} in the environment`;
  return new AuthenticationError(`no API key for ${call.llm_provider}: pass api_key${variables}`, {
    llm_provider: call.llm_provider,
    model: call.model,
    param: 'api_key',
    code: 'missing_api_key',
  });
}

async function askKey(call: Call, ask: () => MaybePromise<string>): Promise<string> {
  try {
    return await ask();
  } catch (cause) {
    throw new AuthenticationError('api_key: the function that gives it failed', {
      llm_provider: call.llm_provider,
      model: call.model,
      param: 'api_key',
      code: 'api_key_failed',
      cause,
    });
  }
}

/** The key of a call: the option, asked anew each time if it is a function, else the provider's own variables. */
function findKey(call: Call, host: IoHost): MaybePromise<string | undefined> {
  const option = call.options.api_key;
  if (typeof option === 'function') return host.dry ? placeholder : askKey(call, option);
  if (typeof option === 'string' && option !== '') return option;
  for (const name of envNames(call)) {
    const value = host.env(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The key of a call, noted as a secret of its request. */
function keyOf(call: Call, wire: Wire, host: IoHost): MaybePromise<string | undefined> {
  const found = findKey(call, host);
  return found instanceof Promise ? found.then((key) => register(key, wire)) : register(found, wire);
}

function register(key: string | undefined, wire: Wire): string | undefined {
  if (key === undefined) return undefined;
  if (typeof key !== 'string')
    throw new BadRequestError('api_key: the function must give a string', { param: 'api_key', code: 'invalid_input' });
  const clean = key.trim();
  if (clean === '') return undefined;
  checkHeaderValue('api_key', clean);
  wire.secrets.push(clean);
  return clean;
}

class CallIo implements Io {
  readonly env: Env;
  readonly dry: boolean;
  readonly #call: Call;
  readonly #wire: Wire;
  readonly #host: IoHost;

  constructor(call: Call, wire: Wire, host: IoHost) {
    this.#call = call;
    this.#wire = wire;
    this.#host = host;
    this.env = host.env;
    this.dry = host.dry;
  }

  now(): number {
    return this.#host.now();
  }

  key(): MaybePromise<string | undefined> {
    return keyOf(this.#call, this.#wire, this.#host);
  }

  requireKey(): MaybePromise<string> {
    const found = this.key();
    const must = (key: string | undefined): string => {
      if (key === undefined) throw missingKey(this.#call);
      return key;
    };
    return found instanceof Promise ? found.then(must) : must(found);
  }

  async fetch(request: Parameters<Io['fetch']>[0]): ReturnType<Io['fetch']> {
    if (this.dry) throw new Error('a dry run calls no token endpoint');
    const wire: Wire = {
      method: request.method,
      url: request.url,
      headers: { ...request.headers },
      ...(request.body !== undefined && { body: request.body }),
      secrets: this.#wire.secrets,
    };
    const { status, headers, text } = await this.#host.send(wire, request.timeout);
    let body: unknown = text;
    try {
      body = JSON.parse(text);
    } catch {
      // token endpoints answer in plain text too
    }
    return { status, headers, body };
  }

  memo<T>(key: string, make: () => Promise<{ value: T; expires?: number }>): Promise<T> {
    return this.#host.tokens.get(
      key,
      () => this.#host.now(),
      make,
      () => this.#host.aborted(),
    );
  }

  forget(key: string): void {
    this.#host.tokens.forget(key);
  }
}

/** Whether the provider knows of fresh credentials after these were refused. */
export function renew(call: Call, refusal: Refusal, host: Omit<IoHost, 'send' | 'aborted' | 'dry'>): boolean {
  return (
    call.provider.renew?.(refusal, call, {
      env: host.env,
      now: host.now,
      memo: (key, make) => host.tokens.get(key, host.now, make, () => false),
      forget: (key) => host.tokens.forget(key),
    }) === true
  );
}

/** Puts the call's credentials on the wire. Synchronous where the key is at hand. */
export function authorize(call: Call, wire: Wire, host: IoHost): MaybePromise<void> {
  const auth = call.provider.auth;
  if (typeof auth === 'function') return auth(wire, call, new CallIo(call, wire, host));
  const key = keyOf(call, wire, host);
  return key instanceof Promise ? key.then((given) => putKey(call, wire, given)) : putKey(call, wire, key);
}

function putKey(call: Call, wire: Wire, key: string | undefined): void {
  const auth = call.provider.auth as { header: string; prefix?: string } | undefined;
  const header = auth?.header ?? 'authorization';
  // A header that the caller set by hand is the caller's credential.
  if (wire.headers[header] !== undefined) return;
  if (key !== undefined) wire.headers[header] = (auth === undefined ? 'Bearer ' : (auth.prefix ?? '')) + key;
  else if (call.provider.key_optional !== true) throw missingKey(call);
}
