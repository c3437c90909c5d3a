/**
 * A token goes as Bearer, a Zen API key of Cloud Pak for Data as ZenApiKey, and an API key of IBM Cloud is exchanged
 * for a token that lasts an hour. Sources: https://cloud.ibm.com/apidocs/watsonx-ai#authentication,
 * https://cloud.ibm.com/apidocs/iam-identity-token-api#gettoken-apikey
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, Env, Io, Provider, Wire } from '../../src/core/spec.js';
import { held, type Made, renewHeld } from '../shared/auth-memory.js';
import { type Context, fetched, hide, refusedToken, renewalOf } from '../shared/auth-request.js';
import { asText, isObject } from '../shared/messages.js';

const iam = 'https://iam.cloud.ibm.com/identity/token';
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
    const context = { call, io, secrets: wire.secrets };
    const token = io.dry
      ? '<redacted>'
      : await held(memory(address, key), call, io, () => askToken(address, key, context));
    wire.secrets.push(token);
    wire.headers['authorization'] = `Bearer ${token}`;
  };
  const key = io.requireKey();
  return typeof key === 'string' ? exchange(key) : key.then(exchange);
}

async function askToken(address: string, key: string, context: Context): Promise<Made<string>> {
  const asked = context.io.now();
  const request = {
    method: 'POST',
    url: address,
    headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
    body: new URLSearchParams({ grant_type: 'urn:ibm:params:oauth:grant-type:apikey', apikey: key }).toString(),
  };
  const { status, headers, body } = await fetched(request, context);
  const fields = isObject(body) ? body : {};
  const token = asText(fields['access_token']);
  if (status < 300 && token !== '') return { value: token, expires: renewalOf(asked, fields['expires_in']) };
  const told = asText(fields['errorMessage']) || asText(fields['error_description']) || asText(body);
  throw refusedToken({
    status,
    headers,
    message: `IBM Cloud gave no token for the API key: ${hide(told, context) || `HTTP ${status}`}`,
    code: asText(fields['errorCode']),
    remedy: 'check WATSONX_APIKEY, and WATSONX_IAM_URL if the key is of another cloud',
  });
}

/** A token that was refused may have been revoked: the next attempt asks for another. */
export const renew: NonNullable<Provider['renew']> = ({ status }, call, io) => status === 401 && renewHeld(call, io);
