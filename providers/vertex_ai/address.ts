/**
 * Where a call goes: the host by location, the path by project, location and model.
 * Sources: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference
 */
import { AuthenticationError, BadRequestError } from '../../src/core/errors.js';
import type { Call } from '../../src/core/spec.js';
import { encodeModel } from '../shared/model-path.js';
import { globalFirst, globalOnly } from './models.js';

/** Stands for a project that only the credentials know. */
export const unknownProject = '{project}';

const world = 'https://aiplatform.googleapis.com';

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

/** What an option or else a variable names, and which of them. */
function firstOf(call: Call, options: readonly string[], variables: readonly string[]): [string, string] | undefined {
  for (const name of options) {
    const value = text(call.options[name]);
    if (value !== undefined) return [name, value];
  }
  for (const name of variables) {
    const value = call.env(name);
    if (value !== undefined) return [name, value];
  }
  return undefined;
}

const forms = {
  project: /^[a-z\d][a-z\d.:-]*$/i,
  location: /^[a-z][a-z\d-]*$/,
} as const;

/** Refuses what would lead to another address. */
function checked([name, value]: [string, string], kind: keyof typeof forms): string {
  if (forms[kind].test(value)) return value;
  throw new BadRequestError(`${name}: ${JSON.stringify(value)} cannot be the name of a Google Cloud ${kind}`, {
    param: name,
    code: 'invalid_input',
  });
}

/** The project that options or the environment name. Credentials of one's own come before Google's variables. */
export function projectOf(call: Call): string | undefined {
  const own = firstOf(call, ['vertex_project', 'vertex_ai_project'], ['VERTEXAI_PROJECT']);
  if (own !== undefined) return checked(own, 'project');
  const { vertex_credentials, vertex_ai_credentials, project } = call.options;
  // The option may hold a project of OpenAI's, whose form is another.
  if (project !== undefined && forms.project.test(project)) return project;
  if ((vertex_credentials ?? vertex_ai_credentials ?? call.env('VERTEXAI_CREDENTIALS')) !== undefined) return undefined;
  const set = firstOf(call, [], ['GOOGLE_CLOUD_PROJECT', 'GCLOUD_PROJECT']);
  return set && checked(set, 'project');
}

/** `moved`: the location of the environment, where the model is not served. */
function placeOf(call: Call): { location: string; moved?: string } {
  const asked = firstOf(call, ['vertex_location', 'vertex_ai_location', 'region_name'], []);
  if (asked !== undefined) return { location: checked(asked, 'location') };
  const resource = /^projects\/[^/]+\/locations\/([^/]+)\//.exec(call.model)?.[1];
  if (resource !== undefined) return { location: checked(['model', resource], 'location') };
  const set = firstOf(call, [], ['VERTEXAI_LOCATION', 'VERTEX_LOCATION', 'GOOGLE_CLOUD_LOCATION']);
  const nowhereElse = globalOnly.test(call.model);
  if (set === undefined) return { location: nowhereElse || globalFirst.test(call.model) ? 'global' : 'us-central1' };
  const location = checked(set, 'location');
  return nowhereElse && location !== 'global' ? { location: 'global', moved: location } : { location };
}

/** Where a call is served; in express mode Google tells no place. */
export const locationOf = (call: Call): string | undefined => (isExpress(call) ? undefined : placeOf(call).location);

function hostOf(location: string): string {
  if (location === 'global') return world;
  if (location === 'us' || location === 'eu') return `https://aiplatform.${location}.rep.googleapis.com`;
  return `https://${location}-aiplatform.googleapis.com`;
}

/** OAuth access tokens, and identity tokens in JWT form; any other key is one of express mode. */
export const isAccessToken = (key: string): boolean => /^ya29\.|^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(key);

function isExpress(call: Call): boolean {
  const key = call.options.api_key;
  return typeof key === 'string' && key.trim() !== '' && !isAccessToken(key.trim());
}

export function base(call: Call): string {
  if (call.endpoint === 'rerank') return 'https://discoveryengine.googleapis.com';
  return isExpress(call) ? world : hostOf(placeOf(call).location);
}

function refuseExpress(call: Call): never {
  throw new AuthenticationError(
    `api_key: a key of express mode reaches no ${call.endpoint === 'rerank' ? 'ranking' : `endpoints, and ${call.model} is served by one`}; ` +
      'pass an access token, or vertex_credentials',
    { param: 'api_key', code: 'invalid_api_key', llm_provider: call.llm_provider, model: call.model },
  );
}

/** `v1`, unless `api_version` names another version of the API. */
function versionOf(call: Call): string {
  const given = call.options.api_version;
  return given !== undefined && /^v\d+(?:(?:alpha|beta)\d*)?$/.test(given) ? given : 'v1';
}

/** A path under the call's project and location. In express mode there is neither. */
function within(call: Call, resource: string, version: string): string {
  if (isExpress(call)) {
    if (resource.startsWith('publishers/')) return `/${version}/${resource}`;
    refuseExpress(call);
  }
  const { location, moved } = placeOf(call);
  if (moved !== undefined)
    call.warn({
      type: 'rewrite',
      param: 'vertex_location',
      message: `${call.model} is not served in ${moved} but at the global endpoint, where the call goes; pass vertex_location to forbid that`,
    });
  return `/${version}/projects/${projectOf(call) ?? unknownProject}/locations/${location}/${resource}`;
}

/** The path of a method of a publisher's model. The version in a name (`…@20250929`) stays readable. */
export function modelPath(
  call: Call,
  publisher: string,
  method: string,
  model = call.model,
  version = versionOf(call),
): string {
  return within(call, `publishers/${publisher}/models/${encodeModel(model).replaceAll('%40', '@')}:${method}`, version);
}

/** The path of a model of Google's; tuned ones are endpoints (`gemini/<number>`, or the full resource name). */
export function googlePath(call: Call, method: string): string {
  const tuned = /^gemini\/(\d+)$/.exec(call.model)?.[1];
  if (tuned !== undefined) return endpointPath(call, tuned, `:${method}`);
  if (!call.model.startsWith('projects/')) return modelPath(call, 'google', method);
  if (isExpress(call)) refuseExpress(call);
  return `/${versionOf(call)}/${encodeModel(call.model)}:${method}`;
}

/** A path below an endpoint: a deployed one by its number, or `openapi`. */
export const endpointPath = (call: Call, endpoint: string, rest: string): string =>
  within(call, `endpoints/${endpoint}${rest}`, versionOf(call));

export function rankPath(call: Call): string {
  if (isExpress(call)) refuseExpress(call);
  const project = projectOf(call) ?? unknownProject;
  return `/v1/projects/${project}/locations/global/rankingConfigs/default_ranking_config:rank`;
}

/** The address of the same request in express mode; for keys that only show when they are asked for. */
export function expressAddress(url: string, call: Call): string {
  const short = url.replace(/\/projects\/[^/]+\/locations\/[^/]+\/(?=publishers\/)/, '/');
  if (short === url) refuseExpress(call);
  return short.replace(/^https:\/\/(?:[a-z\d-]+-aiplatform|aiplatform\.(?:us|eu)\.rep)\.googleapis\.com/, world);
}
