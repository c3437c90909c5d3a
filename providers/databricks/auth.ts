/**
 * A token goes as Bearer; without one, a service principal's id and secret are exchanged for a token that lasts an hour.
 * https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, Env, ErrorKind, Io, Provider, Wire } from '../../src/core/spec.js';
import { asText, isObject } from '../shared/messages.js';

/** A token is renewed so many milliseconds before its end. */
const margin = 60_000;

interface Principal {
  id: string;
  secret: string;
}

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** The service principal; `undefined` where a token is at hand. */
function principalOf(call: Call, env: Env): Principal | undefined {
  const { options } = call;
  const given = (name: string): string | undefined => text(options[`databricks_${name}`]) ?? text(options[name]);
  const [id, secret] = [given('client_id'), given('client_secret')];
  if (id !== undefined && secret !== undefined) return { id, secret };
  if (options.api_key !== undefined || keyVariables.some((name) => env(name) !== undefined)) return undefined;
  const [knownId, knownSecret] = [env('DATABRICKS_CLIENT_ID'), env('DATABRICKS_CLIENT_SECRET')];
  return knownId !== undefined && knownSecret !== undefined ? { id: knownId, secret: knownSecret } : undefined;
}

export const keyVariables = ['DATABRICKS_API_KEY', 'DATABRICKS_TOKEN'] as const;

const memory = ({ id, secret }: Principal, address: string): string => `databricks ${address} ${id} ${secret}`;

const hostOf = (call: Call, env: Env): string | undefined => {
  const host = text(call.options['databricks_host']) ?? env('DATABRICKS_HOST');
  return host === undefined || /^https?:/.test(host) ? host : `https://${host}`;
};

/** The workspace gives the tokens: the one that is named, else the one called. */
const tokenAddress = (call: Call, env: Env): string =>
  `${new URL(hostOf(call, env) ?? baseOf(call, env)).origin}/oidc/v1/token`;

export function authenticate(wire: Wire, call: Call, io: Io): void | Promise<void> {
  if (wire.headers['authorization'] !== undefined) return;
  const put = (token: string): void => {
    wire.headers['authorization'] = `Bearer ${token}`;
  };
  const principal = principalOf(call, io.env);
  if (principal === undefined) {
    const key = io.requireKey();
    return typeof key === 'string' ? put(key) : key.then(put);
  }
  wire.secrets.push(principal.secret);
  if (io.dry) return put('<redacted>');
  const address = tokenAddress(call, io.env);
  return io
    .memo(memory(principal, address), () => askToken(principal, address, io))
    .then((token) => {
      wire.secrets.push(token);
      put(token);
    });
}

async function askToken(
  { id, secret }: Principal,
  address: string,
  io: Io,
): Promise<{ value: string; expires: number }> {
  const pair = [id, secret].map(encodeURIComponent).join(':');
  const { status, body } = await io.fetch({
    method: 'POST',
    url: address,
    headers: {
      authorization: `Basic ${btoa(pair)}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: 'grant_type=client_credentials&scope=all-apis',
    timeout: 30,
  });
  const fields = isObject(body) ? body : {};
  const token = asText(fields['access_token']);
  if (status >= 300 || token === '') {
    const told = asText(fields['error_description']) || asText(fields['message']) || asText(body).slice(0, 300);
    const kind: ErrorKind = status === 429 ? 'rate_limit' : status >= 500 ? 'server' : 'authentication';
    throw new ProviderFault({
      message: `Databricks gave no token for the service principal: ${told || `HTTP ${status}`}`,
      code: asText(fields['error']) || asText(fields['error_code']) || null,
      kind,
      ...(kind === 'authentication' ? {} : { status }),
    });
  }
  const seconds = typeof fields['expires_in'] === 'number' ? fields['expires_in'] : 0;
  return { value: token, expires: io.now() + seconds * 1000 - margin };
}

/** A token that was refused may have been revoked: the next attempt asks for another. */
export const renew: NonNullable<Provider['renew']> = (refusal, call, io) => {
  const principal = principalOf(call, io.env);
  if (principal === undefined || (refusal.status !== 401 && refusal.status !== 403)) return false;
  io.forget(memory(principal, tokenAddress(call, io.env)));
  return true;
};

/** Where calls go: `api_base`, or the serving endpoints of the workspace. Empty where nothing names one. */
export function baseOf(call: Call, env: Env): string {
  const given = call.options.api_base ?? env('DATABRICKS_API_BASE');
  const host = hostOf(call, env);
  return given ?? (host === undefined ? '' : `${host.replace(/\/+$/, '')}/serving-endpoints`);
}
