/** Where a call goes, and on whose account: a project or space, or a deployment that belongs to one already. */
import type { Call, Env, HttpRequest, JsonObject } from '../../src/core/spec.js';

/** The API's version, a date: https://cloud.ibm.com/apidocs/watsonx-ai#active-version-dates */
const version = '2024-03-13';
const deployment = /^deployments?\/(.+)$/;

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);
const first = (env: Env, ...names: string[]): string | undefined => {
  for (const name of names) {
    const value = env(name);
    if (value !== undefined) return value;
  }
  return undefined;
};

/** What the call names, else what the environment does. */
function account(call: Call): JsonObject {
  const { options, env } = call;
  const project =
    text(options['project_id']) ?? text(options['watsonx_project_id']) ?? text(options['watsonx_project']);
  const space = text(options['space_id']) ?? text(options['watsonx_space_id']);
  if (project !== undefined || space !== undefined)
    return { ...(project ? { project_id: project } : {}), ...(space ? { space_id: space } : {}) };
  const knownProject = first(env, 'WATSONX_PROJECT_ID', 'WX_PROJECT_ID');
  if (knownProject !== undefined) return { project_id: knownProject };
  const knownSpace = first(env, 'WATSONX_DEPLOYMENT_SPACE_ID', 'WATSONX_SPACE_ID', 'WX_SPACE_ID');
  return knownSpace === undefined ? {} : { space_id: knownSpace };
}

/** The request for `what` (`text/chat` …) with the model, or the deployment, and the account that pays. */
export function place(call: Call, what: string, body: JsonObject): HttpRequest {
  const id = deployment.exec(call.model)?.[1];
  const base = call.options.api_base ?? '';
  return {
    method: 'POST',
    path: id === undefined ? `/ml/v1/${what}` : `/ml/v1/deployments/${encodeURIComponent(id)}/${what}`,
    // A base may bring the version along.
    ...(/[?&]version=/.test(base) ? {} : { query: { version: call.options.api_version ?? version } }),
    body: id === undefined ? { model_id: call.model, ...account(call), ...body } : body,
  };
}
