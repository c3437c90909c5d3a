/**
 * OpenAI's body over InvokeModel: gpt-oss, Qwen, DeepSeek, Kimi, Jamba, later Mistrals, imported models.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-{openai,jamba,mistral-large-2407}.html
 */
import type { Decoder, JsonObject, ParamSpec, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { chatTransformer } from '../openai/chat.js';
import { isObject } from '../shared/messages.js';
import { InvokeDecoder, invokeParams, invokeRequest } from './invoke.js';

/** The path names the model, and the operation whether the answer streams; names of messages are refused. */
const chat = chatTransformer({ message_name: false, usage_in_stream: false });
const decoderOf = (chat.stream as NonNullable<typeof chat.stream>).decoder;

const paramsOf = (model: string): ParamSpec => (typeof chat.params === 'function' ? chat.params(model) : chat.params);

/** Mistral says `stop_reason` where OpenAI says `finish_reason`. */
function mend(body: unknown): unknown {
  const choices = isObject(body) ? body['choices'] : undefined;
  if (!Array.isArray(choices) || !choices.some((choice) => isObject(choice) && 'stop_reason' in choice)) return body;
  const mended = choices.map((choice: unknown) => {
    if (!isObject(choice)) return choice;
    const { stop_reason: reason, ...rest } = choice;
    return { finish_reason: reason, ...rest };
  });
  return { ...(body as JsonObject), choices: mended };
}

class MendingDecoder implements Decoder<ChatCompletionChunk> {
  constructor(readonly inner: Decoder<ChatCompletionChunk>) {}

  get done(): boolean {
    return this.inner.done;
  }

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    const text = data.includes('"stop_reason"') ? JSON.stringify(mend(JSON.parse(data))) : data;
    this.inner.push({ data: text }, out);
  }

  end(out: ChatCompletionChunk[]): void {
    this.inner.end?.(out);
  }
}

export const invokeOpenai: Transformer<'chat'> = {
  ...chat,
  params: (model) => ({ ...paramsOf(model), ...invokeParams }),
  request(call, mapped) {
    const { body } = chat.request(call, mapped);
    const { model: _, stream: __, ...rest } = body as JsonObject;
    return invokeRequest(call, rest);
  },
  response: (body, call, meta) => chat.response(mend(body), call, meta),
  stream: {
    framing: 'aws',
    decoder: (call, meta) => new InvokeDecoder(new MendingDecoder(decoderOf(call, meta)), call, meta),
  },
};
