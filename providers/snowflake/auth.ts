/**
 * Programmatic access tokens (`pat/<token>`), key-pair JWTs and OAuth tokens, all as Bearer; the kind is named where it is
 * certain, else Snowflake finds out. https://docs.snowflake.com/en/developer-guide/snowflake-rest-api/authentication
 */
import type { Call, Io, Wire } from '../../src/core/spec.js';

const kindHeader = 'x-snowflake-authorization-token-type';

export function authenticate(wire: Wire, _call: Call, io: Io): void | Promise<void> {
  const { headers } = wire;
  if (headers['authorization'] !== undefined) return;
  const put = (key: string): void => {
    const access = key.startsWith('pat/');
    const token = access ? key.slice('pat/'.length) : key;
    if (access) wire.secrets.push(token);
    const kind = access ? 'PROGRAMMATIC_ACCESS_TOKEN' : ofKeyPair(token) ? 'KEYPAIR_JWT' : undefined;
    headers['authorization'] = `Bearer ${token}`;
    if (kind !== undefined) headers[kindHeader] ??= kind;
  };
  const key = io.requireKey();
  return typeof key === 'string' ? put(key) : key.then(put);
}

/** The issuer of a key-pair JWT names the fingerprint of the key; access tokens are JWTs too. */
function ofKeyPair(token: string): boolean {
  const payload = token.split('.')[1];
  if (payload === undefined) return false;
  try {
    const claims: unknown = JSON.parse(atob(payload.replace(/-/g, '+').replace(/_/g, '/')));
    return String((claims as { iss?: unknown }).iss).includes('.SHA256:');
  } catch {
    return false;
  }
}
