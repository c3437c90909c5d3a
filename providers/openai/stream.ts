/**
 * Decodes the chunks of OpenAI-shaped streams. The parsed event is itself the chunk: it is mended in place, and objects
 * are rebuilt only where a vendor's fields have to move. Source: https://platform.openai.com/docs/api-reference/chat/streaming
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { readAnnotations } from './annotations.js';
import { finishReason, isObject, serviceTier, setAside } from './answer.js';
import { deltaFields, rebuildDelta } from './delta.js';
import { baseFault, faultOfChoice, faultWithout, holdsError, openaiError } from './errors.js';
import { isOwnForm, readLogprobs } from './logprobs.js';
import { ToolCallJoiner } from './tool-calls.js';
import { readUsage } from './usage.js';

const chunkFields: ReadonlySet<string> = new Set([
  'id',
  'object',
  'created',
  'model',
  'choices',
  'usage',
  'service_tier',
  'system_fingerprint',
  'obfuscation',
  'moderation',
  'provider_specific_fields',
]);
const choiceFields: ReadonlySet<string> = new Set([
  'index',
  'delta',
  'finish_reason',
  'logprobs',
  'provider_specific_fields',
]);

/**
 * The fields of the last object of its kind, once they were found to be OpenAI's. Chunks look alike, and comparing with
 * the last one is several times as fast as looking each field up.
 */
class Layout {
  private fields: string[] = [];

  constructor(private readonly known: ReadonlySet<string>) {}

  /** Whether every field is OpenAI's. */
  fits(object: JsonObject): boolean {
    const fields = this.fields;
    let i = 0;
    for (const field in object) if (fields[i++] !== field) return this.learn(object);
    return i === fields.length || this.learn(object);
  }

  private learn(object: JsonObject): boolean {
    const fields = Object.keys(object);
    for (const field of fields) if (!this.known.has(field)) return false;
    this.fields = fields;
    return true;
  }
}

/** What is known of one choice. */
class ChoiceState {
  seen = false;
  /** Pieces have come; a message beside or after them repeats the whole. */
  pieces = false;
  finished = false;
  tools: ToolCallJoiner | undefined = undefined;
}

