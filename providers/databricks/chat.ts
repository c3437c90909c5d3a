/** Chat: https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference#chat-completions-api */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, Transformer, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { OpenAIDecoder } from '../openai/stream.js';
import { isObject } from '../shared/messages.js';
import { plainNames, withToolNames } from '../shared/tool-names.js';
import { named } from './errors.js';
import { readMessage, splitReasoning, thinkingBlock, writeMessage } from './reasoning.js';

/** Tokens left for the answer beside the thinking, where the caller sets no limit. */
const answerTokens = 4096;

export const claude = /claude/;
/** Claude is served by several vendors here: the shortest of their limits. */
const claudeNames = plainNames(64);

/** OpenAI's chat with Claude's thinking, back and forth. */
export function withThinking(plain: Transformer<'chat'>): Transformer<'chat'> {
  const transformer: Transformer<'chat'> = {
    ...plain,
    request(call, mapped) {
      const request = plain.request(call, mapped);
      const body = request.body as JsonObject;
      body['messages'] = (body['messages'] as unknown[]).map(writeMessage);
      const { thinking } = body;
      const tokens = isObject(thinking) ? thinking['budget_tokens'] : undefined;
      // The limit covers the thinking too, and has to exceed it.
      if (typeof tokens === 'number' && body['max_tokens'] === undefined) {
        const limit = (body['max_tokens'] = tokens + answerTokens);
        call.warn({
          type: 'default',
          param: 'max_tokens',
          message: `${limit}, so that it exceeds the thinking budget`,
        });
      }
      return request;
    },
    response(body, call, meta) {
      const choices: unknown = isObject(body) ? body['choices'] : undefined;
      for (const choice of Array.isArray(choices) ? choices.filter(isObject) : [])
        if (isObject(choice['message'])) readMessage(choice['message']);
      return plain.response(body, call, meta);
    },
    stream: { framing: 'sse', decoder: (call) => new DatabricksDecoder(call.model) },
  };
  return withToolNames(transformer, (model) => (claude.test(model) ? claudeNames : undefined));
}

class DatabricksDecoder implements Decoder<ChatCompletionChunk> {
  readonly #inner: OpenAIDecoder;
  /** Thinking so far: its signature comes last. */
  #thinking = '';

  constructor(model: string) {
    this.#inner = new OpenAIDecoder(model, false);
  }

  get done(): boolean {
    return this.#inner.done;
  }

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    try {
      // Few events hold reasoning; the others are parsed once.
      this.#inner.push(event.data.includes('"summary"') ? { ...event, data: this.#rewritten(event.data) } : event, out);
    } catch (error) {
      throw error instanceof ProviderFault ? new ProviderFault(named(error.facts)) : error;
    }
  }

  end(): void {
    this.#inner.end();
  }

  #rewritten(data: string): string {
    const chunk: unknown = JSON.parse(data);
    const choices: unknown = isObject(chunk) ? chunk['choices'] : undefined;
    for (const choice of Array.isArray(choices) ? choices.filter(isObject) : []) {
      const delta = choice['delta'];
      const pieces = isObject(delta) ? splitReasoning(delta['content']) : undefined;
      if (!isObject(delta) || pieces === undefined) continue;
      delete delta['content'];
      if (pieces.text !== undefined) delta['content'] = pieces.text;
      if (pieces.reasoning !== '') delta['reasoning_content'] = pieces.reasoning;
      this.#thinking += pieces.reasoning;
      if (pieces.signature === '') continue;
      delta['thinking_blocks'] = [thinkingBlock(this.#thinking, pieces.signature)];
      this.#thinking = '';
    }
    return JSON.stringify(chunk);
  }
}
