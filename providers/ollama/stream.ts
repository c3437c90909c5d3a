/** Streams, a JSON object a line: https://docs.ollama.com/api/streaming */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, Delta, FinishReason, FunctionToolCall } from '../../src/types/chat.js';
import { finishOf } from '../shared/function-call.js';
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

/** Fields of a message that have a place in OpenAI's. */
const told = new Set(['role', 'content', 'thinking', 'tool_calls', 'images']);

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
  /** To OpenAI's older form. */
  readonly #functions: boolean;

  constructor(model: string, functions: boolean) {
    this.#model = model;
    this.#functions = functions;
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
    if (message['tool_calls'] !== undefined)
      // Every call comes whole; indexes may be missing or repeat.
      for (const given of callsOf(message)) this.#call(readCall(given, this.#calls, line['created_at']), delta);
    if (message['images'] !== undefined) {
      const images = imagesOf(message);
      if (images.length > 0) delta.images = images;
    }
    for (const name in message) if (!told.has(name)) this.#setAside(name, message[name], delta);
    this.#begun = true;
    if (logprobs !== null || !isEmpty(delta)) out.push(this.#chunk(delta, null, logprobs));
  }

  #setAside(name: string, value: unknown, delta: Delta): void {
    if (value !== null) (delta.provider_specific_fields ??= {})[name] = value;
  }

  #call(call: FunctionToolCall, delta: Delta): void {
    const index = this.#calls++ - (this.#functions ? 1 : 0);
    if (index < 0) delta.function_call = call.function;
    else (delta.tool_calls ??= []).push({ index, ...call });
  }

  #end(line: JsonObject, out: ChatCompletionChunk[]): void {
    const raw = line['done_reason'];
    const chunk = this.#chunk({}, finishOf(finishReason(raw, this.#calls > 0), this.#functions), null);
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
