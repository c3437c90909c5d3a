/** The tokens of a prompt, counted by the provider: a chat's parameters, and what a good answer looks like. */
import type { EndpointSpec } from '../core/endpoint.js';
import { isObject, refuse } from '../core/validate.js';
import { chat } from './chat.js';

export const countTokens: EndpointSpec<'count_tokens'> = {
  name: 'count_tokens',
  params: chat.params,
  own: chat.own,
  validate(params, options) {
    chat.validate(params, options);
    if (params['stream'] === true) refuse('stream', true, 'must not be true: a count has no stream');
  },
  problem: (result) =>
    isObject(result) && typeof result['input_tokens'] === 'number' ? undefined : 'a body without a number of tokens',
  complete() {},
  usage: () => undefined,
};
