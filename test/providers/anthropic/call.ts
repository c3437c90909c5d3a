import { anthropic } from '../../../providers/anthropic/index.js';
import { ResolvedCall } from '../../../src/core/call.js';
import type { Options, JsonObject, Transformer } from '../../../src/core/spec.js';

/** A resolved chat call, as the core makes it. */
export function makeCall(params: JsonObject, options: Options = {}, model = 'claude-sonnet-5'): ResolvedCall<'chat'> {
  const given = { model, messages: [{ role: 'user', content: 'Which tide now?' }], ...params };
  const transformer = anthropic.endpoints.chat as Transformer<'chat'>;
  const stream = params['stream'] === true;
  return new ResolvedCall(
    'chat',
    anthropic,
    transformer,
    'anthropic',
    model,
    given as never,
    options,
    stream,
    () => undefined,
    [],
  );
}
