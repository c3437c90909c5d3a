/**
 * Grants from wherever credentials stand: data, files, the metadata server, and through Google's own library for the
 * kinds that only it knows (workload identity federation, impersonation and others).
 * Sources: https://cloud.google.com/docs/authentication/application-default-credentials,
 * https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
 */
import { APIConnectionError, ServiceUnavailableError } from '../../src/core/errors.js';
import type { Call, JsonObject } from '../../src/core/spec.js';
import type { Made } from '../shared/auth-memory.js';
import { type Answer, type Context, fetched, hide } from '../shared/auth-request.js';
import { exchange, margin, type Token, tokenIn } from './auth-tokens.js';
import {
  noCredentials,
  parseCredentials,
  platforms,
  projectIn,
  quotaProjectIn,
  refuse,
  scope,
  type Source,
} from './credentials.js';

/** A token, and what its credentials tell beside. */
export interface Grant {
  token: string;
  project: string | undefined;
  quotaProject: string | undefined;
}

/** The credentials of a source; undefined where there is no such file and none need be. */
export async function read(source: Source, call: Call): Promise<JsonObject | undefined> {
  if (source.kind === 'data') return source.data;
  if (source.kind === 'metadata') return undefined;
  let text: string;
  try {
    const { readFile } = await import('node:fs/promises');
    text = await readFile(source.path, 'utf8');
  } catch (error) {
    if (source.optional) return undefined;
    const { code } = error as { code?: unknown };
    throw refuse(call, `${source.name}: is no JSON, and no file of that name can be read (${String(code)})`);
  }
  return parseCredentials(text, source.name, call);
}

/** A grant from a source; undefined where there is nothing. */
export async function grantFrom(source: Source, context: Context): Promise<Made<Grant> | undefined> {
  if (source.kind === 'metadata') return fromMetadata(context);
  const data = await read(source, context.call);
  if (data === undefined) return undefined;
  const { token, expires } =
    (await exchange(data, source.name, context)) ?? (await byLibrary(data, source.name, context));
  return { value: { token, project: projectIn(data), quotaProject: quotaProjectIn(data) }, expires };
}

async function byLibrary(data: JsonObject, name: string, context: Context): Promise<Token> {
  const kind = typeof data['type'] === 'string' ? data['type'] : 'unknown';
  let library: typeof import('google-auth-library');
  try {
    library = await import('google-auth-library');
  } catch {
    const why = `${name}: credentials of type ${kind} need the package google-auth-library: npm install google-auth-library`;
    throw refuse(context.call, why, 'missing_package');
  }
  try {
    const client = await new library.GoogleAuth({ credentials: data, scopes: scope }).getClient();
    const { token } = await client.getAccessToken();
    if (!token) throw new Error('it gave no token');
    context.secrets.push(token);
    const end = client.credentials?.expiry_date ?? context.io.now() + 3600_000;
    return { token, expires: end - margin * 1000 };
  } catch (error) {
    throw libraryFailure(error, `${name}: google-auth-library gave no access token for type ${kind}`, context);
  }
}

/** The library reports the network's and the servers' faults in the same way as credentials that are refused. */
function libraryFailure(error: unknown, head: string, context: Context): Error {
  const { code, status } = error as { code?: unknown; status?: unknown };
  const why = `${head}: ${hide(error instanceof Error ? error.message : String(error), context)}`;
  const { llm_provider, model } = context.call;
  if (typeof code === 'string' && /^E[A-Z]/.test(code))
    return new APIConnectionError(why, { llm_provider, model, code });
  if (typeof status === 'number' && status >= 500) return new ServiceUnavailableError(why, { llm_provider, model });
  return refuse(context.call, why);
}

export const metadataHost = ({ io }: Context): string => io.env('GCE_METADATA_HOST') ?? 'metadata.google.internal';

function metadata(path: string, context: Context): Promise<Answer> {
  const url = `http://${metadataHost(context)}/computeMetadata/v1/${path}`;
  return fetched({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' } }, context);
}

/** Whether this machine is one of Google's, as far as it can tell without the network. */
async function onGoogleCloud({ io }: Context): Promise<boolean> {
  if (platforms.some((name) => io.env(name) !== undefined)) return true;
  try {
    const { readFile } = await import('node:fs/promises');
    return (await readFile('/sys/class/dmi/id/product_name', 'utf8')).includes('Google');
  } catch {
    return false;
  }
}

async function fromMetadata(context: Context): Promise<Made<Grant>> {
  if (!(await onGoogleCloud(context))) throw noCredentials(context.call);
  const asked = context.io.now();
  const answer = await metadata(`instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`, context);
  const remedy = 'attach a service account to this machine, or give other credentials';
  const { token, expires } = tokenIn(answer, `http://${metadataHost(context)}`, asked, remedy, context);
  return { value: { token, project: undefined, quotaProject: undefined }, expires };
}

/** The project of this machine; empty where it belongs to none. */
export async function machineProject(context: Context): Promise<Made<string>> {
  if (!(await onGoogleCloud(context))) return { value: '', expires: 0 };
  const { status, body } = await metadata('project/project-id', context);
  const project = status < 300 && typeof body === 'string' ? body.trim() : '';
  return project === '' ? { value: '', expires: 0 } : { value: project };
}
