import type { Call } from '../../src/core/spec.js';

/** Models known not to reason: https://docs.cohere.com/docs/models. Any other name may be that of one that does. */
const unthinking =
  /^(?:c4ai-|(?:tiny-)?aya\b|command$|command-(?:r(?:$|[-7])|light|nightly|a-(?:03-2025|vision|translate)))/;

export const thinks = (model: string): boolean => !unthinking.test(bare(model));

/** LiteLLM names the version of the API before the model. */
const bare = (model: string): string => model.replace(/^v[12]\//, '');

/** The model's name on the wire. */
export function modelName(call: Call): string {
  if (call.model.startsWith('v1/'))
    call.warn({ type: 'rewrite', param: 'model', message: 'v1 of the API is retired; v2 is asked' });
  return bare(call.model);
}
