/**
 * Access tokens of Google Cloud: given ones, of service account keys, gcloud logins and the metadata server; of other
 * kinds of credentials (federation, impersonation) by Google's library, if it is installed. Keys of express mode go in
 * a header. Sources: https://cloud.google.com/docs/authentication/application-default-credentials,
 * https://cloud.google.com/compute/docs/access/authenticate-workloads#applications
 */
import {
  APIConnectionError,
  AuthenticationError,
  BadRequestError,
  CallmError,
  RateLimitError,
  ServiceUnavailableError,
} from '../../src/core/errors.js';
import type { Call, Io, JsonObject, Wire } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { expressAddress, isAccessToken, unknownProject } from './address.js';
import {
  noCredentials,
  parseCredentials,
  projectIn,
  quotaProjectIn,
  refuse,
  remedyOf,
  scope,
  type Source,
  sourcesOf,
  tokenRequest,
} from './credentials.js';
import { digest } from './jwt.js';

/** A token, and what its credentials tell beside. */
interface Grant {
  token: string;
  project: string | undefined;
  quotaProject: string | undefined;
}

/** What a refresh needs. */
interface Context {
  call: Call;
  io: Io;
  secrets: string[];
}

const redacted = '<redacted>';
/** Seconds before its end in which a token is no longer used: the metadata server makes a new one four minutes before. */
const margin = 225;
/** Seconds after which a silent token endpoint is given up, so that other calls may try anew. */
const patience = 30;

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
  headers['authorization'] = `Bearer ${redacted}`;
  return placeKnown(wire, call, io);
}

function placeKey(key: string, wire: Wire, call: Call, io: Io): void | Promise<void> {
  // What a function would give is not known in a dry run; mostly it is a token.
  const unasked = io.dry && typeof call.options.api_key === 'function';
  if (!unasked && !isAccessToken(key)) {
    wire.headers['x-goog-api-key'] = key;
    if (typeof call.options.api_key === 'function') wire.url = expressAddress(wire.url, call);
    return;
  }
  wire.headers['authorization'] = `Bearer ${key}`;
  return placeKnown(wire, call, io);
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
    // Credentials that are not used for the call need not be good.
    if (!CallmError.is(error)) throw error;
  }
  return undefined;
}

const noProject = (call: Call): BadRequestError =>
  new BadRequestError(
    'vertex_project: pass the id of a Google Cloud project, or set VERTEXAI_PROJECT; the credentials name none',
    {
      param: 'vertex_project',
      code: 'missing_project',
      llm_provider: call.llm_provider,
      model: call.model,
    },
  );

async function placeGrant(wire: Wire, call: Call, io: Io): Promise<void> {
  const context: Context = { call, io, secrets: wire.secrets };
  const { token, project, quotaProject } = await grantOf(sourcesOf(call), context);
  wire.secrets.push(token);
  wire.headers['authorization'] = `Bearer ${token}`;
  const billed = io.env('GOOGLE_CLOUD_QUOTA_PROJECT') ?? quotaProject;
  if (billed !== undefined) wire.headers['x-goog-user-project'] ??= billed;
  if (!lacksProject(wire)) return;
  const found = project ?? (await metadataProject(context));
  if (found === undefined) throw noProject(call);
  placeProject(found, wire);
}

async function grantOf(sources: readonly Source[], context: Context): Promise<Grant> {
  const key = await Promise.all(
    sources.map(async (source) =>
      source.kind === 'data'
        ? digest(JSON.stringify(source.data))
        : source.kind === 'file'
          ? source.path
          : metadataHost(context),
    ),
  );
  return remembered(context.io, `google ${key.join(' ')}`, async () => {
    for (const source of sources) {
      const made = source.kind === 'metadata' ? await fromMetadata(context) : await fromSource(source, context);
      if (made !== undefined) return made;
    }
    throw noCredentials(context.call);
  });
}

interface Made<T> {
  value: T;
  expires?: number;
}

