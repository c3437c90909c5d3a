/**
 * A token goes as Bearer, a Zen API key of Cloud Pak for Data as ZenApiKey, and an API key of IBM Cloud is exchanged
 * for a token that lasts an hour. Sources: https://cloud.ibm.com/apidocs/watsonx-ai#authentication,
 * https://cloud.ibm.com/apidocs/iam-identity-token-api#gettoken-apikey
 */
import { BadRequestError, ProviderFault } from '../../src/core/errors.js';
import type { Call, Env, ErrorKind, Io, Provider, Wire } from '../../src/core/spec.js';
import { asText, isObject } from '../shared/messages.js';

const iam = 'https://iam.cloud.ibm.com/identity/token';
/** A token is renewed so many milliseconds before its end. */
const margin = 60_000;

export const keyVariables = ['WATSONX_APIKEY', 'WATSONX_API_KEY', 'WX_API_KEY'] as const;

/** A credential that goes out as it is; undefined where an API key has to be exchanged. */
function readyMade(call: Call, env: Env): { scheme: string; value: string } | undefined {
  const { options } = call;
  const ready = (scheme: string, value: unknown): { scheme: string; value: string } | undefined => {
    const clean = typeof value === 'string' ? value.trim() : '';
    if (/\p{Cc}/u.test(clean))
      throw new BadRequestError('token: must not contain line breaks or control characters', { param: 'token' });
    return clean === '' ? undefined : { scheme, value: clean };
  };
  const given =
    ready('Bearer', options['watsonx_token'] ?? options['token']) ??
    ready('ZenApiKey', options['watsonx_zenapikey'] ?? options['zen_api_key']);
  // What the call brings outranks the environment.
  if (given !== undefined || options.api_key !== undefined) return given;
  return ready('Bearer', env('WATSONX_TOKEN')) ?? ready('ZenApiKey', env('WATSONX_ZENAPIKEY'));
}

function tokenAddress(call: Call, env: Env): string {
  const given = call.options['watsonx_iam_url'];
  return typeof given === 'string' && given !== '' ? given : (env('WATSONX_IAM_URL') ?? iam);
}

const memory = (address: string, key: string): string => `watsonx ${address} ${key}`;

export function authenticate(wire: Wire, call: Call, io: Io): void | Promise<void> {
  if (wire.headers['authorization'] !== undefined) return;
  const ready = readyMade(call, io.env);
  if (ready !== undefined) {
    wire.secrets.push(ready.value);
    wire.headers['authorization'] = `${ready.scheme} ${ready.value}`;
    return;
  }
  const exchange = async (key: string): Promise<void> => {
    const address = tokenAddress(call, io.env);
    const token = io.dry ? '<redacted>' : await io.memo(memory(address, key), () => askToken(address, key, io));
    wire.secrets.push(token);
    wire.headers['authorization'] = `Bearer ${token}`;
  };
  const key = io.requireKey();
  return typeof key === 'string' ? exchange(key) : key.then(exchange);
}

async function askToken(address: string, key: string, io: Io): Promise<{ value: string; expires: number }> {
  const { status, body } = await io.fetch({
    method: 'POST',
    url: address,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: key }).toString(),
    timeout: 30,
  });
  const fields = isObject(body) ? body : {};
  const token = asText(fields['access_token']);
  if (status >= 300 || token === '') throw refused(status, fields, body);
  const { expiration, expires_in: seconds } = fields;
  const end =
    typeof seconds === 'number' ? io.now() + seconds * 1000 : typeof expiration === 'number' ? expiration * 1000 : 0;
  return { value: token, expires: end - margin };
}

function refused(status: number, fields: Record<string, unknown>, body: unknown): ProviderFault {
  const told = asText(fields['errorMessage']) || asText(fields['error_description']) || asText(body).slice(0, 300);
  const kind: ErrorKind = status === 429 ? 'rate_limit' : status >= 500 ? 'server' : 'authentication';
  return new ProviderFault({
    message: `IBM Cloud gave no token for the API key: ${told || `HTTP ${status}`}`,
    code: asText(fields['errorCode']) || null,
    kind,
    ...(kind === 'authentication' ? {} : { status }),
  });
}

/** A token that was refused may have been revoked: the next attempt asks for another. */
export const renew: NonNullable<Provider['renew']> = (refusal, call, io) => {
  const { api_key: option } = call.options;
  if (refusal.status !== 401 || typeof option === 'function' || readyMade(call, io.env) !== undefined) return false;
  const key = option ?? keyVariables.map((name) => io.env(name)).find((value) => value !== undefined);
  if (key === undefined) return false;
  io.forget(memory(tokenAddress(call, io.env), key.trim()));
  return true;
};
