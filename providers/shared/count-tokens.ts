/** The endpoint that counts the tokens of a prompt. */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { isObject } from './messages.js';

/**
 * Counts what a chat would send: parameters, media and schemas are those of the chat. `tokens` names the answer's field
 * with the number; all else is kept.
 */
export function countTransformer(
  chat: Transformer<'chat'>,
  tokens: string,
  request: (call: Call<'chat'>, mapped: JsonObject) => HttpRequest,
): Transformer<'count_tokens'> {
  const { params, inline, dialect } = chat;
  return {
    params,
    request: (call, mapped) => request(call as unknown as Call<'chat'>, mapped),
    response(body) {
      const { [tokens]: counted, ...rest } = isObject(body) ? body : {};
      return {
        input_tokens: counted as number,
        ...(Object.keys(rest).length > 0 && { provider_specific_fields: rest }),
      };
    },
    ...(inline !== undefined && { inline: (part, call) => inline(part, call as unknown as Call<'chat'>) }),
    ...(dialect !== undefined && { dialect }),
  };
}
