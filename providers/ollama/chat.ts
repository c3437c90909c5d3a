/** Chat over Ollama's own API: https://docs.ollama.com/api/chat */
import type { HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { asksFunctions } from '../shared/function-call.js';
import { placeFormat } from './format.js';
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
