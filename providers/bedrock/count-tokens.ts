/** Counting a prompt's tokens: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_CountTokens.html */
import type { Call, HttpRequest, JsonObject, Transformer } from '../../src/core/spec.js';
import { countTransformer } from '../shared/count-tokens.js';
import { modelPath } from './converse.js';
import { toBase64 } from './media.js';

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseTokensRequest.html */
const counted = ['messages', 'system', 'toolConfig', 'additionalModelRequestFields'];

/** Profiles that spread a model over regions are no models here. */
const profile = /^(?:us|us-gov|eu|apac|au|ca|jp|sa|global)\.(?=[\w-]+\.)/;

function pathOf(call: Call<'chat'>): string {
  const path = modelPath(call);
  const id = decodeURIComponent(path.slice('/model/'.length));
  const plain = id.replace(profile, '');
  if (plain !== id)
    call.warn({
      type: 'rewrite',
      param: 'model',
      message: `tokens are counted by models, not by profiles: ${plain} is asked`,
    });
  return `/model/${encodeURIComponent(plain)}/count-tokens`;
}

export function countTokensTransformer(
  chat: Transformer<'chat'>,
  api: 'converse' | 'invoke',
): Transformer<'count_tokens'> {
  return countTransformer(chat, 'inputTokens', (call, mapped): HttpRequest => {
    const body = chat.request(call, mapped).body as JsonObject;
    const input =
      api === 'converse'
        ? { converse: Object.fromEntries(Object.entries(body).filter(([name]) => counted.includes(name))) }
        : { invokeModel: { body: toBase64(JSON.stringify(body)) } };
    return { method: 'POST', path: pathOf(call), body: { input } };
  });
}
