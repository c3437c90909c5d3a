/** Embeddings: OpenAI's parameters and what a good call looks like. */
import type { EndpointSpec } from '../core/endpoint.js';
import { checkNumbers, isObject, refuse } from '../core/validate.js';

export const embeddings: EndpointSpec<'embeddings'> = {
  name: 'embeddings',
  params: new Set(['dimensions', 'encoding_format', 'user']),
  own: new Set(['model', 'input']),
  validate(params) {
    const { input } = params;
    if (input === undefined || input === '') refuse('input', input, 'must be a text, an array of texts, or token ids');
    if (Array.isArray(input)) {
      if (input.length === 0) refuse('input', input, 'must hold at least one text');
      for (let index = 0; index < input.length; index++) {
        const entry: unknown = input[index];
        const fits =
          typeof entry === 'string' || typeof entry === 'number' || (typeof entry === 'object' && entry !== null);
        if (!fits)
          refuse(`input[${index}]`, entry, 'must be a text, a token id, a list of token ids, or a content part');
      }
    } else if (typeof input !== 'string') refuse('input', input, 'must be a text, an array of texts, or token ids');
    checkNumbers(params);
  },
  problem(result) {
    if (typeof result !== 'object' || result === null) return 'a body that is no JSON object';
    const { data } = result as { data?: unknown };
    if (!Array.isArray(data) || data.length === 0) return 'a body without vectors';
    const whole = data.every(
      (row: unknown) => isObject(row) && (typeof row['embedding'] === 'string' || Array.isArray(row['embedding'])),
    );
    return whole ? undefined : 'a row without a vector';
  },
  complete() {},
  usage: (result) => result.usage,
};
