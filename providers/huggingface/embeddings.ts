/**
 * Embeddings: feature extraction on the router (https://huggingface.co/docs/inference-providers/tasks/feature-extraction),
 * and text-embeddings-inference on endpoints of one's own, in OpenAI's form unless the address names another.
 */
import { BadRequestError, ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject, ParamSpec, Transformer } from '../../src/core/spec.js';
import { embeddingsTransformer } from '../openai/embeddings.js';

const compatible = embeddingsTransformer({});
/** Addresses that take `inputs` and give bare vectors. */
const native = /\/(?:embed|pipeline\/feature-extraction)\/?$/;

const ownBase = (call: Pick<Call, 'options' | 'env'>): string | undefined =>
  call.options.api_base ?? call.env('HF_API_BASE');

/** Refused where only `inputs` go out. */
const own =
  (param: string) =>
  (value: unknown, body: JsonObject, call: Call<never>): void => {
    const base = ownBase(call);
    if (base !== undefined && !native.test(base)) body[param] = value;
    else call.unsupported(param, 'feature extraction has no such parameter');
  };

export const embeddings: Transformer<'embeddings'> = {
  ...compatible,
  params: {
    ...(compatible.params as ParamSpec),
    dimensions: own('dimensions'),
    // Told to servers that know it, honoured here for the others.
    encoding_format: (value: unknown, body: JsonObject, call: Call<never>) => {
      const base = ownBase(call);
      if (base !== undefined && !native.test(base)) body['encoding_format'] = value;
    },
    user: (value: unknown, body: JsonObject, call: Call<never>) => {
      const base = ownBase(call);
      if (base !== undefined && !native.test(base)) body['user'] = value;
      else call.warn({ type: 'drop', param: 'user', message: 'feature extraction has no parameter user' });
    },
  },
  request(call, mapped) {
    const base = ownBase(call);
    if (base !== undefined && !native.test(base))
      return {
        method: 'POST',
        path: '/v1/embeddings',
        body: { model: call.model, input: call.params.input, ...mapped },
      };
    const { input } = call.params;
    // Always a list, so that the answer is a list of vectors.
    const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
    const body = { inputs, ...mapped };
    return { method: 'POST', path: base === undefined ? pipeline(call) : '', body };
  },
  response(body, call, meta) {
    if (Array.isArray(body) && body.some((row) => Array.isArray(row) && Array.isArray(row[0])))
      throw new ProviderFault({
        message: `${call.model} gives a vector for each token, none for the text: use a model for sentence embeddings`,
        kind: 'bad_request',
      });
    return compatible.response(body, call, meta);
  },
};

function pipeline(call: Call<'embeddings'>): string {
  const { model, llm_provider } = call;
  const [, provider, rest] = /^([^/]+)\/([^/]+\/.+)$/.exec(model) ?? [];
  if (provider !== undefined && provider !== 'hf-inference')
    throw new BadRequestError(
      `${llm_provider}: embeddings run on hf-inference alone, not on ${provider}; call that provider itself`,
      { param: 'model', llm_provider, model },
    );
  return `/hf-inference/models/${rest ?? model}/pipeline/feature-extraction`;
}
