/** Where requests to Azure OpenAI go: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle */
import type { Call } from '../../src/core/spec.js';
import { encodeModel } from '../shared/model-path.js';

/** An absolute address and its query. */
export interface Address {
  path: string;
  query: Record<string, string>;
  /** The version of Azure OpenAI that is asked for, where it has a date. */
  dated?: string;
}

/** The address of one operation (`/chat/completions`) for a call. */
export type AddressOf = (call: Call, operation: string) => Address;

/** A base without its query, and the query. */
export interface Base {
  root: string;
  query: Record<string, string>;
}

/** The version that is asked for when nobody names one. */
const usual = '2025-02-01-preview';

/** Versions of the API that wants no date. */
export const isUndated = (version: string | undefined): boolean =>
  version === 'v1' || version === 'preview' || version === 'latest';

/** The base that the call or the environment gives; an empty one where neither does, which the core refuses. */
export function baseOf(call: Call): Base {
  const { options, provider, env } = call;
  const given = [options.api_base, ...(provider.env?.base ?? []).map(env)].find((base) => base !== undefined) ?? '';
  const [root = '', search = ''] = given.split('?', 2);
  return { root: root.replace(/\/+$/, ''), query: Object.fromEntries(new URLSearchParams(search)) };
}

/** What a base may end with: the service's path, its API without dates, or a deployment. */
const tails = /\/openai(?:\/(?:v1|deployments)(?:\/.*)?)?$/;

/** Whether a base is one of Azure OpenAI's, not of the resource. */
export const endsInOpenai = ({ root }: Base): boolean => tails.test(root);

/** Cloudflare's gateway: `…/azure-openai/<resource>/<deployment>`. */
const gateway = /\/azure-openai\/[^/]+(\/[^/]+)?$/;

/**
 * The address for a base that is a resource, ends in `/openai`, `/openai/v1` or a deployment, or is the whole address
 * already. `version` is what the caller asks for, `fallback` what holds unless the base's query says otherwise.
 */
export function openaiAddress(
  base: Base,
  deployment: string,
  operation: string,
  version: string | undefined,
  fallback: string | undefined = usual,
): Address {
  const { root } = base;
  const asked = version ?? base.query['api-version'] ?? fallback;
  const [tail = ''] = tails.exec(root) ?? [];
  const resource = root.slice(0, root.length - tail.length);
  if (/^\/openai\/v1(?:\/|$)/.test(tail) || isUndated(asked)) {
    const query = { ...base.query };
    // That API refuses dates, and needs to be asked for what is in preview only.
    delete query['api-version'];
    if (asked === 'preview') query['api-version'] = asked;
    return { path: `${resource}/openai/v1${operation}`, query };
  }
  const query = { ...base.query, 'api-version': asked };
  if (root.endsWith(operation)) return { path: root, query, dated: asked };
  const name = encodeModel(deployment);
  const proxied = gateway.exec(root);
  const [deployed = proxied === null ? `/openai/deployments/${name}` : ''] =
    /^\/openai\/deployments\/[^/]+/.exec(tail) ?? [];
  const own = proxied !== null && proxied[1] === undefined ? `/${name}` : '';
  return { path: resource + deployed + own + operation, query, dated: asked };
}

/** Notes that a version was asked for which the address does not take. */
export function noteVersion(call: Call, { query }: Address): void {
  const asked = call.options.api_version;
  if (asked === undefined || isUndated(asked) || query['api-version'] === asked) return;
  const message = `the API at this address has no version ${asked}; it is not sent`;
  call.warn({ type: 'drop', param: 'api_version', message });
}

export const deploymentAddress: AddressOf = (call, operation) =>
  openaiAddress(
    baseOf(call),
    call.model,
    operation,
    call.options.api_version,
    call.env('AZURE_API_VERSION') ?? call.env('OPENAI_API_VERSION'),
  );