/** A refresh may fail because the call that began it has ended: those that waited for it try once more. */
async function remembered<T>(io: Io, key: string, make: () => Promise<Made<T>>): Promise<T> {
  for (let again = false; ; again = true) {
    let mine = false;
    try {
      return await io.memo(key, () => {
        mine = true;
        return make();
      });
    } catch (error) {
      if (mine || again || error instanceof AuthenticationError) throw error;
    }
  }
}

/** When a token is to be replaced, in milliseconds since the epoch. */
function expiry(now: number, seconds: unknown): { expires: number } {
  const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : 3600;
  return { expires: now + (lifetime - Math.min(margin, lifetime / 2)) * 1000 };
}

/** The credentials of a source; undefined where there is no such file and none need be. */
async function read(source: Source, call: Call): Promise<JsonObject | undefined> {
  if (source.kind === 'data') return source.data;
  if (source.kind === 'metadata') return undefined;
  let text: string;
  try {
    const { readFile } = await import('node:fs/promises');
    text = await readFile(source.path, 'utf8');
  } catch (error) {
    if (source.optional) return undefined;
    const code = (error as { code?: unknown }).code;
    throw refuse(
      call,
      `${source.name}: there is no JSON in it, and no file of that name can be read (${String(code)})`,
    );
  }
  return parseCredentials(text, source.name, call);
}

async function fromSource(
  source: Source & { kind: 'data' | 'file' },
  context: Context,
): Promise<Made<Grant> | undefined> {
  const data = await read(source, context.call);
  if (data === undefined) return undefined;
  const tell = { project: projectIn(data), quotaProject: quotaProjectIn(data) };
  const started = context.io.now();
  const { token, ...rest } =
    (await exchange(data, source.name, context)) ?? (await byLibrary(data, source.name, context));
  context.secrets.push(token);
  return { value: { token, ...tell }, ...('expires' in rest ? rest : expiry(started, rest.seconds)) };
}

type Token = { token: string; seconds?: unknown } | { token: string; expires: number };

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

/** Asks the token endpoint; undefined for credentials of another kind. A clock that is wrong is put right by the endpoint's. */
async function exchange(data: JsonObject, name: string, context: Context): Promise<Token | undefined> {
  const ask = async (now: number): Promise<{ answer: Answer; url: string } | undefined> => {
    const request = await tokenRequest(data, name, now, context.call);
    if (request === undefined) return undefined;
    context.secrets.push(...request.secrets);
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { url, body } = request;
    return { url, answer: await fetched({ method: 'POST', url, headers, body }, context) };
  };
  const now = context.io.now();
  let asked = await ask(now);
  if (asked === undefined) return undefined;
  const theirs = Date.parse(asked.answer.headers['date'] ?? '');
  if (asked.answer.status === 400 && data['type'] === 'service_account' && Math.abs(theirs - now) > 60_000)
    asked = (await ask(theirs)) ?? asked;
  return tokenIn(asked.answer, asked.url, remedyOf(data), context);
}

