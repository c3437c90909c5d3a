/**
 * What Azure's content filter adds to answers: verdicts on the prompt and on each choice, chunks that hold nothing but
 * verdicts, and errors within streams. Source: https://learn.microsoft.com/azure/ai-foundry/openai/concepts/content-streaming
 */
import { ProviderFault } from '../../src/core/errors.js';
import type { Decoder, JsonObject, WireEvent } from '../../src/core/spec.js';
import type { ChatCompletionChunk } from '../../src/types/chat.js';
import { holdsError } from '../openai/errors.js';
import { dataOf } from '../openai/stream.js';
import { isObject } from '../shared/messages.js';
import { azureError } from './errors.js';

/** The failure as Azure tells it; of a choice that failed there is no error body. */
const azures = (error: unknown, body: unknown): unknown =>
  error instanceof ProviderFault && isObject(body) && holdsError(body)
    ? new ProviderFault(azureError(undefined, body))
    : error;

/** Runs a reader; an error that it finds in the body is read as Azure's. */
export function reading<T>(body: unknown, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw azures(error, body);
  }
}

const field = 'content_filter_results';

/** The verdicts so far; one that blocked stays. */
function addVerdicts(before: JsonObject | undefined, now: JsonObject): JsonObject {
  if (before === undefined) return now;
  const out = { ...before };
  for (const [category, verdict] of Object.entries(now)) {
    const had = out[category];
    if (!isObject(had) || had['filtered'] !== true) out[category] = verdict;
  }
  return out;
}

/**
 * Verdicts on the prompt come in a chunk of their own that names no answer, often before the first that does. It is
 * held until then, so that all chunks have the id and model that Azure gave.
 */
export class AzureDecoder implements Decoder<ChatCompletionChunk> {
  private readonly inner: Decoder<ChatCompletionChunk>;
  private readonly fresh: ChatCompletionChunk[] = [];
  private unnamed: ChatCompletionChunk[] = [];
  private named: ChatCompletionChunk | undefined = undefined;
  private readonly verdicts = new Map<number, JsonObject>();

  constructor(inner: Decoder<ChatCompletionChunk>) {
    this.inner = inner;
  }

  get done(): boolean {
    return this.inner.done;
  }

  push(event: WireEvent, out: ChatCompletionChunk[]): void {
    const { fresh } = this;
    try {
      this.inner.push(event, fresh);
    } catch (error) {
      this.release(out);
      throw error instanceof ProviderFault ? azures(error, dataOf(event.data)) : error;
    }
    for (const chunk of fresh) this.take(chunk, out);
    fresh.length = 0;
    if (this.inner.done) this.release(out);
  }

  end(out: ChatCompletionChunk[]): void {
    this.inner.end?.(out);
    this.release(out);
  }

  private take(chunk: ChatCompletionChunk, out: ChatCompletionChunk[]): void {
    for (const choice of chunk.choices) {
      const fields = choice.provider_specific_fields;
      if (fields === undefined) continue;
      this.judge(choice.index, fields);
      if (Object.keys(fields).length === 0) delete choice.provider_specific_fields;
    }
    if (chunk.id) {
      this.named ??= chunk;
      if (this.unnamed.length > 0) this.release(out);
    } else if (this.named === undefined) {
      this.unnamed.push(chunk);
      return;
    } else this.name(chunk, this.named);
    out.push(chunk);
  }

  /** Empty verdicts tell nothing, and would hide the last real ones from the assembled answer. */
  private judge(index: number, fields: JsonObject): void {
    const now = fields[field];
    if (!isObject(now)) return;
    if (Object.keys(now).length === 0) {
      delete fields[field];
      return;
    }
    const all = addVerdicts(this.verdicts.get(index), now);
    this.verdicts.set(index, all);
    fields[field] = all;
  }

  private name(chunk: ChatCompletionChunk, like: ChatCompletionChunk): void {
    chunk.id = like.id;
    chunk.created = like.created;
    chunk.model = like.model;
  }

  /** Hands over what was held, under the answer's name if there is one. */
  private release(out: ChatCompletionChunk[]): void {
    for (const chunk of this.unnamed) {
      if (this.named !== undefined) this.name(chunk, this.named);
      out.push(chunk);
    }
    this.unnamed = [];
  }
}
