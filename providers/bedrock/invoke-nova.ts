/**
 * Nova over InvokeModel: Converse's messages in a body of its own.
 * Source: https://docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html
 */
import type { Decoder, JsonObject, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { isObject } from '../shared/messages.js';
import { withToolNames } from '../shared/tool-names.js';
import { contextOf } from './context.js';
import { mustInline, requestParts, toolNames } from './converse.js';
import { InvokeDecoder, headerUsage, invokeRequest } from './invoke.js';
import { answersByTool } from './output.js';
import { converseModel } from './models.js';
import { converseParams } from './params.js';
import { readAnswer } from './response.js';
import { ConverseDecoder } from './stream.js';

/** Nova's own parameters that stand beside those of sampling. */
const ownInference = [
  ['top_k', 'topK'],
  ['reasoningConfig', 'reasoningConfig'],
] as const;

/** Its events are named by their one field. */
class NovaDecoder implements Decoder<ChatCompletionChunk> {
  constructor(readonly inner: ConverseDecoder) {}

  get done(): boolean {
    return this.inner.done;
  }

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    const event: unknown = JSON.parse(data);
    if (isObject(event)) for (const name in event) this.inner.take(name, event[name], out);
  }

  end(): void {
    this.inner.end();
  }
}

const model = converseModel('amazon.nova');

const plain: Transformer<'chat'> = {
  params: converseParams,
  request(call, mapped) {
    const { body, inference, fields } = requestParts({ ...contextOf(call) }, mapped);
    const { additionalModelRequestFields: extra, additionalModelResponseFieldPaths: _, ...rest } = body;
    for (const [name, wire] of ownInference) {
      if (fields[name] !== undefined) inference[wire] = fields[name];
      delete fields[name];
    }
    const made: JsonObject = { schemaVersion: 'messages-v1', ...rest, inferenceConfig: inference, ...fields };
    return invokeRequest(call, { ...made, ...(isObject(extra) && extra) });
  },
  response(body, call, meta) {
    const told = isObject(body) && isObject(body['usage']) ? body['usage'] : undefined;
    // With a guardrail the body may lack the count of the answer.
    const output = headerUsage(meta)?.completion_tokens;
    const mended = told && told['outputTokens'] === undefined && output !== undefined;
    const whole = mended ? { ...(body as JsonObject), usage: { ...told, outputTokens: output } } : body;
    return readAnswer(whole, call.model, answersByTool(call, model), meta);
  },
  stream: {
    framing: 'aws',
    decoder: (call, meta) =>
      new InvokeDecoder(new NovaDecoder(new ConverseDecoder(call.model, answersByTool(call, model), meta)), call, meta),
  },
  inline: mustInline,
};

export const invokeNova = withToolNames(plain, toolNames);
