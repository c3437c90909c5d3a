/** Reads streamGenerateContent with `alt=sse`: every event is a piece of the answer. Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent */
import type { Call, Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../src/types/chat.js';
import { CandidateReader, type Reading } from './candidate.js';
import { isEnd } from './finish.js';
import { candidatesAsked } from './params.js';
import { checkAnswer, createdAt, otherFields, readingOf } from './response.js';
import { toServiceTier, toUsage } from './usage.js';
import type { Candidate, GenerateContentResponse, UsageMetadata } from './wire.js';

/**
 * Some models and gateways say STOP with every piece, from the first on; then it ends nothing, and only the end of the
 * body does. Where pieces without it went before, it is the end.
 */
class Told {
  /** Content has come without a finish reason. */
  open = false;
  /** STOP came with the first content; it is handed on when nothing follows. */
  held = false;
  /** It came again, with more content. */
  repeated = false;
  /** The finish reason was handed on. */
  ended = false;

  constructor(readonly reader: CandidateReader) {}

  /** Takes note of a piece; gives whether it is the last. */
  take({ finishReason, content }: Candidate): boolean {
    const empty = !Array.isArray(content?.parts) || content.parts.every(({ text }) => text === '');
    if (!isEnd(finishReason)) {
      if (!empty) {
        this.open = true;
        this.held = false;
      }
      return false;
    }
    if (this.open || finishReason !== 'STOP') return (this.ended = true);
    this.repeated ||= this.held && !empty;
    this.held = true;
    return false;
  }
}

function isEmpty(delta: Delta): boolean {
  for (const _ in delta) return false;
  return true;
}

export class GeminiDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  closing = false;
  #id = '';
  #created = 0;
  #model: string;
  #candidates: Told[] = [];
  #expected: number;
  #usage: UsageMetadata | undefined = undefined;
  /** For the next chunk. */
  #other: JsonObject | undefined = undefined;
  #reading: Reading;

  constructor(call: Call<'chat'>) {
    this.#model = call.model;
    this.#expected = candidatesAsked(call);
    this.#reading = readingOf(call);
  }

  push({ data }: WireEvent, out: ChatCompletionChunk[]): void {
    // Gateways in between may end a stream in OpenAI's way.
    if (data === '[DONE]') return;
    const answer = JSON.parse(data) as unknown;
    if (!Array.isArray(answer)) this.#take(answer, out);
    else for (const piece of answer as unknown[]) this.#take(piece, out);
  }

  #take(given: unknown, out: ChatCompletionChunk[]): void {
    if (typeof given !== 'object' || given === null) return;
    const answer = given as GenerateContentResponse;
    const { usageMetadata } = answer;
    const candidates = Array.isArray(answer.candidates) ? answer.candidates : [];
    if (candidates.length === 0) checkAnswer(answer);
    if (this.#id === '' && answer.responseId != null) this.#id = answer.responseId;
    if (answer.modelVersion != null) this.#model = answer.modelVersion;
    if (this.#created === 0 && answer.createTime != null) this.#created = createdAt(answer.createTime);
    if (usageMetadata != null) this.#usage = usageMetadata;
    const other = otherFields(answer);
    if (other !== undefined) this.#other = { ...this.#other, ...other };
    const choices: ChunkChoice[] = [];
    for (let at = 0; at < candidates.length; at++) {
      const candidate = candidates[at];
      if (typeof candidate !== 'object' || candidate === null) continue;
      const index = candidate.index ?? at;
      const told = (this.#candidates[index] ??= new Told(new CandidateReader(index, this.#id, this.#reading)));
      const delta = told.reader.read(candidate);
      const last = told.take(candidate);
      if (last || candidate.logprobsResult != null || !isEmpty(delta))
        choices.push(told.reader.choice(candidate, delta, last));
    }
    const all = this.#seen;
    const whole = all.filter(({ ended, held }) => ended || held).length >= this.#expected;
    this.closing = whole && !all.some(({ ended, repeated }) => repeated && !ended);
    this.done = usageMetadata != null && whole && (candidates.length === 0 || all.every(({ ended }) => ended));
    if (this.done) this.#tellHeld(choices);
    if (choices.length > 0 || this.done) out.push(this.#chunk(choices));
  }

  get #seen(): Told[] {
    return this.#candidates.filter((told) => told !== undefined);
  }

  #tellHeld(choices: ChunkChoice[]): void {
    for (const told of this.#seen) {
      if (!told.held || told.ended) continue;
      told.ended = true;
      choices.push(told.reader.choice({}, {}, true));
    }
  }

  #chunk(choices: ChunkChoice[]): ChatCompletionChunk {
    const chunk: ChatCompletionChunk = {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model: this.#model,
      choices,
    };
    if (this.done) this.#tell(chunk);
    if (this.#other !== undefined) {
      chunk.provider_specific_fields = this.#other;
      this.#other = undefined;
    }
    return chunk;
  }

  #tell(chunk: ChatCompletionChunk): void {
    if (this.#usage === undefined) return;
    const grounding = this.#seen.map(({ reader }) => reader.grounding);
    chunk.usage = toUsage(this.#usage, grounding);
    const tier = toServiceTier(this.#usage);
    if (tier !== undefined) chunk.service_tier = tier;
    this.#usage = undefined;
  }

  end(out: ChatCompletionChunk[]): void {
    const all = this.#seen;
    this.done = all.length > 0 && all.every(({ ended, held }) => ended || held);
    const choices: ChunkChoice[] = [];
    if (this.done) this.#tellHeld(choices);
    if (choices.length === 0 && this.#usage === undefined && this.#other === undefined) return;
    const chunk = this.#chunk(choices);
    this.#tell(chunk);
    out.push(chunk);
  }
}
