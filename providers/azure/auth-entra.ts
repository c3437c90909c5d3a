/**
 * Access tokens of Microsoft Entra ID: of a service principal by its secret, of everything else by `@azure/identity`.
 * Source: https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, Io, JsonObject } from '../../src/core/spec.js';
import { fetched, hide } from '../shared/auth-request.js';
import { asText, isObject } from '../shared/messages.js';
import { type Grant, remembered } from './auth-tokens.js';

/** Who asks for a token; each field from its option, else from its variable. */
export interface Principal {
  tenant: string | undefined;
  client: string | undefined;
  secret: string | undefined;
}

const publicCloud = 'https://login.microsoftonline.com';
const usualScope = 'https://cognitiveservices.azure.com/.default';

const option = (call: Call, name: string): string | undefined => asText(call.options[name]) || undefined;

export const principalOf = (call: Call): Principal => ({
  tenant: option(call, 'tenant_id') ?? call.env('AZURE_TENANT_ID'),
  client: option(call, 'client_id') ?? call.env('AZURE_CLIENT_ID'),
  secret: option(call, 'client_secret') ?? call.env('AZURE_CLIENT_SECRET'),
});

const scopeOf = (call: Call): string => option(call, 'azure_scope') ?? call.env('AZURE_SCOPE') ?? usualScope;

function refuse(field: string, why: string): never {
  throw new BadRequestError(`${field}: ${why}`, { param: field, code: 'invalid_input' });
}

/** Where tokens come from; a secret goes over TLS, or not beyond this machine. */
function authorityOf(call: Call): URL {
  const given = call.env('AZURE_AUTHORITY_HOST') ?? publicCloud;
  const address = given.includes('://') ? given : `https://${given}`;
  if (!URL.canParse(address)) refuse('AZURE_AUTHORITY_HOST', 'must hold the address of a login server');
  const url = new URL(address);
  const local = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !local) refuse('AZURE_AUTHORITY_HOST', 'must be an https address');
  return url;
}

/** A token for a service principal. Its secret is noted as one of the call's. */
export function secretToken(principal: Required<Principal>, call: Call, io: Io, secrets: string[]): Promise<string> {
  const { tenant = '', client = '', secret = '' } = principal;
  if (!/^[\w.-]+$/.test(tenant)) refuse('tenant_id', 'must be the id or a domain of an Entra tenant');
  const authority = authorityOf(call);
  const scope = scopeOf(call);
  const host = authority.host;
  secrets.push(secret);
  const key = `entra ${JSON.stringify([authority.href, tenant, client, secret, scope])}`;
  return remembered(key, call, io, async () => {
    const request = {
      method: 'POST',
      url: `${authority.href.replace(/\/+$/, '')}/${tenant}/oauth2/v2.0/token`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: client,
        client_secret: secret,
        scope,
      }).toString(),
    };
    const answer = await fetched(request, { call, io, secrets });
    return readGrant(answer, host, secret, io.now());
  });
}

function readGrant(
  { status, headers, body }: { status: number; headers: Record<string, string>; body: unknown },
  host: string,
  secret: string,
  now: number,
): Grant {
  const answer: JsonObject = isObject(body) ? body : {};
  const token = answer['access_token'];
  if (status < 300 && typeof token === 'string' && token !== '') {
    const lasts = Number(answer['expires_in']);
    return { token, until: now + (lasts > 0 ? lasts : 300) * 1000 };
  }
  const code = asText(answer['error']);
  const text = asText(answer['error_description']) || code || (typeof body === 'string' ? body.trim() : '');
  const wait = Number(headers['retry-after']);
  const later = status === 429 || status >= 500;
  const remedy = later
    ? ''
    : '; check tenant_id, client_id and client_secret, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET';
  return {
    status,
    failure: {
      message: `no access token from ${host} (HTTP ${status}): ${hide(text, { secrets: [secret] }) || 'no token in its answer'}${remedy}`,
      code: code || 'no_token',
      ...(wait > 0 && { retry_after: wait }),
    },
  };
}

type Peer = typeof import('@azure/identity');

/** The optional peer; undefined where it is not installed. */
export async function loadIdentity(): Promise<Peer | undefined> {
  try {
    return await import('@azure/identity');
  } catch {
    return undefined;
  }
}

/** A token by the credentials that `@azure/identity` finds: managed and workload identities, certificates, the Azure CLI. */
export function identityToken({ tenant, client }: Principal, call: Call, io: Io, peer: Peer): Promise<string> {
  const scope = scopeOf(call);
  return remembered(`identity ${JSON.stringify([tenant, client, scope])}`, call, io, async () => {
    try {
      const credential = new peer.DefaultAzureCredential({
        ...(tenant !== undefined && { tenantId: tenant }),
        ...(client !== undefined && { managedIdentityClientId: client, workloadIdentityClientId: client }),
      });
      const found = await credential.getToken(scope);
      if (found?.token) return { token: found.token, until: found.expiresOnTimestamp };
      return { failure: { message: '@azure/identity gave no access token', code: 'no_token' } };
    } catch (error) {
      const told = error instanceof Error ? error.message : String(error);
      return {
        failure: {
          message: `no api_key, and no access token from @azure/identity: ${told.slice(0, 1000)}`,
          code: 'no_token',
        },
      };
    }
  });
}
