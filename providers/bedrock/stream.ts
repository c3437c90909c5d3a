/** Streams: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
import type { Decoder, JsonObject, ResponseMeta, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, Delta, FinishReason } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import {
  annotationsOf,
  BLOCKS,
  finishReason,
  imageOf,
  isSearch,
  isServerTool,
  JSON_TOOL,
  otherFields,
  stageOf,
  thinkingOf,
  type Block,
} from './blocks.js';
import { readEvent } from './errors.js';
import { answerId } from './response.js';
import { readUsage, serviceTier } from './usage.js';

/** A content block that is being streamed. */
class Open {
  text = '';
  reasoning = '';
  signature = '';
  redacted = '';
  /** Pieces of a tool's input, JSON text. */
  input = '';
  bytes = '';
  /** What an image says of its failure, or of its place. */
  failed: JsonObject = {};
  results: unknown[] = [];
  citations: JsonObject[] = [];
  constructor(
    readonly start: JsonObject,
    /** Index among the caller's tool calls; -1 for all other blocks. */
    readonly tool: number,
    /** The call of the JSON tool: its input is the answer's text. */
    readonly answer: boolean,
  ) {}

  /** The block as a whole answer would hold it. */
  whole(): Block {
    const { toolUse: use, toolResult: result, image } = this.start;
    if (isObject(use)) return { toolUse: { ...use, input: parse(this.input) } };
    if (isObject(result)) return { toolResult: { ...result, content: this.results } };
    if (isObject(image))
      return { image: { ...image, ...(this.bytes !== '' && { source: { bytes: this.bytes } }), ...this.failed } };
    if (this.redacted !== '') return { reasoningContent: { redactedContent: this.redacted } };
    if (this.reasoning !== '' || this.signature !== '') {
      const signature = this.signature === '' ? {} : { signature: this.signature };
      return { reasoningContent: { reasoningText: { text: this.reasoning, ...signature } } };
    }
    if (this.citations.length === 0) return { text: this.text };
    return {
      citationsContent: { content: this.text === '' ? [] : [{ text: this.text }], citations: this.citations },
    };
  }
}

/** The fields of all events, as far as they are read here. */
interface StreamEvent extends JsonObject {
  contentBlockIndex: number;
  start?: JsonObject;
  delta?: JsonObject;
}

