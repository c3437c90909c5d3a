/** Embeddings: https://docs.ollama.com/api/embed */
import { BadRequestError, ProviderFault } from '../../src/core/errors.js';
import type { Call, HttpRequest, JsonObject, ParamMapper, Transformer } from '../../src/core/spec.js';
import type { EmbeddingResponse } from '../../src/types/embeddings.js';
import { base64FromFloats } from '../openai/vectors.js';
import { asText, isObject } from '../shared/messages.js';
import { ollamaError } from './errors.js';
import { placeOptions } from './options.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** Vectors come as numbers; base64 is made of them here. */
const encodingFormat: Mapper = (value, _body, call) => {
  if (value !== 'float' && value !== 'base64') call.unsupported('encoding_format', 'is float or base64');
};

const inputType: Mapper = (value, _body, call) => {
  const message = `Ollama has no input types; ${String(value)} is told in the text, if the model wants it`;
  call.warn({ type: 'drop', param: 'input_type', message });
};

function readInput(input: unknown): string | string[] {
  const textOf = (entry: unknown): string => {
    if (typeof entry === 'string') return entry;
    if (isObject(entry) && entry['type'] === 'text') return asText(entry['text']);
    throw new BadRequestError('input: Ollama takes texts', { param: 'input', code: 'invalid_input' });
  };
  return Array.isArray(input) ? input.map(textOf) : textOf(input);
}

export const embeddings: Transformer<'embeddings'> = {
  params: {
    dimensions: true,
    encoding_format: encodingFormat as ParamMapper,
    input_type: inputType as ParamMapper,
  },
  request(call, mapped): HttpRequest {
    const body = { model: call.model, input: readInput(call.params.input), ...placeOptions(mapped) };
    return { method: 'POST', path: '/api/embed', body };
  },
  response: readEmbeddings,
};

function readEmbeddings(body: unknown, call: Call<'embeddings'>): EmbeddingResponse {
  if (!isObject(body)) return body as EmbeddingResponse;
  const { embeddings: vectors, model, prompt_eval_count: count, ...other } = body;
  if (!Array.isArray(vectors)) {
    if (body['error']) throw new ProviderFault(ollamaError(undefined, body));
    return body as unknown as EmbeddingResponse;
  }
  const base64 = call.params.encoding_format === 'base64';
  const tokens = typeof count === 'number' ? count : 0;
  return {
    object: 'list',
    data: vectors.map((vector: unknown, index) => ({
      object: 'embedding',
      index,
      embedding: base64 && Array.isArray(vector) ? base64FromFloats(vector as number[]) : (vector as number[]),
    })),
    model: asText(model) || call.model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
    ...(Object.keys(other).length > 0 && { provider_specific_fields: other }),
  };
}