export class OpenAIDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  private readonly chunkLayout = new Layout(chunkFields);
  private readonly choiceLayout = new Layout(choiceFields);
  private readonly deltaLayout = new Layout(deltaFields);
  private readonly first = new ChoiceState();
  private readonly others = new Map<number, ChoiceState>();
  private readonly told = new Map<string, unknown>();

  constructor(
    private model: string,
    private readonly reasoningApart: boolean,
  ) {}

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    const data = event.data;
    if (data.charCodeAt(0) !== 123 /* { */) {
      const text = data.trim();
      if (text === '[DONE]') {
        this.done = true;
        this.finishAll(out);
      }
      if (text === '' || text === '[DONE]') return;
    }
    if (event.event === 'error') throw new ProviderFault(openaiError(undefined, dataOf(data)));
    const chunk: unknown = JSON.parse(data);
    if (isObject(chunk)) this.take(chunk, out);
    // Google tells errors in a list.
    else if (Array.isArray(chunk)) for (const each of chunk) if (isObject(each)) this.take(each, out);
  }

  private take(chunk: JsonObject, out: ChatCompletionChunk[]): void {
    if (holdsError(chunk)) throw new ProviderFault(openaiError(undefined, chunk));
    let choices = chunk['choices'];
    if (!Array.isArray(choices)) {
      const facts = faultWithout(chunk);
      if (facts) throw new ProviderFault(facts);
      if (!isObject(chunk['usage'])) return;
      choices = chunk['choices'] = [];
    }
    const list = choices as unknown[];
    for (let i = 0; i < list.length; i++) {
      const choice = list[i];
      if (!isObject(choice)) return;
      this.choice(choice, i, chunk);
    }
    if (!this.chunkLayout.fits(chunk)) this.setChunkFieldsAside(chunk);
    const usage = chunk['usage'];
    if (usage !== undefined && usage !== null && isObject(usage))
      chunk['usage'] = readUsage(usage, this.reasoningApart);
    if (chunk['object'] !== 'chat.completion.chunk') chunk['object'] = 'chat.completion.chunk';
    if (typeof chunk['model'] === 'string' && chunk['model'] !== '') this.model = chunk['model'];
    else chunk['model'] = this.model;
    const told = chunk['service_tier'];
    if (typeof told === 'string') this.tier(chunk, told);
    out.push(chunk as unknown as ChatCompletionChunk);
  }

  /** The end of the body is a proper one once every choice seen has its finish reason. */
  end(): void {
    if (!this.first.finished) return;
    for (const state of this.others.values()) if (!state.finished) return;
    this.done = true;
  }

  /** The answer is whole: choices without a reason simply ended. */
  private finishAll(out: ChatCompletionChunk[]): void {
    const choices = [[0, this.first] as const, ...this.others]
      .filter(([, state]) => state.seen && !state.finished)
      .map(([index, state]) => {
        const delta = {};
        if (state.tools !== undefined) addCalls(delta, state.tools.missing());
        return { index, delta, finish_reason: finishReason('stop', state.tools !== undefined) };
      });
    if (choices.length === 0) return;
    const chunk = { id: '', object: 'chat.completion.chunk' as const, created: 0, model: this.model, choices };
    out.push(chunk);
  }

  private choice(choice: JsonObject, at: number, chunk: JsonObject): void {
    let index = choice['index'];
    if (typeof index !== 'number') index = choice['index'] = at;
    const state = index === 0 ? this.first : this.other(index as number);

    let delta = choice['delta'];
    if (isObject(delta)) state.pieces = true;
    else if (!state.pieces) delta = choice['delta'] = choice['message'];
    if (isObject(delta)) state.seen = true;
    else delta = choice['delta'] = {};
    this.delta(delta as JsonObject, choice, state);

    const { logprobs } = choice;
    if (logprobs !== null && logprobs !== undefined) {
      if (!isOwnForm(logprobs)) setAside(choice, 'logprobs', logprobs);
      choice['logprobs'] = readLogprobs(logprobs, (choice['delta'] as JsonObject)['content']);
    }
    const finish = choice['finish_reason'];
    if (finish !== null) {
      const fault = faultOfChoice(choice);
      if (fault) throw new ProviderFault(fault);
      const mapped = finishReason(finish, state.tools !== undefined);
      choice['finish_reason'] = mapped;
      if (mapped !== null) {
        state.finished = true;
        if (state.tools !== undefined) addCalls(choice['delta'] as JsonObject, state.tools.missing());
      }
    }
    if (!this.choiceLayout.fits(choice)) setChoiceFieldsAside(choice, chunk);
  }

  private other(index: number): ChoiceState {
    let state = this.others.get(index);
    if (!state) this.others.set(index, (state = new ChoiceState()));
    return state;
  }

  private delta(delta: JsonObject, choice: JsonObject, state: ChoiceState): void {
    if (delta['function_call'] !== undefined || delta['audio'] !== undefined) dropVoid(delta);
    if (delta['annotations'] !== undefined) readAnnotations(delta);
    const calls = delta['tool_calls'];
    if (calls !== undefined && Array.isArray(calls) && calls.length > 0)
      delta['tool_calls'] = (state.tools ??= new ToolCallJoiner()).join(calls);
    const plain =
      this.deltaLayout.fits(delta) &&
      calls !== null &&
      delta['reasoning_content'] !== null &&
      (typeof delta['content'] !== 'object' || delta['content'] === null);
    if (!plain) choice['delta'] = rebuildDelta(delta);
  }

  private setChunkFieldsAside(chunk: JsonObject): void {
    for (const field of Object.keys(chunk)) {
      if (chunkFields.has(field)) continue;
      const value = chunk[field];
      delete chunk[field];
      if (value === null || value === undefined) continue;
      if (field === 'x_groq' && isObject(value)) readGroq(value, chunk);
      if (field === 'base_resp') failIfTold({ base_resp: value });
      const news = this.news(field, value);
      if (news !== undefined) setAside(chunk, field, news);
    }
  }

  private tier(chunk: JsonObject, told: string): void {
    const tier = serviceTier(told);
    if (tier === told) return;
    if (tier === undefined) delete chunk['service_tier'];
    else chunk['service_tier'] = tier;
    const news = told === '' ? undefined : this.news('service_tier', told);
    if (news !== undefined) setAside(chunk, 'service_tier', news);
  }

  /** What a field tells beyond the chunks before: vendors repeat citations and the like on every chunk. */
  private news(field: string, value: unknown): unknown {
    const before = this.told.get(field);
    this.told.set(field, value);
    if (before === undefined) return value;
    if (!Array.isArray(value) || !Array.isArray(before)) return same(before, value) ? undefined : value;
    if (value.length < before.length || !same(before, value.slice(0, before.length))) return value;
    return value.length === before.length ? undefined : value.slice(before.length);
  }
}

/** Groq's own object: counts, and why a stream was stopped early. */
function readGroq(told: JsonObject, chunk: JsonObject): void {
  if (told['error']) throw new ProviderFault({ ...openaiError(undefined, told), kind: 'server' });
  chunk['usage'] ??= told['usage'];
}

/** MiniMax tells how it went beside the choices, too. */
function failIfTold(told: JsonObject): void {
  const fault = baseFault(told);
  if (fault !== undefined) throw new ProviderFault(fault);
}

function addCalls(delta: JsonObject, calls: readonly JsonObject[]): void {
  if (calls.length === 0) return;
  const before = delta['tool_calls'];
  delta['tool_calls'] = Array.isArray(before) ? [...(before as unknown[]), ...calls] : calls;
}

/** Vendors that fill in every field give these empty. */
function dropVoid(delta: JsonObject): void {
  const { function_call: fn, audio } = delta;
  if (fn !== undefined && (!isObject(fn) || (!fn['name'] && !fn['arguments']))) delete delta['function_call'];
  if (audio !== undefined && !(isObject(audio) && Object.values(audio).some(Boolean))) delete delta['audio'];
}

/** The data of an event that is called an error, which may be no JSON. */
export function dataOf(data: string): unknown {
  try {
    return JSON.parse(data);
  } catch {
    return data;
  }
}

const same = (a: unknown, b: unknown): boolean =>
  a === b || (typeof a === 'object' && typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));

function setChoiceFieldsAside(choice: JsonObject, chunk: JsonObject): void {
  for (const field of Object.keys(choice)) {
    if (choiceFields.has(field)) continue;
    const value = choice[field];
    delete choice[field];
    // Moonshot tells usage here.
    if (field === 'usage' && isObject(value)) chunk['usage'] ??= value;
    else if (field !== 'message') setAside(choice, field, value);
  }
}
