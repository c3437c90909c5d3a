/**
 * Google's credentials: where a call finds them, and the token requests they make. Nothing here does I/O.
 * Sources: https://cloud.google.com/docs/authentication/application-default-credentials,
 * https://developers.google.com/identity/protocols/oauth2/service-account#httprest, https://google.aip.dev/auth
 */
import { AuthenticationError } from '../../src/core/errors.js';
import type { Call, Env, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { sign } from './jwt.js';

export const scope = 'https://www.googleapis.com/auth/cloud-platform';
const tokenUri = 'https://oauth2.googleapis.com/token';

/** What to do where there are none. */
const remedies =
  'pass vertex_credentials (the JSON of a service account key, or its path) or api_key (an access token, or a key of express mode), ' +
  'set VERTEXAI_CREDENTIALS or GOOGLE_APPLICATION_CREDENTIALS, or run `gcloud auth application-default login`';

export function refuse(call: Call, why: string, code = 'invalid_credentials', cause?: unknown): AuthenticationError {
  return new AuthenticationError(why, {
    param: 'vertex_credentials',
    code,
    llm_provider: call.llm_provider,
    model: call.model,
    ...(cause !== undefined && { cause }),
  });
}

export const noCredentials = (call: Call): AuthenticationError =>
  refuse(call, `no Google credentials for ${call.llm_provider}: ${remedies}`, 'missing_credentials');

/** Where credentials stand. `name` is the option or variable that told it. */
export type Source =
  | { kind: 'data'; name: string; data: JsonObject }
  | { kind: 'file'; name: string; path: string; optional?: true }
  | { kind: 'metadata' };

/** Reads JSON given as text. Nothing of the text is shown: it holds a key. */
export function parseCredentials(text: string, name: string, call: Call): JsonObject {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // told below
  }
  if (isObject(data)) return data;
  throw refuse(call, `${name}: holds no JSON object`);
}

function sourceOf(given: unknown, name: string, call: Call): Source {
  if (isObject(given)) return { kind: 'data', name, data: given };
  if (typeof given !== 'string' || given.trim() === '')
    throw refuse(call, `${name}: must be the JSON of a key, as text or object, or the path of a file that holds it`);
  const text = given.trim();
  return text.startsWith('{')
    ? { kind: 'data', name, data: parseCredentials(text, name, call) }
    : { kind: 'file', name, path: text };
}

const gcloudName = 'application_default_credentials.json';

/** Variables that Google's platforms set. */
export const platforms = [
  'GCE_METADATA_HOST',
  'K_SERVICE',
  'CLOUD_RUN_JOB',
  'FUNCTION_NAME',
  'GAE_SERVICE',
  'KUBERNETES_SERVICE_HOST',
];

/** What stands in for credentials that a variable names: the login of gcloud, or a machine of Google's. */
export const ambient: readonly (readonly string[])[] = [
  ...['$CLOUDSDK_CONFIG', '$APPDATA/gcloud', '$HOME/.config/gcloud'].map((folder) => [`${folder}/${gcloudName}`]),
  ...platforms.map((name) => [name]),
];

/** Where gcloud leaves the user's own credentials. */
function gcloudFile(env: Env): string | undefined {
  const folder = env('CLOUDSDK_CONFIG');
  if (folder !== undefined) return `${folder}/${gcloudName}`;
  const roaming = env('APPDATA');
  const home = env('HOME');
  const place = roaming === undefined ? home && `${home}/.config` : roaming;
  return place && `${place}/gcloud/${gcloudName}`;
}

/** The places to look at, in order: the first that is there counts. */
export function sourcesOf(call: Call): Source[] {
  const { options, env } = call;
  for (const name of ['vertex_credentials', 'vertex_ai_credentials'])
    if (options[name] !== undefined) return [sourceOf(options[name], name, call)];
  const own = env('VERTEXAI_CREDENTIALS');
  if (own !== undefined) return [sourceOf(own, 'VERTEXAI_CREDENTIALS', call)];
  const path = env('GOOGLE_APPLICATION_CREDENTIALS');
  if (path !== undefined) return [{ kind: 'file', name: 'GOOGLE_APPLICATION_CREDENTIALS', path }];
  const user = gcloudFile(env);
  return [
    ...(user === undefined ? [] : [{ kind: 'file', name: 'gcloud', path: user, optional: true } as const]),
    { kind: 'metadata' },
  ];
}

const text = (data: JsonObject, field: string): string | undefined => {
  const value = data[field];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The project that credentials name, where a call names none. */
export const projectIn = (data: JsonObject): string | undefined =>
  text(data, 'project_id') ?? text(data, 'quota_project_id');
export const quotaProjectIn = (data: JsonObject): string | undefined => text(data, 'quota_project_id');

/** A request to a token endpoint, form-encoded; `secrets` are the values in it that must not be shown. */
export interface TokenRequest {
  url: string;
  body: string;
  secrets: string[];
}

function required(data: JsonObject, field: string, name: string, call: Call): string {
  const value = text(data, field);
  if (value === undefined)
    throw refuse(call, `${name}: the credentials of type ${String(data['type'])} have no ${field}`);
  return value;
}

/** The request that turns credentials into an access token; undefined for types that need Google's own library. `now` is in milliseconds. */
export async function tokenRequest(
  data: JsonObject,
  name: string,
  now: number,
  call: Call,
): Promise<TokenRequest | undefined> {
  const url = text(data, 'token_uri') ?? tokenUri;
  if (data['type'] === 'service_account') {
    const iat = Math.floor(now / 1000);
    const claims = { iss: required(data, 'client_email', name, call), scope, aud: url, iat, exp: iat + 3600 };
    const pem = required(data, 'private_key', name, call);
    const kid = text(data, 'private_key_id');
    let assertion: string;
    try {
      assertion = await sign(kid === undefined ? {} : { kid }, claims, pem);
    } catch (error) {
      throw refuse(call, `${name}: the private_key cannot be used: ${(error as Error).message}`);
    }
    const fields = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion };
    return { url, body: new URLSearchParams(fields).toString(), secrets: [assertion, pem] };
  }
  if (data['type'] !== 'authorized_user') return undefined;
  const fields = {
    grant_type: 'refresh_token',
    client_id: required(data, 'client_id', name, call),
    client_secret: required(data, 'client_secret', name, call),
    refresh_token: required(data, 'refresh_token', name, call),
  };
  return { url, body: new URLSearchParams(fields).toString(), secrets: [fields.client_secret, fields.refresh_token] };
}

/** What may be wrong when a token endpoint refuses credentials. */
export function remedyOf(data: JsonObject): string {
  return data['type'] === 'authorized_user'
    ? 'the login has expired or was revoked: run `gcloud auth application-default login`'
    : `check that the key of ${text(data, 'client_email') ?? 'the account'} still exists and is whole`;
}
