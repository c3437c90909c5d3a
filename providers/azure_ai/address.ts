/**
 * Where requests to Foundry go. A resource serves all models at `/models`, OpenAI's also at `/openai`, Claude at
 * `/anthropic`, Cohere's rerankers at `/providers/cohere`; a serverless endpoint serves one model at its root.
 * Source: https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints
 */
import type { Call } from '../../src/core/spec.js';
import { type Address, type Base, baseOf, endsInOpenai, isUndated, openaiAddress } from '../azure/address.js';

/** The version of the inference API: https://learn.microsoft.com/rest/api/aifoundry/modelinference */
const version = '2024-05-01-preview';

const host = ({ root }: Base): string => (URL.canParse(root) ? new URL(root).hostname : '');

const clouds = String.raw`azure\.(?:com|us|cn)$`;
const resource = new RegExp(
  String.raw`\.(?:services\.ai|openai|cognitiveservices)\.${clouds}|\.api\.cognitive\.microsoft\.`,
);
const openaiHost = new RegExp(String.raw`\.openai\.${clouds}`);
const serverless = new RegExp(String.raw`\.(?:models|inference)\.ai\.${clouds}`);

/** Whether an address is one of a resource of Azure's. */
export const isResource = (hostname: string): boolean => resource.test(hostname);

/** A resource without the path of one of its services, or of a project. */
const tail = /\/(?:models|openai|anthropic|providers|api\/projects)(?:\/.*)?$/;
const resourceOf = (base: Base): string => (isResource(host(base)) ? base.root.replace(tail, '') : base.root);

/** Operations of the inference API with which a base may end. */
const operations = /\/(?:chat\/completions|(?:images\/)?embeddings)$/;

export interface InferenceAddress extends Address {
  /** The inference API, which knows fewer parameters than models do and says how others are to be treated. */
  inference: boolean;
}

export function inferenceAddress(call: Call, operation: string): InferenceAddress {
  const base = baseOf(call);
  const own = host(base);
  const asked = call.options.api_version;
  const isOpenai = endsInOpenai(base);
  if (isOpenai || openaiHost.test(own) || (isUndated(asked) && resource.test(own))) {
    const at = isOpenai ? base : { ...base, root: resourceOf(base) };
    return { ...openaiAddress(at, call.model, operation, asked), inference: false };
  }
  const inference = resource.test(own) || serverless.test(own);
  const root = resource.test(own) ? `${resourceOf(base)}/models` : base.root.replace(operations, '');
  // Endpoints whose path tells the version take none in the query.
  const named = asked ?? base.query['api-version'] ?? (inference && !/\/v\d+$/.test(root) ? version : undefined);
  return {
    path: root + operation,
    query: { ...base.query, ...(named !== undefined && { 'api-version': named }) },
    inference,
  };
}

/** Claude: https://learn.microsoft.com/azure/ai-foundry/foundry-models/how-to/use-foundry-models-claude */
export function claudeAddress(call: Call): Address {
  const base = baseOf(call);
  if (base.root.endsWith('/v1/messages')) return { path: base.root, query: base.query };
  const root = resourceOf(base).replace(/(?:\/anthropic)?(?:\/v1)?$/, '');
  return { path: `${root}/anthropic/v1/messages`, query: base.query };
}

/** Cohere's rerank API, and which version of it. */
export interface RerankAddress extends Address {
  version: 'v1' | 'v2';
}

export function rerankAddress(call: Call): RerankAddress {
  const base = baseOf(call);
  const { root, query } = base;
  const [, named] = /\/(v[12])(?:\/rerank)?$/.exec(root) ?? [];
  if (root.endsWith('/rerank')) return { path: root, query, version: named === 'v2' ? 'v2' : 'v1' };
  if (named !== undefined) return { path: `${root}/rerank`, query, version: named === 'v2' ? 'v2' : 'v1' };
  if (isResource(host(base))) return { path: `${resourceOf(base)}/providers/cohere/v2/rerank`, query, version: 'v2' };
  if (root.endsWith('/providers/cohere')) return { path: `${root}/v2/rerank`, query, version: 'v2' };
  return { path: `${root}${/\/v\d+$/.test(root) ? '' : '/v1'}/rerank`, query, version: 'v1' };
}
