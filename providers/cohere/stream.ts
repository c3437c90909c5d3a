/** Streams: https://docs.cohere.com/docs/streaming, …/docs/tool-use-streaming */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, Delta, FinishReason, FunctionToolCall } from '../../src/types/chat.js';
import { finishOf } from '../shared/function-call.js';
import { asText, isBlank, isObject } from '../shared/messages.js';
import { annotationsOf, failureOf, finishReason, readLogprobs, readUsage } from './answer.js';
import { cohereError } from './errors.js';

/** The fields of all events, as far as they are read here. */
interface StreamEvent {
  type?: string;
  id?: unknown;
  index?: number;
  message?: unknown;
  error?: unknown;
  delta?: JsonObject & {
    message?: { content?: unknown; tool_plan?: unknown; tool_calls?: unknown; citations?: unknown };
  };
  logprobs?: unknown;
}

interface ToolState {
  /** Index among the tool calls of the answer; -1 for the call in OpenAI's older form. */
  at: number;
  /** Whether any arguments have come. */
  written: boolean;
}

const listOf = (value: unknown): JsonObject[] => (Array.isArray(value) ? value : [value]).filter(isObject);

export class CohereDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  #id = '';
  readonly #model: string;
  /** Of the plan, what has not been handed on whole. */
  #plan = '';
  /** The model shows its thinking, so that the plan need not stand for it. */
  #thought = false;
  /** Where the text of each content block begins. */
  readonly #starts: number[] = [];
  /** Length of the text so far. */
  #length = 0;
  /** Calls by the index of the wire. */
  readonly #open = new Map<number, ToolState>();
  #tools = 0;

  /** To OpenAI's older form. */
  readonly #functions: boolean;

  constructor(model: string, functions: boolean) {
    this.#model = model;
    this.#functions = functions;
  }

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    if (data === '[DONE]') return;
    const event = JSON.parse(data) as StreamEvent;
    switch (event?.type) {
      case 'content-delta':
      case 'content-start':
        return this.#content(event, out);
      case 'tool-call-delta':
        return this.#arguments(event, out);
      case 'tool-plan-delta':
        return this.#planned(asText(event.delta?.message?.tool_plan), out);
      case 'citation-start':
        return this.#cite(event, out);
      case 'tool-call-start':
        return this.#call(event, out);
      case 'tool-call-end':
        return this.#close(event.index ?? 0, out);
      case 'message-start':
        this.#id = asText(event.id);
        out.push(this.#chunk({ role: 'assistant', content: '' }));
        return;
      case 'message-end':
        return this.#end(event, out);
      case 'error':
        throw new ProviderFault(cohereError(undefined, event));
      case undefined:
        // Events have a type; what has a text for a message, or an error, instead is one.
        if (typeof event?.message === 'string' || event?.error) throw new ProviderFault(cohereError(undefined, event));
        return;
      default: // content-end, citation-end, and whatever comes later
    }
  }

  #content({ index = 0, delta, logprobs }: StreamEvent, out: ChatCompletionChunk[]): void {
    const content = delta?.message?.content;
    this.#starts[index] ??= this.#length;
    if (!isObject(content)) return;
    const thinking = asText(content['thinking']);
    const text = asText(content['text']);
    if (content['type'] === 'thinking' || thinking !== '') this.#thought = true;
    if (thinking !== '') out.push(this.#chunk({ reasoning_content: thinking }));
    if (text === '') return;
    this.#length += text.length;
    const chunk = this.#chunk({ content: text });
    const choice = chunk.choices[0];
    if (choice && isObject(logprobs)) {
      choice.logprobs = readLogprobs([logprobs]);
      choice.provider_specific_fields = { logprobs: [logprobs] };
    }
    out.push(chunk);
  }

  #planned(piece: string, out: ChatCompletionChunk[]): void {
    if (piece === '') return;
    this.#plan += piece;
    if (!this.#thought) out.push(this.#chunk({ reasoning_content: piece }));
  }

  /** The plan goes back in the next turn, so it is told whole. */
  #tellPlan(out: ChatCompletionChunk[]): void {
    if (this.#plan !== '') out.push(this.#chunk({ provider_specific_fields: { tool_plan: this.#plan } }));
    this.#plan = '';
  }

  #cite({ delta }: StreamEvent, out: ChatCompletionChunk[]): void {
    const citations = listOf(delta?.message?.citations);
    if (citations.length === 0) return;
    const annotations = citations.flatMap((each) =>
      annotationsOf(each, this.#starts[Number(each['content_index'] ?? 0)] ?? 0),
    );
    out.push(this.#chunk({ ...(annotations.length > 0 && { annotations }), provider_specific_fields: { citations } }));
  }

  #call({ index = this.#tools, delta }: StreamEvent, out: ChatCompletionChunk[]): void {
    this.#tellPlan(out);
    for (const call of listOf(delta?.message?.tool_calls)) {
      const called = isObject(call['function']) ? call['function'] : {};
      const written = asText(called['arguments']);
      const at = this.#tools++ - (this.#functions ? 1 : 0);
      this.#open.set(index, { at, written: !isBlank(written) });
      const head = { name: asText(called['name']), arguments: written };
      out.push(this.#called(at, head, { id: asText(call['id']), type: 'function' }));
    }
  }

  #arguments({ index = this.#tools - 1, delta }: StreamEvent, out: ChatCompletionChunk[]): void {
    const state = this.#open.get(index);
    if (state === undefined) return;
    for (const call of listOf(delta?.message?.tool_calls)) {
      const piece = isObject(call['function']) ? asText(call['function']['arguments']) : '';
      if (piece === '') continue;
      state.written ||= !isBlank(piece);
      out.push(this.#called(state.at, { arguments: piece }));
    }
  }

  #close(index: number, out: ChatCompletionChunk[]): void {
    const state = this.#open.get(index);
    if (state === undefined) return;
    this.#open.delete(index);
    if (!state.written) out.push(this.#called(state.at, { arguments: '{}' }));
  }

  #called(
    at: number,
    piece: { name?: string; arguments: string },
    head?: Partial<FunctionToolCall>,
  ): ChatCompletionChunk {
    if (at < 0) return this.#chunk({ function_call: piece });
    return this.#chunk({ tool_calls: [{ index: at, ...head, function: piece }] });
  }

  #end({ delta: told }: StreamEvent, out: ChatCompletionChunk[]): void {
    this.#tellPlan(out);
    for (const index of this.#open.keys()) this.#close(index, out);
    const { finish_reason: raw, usage, error, message: _, ...other } = told ?? {};
    const failure = failureOf(raw, error);
    if (failure) throw new ProviderFault(failure);
    const chunk = this.#chunk({}, finishOf(finishReason(raw, this.#tools > 0), this.#functions));
    const choice = chunk.choices[0];
    if (choice) choice.provider_specific_fields = { finish_reason: raw ?? null };
    if (isObject(usage)) chunk.usage = readUsage(usage);
    if (Object.keys(other).length > 0) chunk.provider_specific_fields = other;
    out.push(chunk);
    this.done = true;
  }

  #chunk(delta: Delta, finish_reason: FinishReason | null = null): ChatCompletionChunk {
    return {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: 0,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason }],
    };
  }
}
