/** OpenAI's transformers at Azure's addresses: https://learn.microsoft.com/azure/ai-foundry/openai/reference */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { chatTransformer } from '../openai/chat.js';
import { embeddingsTransformer } from '../openai/embeddings.js';
import type { Quirks } from '../openai/quirks.js';
import { type Address, type AddressOf, noteVersion } from './address.js';
import { AzureDecoder, reading } from './filters.js';

/** `stream_options` came with this version: https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle */
const firstWithUsage = '2024-09-01';

/** Whether usage may be asked for: answers from the caller's own data refuse it, too. */
const countsStream = (call: Call<'chat'>, { dated = firstWithUsage }: Address): boolean =>
  dated >= firstWithUsage && call.params['data_sources'] === undefined;

function placed(request: HttpRequest, address: Address, call: Call): HttpRequest {
  noteVersion(call, address);
  const { path, query } = address;
  return { ...request, path, query };
}

export function azureChat(quirks: Quirks, addressOf: AddressOf): Transformer<'chat'> {
  const openai = chatTransformer(quirks);
  const stream = openai.stream as NonNullable<typeof openai.stream>;
  return {
    ...openai,
    request(call, mapped) {
      const request = openai.request(call, mapped);
      const own = call as unknown as Call;
      const address = addressOf(own, '/chat/completions');
      if (call.params.stream_options === undefined && !countsStream(call, address))
        delete (request.body as JsonObject)['stream_options'];
      return placed(request, address, own);
    },
    response: (body, call, meta) => reading(body, () => openai.response(body, call, meta)),
    stream: { framing: 'sse', decoder: (call, meta) => new AzureDecoder(stream.decoder(call, meta)) },
  };
}

/** Models of Cohere's, which the API without dates serves too, know nothing of base64. */
const onlyNumbers = /cohere|embed-v-?\d/i;

export function azureEmbeddings(quirks: Quirks, addressOf: AddressOf): Transformer<'embeddings'> {
  const openai = embeddingsTransformer(quirks);
  return {
    ...openai,
    request(call, mapped) {
      const request = openai.request(call, mapped);
      if (call.params.encoding_format === undefined && onlyNumbers.test(call.model))
        delete (request.body as JsonObject)['encoding_format'];
      const own = call as unknown as Call;
      return placed(request, addressOf(own, '/embeddings'), own);
    },
    response: (body, call, meta) => reading(body, () => openai.response(body, call, meta)),
  };
}
