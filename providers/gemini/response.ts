/** Reads answers of generateContent. Source: https://ai.google.dev/api/generate-content#v1beta.GenerateContentResponse */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject } from '../../src/core/spec.js';
import type { ChatCompletion } from '../../src/types/chat.js';
import { isObject } from '../shared/messages.js';
import { CandidateReader, type Reading, toLogprobs } from './candidate.js';
import { snakeKey } from './casing.js';
import { readError } from './errors.js';
import { familyOf } from './models.js';
import { argumentInverters } from './tools.js';
import { toServiceTier, toUsage } from './usage.js';
import type { Candidate, GenerateContentResponse, LogprobsResult } from './wire.js';

export function readingOf(call: Call<'chat'>): Reading {
  const { params, model } = call;
  return {
    legacy: params.functions !== undefined && params.tools === undefined,
    inverters: argumentInverters(call, familyOf(model)),
  };
}

/** Throws for what is no answer: an error told in a success status, or a prompt that was blocked. */
export function checkAnswer(answer: GenerateContentResponse): void {
  if (answer.error) throw new ProviderFault(readError(undefined, answer));
  const { promptFeedback, candidates, usageMetadata } = answer;
  if (promptFeedback?.blockReason == null || (candidates != null && candidates.length > 0)) return;
  const { blockReason, blockReasonMessage } = promptFeedback;
  throw new ProviderFault({
    message: `the prompt was blocked: ${blockReason}${blockReasonMessage == null ? '' : ` (${blockReasonMessage})`}`,
    kind: 'content_policy',
    code: blockReason,
    provider_specific_fields: {
      prompt_feedback: promptFeedback,
      ...(usageMetadata != null && { usage_metadata: usageMetadata }),
    },
  });
}

/** Unix seconds; 0 where the answer does not tell. */
export function createdAt(time: string | null | undefined): number {
  const milliseconds = time == null ? Number.NaN : Date.parse(time);
  return Number.isNaN(milliseconds) ? 0 : Math.floor(milliseconds / 1000);
}

const mapped = new Set(['candidates', 'usageMetadata', 'responseId', 'modelVersion', 'createTime', 'error']);

/** What an answer tells beside its candidates and counts: `prompt_feedback`, and fields that are yet to come. */
export function otherFields(answer: GenerateContentResponse): JsonObject | undefined {
  let out: JsonObject | undefined;
  for (const name in answer) {
    const value = answer[name as keyof GenerateContentResponse];
    if (!mapped.has(name) && value != null) (out ??= {})[snakeKey(name)] = value;
  }
  return out;
}

/** A whole answer; a list is the pieces of a stream that was asked for without SSE. */
export function toCompletion(body: unknown, call: Call<'chat'>): ChatCompletion {
  const pieces = (Array.isArray(body) ? body : [body]).filter(isObject) as GenerateContentResponse[];
  const reading = readingOf(call);
  const readers: CandidateReader[] = [];
  const logprobs: LogprobsResult[] = [];
  let whole: GenerateContentResponse = {};
  for (const piece of pieces) {
    checkAnswer(piece);
    whole = { ...whole, ...piece };
    const candidates: unknown[] = Array.isArray(piece.candidates) ? piece.candidates : [];
    for (const [at, given] of candidates.entries()) {
      if (!isObject(given)) continue;
      const candidate: Candidate = given;
      const index = candidate.index ?? at;
      const reader = (readers[index] ??= new CandidateReader(index, whole.responseId ?? '', reading));
      reader.read(candidate);
      if (candidate.logprobsResult != null) logprobs[index] = candidate.logprobsResult;
    }
  }
  // What is no answer at all is shown to the core as it is.
  if (readers.length === 0) return body as ChatCompletion;
  const { responseId, modelVersion, usageMetadata, createTime } = whole;
  const tier = toServiceTier(usageMetadata);
  const other = otherFields(whole);
  const seen = readers.filter((reader) => reader !== undefined);
  return {
    id: responseId ?? '',
    object: 'chat.completion',
    created: createdAt(createTime),
    model: modelVersion ?? call.model,
    choices: seen.map((reader) => ({
      index: reader.index,
      message: reader.message(),
      finish_reason: reader.finishReason,
      logprobs: toLogprobs(logprobs[reader.index]),
      provider_specific_fields: reader.choiceFields,
    })),
    ...(usageMetadata != null && {
      usage: toUsage(
        usageMetadata,
        seen.map(({ grounding }) => grounding),
      ),
    }),
    ...(tier !== undefined && { service_tier: tier }),
    ...(other !== undefined && { provider_specific_fields: other }),
  };
}
