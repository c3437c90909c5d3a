/** Reads streamGenerateContent with `alt=sse`: every event is a piece of the answer. Source: https://ai.google.dev/api/generate-content#method:-models.streamgeneratecontent */
import type { Call, Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk, ChunkChoice, Delta } from '../../src/types/chat.js';
import { CandidateReader, type Reading } from './candidate.js';
import { candidatesAsked } from './params.js';
import { checkAnswer, createdAt, otherFields, readingOf } from './response.js';
import { toServiceTier, toUsage } from './usage.js';
import type { GenerateContentResponse, UsageMetadata } from './wire.js';

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
  #readers: CandidateReader[] = [];
  #finished = 0;
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
      const reader = (this.#readers[index] ??= new CandidateReader(index, this.#id, this.#reading));
      const known = reader.finish !== undefined;
      const delta = reader.read(candidate);
      if (reader.finish !== undefined && !known) this.#finished++;
      if (candidate.finishReason != null || candidate.logprobsResult != null || !isEmpty(delta))
        choices.push(reader.choice(candidate, delta));
    }
    this.closing = this.#finished >= this.#expected;
    this.done = usageMetadata != null && this.closing;
    if (choices.length > 0 || this.done) out.push(this.#chunk(choices));
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
    const grounding = this.#readers.filter((reader) => reader !== undefined).map((reader) => reader.grounding);
    chunk.usage = toUsage(this.#usage, grounding);
    const tier = toServiceTier(this.#usage);
    if (tier !== undefined) chunk.service_tier = tier;
    this.#usage = undefined;
  }

  end(out: ChatCompletionChunk[]): void {
    const seen = this.#readers.filter((reader) => reader !== undefined).length;
    this.done = this.#finished > 0 && this.#finished === seen;
    if (this.#usage === undefined && this.#other === undefined) return;
    const chunk = this.#chunk([]);
    this.#tell(chunk);
    out.push(chunk);
  }
}
