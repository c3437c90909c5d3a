/** Counting a prompt's tokens: https://platform.claude.com/docs/en/api/messages-count-tokens */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { countTransformer } from '../shared/count-tokens.js';
import { modelOf } from './models.js';

/** Fields of a chat request that count. */
const counted = [
  'model',
  'messages',
  'system',
  'tools',
  'tool_choice',
  'thinking',
  'output_config',
  'cache_control',
  'mcp_servers',
  'context_management',
];

/** The request that counts the input tokens of a call, made of its chat request; the answer is `{ input_tokens }`. */
export function countTokensRequest(chat: HttpRequest): HttpRequest {
  const body = chat.body as JsonObject;
  const kept = Object.fromEntries(Object.entries(body).filter(([name]) => counted.includes(name)));
  return { ...chat, path: `${chat.path}/count_tokens`, body: kept };
}

/** `toCount` makes the request of a chat's. */
export function countTokensTransformer(
  chat: Transformer<'chat'>,
  toCount: (request: HttpRequest, call: Call<'chat'>) => HttpRequest = countTokensRequest,
): Transformer<'count_tokens'> {
  return countTransformer(chat, 'input_tokens', (call, mapped) =>
    // The limit of an answer is not sent; without one the chat would warn of its default.
    toCount(chat.request(call, { max_tokens: modelOf(call.model).max_tokens, ...mapped }), call),
  );
}
