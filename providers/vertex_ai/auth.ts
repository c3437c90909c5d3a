/**
 * Puts a credential on the request: an access token, given or asked for, or a key of express mode, which goes in a
 * header. A project that only the credentials know is put into the address.
 * Sources: https://cloud.google.com/docs/authentication/rest,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/overview
 */
import { BadRequestError, CallmError } from '../../src/core/errors.js';
import type { Call, Io, Provider, Wire } from '../../src/core/spec.js';
import { held, remembered, renewHeld } from '../shared/auth-memory.js';
import type { Context } from '../shared/auth-request.js';
import { expressAddress, isAccessToken, unknownProject } from './address.js';
import { type Grant, grantFrom, machineProject, metadataHost, read } from './auth-sources.js';
import { noCredentials, projectIn, type Source, sourcesOf } from './credentials.js';
import { digest } from './jwt.js';

export function authenticate(wire: Wire, call: Call, io: Io): void | Promise<void> {
  const { headers } = wire;
  const given = call.options.api_key;
  // A header that the caller set by hand is the caller's credential.
  if (headers['authorization'] !== undefined || headers['x-goog-api-key'] !== undefined)
    return placeKnown(wire, call, io);
  if (typeof given === 'function' || (typeof given === 'string' && given.trim() !== '')) {
    const key = io.requireKey();
    return typeof key === 'string'
      ? placeKey(key, wire, call, io)
      : key.then((asked) => placeKey(asked, wire, call, io));
  }
  if (!io.dry) return placeGrant(wire, call, io);
  headers['authorization'] = 'Bearer <redacted>';
  return placeKnown(wire, call, io);
}

function placeKey(key: string, wire: Wire, call: Call, io: Io): void | Promise<void> {
  const asked = typeof call.options.api_key === 'function';
  // What a function would give is not known in a dry run; mostly it is a token.
  if (isAccessToken(key) || (asked && io.dry)) {
    wire.headers['authorization'] = `Bearer ${key}`;
    return placeKnown(wire, call, io);
  }
  wire.headers['x-goog-api-key'] = key;
  if (asked) wire.url = expressAddress(wire.url, call);
}

const lacksProject = ({ url }: Wire): boolean => url.includes(unknownProject);

function placeProject(project: string, wire: Wire): void {
  wire.url = wire.url.replace(unknownProject, encodeURIComponent(project));
  if (wire.headers['x-goog-user-project'] === unknownProject) wire.headers['x-goog-user-project'] = project;
}

/** Puts the project of credentials at hand into the address, if one is wanted; no network is asked. */
function placeKnown(wire: Wire, call: Call, io: Io): void | Promise<void> {
  if (!lacksProject(wire)) return;
  return knownProject(call).then((project) => {
    if (project !== undefined) placeProject(project, wire);
    else if (!io.dry) throw noProject(call);
  });
}

async function knownProject(call: Call): Promise<string | undefined> {
  try {
    for (const source of sourcesOf(call)) {
      const data = await read(source, call);
      if (data !== undefined) return projectIn(data);
    }
  } catch (error) {
    // Credentials that the call does not use need not be good.
    if (!CallmError.is(error)) throw error;
  }
  return undefined;
}

function noProject(call: Call): BadRequestError {
  const { llm_provider, model } = call;
  return new BadRequestError(
    'vertex_project: pass the id of a Google Cloud project, or set VERTEXAI_PROJECT; the credentials name none',
    { param: 'vertex_project', code: 'missing_project', llm_provider, model },
  );
}

async function placeGrant(wire: Wire, call: Call, io: Io): Promise<void> {
  const context: Context = { call, io, secrets: wire.secrets };
  const sources = sourcesOf(call);
  const { token, project, quotaProject } = await grantOf(sources, context);
  wire.secrets.push(token);
  wire.headers['authorization'] = `Bearer ${token}`;
  const billed = io.env('GOOGLE_CLOUD_QUOTA_PROJECT') ?? quotaProject;
  if (billed !== undefined) wire.headers['x-goog-user-project'] ??= billed;
  if (!lacksProject(wire)) return;
  const found = project ?? (await machine(sources, context));
  if (found === '') throw noProject(call);
  placeProject(found, wire);
}

/** What tells credentials apart; of keys only a digest is kept. */
async function nameOf(source: Source, context: Context): Promise<string> {
  if (source.kind === 'metadata') return metadataHost(context);
  return source.kind === 'file' ? source.path : digest(JSON.stringify(source.data));
}

async function grantOf(sources: readonly Source[], context: Context): Promise<Grant> {
  const names = await Promise.all(sources.map((source) => nameOf(source, context)));
  return held(`google token ${names.join(' ')}`, context.call, context.io, async () => {
    for (const source of sources) {
      const made = await grantFrom(source, context);
      if (made !== undefined) return made;
    }
    throw noCredentials(context.call);
  });
}

/** The project of the machine that the call runs on, where its credentials are those of the machine. */
async function machine(sources: readonly Source[], context: Context): Promise<string> {
  if (sources.at(-1)?.kind !== 'metadata') return '';
  return remembered(`google project ${metadataHost(context)}`, context.call, context.io, () => machineProject(context));
}

/** A token that was refused may have been revoked: another is asked for. */
export const renew: NonNullable<Provider['renew']> = ({ status }, call, io) => status === 401 && renewHeld(call, io);
