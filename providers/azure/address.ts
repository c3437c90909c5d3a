/** Where requests to Azure OpenAI go: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle */
import type { Call } from '../../src/core/spec.js';
import { encodeModel } from '../shared/model-path.js';

/** An absolute address and its query. */
export interface Address {
  path: string;
  query: Record<string, string>;
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

/** Before the segment `/openai`, and from there on. */
function atOpenai(root: string): [string, string] {
  const [tail = ''] = /\/openai(?:\/(?!.*\/openai(?:\/|$)).*)?$/.exec(root) ?? [];
  return [root.slice(0, root.length - tail.length), tail];
}

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
  const [resource, tail] = atOpenai(root);
  if (/^\/openai\/v1(?:\/|$)/.test(tail) || isUndated(asked)) {
    const query = { ...base.query };
    // That API refuses dates, and needs to be asked for what is in preview only.
    delete query['api-version'];
    if (asked === 'preview') query['api-version'] = asked;
    return { path: `${resource}/openai/v1${operation}`, query };
  }
  const query = { ...base.query, 'api-version': asked };
  if (root.endsWith(operation)) return { path: root, query };
  const name = encodeModel(deployment);
  const proxied = gateway.exec(root);
  if (proxied !== null) return { path: `${root}${proxied[1] === undefined ? `/${name}` : ''}${operation}`, query };
  const [deployed = `/openai/deployments/${name}`] = /^\/openai\/deployments\/[^/]+/.exec(tail) ?? [];
  return { path: resource + deployed + operation, query };
}

export const deploymentAddress: AddressOf = (call, operation) =>
  openaiAddress(
    baseOf(call),
    call.model,
    operation,
    call.options.api_version,
    call.env('AZURE_API_VERSION') ?? call.env('OPENAI_API_VERSION'),
  );