export class ConverseDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  readonly #model: string;
  readonly #json: boolean;
  readonly #id: string;
  #open: (Open | undefined)[] = [];
  #tools = 0;
  #images = 0;
  #finished = false;
  #extra: unknown = undefined;
  #searches = 0;
  /** Length of the content so far. */
  #length = 0;
  /** Text that may be a preamble of the JSON answer. */
  #held = '';
  #stage = 0;
  /** Whole blocks of an answer that has been plain so far. */
  #blocks: Block[] = [];

  /** `json`: the model answers through the JSON tool. */
  constructor(model: string, json: boolean, meta: ResponseMeta) {
    this.#model = model;
    this.#json = json;
    this.#id = answerId(meta);
  }

  push(wire: WireEvent, out: ChatCompletionChunk[]): void {
    this.take(wire.event, readEvent(wire), out);
  }

  /** Takes in an event of that name. */
  take(name: string | undefined, fields: unknown, out: ChatCompletionChunk[]): void {
    const event = (isObject(fields) ? fields : {}) as StreamEvent;
    switch (name) {
      case 'contentBlockDelta':
        return this.#piece(event, out);
      case 'contentBlockStart':
        return this.#start(event, out);
      case 'contentBlockStop':
        return this.#stop(event.contentBlockIndex, out);
      case 'messageStart':
        out.push(this.#chunk({ role: 'assistant', content: '' }, null));
        return;
      case 'messageStop':
        return this.#finish(event, out);
      case 'metadata':
        return this.#tell(event, out);
      default: // whatever comes later
    }
  }

  /** The counts follow the message's end; without them it is whole, too. */
  end(): void {
    if (this.#finished) this.done = true;
  }

  #start({ contentBlockIndex: index, start: told }: StreamEvent, out: ChatCompletionChunk[]): void {
    const start = isObject(told) ? told : {};
    const use = isObject(start['toolUse']) ? start['toolUse'] : undefined;
    const called = use !== undefined && !isServerTool(use);
    if (isSearch(use)) this.#searches++;
    const answer = called && this.#json && use['name'] === JSON_TOOL;
    this.#open[index] = new Open(start, called && !answer ? this.#tools : -1, answer);
    if (answer) {
      if (this.#held !== '') out.push(this.#chunk({ provider_specific_fields: { text: this.#held } }, null));
      this.#held = '';
    } else if (called) {
      const head = { name: asText(use['name']), arguments: '' };
      const call = { index: this.#tools++, id: asText(use['toolUseId']), type: 'function' as const, function: head };
      out.push(this.#chunk({ tool_calls: [call] }, null));
    }
  }

  /** Blocks of text and reasoning begin without an event. */
  #piece({ contentBlockIndex: index, delta }: StreamEvent, out: ChatCompletionChunk[]): void {
    if (!isObject(delta)) return;
    const open = (this.#open[index] ??= new Open({}, -1, false));
    const { text, toolUse: use, toolResult: result, reasoningContent: reasoning, citation, image } = delta;
    if (typeof text === 'string') {
      if (text === '') return;
      open.text += text;
      this.#length += text.length;
      if (this.#json) this.#held += text;
      else out.push(this.#chunk({ content: text }, null));
    } else if (isObject(use)) this.#argue(open, asText(use['input']), out);
    else if (isObject(reasoning)) {
      const thought = asText(reasoning['text']);
      open.reasoning += thought;
      open.signature += asText(reasoning['signature']);
      open.redacted += asText(reasoning['redactedContent']);
      if (thought !== '') out.push(this.#chunk({ reasoning_content: thought }, null));
    } else if (isObject(citation)) open.citations.push(citation);
    else if (Array.isArray(result)) open.results.push(...(result as unknown[]));
    else if (isObject(image)) {
      const bytes = isObject(image['source']) ? image['source']['bytes'] : undefined;
      if (typeof bytes === 'string') open.bytes += bytes;
      else Object.assign(open.failed, image);
    }
  }

  #argue(open: Open, piece: string, out: ChatCompletionChunk[]): void {
    if (piece === '') return;
    open.input += piece;
    if (open.tool >= 0)
      out.push(this.#chunk({ tool_calls: [{ index: open.tool, function: { arguments: piece } }] }, null));
    else if (open.answer) out.push(this.#chunk({ content: piece }, null));
  }

  /** A block is whole: what can only be told now goes out in one chunk. */
  #stop(index: number, out: ChatCompletionChunk[]): void {
    const open = this.#open[index];
    if (open === undefined) return;
    this.#open[index] = undefined;
    const block = open.whole();
    const delta: Delta = {};
    if (open.input === '' && open.tool >= 0) delta.tool_calls = [{ index: open.tool, function: { arguments: '{}' } }];
    else if (open.input === '' && open.answer) delta.content = '{}';
    const fields: JsonObject = {};
    if (isObject(block['reasoningContent'])) {
      const thinking = thinkingOf(block['reasoningContent']);
      if (thinking !== undefined) delta.thinking_blocks = [thinking];
    } else if (isObject(block['image'])) {
      const image = imageOf(block['image'], this.#images);
      if (image !== undefined) {
        delta.images = [image];
        this.#images++;
      } else fields['images'] = [block['image']];
    } else if (open.citations.length > 0) {
      fields['citations'] = open.citations;
      const annotations = annotationsOf(open.citations, this.#length - open.text.length, this.#length);
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

  #finish(event: StreamEvent, out: ChatCompletionChunk[]): void {
    if (this.#finished) return;
    this.#finished = true;
    for (let index = 0; index < this.#open.length; index++) this.#stop(index, out);
    if (this.#held !== '') out.push(this.#chunk({ content: this.#held }, null));
    this.#extra = event['additionalModelResponseFields'];
    const chunk = this.#chunk({}, finishReason(event['stopReason'], this.#tools > 0));
    const [choice] = chunk.choices;
    if (choice) choice.provider_specific_fields = { stop_reason: event['stopReason'] ?? null };
    const other = otherFields(event);
    if (other) chunk.provider_specific_fields = other;
    out.push(chunk);
  }

  /** Counts, the trace of guardrails and the like: the last event. */
  #tell(event: StreamEvent, out: ChatCompletionChunk[]): void {
    const chunk: ChatCompletionChunk = { ...this.#chunk({}, null), choices: [] };
    if (isObject(event['usage'])) chunk.usage = readUsage(event['usage'], this.#extra, this.#searches);
    const tier = serviceTier(event['serviceTier']);
    if (tier) chunk.service_tier = tier;
    const other = otherFields(event);
    if (other) chunk.provider_specific_fields = other;
    out.push(chunk);
    if (this.#finished) this.done = true;
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

/** A tool's input; of a cut answer it is no JSON. */
function parse(text: string): unknown {
  if (text === '') return {};
  try {
    return JSON.parse(text);
  } catch {
    return { INVALID_JSON: text };
  }
}
