/** Counting a prompt's tokens. Source: https://ai.google.dev/api/tokens#method:-models.counttokens */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { countTransformer } from '../shared/count-tokens.js';
import { chat, modelPath, sentCall, toBody } from './chat.js';
import { resourceName } from './models.js';

/** Asks how many tokens the prompt of a chat call has: messages, system instruction and tools. */
export function countTokensRequest(call: Call<'chat'>, mapped: JsonObject): HttpRequest {
  const { contents, systemInstruction, tools, toolConfig } = toBody(sentCall(call), mapped);
  const generateContentRequest: JsonObject = {
    model: resourceName(call.model),
    contents,
    ...(systemInstruction !== undefined && { systemInstruction }),
    ...(tools !== undefined && { tools }),
    ...(toolConfig !== undefined && { toolConfig }),
  };
  return { method: 'POST', path: modelPath(call, 'countTokens'), body: { generateContentRequest } };
}

/** The counting endpoint of a chat; Vertex AI builds another request, and answers alike. */
export const countTokensTransformer = (
  chat: Transformer<'chat'>,
  request: (call: Call<'chat'>, mapped: JsonObject) => HttpRequest,
): Transformer<'count_tokens'> => countTransformer(chat, 'totalTokens', request);

export const countTokens = countTokensTransformer(chat, countTokensRequest);
