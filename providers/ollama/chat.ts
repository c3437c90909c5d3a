/** Chat over Ollama's own API: https://docs.ollama.com/api/chat */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { asksFunctions } from '../shared/function-call.js';
import { isObject } from '../shared/messages.js';
import { readMessages } from './messages.js';
import { chatParams, placeOptions } from './options.js';
import { mustInline } from './parts.js';
import { readAnswer } from './response.js';
import { OllamaDecoder } from './stream.js';
import { placeThinking } from './thinking.js';
import { placeTools } from './tools.js';

export const chat: Transformer<'chat'> = {
  params: chatParams,
  request(call, mapped): HttpRequest {
    // Ollama streams unless told not to.
    const body: JsonObject = {
      model: call.model,
      messages: readMessages(call),
      stream: call.stream,
      ...placeOptions(mapped),
    };
    placeTools(call, body);
    placeFormat(call, body);
    placeThinking(call, body);
    return { method: 'POST', path: '/api/chat', body };
  },
  response: (body, call) => readAnswer(body, call.model, asksFunctions(call.params)),
  stream: { framing: 'ndjson', decoder: (call) => new OllamaDecoder(call.model, asksFunctions(call.params)) },
  inline: mustInline,
};

/** JSON, or a schema: https://docs.ollama.com/capabilities/structured-outputs. The caller's own `format` is the more exact wish. */
function placeFormat(call: Call<'chat'>, body: JsonObject): void {
  const format: unknown = call.params.response_format;
  if (!isObject(format) || format['type'] === 'text' || body['format'] !== undefined) return;
  const held = format['json_schema'];
  body['format'] = isObject(held) && isObject(held['schema']) ? held['schema'] : 'json';
}
