/** Chat over the inference API: https://learn.microsoft.com/rest/api/aifoundry/modelinference/get-chat-completions */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { azureChat } from '../azure/transformers.js';
import type { Quirks } from '../openai/quirks.js';
import { inferenceAddress } from './address.js';
import { refuseFiles } from './files.js';

/** The API's own list of fields. */
const chatFields: ReadonlySet<string> = new Set([
  'messages',
  'model',
  'frequency_penalty',
  'max_tokens',
  'modalities',
  'presence_penalty',
  'response_format',
  'seed',
  'stop',
  'stream',
  'temperature',
  'tool_choice',
  'tools',
  'top_p',
]);

/** Fields beyond the API's own reach the model only if the request says so; by default they are an error. */
export function passThrough(request: HttpRequest, known: ReadonlySet<string>, call: Call): HttpRequest {
  const names = Object.keys({ ...(request.body as JsonObject), ...call.options.extra_body });
  if (names.every((name) => known.has(name))) return request;
  return { ...request, headers: { ...request.headers, 'extra-parameters': 'pass-through' } };
}

/** `files`: the models take file parts. */
export function foundryChat(quirks: Quirks, files: boolean): Transformer<'chat'> {
  const azure = azureChat(quirks, inferenceAddress);
  return {
    ...azure,
    request(call, mapped) {
      const request = azure.request(call, mapped);
      if (!files) refuseFiles(call, request.body as JsonObject);
      const own = call as unknown as Call;
      return inferenceAddress(own, '/chat/completions').inference ? passThrough(request, chatFields, own) : request;
    },
  };
}
