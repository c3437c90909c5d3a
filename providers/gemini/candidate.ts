/** Reads the parts of one candidate, whole or in the pieces of a stream, into OpenAI's message. */
import type { JsonObject } from '../../src/core/spec.js';
import type {
  Annotation,
  ChatCompletionMessage,
  ChunkChoice,
  Delta,
  FinishReason,
  FunctionToolCall,
  ImageOutput,
  Logprobs,
  ToolCallDelta,
} from '../../src/types/chat.js';
import { toAnnotations } from './annotations.js';
import { PartialArguments } from './arguments.js';
import { AudioPieces, standardBase64 } from './audio.js';
import { snakeKey } from './casing.js';
import { isEnd, toFinishReason } from './finish.js';
import { TurnRecorder } from './part-order.js';
import type { Candidate, FunctionCall, GroundingMetadata, LogprobsResult, Part } from './wire.js';

/** What a call's params say about its answers. */
export interface Reading {
  /** `functions` were given: calls come back as `function_call`. */
  legacy: boolean;
  /** Undo the schema compiler's changes, by function. */
  inverters: ReadonlyMap<string, (args: unknown) => unknown>;
}

/** A short, stable name for what has none. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193);
  return (value >>> 0).toString(36);
}

const encoder = new TextEncoder();

export function toLogprobs(result: LogprobsResult | null | undefined): Logprobs | null {
  const chosen = result?.chosenCandidates;
  if (chosen == null) return null;
  const entry = (candidate: { token?: string; logProbability?: number }) => {
    const token = candidate.token ?? '';
    return { token, bytes: Array.from(encoder.encode(token)), logprob: candidate.logProbability ?? 0 };
  };
  return {
    content: chosen.map((candidate, at) => ({
      ...entry(candidate),
      top_logprobs: (result?.topCandidates?.[at]?.candidates ?? []).map(entry),
    })),
    refusal: null,
  };
}

const isKind = ({ mimeType, data }: { mimeType?: string; data?: string }, kind: string): boolean =>
  typeof data === 'string' && mimeType?.startsWith(kind) === true;

interface OpenCall {
  index: number;
  name: string;
  args: PartialArguments;
}

export class CandidateReader {
  text = '';
  reasoning = '';
  /** Google's word. */
  finish: string | undefined = undefined;
  grounding: GroundingMetadata | undefined = undefined;
  #begun = false;
  #calls: FunctionToolCall[] = [];
  #legacyCall: { name: string; arguments: string } | undefined = undefined;
  #open: OpenCall | undefined = undefined;
  #images: ImageOutput[] = [];
  #audio: AudioPieces | undefined = undefined;
  #recorder = new TurnRecorder();
  #last: Candidate = {};
  #annotations: Annotation[] = [];
  #closed = false;

  /** `scope`: an id of the response that calls without one derive theirs from. */
  constructor(
    readonly index: number,
    private readonly scope: string,
    private readonly reading: Reading,
  ) {}

  /** Takes one piece of the candidate in; gives what it adds to the message. */
  read(candidate: Candidate): Delta {
    const delta: Delta = {};
    const parts = candidate.content?.parts;
    if (Array.isArray(parts)) for (const part of parts) this.#part(part, delta);
    if (this.#tellsMore(candidate)) this.#note(candidate);
    if (isEnd(candidate.finishReason)) this.finish = candidate.finishReason;
    return delta;
  }

  /** Most pieces of a stream have content alone. */
  #tellsMore(candidate: Candidate): boolean {
    for (const name in candidate) if (name !== 'content' && name !== 'index') return true;
    return false;
  }

  #note(candidate: Candidate): void {
    const { content: _, index: __, groundingMetadata, ...rest } = candidate;
    for (const [name, value] of Object.entries(rest)) if (value != null) this.#last = { ...this.#last, [name]: value };
    if (groundingMetadata != null) this.grounding = { ...this.grounding, ...groundingMetadata };
  }

  #part(part: Part, delta: Delta): void {
    const { text, functionCall, inlineData } = part;
    const thoughtSignature = part.thoughtSignature ?? undefined;
    const thought = part.thought === true;
    if (text != null) {
      if (thought) {
        this.reasoning += text;
        if (text !== '') delta.reasoning_content = (delta.reasoning_content ?? '') + text;
      } else {
        this.text += text;
        if (text !== '') delta.content = (delta.content ?? '') + text;
      }
      this.#recorder.text(text.length, thought, thoughtSignature);
    } else if (functionCall != null) this.#call(functionCall, thoughtSignature, delta);
    else if (inlineData != null && !thought && isKind(inlineData, 'image/')) {
      const url = `data:${inlineData.mimeType};base64,${standardBase64(inlineData.data)}`;
      const image: ImageOutput = { type: 'image_url', image_url: { url }, index: this.#images.length };
      this.#recorder.image(this.#images.length, thoughtSignature);
      this.#images.push(image);
      (delta.images ??= []).push(image);
    } else if (inlineData != null && !thought && isKind(inlineData, 'audio/')) {
      this.#audio ??= new AudioPieces(`audio_${this.scope || hash(inlineData.data)}`, inlineData.mimeType);
      const piece = this.#audio.add(inlineData.data);
      delta.audio = { id: this.#audio.id, data: (delta.audio?.data ?? '') + piece };
    } else this.#opaque(part, thought);
  }

  /** A part for the provider's eyes: kept to be sent back, unless it is a mere sketch made while thinking. */
  #opaque(part: Part, thought: boolean): void {
    const { thoughtSignature, ...rest } = part;
    const content = Object.entries(rest).some(([name, value]) => name !== 'thought' && value != null);
    if (thoughtSignature != null || (content && !thought)) this.#recorder.opaque(rest, thoughtSignature ?? undefined);
  }

  #call(given: FunctionCall, signature: string | undefined, delta: Delta): void {
    const { name, args, partialArgs, willContinue } = given;
    if (name != null) {
      this.#closeCall(delta);
      if (willContinue !== true && partialArgs == null) {
        this.#add(given, this.#written(name, args ?? {}), signature, delta);
        return;
      }
      const index = this.#add(given, '', signature, delta);
      this.#open = { index, name, args: new PartialArguments() };
    }
    if (this.#open === undefined) return;
    if (args != null) this.#open.args.merge(args);
    for (const piece of partialArgs ?? []) this.#open.args.add(piece);
    if (willContinue !== true) this.#closeCall(delta);
  }

  /** Arguments as JSON text. */
  #written(name: string, args: JsonObject): string {
    const invert = this.reading.inverters.get(name);
    return JSON.stringify(invert === undefined ? args : invert(args));
  }

  /** A new call, its arguments as far as they are known; gives its index, -1 for one in the older form. */
  #add(given: FunctionCall, written: string, signature: string | undefined, delta: Delta): number {
    const name = given.name ?? '';
    if (this.reading.legacy && this.#legacyCall === undefined) {
      this.#legacyCall = { name, arguments: written };
      this.#recorder.legacyCall(signature);
      delta.function_call = { name, arguments: written };
      return -1;
    }
    const index = this.#calls.length;
    const scope = this.scope || hash(`${name}${JSON.stringify(given.args)}${signature}`);
    const id = given.id || `call_${scope}_${this.index > 0 ? `${this.index}_` : ''}${index}`;
    const fields = signature !== undefined && { provider_specific_fields: { thought_signature: signature } };
    this.#calls.push({ id, type: 'function', function: { name, arguments: written }, ...fields });
    this.#recorder.call(index);
    (delta.tool_calls ??= []).push({ index, id, type: 'function', function: { name, arguments: written }, ...fields });
    return index;
  }

  #closeCall(delta: Delta): void {
    if (this.#open === undefined) return;
    const { index, name, args } = this.#open;
    this.#open = undefined;
    const written = this.#written(name, args.value);
    if (index < 0) {
      if (this.#legacyCall !== undefined) this.#legacyCall.arguments = written;
      delta.function_call = { ...delta.function_call, arguments: written };
      return;
    }
    const call = this.#calls[index];
    if (call !== undefined) call.function.arguments = written;
    const list = (delta.tool_calls ??= []);
    const begun = list.find((each: ToolCallDelta) => each.index === index);
    if (begun?.function === undefined) list.push({ index, function: { arguments: written } });
    else begun.function.arguments = written;
  }

  /** Adds what only the whole turn tells. */
  #close(delta: Delta): void {
    this.#closed = true;
    this.#closeCall(delta);
    const tail = this.#audio?.end();
    if (tail) delta.audio = { ...delta.audio, data: (delta.audio?.data ?? '') + tail };
    this.#annotations = toAnnotations(this.text, this.#sources());
    if (this.#annotations.length > 0) delta.annotations = this.#annotations;
    const fields = this.#messageFields();
    if (fields !== undefined) delta.provider_specific_fields = fields;
  }

  #sources(): Candidate {
    return this.grounding === undefined ? this.#last : { ...this.#last, groundingMetadata: this.grounding };
  }

  #messageFields(): JsonObject | undefined {
    const record = this.#recorder.record();
    if (this.#audio === undefined) return record && { ...record };
    return { ...record, audio_mime_type: this.#audio.mimeType };
  }

  get finishReason(): FinishReason {
    if (this.#legacyCall !== undefined && toFinishReason(this.finish, true) === 'tool_calls') return 'function_call';
    return toFinishReason(this.finish, this.#calls.length > 0);
  }

  /** What Google tells of the candidate beside its content. */
  get choiceFields(): JsonObject {
    const fields: JsonObject = {};
    if (this.finish !== undefined) fields['native_finish_reason'] = this.finish;
    if (this.grounding !== undefined) fields['grounding_metadata'] = this.grounding;
    const { finishReason: _, logprobsResult: logprobs, ...rest } = this.#last;
    for (const [name, value] of Object.entries(rest)) fields[snakeKey(name)] = value;
    if (logprobs?.logProbabilitySum != null) fields['log_probability_sum'] = logprobs.logProbabilitySum;
    return fields;
  }

  /** The choice of a chunk that a piece of the candidate makes; the last one brings what only the whole tells. */
  choice(candidate: Candidate, delta: Delta, last: boolean): ChunkChoice {
    if (last && !this.#closed) this.#close(delta);
    if (!this.#begun) {
      this.#begun = true;
      delta.role = 'assistant';
    }
    const choice: ChunkChoice = { index: this.index, delta, finish_reason: last ? this.finishReason : null };
    const logprobs = toLogprobs(candidate.logprobsResult);
    if (logprobs !== null) choice.logprobs = logprobs;
    if (last) choice.provider_specific_fields = this.choiceFields;
    return choice;
  }

  /** The whole message; to be asked for after everything was read. */
  message(): ChatCompletionMessage {
    if (!this.#closed) this.#close({});
    const fields = this.#messageFields();
    return {
      role: 'assistant',
      content: this.text === '' ? null : this.text,
      refusal: null,
      ...(this.reasoning !== '' && { reasoning_content: this.reasoning }),
      ...(this.#calls.length > 0 && { tool_calls: this.#calls }),
      ...(this.#legacyCall !== undefined && { function_call: this.#legacyCall }),
      ...(this.#annotations.length > 0 && { annotations: this.#annotations }),
      ...(this.#audio !== undefined && { audio: this.#audio.whole() }),
      ...(this.#images.length > 0 && { images: this.#images }),
      ...(fields !== undefined && { provider_specific_fields: fields }),
    };
  }
}
