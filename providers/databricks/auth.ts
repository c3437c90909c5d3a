/**
 * A token goes as Bearer; without one, a service principal's id and secret are exchanged for a token that lasts an hour.
 * https://docs.databricks.com/aws/en/dev-tools/auth/oauth-m2m
 */
import type { Call, Env, Io, Provider, Wire } from '../../src/core/spec.js';
import { held, type Made, renewHeld } from '../shared/auth-memory.js';
import { type Context, fetched, hide, refusedToken, renewalOf } from '../shared/auth-request.js';
import { asText, isObject } from '../shared/messages.js';

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
  wire.secrets.push(principal.secret, basic(principal));
  if (io.dry) return put('<redacted>');
  const address = tokenAddress(call, io.env);
  return held(memory(principal, address), call, io, () =>
    askToken(principal, address, { call, io, secrets: wire.secrets }),
  ).then((token) => {
    wire.secrets.push(token);
    put(token);
  });
}

/** Identifier and secret as HTTP's basic authentication has them. */
const basic = ({ id, secret }: Principal): string => btoa([id, secret].map(encodeURIComponent).join(':'));

async function askToken(principal: Principal, address: string, context: Context): Promise<Made<string>> {
  const asked = context.io.now();
  const request = {
    method: 'POST',
    url: address,
    headers: {
      authorization: `Basic ${basic(principal)}`,
      'content-type': 'application/x-www-form-urlencoded',
      accept: 'application/json',
    },
    body: 'grant_type=client_credentials&scope=all-apis',
  };
  const { status, headers, body } = await fetched(request, context);
  const fields = isObject(body) ? body : {};
  const token = asText(fields['access_token']);
  if (status < 300 && token !== '') return { value: token, expires: renewalOf(asked, fields['expires_in']) };
  const told = asText(fields['error_description']) || asText(fields['message']) || asText(body);
  throw refusedToken({
    status,
    headers,
    message: `Databricks gave no token for the service principal: ${hide(told, context) || `HTTP ${status}`}`,
    code: asText(fields['error']) || asText(fields['error_code']),
    remedy: 'check DATABRICKS_CLIENT_ID, DATABRICKS_CLIENT_SECRET and DATABRICKS_HOST',
  });
}

/** A token that was refused may have been revoked: the next attempt asks for another. */
export const renew: NonNullable<Provider['renew']> = ({ status }, call, io) =>
  (status === 401 || status === 403) && renewHeld(call, io);

/** Where calls go: `api_base`, or the serving endpoints of the workspace. Empty where nothing names one. */
export function baseOf(call: Call, env: Env): string {
  const given = call.options.api_base ?? env('DATABRICKS_API_BASE');
  const host = hostOf(call, env);
  return given ?? (host === undefined ? '' : `${host.replace(/\/+$/, '')}/serving-endpoints`);
}
