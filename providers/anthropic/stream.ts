/** Streams: https://platform.claude.com/docs/en/build-with-claude/streaming */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, Delta, FinishReason } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import {
  annotationsOf,
  BLOCKS,
  callFields,
  citationsOf,
  finishReason,
  JSON_TOOL,
  otherFields,
  stageOf,
  stopFields,
  thinkingOf,
} from './blocks.js';
import { anthropicError } from './errors.js';
import type { Block } from './parts.js';
import { mergeUsage, readUsage, serviceTier } from './usage.js';

/** A content block that is being streamed. */
class Open {
  /** Pieces of a tool's input, JSON text. */
  input = '';
  constructor(
    readonly block: Block,
    /** Index among the caller's tool calls; -1 for all other blocks. */
    readonly tool: number,
    /** The call of the JSON tool: its input is the answer's text. */
    readonly answer: boolean,
  ) {}
}

/** The fields of all events, as far as they are read here. */
interface StreamEvent {
  type?: string;
  index: number;
  message?: JsonObject;
  content_block?: Block;
  delta?: JsonObject & { type?: string; text?: string; thinking?: string; partial_json?: string };
  usage?: JsonObject;
}

export class AnthropicDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  #id = '';
  #model: string;
  readonly #json: boolean;
  #usage: JsonObject = {};
  #open: (Open | undefined)[] = [];
  #tools = 0;
  #answered = false;
  #finished = false;
  /** Counts have come that were not handed on. */
  #untold = false;
  /** Length of the content so far. */
  #length = 0;
  /** Text that may be a preamble of the JSON answer. */
  #held = '';
  #stage = 0;
  /** Whole blocks of an answer that has been plain so far. */
  #blocks: Block[] = [];

  /** `json`: the model answers through the JSON tool. */
  constructor(model: string, json: boolean) {
    this.#model = model;
    this.#json = json;
  }

  push(wire: WireEvent, out: ChatCompletionChunk[]): void {
    const { data } = wire;
    if (data === '[DONE]') return;
    const event = JSON.parse(data) as StreamEvent;
    switch (event?.type) {
      case 'content_block_delta':
        return this.#piece(event, out);
      case 'content_block_start':
        return this.#start(event, out);
      case 'content_block_stop':
        return this.#stop(event.index, out);
      case 'message_start':
        return this.#begin(event.message ?? {}, out);
      case 'message_delta':
        return this.#finish(event as unknown as JsonObject, out);
      case 'message_stop':
        this.#closeAll(out);
        if (this.#untold) out.push({ ...this.#chunk({}, null), choices: [], usage: readUsage(this.#usage) });
        this.done = true;
        return;
      case undefined:
        return failIfTold(event);
      case 'error':
        throw new ProviderFault(anthropicError(undefined, event));
      default: // ping, and whatever comes later
    }
  }

  #begin(message: JsonObject, out: ChatCompletionChunk[]): void {
    if (typeof message['id'] === 'string') this.#id = message['id'];
    if (typeof message['model'] === 'string' && message['model'] !== '') this.#model = message['model'];
    const chunk = this.#chunk({ role: 'assistant', content: '' }, null);
    if (isObject(message['usage'])) {
      this.#usage = message['usage'];
      chunk.usage = readUsage(this.#usage);
    }
    const other = otherFields(message);
    if (other) chunk.provider_specific_fields = other;
    out.push(chunk);
  }

  #start({ index, content_block }: StreamEvent, out: ChatCompletionChunk[]): void {
    const block = content_block ?? {};
    const called = block['type'] === 'tool_use';
    const answer = called && this.#json && block['name'] === JSON_TOOL;
    this.#open[index] = new Open(block, called && !answer ? this.#tools : -1, answer);
    if (answer) {
      this.#answered = true;
      if (this.#held !== '') out.push(this.#chunk({ provider_specific_fields: { text: this.#held } }, null));
      this.#held = '';
    } else if (called) {
      const { id, name } = block;
      const head = { name: asText(name), arguments: '' };
      const call = {
        index: this.#tools++,
        id: asText(id),
        type: 'function' as const,
        function: head,
        ...callFields(block),
      };
      out.push(this.#chunk({ tool_calls: [call] }, null));
    } else if (block['type'] === 'text') this.#say(asText(block['text']), out);
    else if (block['type'] === 'thinking' && block['thinking'])
      out.push(this.#chunk({ reasoning_content: asText(block['thinking']) }, null));
  }

  #piece({ index, delta }: StreamEvent, out: ChatCompletionChunk[]): void {
    const open = this.#open[index];
    if (open === undefined || delta == null) return;
    const { block } = open;
    switch (delta.type) {
      case 'text_delta':
        if (!delta.text) return;
        block['text'] = asText(block['text']) + delta.text;
        return this.#say(delta.text, out);
      case 'input_json_delta': {
        const piece = delta.partial_json;
        if (!piece) return;
        open.input += piece;
        if (open.tool >= 0)
          out.push(this.#chunk({ tool_calls: [{ index: open.tool, function: { arguments: piece } }] }, null));
        else if (open.answer) out.push(this.#chunk({ content: piece }, null));
        return;
      }
      case 'thinking_delta':
        if (!delta.thinking) return;
        block['thinking'] = asText(block['thinking']) + delta.thinking;
        out.push(this.#chunk({ reasoning_content: delta.thinking }, null));
        return;
      case 'citations_delta': {
        const list = block['citations'];
        if (Array.isArray(list)) list.push(delta['citation']);
        else block['citations'] = [delta['citation']];
        return;
      }
      default:
        grow(block, delta);
    }
  }

  #say(text: string, out: ChatCompletionChunk[]): void {
    if (text === '') return;
    this.#length += text.length;
    if (this.#json) this.#held += text;
    else out.push(this.#chunk({ content: text }, null));
  }

  /** A block is whole: what can only be told now goes out in one chunk. */
  #stop(index: number, out: ChatCompletionChunk[]): void {
    const open = this.#open[index];
    if (open === undefined) return;
    this.#open[index] = undefined;
    const { block } = open;
    const delta: Delta = {};
    if (open.input !== '') block['input'] = parse(open.input);
    else if (open.tool >= 0 || open.answer) {
      const text = JSON.stringify(block['input'] ?? {});
      if (open.answer) delta.content = text;
      else delta.tool_calls = [{ index: open.tool, function: { arguments: text } }];
    }
    const fields: JsonObject = {};
    if (block['type'] === 'thinking' || block['type'] === 'redacted_thinking')
      delta.thinking_blocks = [thinkingOf(block)];
    else if (block['type'] === 'text') {
      const citations = citationsOf(block);
      const annotations = annotationsOf(block, this.#length - asText(block['text']).length);
      if (citations.length > 0) fields['citations'] = citations;
      if (annotations.length > 0) delta.annotations = annotations;
    }
    const kept = open.answer ? undefined : this.#keep(block);
    if (kept) fields[BLOCKS] = kept;
    if (Object.keys(fields).length > 0) delta.provider_specific_fields = fields;
    if (Object.keys(delta).length > 0) out.push(this.#chunk(delta, null));
  }

  /** Blocks are handed on from the one that makes the answer more than plain; it brings those before it along. */
  #keep(block: Block): Block[] | undefined {
    if (this.#json) return undefined;
    const plain = this.#stage >= 0;
    this.#stage = stageOf(block, this.#stage);
    if (plain) this.#blocks.push(block);
    if (this.#stage >= 0) return undefined;
    return plain ? this.#blocks.splice(0) : [block];
  }

  #closeAll(out: ChatCompletionChunk[]): void {
    for (let index = 0; index < this.#open.length; index++) if (this.#open[index] !== undefined) this.#stop(index, out);
  }

  #finish(event: JsonObject, out: ChatCompletionChunk[]): void {
    const { delta: told, usage, type: _, ...rest } = event;
    const delta = isObject(told) ? told : {};
    if (isObject(usage)) {
      this.#usage = mergeUsage(this.#usage, usage);
      this.#untold = true;
    }
    const reason = delta['stop_reason'];
    if (typeof reason !== 'string' || this.#finished) return;
    this.#finished = true;
    this.#closeAll(out);
    if (this.#held !== '') out.push(this.#chunk({ content: this.#held }, null));
    const chunk = this.#chunk({}, finishReason(reason, this.#tools > 0, this.#answered));
    const choice = chunk.choices[0];
    if (choice) choice.provider_specific_fields = stopFields(delta);
    chunk.usage = readUsage(this.#usage);
    this.#untold = false;
    const tier = serviceTier(this.#usage);
    if (tier) chunk.service_tier = tier;
    const other = otherFields(delta, rest);
    if (other) chunk.provider_specific_fields = other;
    out.push(chunk);
  }

  #chunk(delta: Delta, finish_reason: FinishReason | null): ChatCompletionChunk {
    return {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: 0,
      model: this.#model,
      choices: [{ index: 0, delta, finish_reason }],
    };
  }
}

/** Events have a type; an error of a cloud in between has none, and Google's may stand in a list. */
function failIfTold(event: unknown): void {
  const told: unknown = Array.isArray(event) ? event[0] : event;
  if (isObject(told) && told['error']) throw new ProviderFault(anthropicError(undefined, told));
}

/** Adds a piece of a kind that has no field of its own here (signature, compaction …): texts grow, all else is set. */
function grow(block: Block, delta: JsonObject): void {
  for (const name in delta) {
    if (name === 'type') continue;
    const piece = delta[name];
    const before = block[name];
    block[name] = typeof piece === 'string' && typeof before === 'string' ? before + piece : (piece ?? before);
  }
}

/** A tool's input; of a cut answer it is no JSON. */
function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return { INVALID_JSON: text };
  }
}
