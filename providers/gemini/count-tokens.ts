/** Counting a prompt's tokens. Source: https://ai.google.dev/api/tokens#method:-models.counttokens */
import type { Call, HttpRequest, JsonObject } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { modelPath, toBody } from './chat.js';
import { resourceName } from './models.js';

/** Asks how many tokens the prompt of a chat call has: messages, system instruction and tools. */
export function countTokensRequest(call: Call<'chat'>, mapped: JsonObject): HttpRequest {
  const { contents, systemInstruction, tools, toolConfig } = toBody(call, mapped);
  const generateContentRequest: JsonObject = {
    model: resourceName(call.model),
    contents,
    ...(systemInstruction !== undefined && { systemInstruction }),
    ...(tools !== undefined && { tools }),
    ...(toolConfig !== undefined && { toolConfig }),
  };
  return { method: 'POST', path: modelPath(call, 'countTokens'), body: { generateContentRequest } };
}

/** The number of tokens; undefined when the answer tells none. */
export function countTokensResponse(body: unknown): number | undefined {
  const total = isObject(body) ? body['totalTokens'] : undefined;
  return typeof total === 'number' ? total : undefined;
}
