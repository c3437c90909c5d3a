/**
 * Gemini on Vertex AI: the Gemini API's generateContent, with some fields fewer and some others.
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/inference
 */
import type { Call, HttpRequest, JsonObject, MediaPart, Transformer } from '../../src/core/spec.js';
import { chatTransformer, sentCall, toBody } from '../gemini/chat.js';
import { countTokensTransformer } from '../gemini/count-tokens.js';
import { mimeOf } from '../gemini/media.js';
import type { Content, Part } from '../gemini/wire.js';
import { isObject } from '../shared/messages.js';
import { googlePath } from './address.js';

const youtube = /^https?:\/\/(?:[a-z]+\.)?youtu(?:\.be|be\.com)\//i;

/** Google fetches Cloud Storage, YouTube and public https addresses; it must be told the MIME type. */
function mustInline({ url, mime }: MediaPart): boolean {
  if (url.protocol === 'gs:' || youtube.test(url.href)) return false;
  return url.protocol !== 'https:' || (mime ?? mimeOf(url.pathname)) === undefined;
}

const gemini = chatTransformer({ path: googlePath, inline: mustInline, combines: false });

/** The API wants a MIME type of all files, also where there is but one kind. */
function withType(part: Part): Part {
  const { fileData } = part;
  if (fileData === undefined || fileData.mimeType !== undefined || !youtube.test(fileData.fileUri)) return part;
  return { ...part, fileData: { mimeType: 'video/mp4', ...fileData } };
}

/** Leaves out what the Gemini API alone knows. */
function adaptContents(contents: readonly Content[], call: Call<'chat'>): Content[] {
  let dropped = false;
  const adapted = contents.map(({ parts, ...rest }) => {
    const kept = parts.filter(({ toolCall, toolResponse }) => toolCall === undefined && toolResponse === undefined);
    dropped ||= kept.length < parts.length;
    return { ...rest, parts: kept.map(withType) };
  });
  if (dropped)
    call.warn({
      type: 'drop',
      param: 'messages',
      message: 'invocations of built-in tools that the Gemini API reported are no content here',
    });
  return adapted.filter(({ parts }) => parts.length > 0);
}

/** https://cloud.google.com/vertex-ai/generative-ai/docs/flex-paygo, …/priority-paygo */
const tierHeader = 'x-vertex-ai-llm-shared-request-type';

function adapt(body: JsonObject, call: Call<'chat'>): { body: JsonObject; headers: Record<string, string> } {
  const { contents, serviceTier, ...rest } = body;
  const adapted: JsonObject = { contents: adaptContents(contents as Content[], call), ...rest };
  const config = adapted['generationConfig'];
  if (isObject(config) && 'modelSelectionConfig' in config) {
    const { modelSelectionConfig: modelConfig, ...others } = config;
    adapted['generationConfig'] = { ...others, modelConfig };
  }
  const headers: Record<string, string> = {};
  if (serviceTier === 'flex' || serviceTier === 'priority') headers[tierHeader] = serviceTier;
  else if (serviceTier !== undefined && serviceTier !== 'standard')
    call.unsupported('service_tier', 'is auto, default, flex or priority');
  return { body: adapted, headers };
}

export const chat: Transformer<'chat'> = {
  ...gemini,
  request(call, mapped): HttpRequest {
    const request = gemini.request(call, mapped);
    const { body, headers } = adapt(request.body as JsonObject, call);
    return { ...request, body, ...(Object.keys(headers).length > 0 && { headers }) };
  },
};

/**
 * Asks how many tokens the prompt of a chat call has; the answer is read like the Gemini API's.
 * Source: https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/count-tokens
 */
export function countTokensRequest(call: Call<'chat'>, mapped: JsonObject): HttpRequest {
  const { contents, systemInstruction, tools } = adapt(toBody(sentCall(call), mapped, { combines: false }), call).body;
  const body: JsonObject = {
    contents,
    ...(systemInstruction !== undefined && { systemInstruction }),
    ...(tools !== undefined && { tools }),
  };
  return { method: 'POST', path: googlePath(call, 'countTokens'), body };
}

export const countTokens = countTokensTransformer(chat, countTokensRequest);
