/**
 * Claude over InvokeModel: Anthropic's Messages API with the version in the body.
 * Source: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-anthropic-claude-messages.html
 */
import type { JsonObject, Transformer } from '../../src/core/spec.js';
import type { Model } from '../anthropic/models.js';
import { claudeTransformer } from './claude.js';
import { InvokeDecoder, invokeParams, invokeRequest } from './invoke.js';
import { claudeModel } from './models.js';
import { awsBetas, awsTool } from './own-tools.js';

const version = 'bedrock-2023-05-31';

/** `model` tells what a name stands for. */
export function invokeClaude(model: (name: string) => Model): Transformer<'chat'> {
  const messages = claudeTransformer({
    model,
    request(body, _, call) {
      const { model: __, stream: ___, ...rest } = body;
      const made: JsonObject = { anthropic_version: version, ...rest };
      if (Array.isArray(made['tools'])) made['tools'] = (made['tools'] as JsonObject[]).map(awsTool);
      const betas = awsBetas(call);
      if (betas.length > 0) made['anthropic_beta'] = betas;
      return invokeRequest(call, made);
    },
  });
  const inner = messages.stream as NonNullable<typeof messages.stream>;
  return {
    ...messages,
    params: { ...messages.params, ...invokeParams },
    stream: {
      framing: 'aws',
      decoder: (call, meta) => new InvokeDecoder(inner.decoder(call, meta), call, meta),
    },
  };
}

export const invokeAnthropic = invokeClaude(claudeModel);