/** A token request within the limits of the call and of our patience. */
async function fetched(
  request: { method: string; url: string; headers: Record<string, string>; body?: string },
  context: Context,
): Promise<Answer> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      context.io.fetch(request),
      new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${patience} s`)), patience * 1000);
      }),
    ]);
  } catch (cause) {
    if (CallmError.is(cause)) throw cause;
    const told =
      cause instanceof Error
        ? cause.message || String((cause as { code?: unknown }).code ?? cause.name)
        : String(cause);
    const { llm_provider, model } = context.call;
    throw new APIConnectionError(
      `no access token for ${llm_provider}: the connection to ${hostOf(request.url)} failed: ${hide(told, context)}`,
      {
        llm_provider,
        model,
        code: 'token_endpoint_unreachable',
      },
    );
  } finally {
    clearTimeout(timer);
  }
}

const hostOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : 'the token endpoint');

/** An error's text without the values that must not be shown. */
function hide(text: string, { secrets }: Context): string {
  let out = text.slice(0, 500);
  for (const secret of secrets) if (secret.length >= 4) out = out.replaceAll(secret, redacted);
  return out;
}

function tokenIn({ status, headers, body }: Answer, url: string, remedy: string, context: Context): Token {
  const answer = isObject(body) ? body : {};
  const { access_token: token, expires_in: seconds } = answer;
  if (status < 300 && typeof token === 'string' && token !== '') return { token, seconds };
  const { error, error_description: description } = answer;
  const reason = isObject(error) ? error['message'] : error;
  const told = [reason, description].filter((each) => typeof each === 'string').join(': ');
  const { llm_provider, model } = context.call;
  const head = `no access token for ${llm_provider}: ${hostOf(url)} answered HTTP ${status}${told === '' ? '' : ` (${hide(told, context)})`}`;
  const wait = Number(headers['retry-after']);
  const facts = { llm_provider, model, code: 'token_refused', ...(wait > 0 && { retry_after: wait }) };
  if (status === 429) throw new RateLimitError(head, facts);
  if (status >= 500) throw new ServiceUnavailableError(head, facts);
  throw refuse(context.call, `${head}; ${remedy}`, 'token_refused');
}

/** Kinds of credentials that only Google's own library knows: workload identity federation, impersonation and others. */
async function byLibrary(data: JsonObject, name: string, context: Context): Promise<Token> {
  const kind = typeof data['type'] === 'string' ? data['type'] : 'unknown';
  let library: typeof import('google-auth-library');
  try {
    library = await import('google-auth-library');
  } catch {
    throw refuse(
      context.call,
      `${name}: credentials of type ${kind} need the package google-auth-library: npm install google-auth-library`,
      'missing_package',
    );
  }
  try {
    const client = await new library.GoogleAuth({ credentials: data, scopes: scope }).getClient();
    const { token } = await client.getAccessToken();
    if (!token) throw new Error('it gave no token');
    const end = client.credentials?.expiry_date;
    return end ? { token, expires: end - margin * 1000 } : { token };
  } catch (error) {
    const told = hide(error instanceof Error ? error.message : String(error), context);
    throw refuse(
      context.call,
      `${name}: google-auth-library has no access token for the credentials of type ${kind}: ${told}`,
    );
  }
}

const metadataHost = ({ io }: Context): string => io.env('GCE_METADATA_HOST') ?? 'metadata.google.internal';

async function metadata(path: string, context: Context): Promise<Answer> {
  const url = `http://${metadataHost(context)}/computeMetadata/v1/${path}`;
  return fetched({ method: 'GET', url, headers: { 'metadata-flavor': 'Google' } }, context);
}

const platformVariables = [
  'GCE_METADATA_HOST',
  'K_SERVICE',
  'CLOUD_RUN_JOB',
  'FUNCTION_NAME',
  'GAE_SERVICE',
  'KUBERNETES_SERVICE_HOST',
];

/** Whether this machine is one of Google's, as far as it can tell without the network. */
async function onGoogleCloud({ io }: Context): Promise<boolean> {
  if (platformVariables.some((name) => io.env(name) !== undefined)) return true;
  try {
    const { readFile } = await import('node:fs/promises');
    return (await readFile('/sys/class/dmi/id/product_name', 'utf8')).includes('Google');
  } catch {
    return false;
  }
}

async function fromMetadata(context: Context): Promise<Made<Grant>> {
  if (!(await onGoogleCloud(context))) throw noCredentials(context.call);
  const started = context.io.now();
  const answer = await metadata(`instance/service-accounts/default/token?scopes=${encodeURIComponent(scope)}`, context);
  const remedy = 'attach a service account to this machine, or give other credentials';
  const { token, ...rest } = tokenIn(answer, `http://${metadataHost(context)}`, remedy, context);
  context.secrets.push(token);
  return {
    value: { token, project: undefined, quotaProject: undefined },
    ...('seconds' in rest && expiry(started, rest.seconds)),
  };
}

/** The project of the machine, where the metadata server gave the token. */
async function metadataProject(context: Context): Promise<string | undefined> {
  const sources = sourcesOf(context.call);
  if (sources.at(-1)?.kind !== 'metadata' || !(await onGoogleCloud(context))) return undefined;
  const project = await remembered(context.io, `google project ${metadataHost(context)}`, async () => {
    const { status, body } = await metadata('project/project-id', context);
    return { value: status < 300 && typeof body === 'string' ? body.trim() : '' };
  });
  return project === '' ? undefined : project;
}
