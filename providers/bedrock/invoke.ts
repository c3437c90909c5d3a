/**
 * InvokeModel: each family of models has a body of its own, and streams it in pieces of base64.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters.html,
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InvokeModelWithResponseStream.html
 */
import type {
  Call,
  Decoder,
  HttpRequest,
  JsonObject,
  ParamSpec,
  ResponseMeta,
  WireEvent,
} from '../../src/core/spec.js';
import type { ChatCompletion, ChatCompletionChunk, Delta, FinishReason, Usage } from '../../src/types/chat.js';
import { textFromBase64 } from '../openai/vectors.js';
import { isObject } from '../shared/messages.js';
import { modelPath } from './converse.js';
import { readEvent } from './errors.js';
import { headersOf } from './invoke-headers.js';
import { later, ownFields, serviceTier } from './params.js';
import { answerId } from './response.js';

/** What every family takes beside its own parameters. */
export const invokeParams: ParamSpec = {
  service_tier: serviceTier,
  model_id: later,
  ...Object.fromEntries(ownFields.map((name) => [name, true])),
};

/** The request of a finished body; what Converse has as fields goes into headers. */
export function invokeRequest(call: Call<'chat'>, body: JsonObject): HttpRequest {
  const { headers, rest } = headersOf(body);
  const path = `${modelPath(call)}/invoke${call.stream ? '-with-response-stream' : ''}`;
  return { method: 'POST', path, body: rest, ...(headers && { headers }) };
}

/** Bedrock's own fields in the body of a model. */
const isOwn = (name: string): boolean => name.startsWith('amazon-bedrock-');

/** A completion with one choice. */
export function completionOf(
  choice: Pick<ChatCompletion['choices'][number], 'finish_reason' | 'message' | 'provider_specific_fields'>,
  body: JsonObject,
  call: Call<'chat'>,
  meta: ResponseMeta,
  usage: Usage | undefined,
): ChatCompletion {
  const fields = Object.fromEntries(Object.entries(body).filter(([name]) => isOwn(name)));
  return {
    id: answerId(meta),
    object: 'chat.completion',
    created: 0,
    model: call.model,
    choices: [{ index: 0, logprobs: null, ...choice }],
    ...(usage && { usage }),
    ...(Object.keys(fields).length > 0 && { provider_specific_fields: fields }),
  };
}

interface Piece {
  delta: Delta;
  finish_reason?: FinishReason;
  /** The model's own word for its end. */
  raw?: unknown;
}

/** A chunk with one choice; `InvokeDecoder` puts in the id. */
export function chunkOf(model: string, { delta, finish_reason, raw }: Piece): ChatCompletionChunk {
  const told = finish_reason === undefined ? undefined : { provider_specific_fields: { stop_reason: raw ?? null } };
  return {
    id: '',
    object: 'chat.completion.chunk',
    created: 0,
    model,
    choices: [{ index: 0, delta, finish_reason: finish_reason ?? null, ...told }],
  };
}

/** Counts of input, of output, of input read from and written to the cache, under their names. */
function countsOf(told: Readonly<Record<string, unknown>>, names: readonly string[]): Usage | undefined {
  const [asked, answered, cached, kept] = names.map((name) => Number(told[name]));
  if (asked === undefined || Number.isNaN(asked)) return undefined;
  const reads = cached || 0;
  const writes = kept || 0;
  const prompt = asked + reads + writes;
  const completion = answered || 0;
  return {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: prompt + completion,
    ...(reads + writes > 0 && { prompt_tokens_details: { cached_tokens: reads, cache_creation_tokens: writes } }),
    provider_specific_fields: {
      usage: Object.fromEntries(names.filter((name) => name in told).map((name) => [name, told[name]])),
    },
  };
}

/** The counts that the headers of a whole answer tell. */
export const headerUsage = ({ headers }: ResponseMeta): Usage | undefined =>
  countsOf(headers, [
    'x-amzn-bedrock-input-token-count',
    'x-amzn-bedrock-output-token-count',
    'x-amzn-bedrock-cache-read-input-token-count',
    'x-amzn-bedrock-cache-write-input-token-count',
  ]);

const METRICS = 'amazon-bedrock-invocationMetrics';
const ACTION = 'amazon-bedrock-guardrailAction';

/** Unwraps the model's own events for its decoder. The last one bears Bedrock's metrics. */
export class InvokeDecoder implements Decoder<ChatCompletionChunk> {
  done = false;
  readonly #inner: Decoder<ChatCompletionChunk>;
  readonly #model: string;
  readonly #id: string;
  /** Bedrock's own fields, told once at the end. */
  #own: JsonObject = {};
  #counted = false;

  constructor(inner: Decoder<ChatCompletionChunk>, call: Call<'chat'>, meta: ResponseMeta) {
    this.#inner = inner;
    this.#model = call.model;
    this.#id = answerId(meta);
  }

  push(wire: WireEvent, out: ChatCompletionChunk[]): void {
    const event = readEvent(wire);
    const bytes = isObject(event) ? event['bytes'] : undefined;
    if (typeof bytes !== 'string') return;
    let data = textFromBase64(bytes);
    if (data.includes('"amazon-bedrock-')) data = this.#takeOwn(data);
    const before = out.length;
    this.#inner.push({ data }, out);
    for (const chunk of out.slice(before)) {
      chunk.id ||= this.#id;
      if (chunk.usage) this.#counted = true;
    }
    if (this.#inner.done || METRICS in this.#own) this.#close(out);
  }

  end(out: ChatCompletionChunk[]): void {
    if (this.done) return;
    this.#inner.end?.(out);
    if (this.#inner.done) this.#close(out);
  }

  #takeOwn(data: string): string {
    const event: unknown = JSON.parse(data);
    if (!isObject(event)) return data;
    const rest: JsonObject = {};
    for (const [name, value] of Object.entries(event))
      if (!isOwn(name)) rest[name] = value;
      // Once a guardrail has stepped in, that stands.
      else if (name !== ACTION || this.#own[ACTION] !== 'INTERVENED') this.#own[name] = value;
    return JSON.stringify(rest);
  }

  #close(out: ChatCompletionChunk[]): void {
    this.done = true;
    const metrics = this.#own[METRICS];
    if (Object.keys(this.#own).length === 0) return;
    const chunk: ChatCompletionChunk = {
      id: this.#id,
      object: 'chat.completion.chunk',
      created: 0,
      model: this.#model,
      choices: [],
      provider_specific_fields: this.#own,
    };
    if (!this.#counted && isObject(metrics)) {
      const usage = countsOf(metrics, [
        'inputTokenCount',
        'outputTokenCount',
        'cacheReadInputTokenCount',
        'cacheWriteInputTokenCount',
      ]);
      if (usage !== undefined) chunk.usage = usage;
    }
    out.push(chunk);
  }
}
