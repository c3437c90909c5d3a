/** Streams, a JSON object a line: https://docs.ollama.com/api/streaming */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, Delta, FinishReason } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import {
  callsOf,
  createdAt,
  finishReason,
  imagesOf,
  otherFields,
  readCall,
  readLogprobs,
  readUsage,
} from './answer.js';
import { ollamaError } from './errors.js';

const isEmpty = (delta: Delta): boolean => {
  for (const _ in delta) return false;
  return true;
};

export class OllamaDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  #model: string;
  #created = 0;
  #begun = false;
  #calls = 0;

  constructor(model: string) {
    this.#model = model;
  }

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    const line = JSON.parse(data) as unknown;
    if (!isObject(line)) return;
    const { error, message } = line;
    if (error !== undefined && error !== null) throw new ProviderFault(ollamaError(undefined, line));
    if (!this.#begun) this.#begin(line);
    if (isObject(message)) this.#piece(message, line, out);
    if (line['done'] === true) this.#end(line, out);
  }

  #begin(line: JsonObject): void {
    this.#model = asText(line['model']) || this.#model;
    this.#created = createdAt(line['created_at']);
  }

  #piece(message: JsonObject, line: JsonObject, out: ChatCompletionChunk[]): void {
    const text = asText(message['content']);
    const thinking = asText(message['thinking']);
    const logprobs = readLogprobs(line['logprobs']);
    const delta: Delta = {};
    if (!this.#begun) Object.assign(delta, { role: 'assistant', content: '' });
    if (thinking !== '') delta.reasoning_content = thinking;
    if (text !== '') delta.content = text;
    if (message['tool_calls'] !== undefined) {
      // Every call comes whole; indexes may be missing or repeat.
      const calls = callsOf(message).map((call) => {
        const index = this.#calls++;
        return { index, ...readCall(call, index, line['created_at']) };
      });
      if (calls.length > 0) delta.tool_calls = calls as NonNullable<Delta['tool_calls']>;
    }
    if (message['images'] !== undefined) {
      const images = imagesOf(message);
      if (images.length > 0) delta.images = images;
    }
    this.#begun = true;
    if (logprobs !== null || !isEmpty(delta)) out.push(this.#chunk(delta, null, logprobs));
  }

  #end(line: JsonObject, out: ChatCompletionChunk[]): void {
    const raw = line['done_reason'];
    const chunk = this.#chunk({}, finishReason(raw, this.#calls > 0), null);
    const choice = chunk.choices[0];
    if (choice) choice.provider_specific_fields = { done_reason: raw ?? null };
    const usage = readUsage(line);
    if (usage) chunk.usage = usage;
    const other = otherFields(line);
    if (other) chunk.provider_specific_fields = other;
    out.push(chunk);
    this.done = true;
  }

  #chunk(
    delta: Delta,
    finish_reason: FinishReason | null,
    logprobs: ReturnType<typeof readLogprobs>,
  ): ChatCompletionChunk {
    return {
      id: '',
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason, ...(logprobs !== null && { logprobs }) }],
    };
  }
}
