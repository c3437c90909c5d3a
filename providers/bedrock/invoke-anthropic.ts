/**
 * Claude over InvokeModel: Anthropic's Messages API with the version in the body.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
import type { Call, JsonObject, ParamSpec, Transformer } from '../../src/core/spec.js';
import { chatTransformer } from '../anthropic/chat.js';
import { modelOf } from '../anthropic/models.js';
import { mustInline } from './converse.js';
import { InvokeDecoder, invokeParams, invokeRequest } from './invoke.js';

const version = 'bedrock-2023-05-31';

const messages = chatTransformer({
  request(body, betas, call) {
    const { model: _, stream: __, ...rest } = body;
    const made: JsonObject = { anthropic_version: version, ...rest };
    if (betas.length > 0) made['anthropic_beta'] = betas;
    return invokeRequest(call, made);
  },
  inline: mustInline,
});

const { web_search_options: _, ...params } = messages.params as Record<string, ParamSpec[string]>;

/** The call without what Bedrock does not offer, for a reader that looks at the call itself. */
function offered(call: Call<'chat'>): Call<'chat'> {
  const { web_search_options: search, ...rest } = call.params;
  return search === undefined ? call : (Object.create(call, { params: { value: rest } }) as Call<'chat'>);
}

export const invokeAnthropic: Transformer<'chat'> = {
  ...messages,
  params: { ...params, ...invokeParams },
  request: (call, mapped) => messages.request(offered(call), mapped),
  stream: {
    framing: 'aws',
    decoder: (call, meta) =>
      new InvokeDecoder((messages.stream as NonNullable<typeof messages.stream>).decoder(call, meta), call, meta),
  },
  dialect: (model) => (modelOf(model).structured ? 'anthropic' : 'json_schema'),
};
