/**
 * Decodes the chunks of OpenAI-shaped streams. The parsed event is itself the chunk: it is mended in place, and objects
 * are rebuilt only where a vendor's fields have to move. Source: https://platform.openai.com/docs/api-reference/chat/streaming
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { finishReason, isObject, reasoningText, setAside, splitParts } from './answer.js';
import { openaiError } from './errors.js';
import { ToolCallJoiner } from './tool-calls.js';
import { readUsage } from './usage.js';

/** What is known of one choice. */
class ChoiceState {
  finished = false;
  tools: ToolCallJoiner | undefined;
}

export class OpenAIDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  private readonly first = new ChoiceState();
  private readonly others = new Map<number, ChoiceState>();
  private seen = false;

  constructor(
    private readonly model: string,
    private readonly reasoningApart: boolean,
  ) {}

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    const data = event.data;
    if (data.charCodeAt(0) !== 123 /* { */) {
      const text = data.trim();
      if (text === '[DONE]') this.done = true;
      if (text === '' || text === '[DONE]') return;
    }
    const chunk: unknown = JSON.parse(data);
    if (!isObject(chunk)) return;
    const error = chunk['error'];
    if (event.event === 'error' || (error !== undefined && error !== null) || chunk['object'] === 'error')
      throw new ProviderFault(openaiError(undefined, chunk));

    let choices = chunk['choices'];
    if (!Array.isArray(choices)) {
      if (!isObject(chunk['usage'])) return;
      choices = chunk['choices'] = [];
    }
    const list = choices as JsonObject[];
    for (let i = 0; i < list.length; i++) {
      const choice = list[i];
      if (choice === undefined || !isObject(choice)) return;
      this.choice(choice, i, chunk);
    }
    this.top(chunk);
    out.push(chunk as unknown as ChatCompletionChunk);
  }

  end(): void {
    if (this.done || !this.seen || !this.first.finished) return;
    for (const state of this.others.values()) if (!state.finished) return;
    this.done = true;
  }

  private state(index: number): ChoiceState {
    if (index === 0) return this.first;
    let state = this.others.get(index);
    if (!state) this.others.set(index, (state = new ChoiceState()));
    return state;
  }

  private choice(choice: JsonObject, at: number, chunk: JsonObject): void {
    this.seen = true;
    let index = choice['index'];
    if (typeof index !== 'number') index = choice['index'] = at;
    const state = this.state(index as number);
    const delta = choice['delta'];
    if (isObject(delta)) this.delta(delta, choice, state);
    else choice['delta'] = isObject(choice['message']) ? choice['message'] : {};

    const finish = choice['finish_reason'];
    if (finish !== null) {
      const mapped = finishReason(finish, state.tools !== undefined);
      if (mapped !== null) state.finished = true;
      choice['finish_reason'] = mapped;
    }
    for (const field in choice) {
      switch (field) {
        case 'index':
        case 'delta':
        case 'finish_reason':
        case 'logprobs':
        case 'provider_specific_fields':
          break;
        default:
          this.foreignInChoice(choice, field, chunk);
      }
    }
  }

  private foreignInChoice(choice: JsonObject, field: string, chunk: JsonObject): void {
    const value = choice[field];
    delete choice[field];
    // Moonshot tells usage here.
    if (field === 'usage' && isObject(value)) chunk['usage'] ??= value;
    else if (field !== 'message') setAside(choice, field, value);
  }

  private delta(delta: JsonObject, choice: JsonObject, state: ChoiceState): void {
    let foreign = false;
    for (const field in delta) {
      switch (field) {
        case 'role':
        case 'refusal':
        case 'function_call':
        case 'audio':
        case 'images':
        case 'annotations':
        case 'thinking_blocks':
        case 'provider_specific_fields':
          break;
        case 'content':
          if (typeof delta['content'] === 'object' && delta['content'] !== null) foreign = true;
          break;
        case 'reasoning_content':
          if (typeof delta['reasoning_content'] !== 'string') foreign = true;
          break;
        case 'tool_calls': {
          const calls = delta['tool_calls'];
          if (Array.isArray(calls) && calls.length > 0) (state.tools ??= new ToolCallJoiner()).join(calls as JsonObject[]);
          else foreign = true;
          break;
        }
        default:
          foreign = true;
      }
    }
    if (foreign) choice['delta'] = rebuild(delta);
  }

  private top(chunk: JsonObject): void {
    for (const field in chunk) {
      switch (field) {
        case 'id':
        case 'object':
        case 'created':
        case 'model':
        case 'choices':
        case 'service_tier':
        case 'system_fingerprint':
        case 'obfuscation':
        case 'moderation':
        case 'provider_specific_fields':
          break;
        case 'usage': {
          const usage = chunk['usage'];
          if (isObject(usage)) chunk['usage'] = readUsage(usage, this.reasoningApart);
          break;
        }
        default:
          this.foreignOnTop(chunk, field);
      }
    }
    if (chunk['object'] !== 'chat.completion.chunk') chunk['object'] = 'chat.completion.chunk';
    if (chunk['model'] === undefined || chunk['model'] === '') chunk['model'] = this.model;
  }

  private foreignOnTop(chunk: JsonObject, field: string): void {
    const value = chunk[field];
    delete chunk[field];
    if (field === 'x_groq' && isObject(value) && isObject(value['usage']) && !isObject(chunk['usage']))
      chunk['usage'] = readUsage(value['usage'], this.reasoningApart);
    setAside(chunk, field, value);
  }
}

/** A delta with OpenAI's fields alone: reasoning renamed, content parts split, the rest set aside. */
function rebuild(delta: JsonObject): JsonObject {
  const out: JsonObject = {};
  let reasoning = typeof delta['reasoning_content'] === 'string' ? delta['reasoning_content'] : '';
  for (const field in delta) {
    const value = delta[field];
    switch (field) {
      case 'role':
      case 'refusal':
      case 'function_call':
      case 'audio':
      case 'images':
      case 'annotations':
      case 'thinking_blocks':
      case 'provider_specific_fields':
        out[field] = value;
        break;
      case 'content':
        if (Array.isArray(value)) {
          const parts = splitParts(value);
          out['content'] = parts.text;
          reasoning ||= parts.reasoning;
          if (parts.rest) setAside(out, 'content', value);
        } else out['content'] = value;
        break;
      case 'reasoning_content':
        break;
      case 'reasoning':
        if (typeof value === 'string') reasoning ||= value;
        else setAside(out, field, value);
        break;
      case 'reasoning_details':
        if (typeof delta['reasoning'] !== 'string') reasoning ||= reasoningText(value);
        setAside(out, field, value);
        break;
      case 'tool_calls':
        if (Array.isArray(value) && value.length > 0) out['tool_calls'] = value;
        break;
      default:
        setAside(out, field, value);
    }
  }
  if (reasoning !== '') out['reasoning_content'] = reasoning;
  return out;
}
