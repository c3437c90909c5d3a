/**
 * Claude on Vertex AI: the Messages API with the model in the path and the version in the body.
 * Sources: https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai,
 * https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/use-claude
 */
import type { Call, HttpRequest, JsonObject, ParamSpec, Transformer, Wire } from '../../src/core/spec.js';
import { betasOf } from '../anthropic/betas.js';
import { chatTransformer } from '../anthropic/chat.js';
import { countTokensRequest as counted, countTokensTransformer } from '../anthropic/count-tokens.js';
import { modelOf, type Model } from '../anthropic/models.js';
import { asText, isObject } from '../shared/messages.js';
import { modelPath } from './address.js';

const version = { anthropic_version: 'vertex-2023-10-16' };

/**
 * Structured output needs a permission of the organization's that is off by default, so a JSON answer is asked for as
 * the input of a tool, save of models that cannot be made to call one.
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/structured_outputs
 */
function rowOf(name: string): Model {
  const row = modelOf(name);
  let own = rows.get(row);
  if (own === undefined) rows.set(row, (own = { ...row, structured: row.structured && !row.forced_tools }));
  return own;
}
const rows = new WeakMap<Model, Model>();

/** Web search is a beta here: https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/claude/web-search */
const webSearch = 'web-search-2025-03-05';

/** The betas that a call names or needs, also those of a header of the caller's. */
function betasFor(call: Call<'chat'>, known: readonly string[] = betasOf(call)): string {
  const { tools, web_search_options: search } = call.params;
  const listed: unknown[] = Array.isArray(tools) ? tools : [];
  const searches =
    search != null || listed.some((tool) => isObject(tool) && asText(tool['type']).startsWith('web_search_'));
  if (known.length === 0) return searches ? webSearch : '';
  return [...new Set([...known, ...(searches ? [webSearch] : [])])].join(',');
}

/** JSON in base64, for a header. */
function encoded(labels: JsonObject): string {
  const text = JSON.stringify(labels).replace(
    /[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return btoa(text);
}

function toRequest(given: JsonObject, known: readonly string[], call: Call<'chat'>): HttpRequest {
  const body: JsonObject = { ...version };
  for (const name in given) if (name !== 'model') body[name] = given[name];
  const betas = betasFor(call, known);
  const { labels } = call.params as JsonObject;
  const headers = (betas !== '' || isObject(labels)) && {
    ...(betas !== '' && { 'anthropic-beta': betas }),
    ...(isObject(labels) && { 'X-Vertex-AI-Labels': encoded(labels) }),
  };
  return {
    method: 'POST',
    path: modelPath(call, 'anthropic', call.stream ? 'streamRawPredict' : 'rawPredict'),
    ...(headers && { headers }),
    body,
  };
}

/** The caller's own header would replace the one made for the request. */
export function keepBetas(wire: Wire, call: Call): void {
  const { headers, extra_headers } = call.options;
  if (headers === undefined && extra_headers === undefined) return;
  const betas = betasFor(call as unknown as Call<'chat'>);
  if (betas !== '') wire.headers['anthropic-beta'] = betas;
}

const claude = chatTransformer({
  request: toRequest,
  model: rowOf,
  // Addresses are refused: media are sent as base64.
  inline: ({ kind, url }) => (kind === 'image' || kind === 'file') && /^https?:$/.test(url.protocol),
});

/** Priority tiers are of Anthropic's own platform, labels of Google's. */
const { service_tier: _, ...params } = claude.params as ParamSpec;

export const chat: Transformer<'chat'> = { ...claude, params: { ...params, labels: () => {} } };

/** Counts the input tokens of a call, made of its chat request; the answer is `{ input_tokens }`. */
export function countTokensRequest(request: HttpRequest, call: Call<'chat'>): HttpRequest {
  const { body, ...rest } = counted({ ...request, body: { ...(request.body as JsonObject), model: call.model } });
  return {
    ...rest,
    path: modelPath(call, 'anthropic', 'rawPredict', 'count-tokens'),
    body: { ...version, ...(body as JsonObject) },
  };
}

export const countTokens = countTokensTransformer(chat, countTokensRequest);
