/**
 * Chat over generateContent and streamGenerateContent, on the Gemini Developer API and wherever else it is served.
 * Source: https://ai.google.dev/api/generate-content
 */
import type { Call, Dialect, HttpRequest, JsonObject, MediaPart, Transformer } from '../../src/core/spec.js';
import { effortOf } from '../shared/effort.js';
import { isObject } from '../shared/messages.js';
import { type NameRule, withSentNames, withToolNames } from '../shared/tool-names.js';
import { withKeyOrder } from './key-order.js';
import { mustInline } from './media.js';
import { toConversation } from './messages.js';
import { encodeModel } from '../shared/model-path.js';
import { type Family, familyOf, resourceName } from './models.js';
import { chatParams, generationConfig } from './params.js';
import { toCompletion } from './response.js';
import { GeminiDecoder } from './stream.js';
import { fromEffort, fromThinking } from './thinking.js';
import { dotted, toTools } from './tools.js';

export interface ChatOptions {
  /** The path of a method of the call's model. */
  path?(call: Call, method: string): string;
  /** Media that must be downloaded and sent inline. */
  inline?(part: MediaPart, call: Call): boolean;
  /** Built-in tools may stand beside functions when their invocations are shown; true by default. */
  combines?: boolean;
}

export const modelPath = (call: Call, method: string): string =>
  `/v1beta/${encodeModel(resourceName(call.model))}:${method}`;

const dialectOf = (family: Family): Dialect => (family.jsonSchema ? 'gemini_json' : 'gemini_openapi');

/** The form of the answer. Schemas of `json_schema` come compiled; LiteLLM's `response_schema` does not. */
function placeFormat(format: unknown, family: Family, call: Call<'chat'>, body: JsonObject): void {
  if (!isObject(format) || format['type'] === 'text') return;
  const config = generationConfig(body);
  config['responseMimeType'] = 'application/json';
  const described = isObject(format['json_schema']) ? format['json_schema']['schema'] : undefined;
  let schema = described;
  const extra = format['response_schema'];
  if (schema === undefined && isObject(extra)) {
    const compiled = call.compile(extra, dialectOf(family));
    for (const { path, what } of compiled.changes)
      call.warn({
        type: 'schema',
        param: `response_format.response_schema${dotted(path)}`,
        message: what,
      });
    schema = compiled.schema;
  }
  if (!isObject(schema)) return;
  config[family.jsonSchema ? 'responseJsonSchema' : 'responseSchema'] = family.keyOrder ? schema : withKeyOrder(schema);
}

function placeThinking(family: Family, call: Call<'chat'>, body: JsonObject): void {
  if (family.thinking === undefined) return;
  const { thinking } = call.params;
  const effort = effortOf(call.params.reasoning_effort, call);
  const wanted =
    thinking !== undefined
      ? fromThinking(thinking, family.thinking, call)
      : effort !== undefined
        ? fromEffort(effort, family.thinking, call)
        : undefined;
  if (wanted === undefined) return;
  const config = generationConfig(body);
  // The caller's own config is the more exact wish.
  if (!isObject(config['thinkingConfig'])) config['thinkingConfig'] = wanted;
}

/** The body of generateContent; `mapped` holds what the parameters made. */
export function toBody(call: Call<'chat'>, mapped: JsonObject, options: ChatOptions = {}): JsonObject {
  const { params, model } = call;
  const family = familyOf(model);
  const { contents, systemInstruction, mediaResolution } = toConversation(params.messages, family, call);
  const body: JsonObject = { contents, ...(systemInstruction !== undefined && { systemInstruction }), ...mapped };
  Object.assign(body, toTools(params, family, options.combines !== false, call));
  placeFormat(params.response_format, family, call, body);
  placeThinking(family, call, body);
  if (mediaResolution !== undefined) generationConfig(body)['mediaResolution'] ??= mediaResolution;
  return body;
}

/** Vertex AI documents 128 signs, the Gemini API refuses more than 64. */
const toolNames: NameRule = { fits: /^[A-Za-z_][\w.:-]{0,63}$/, foreign: /[^\w.:-]/gu, longest: 64 };

/** The call with the names of tools that are sent, for counting what it would send. */
export const sentCall = (call: Call<'chat'>): Call<'chat'> => withSentNames(call, toolNames);

export function chatTransformer(options: ChatOptions = {}): Transformer<'chat'> {
  const path = options.path ?? modelPath;
  const transformer: Transformer<'chat'> = {
    params: chatParams,
    request(call, mapped): HttpRequest {
      const body = toBody(call, mapped, options);
      return call.stream
        ? { method: 'POST', path: path(call, 'streamGenerateContent'), query: { alt: 'sse' }, body }
        : { method: 'POST', path: path(call, 'generateContent'), body };
    },
    response: (body, call) => toCompletion(body, call),
    stream: { framing: 'sse', decoder: (call) => new GeminiDecoder(call) },
    inline: (part, call) =>
      call.options.media === 'inline' ? part.url.protocol !== 'gs:' : (options.inline ?? inlineByModel)(part, call),
    dialect: (model) => dialectOf(familyOf(model)),
  };
  return withToolNames(transformer, toolNames);
}

const inlineByModel = (part: MediaPart, call: Call): boolean => mustInline(part, familyOf(call.model));

export const chat = chatTransformer();
