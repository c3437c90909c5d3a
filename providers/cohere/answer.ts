/** What whole answers and streams have in common: finish reasons, usage, citations, log probabilities. */
import type { JsonObject } from '../../src/core/spec.js';
import type { Annotation, FinishReason, Logprobs, Usage } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';

/** https://docs.cohere.com/reference/chat#response; ERROR and TIMEOUT are failures. */
const reasons: Readonly<Record<string, FinishReason>> = {
  COMPLETE: 'stop',
  STOP_SEQUENCE: 'stop',
  MAX_TOKENS: 'length',
  ERROR_LIMIT: 'length',
  TOOL_CALL: 'tool_calls',
  ERROR_TOXIC: 'content_filter',
};

/** The finish reason in OpenAI's words; an answer that calls tools did not merely stop. */
export function finishReason(raw: unknown, calls: boolean): FinishReason {
  const reason = reasons[asText(raw)] ?? 'stop';
  return reason === 'stop' && calls ? 'tool_calls' : reason;
}

/** What to say of an answer that broke off; undefined for one that did not. */
export function failureOf(raw: unknown, told: unknown): { message: string; kind: 'server' | 'timeout' } | undefined {
  if (raw !== 'ERROR' && raw !== 'TIMEOUT') return undefined;
  const message = asText(told) || (raw === 'ERROR' ? 'the generation failed' : 'the generation took too long');
  return { message: `${message} (finish_reason ${raw})`, kind: raw === 'ERROR' ? 'server' : 'timeout' };
}

const count = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/**
 * Cohere counts twice: the tokens that the model saw, with the text that Cohere puts around a prompt, and the units that
 * are billed. The first are the usage; both stand in `provider_specific_fields.usage`.
 */
export function readUsage(raw: JsonObject): Usage {
  const tokens = isObject(raw['tokens']) ? raw['tokens'] : {};
  const billed = isObject(raw['billed_units']) ? raw['billed_units'] : {};
  const input = count(tokens['input_tokens']) ?? count(billed['input_tokens']) ?? 0;
  const output = count(tokens['output_tokens']) ?? count(billed['output_tokens']) ?? 0;
  const cached = count(raw['cached_tokens']);
  const pictures = count(tokens['image_tokens']);
  // Cohere counts them beside the input.
  const images = pictures !== undefined && pictures <= input ? pictures : undefined;
  const reasoning = count(tokens['reasoning_tokens']);
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    ...((cached !== undefined || images !== undefined) && {
      prompt_tokens_details: {
        ...(cached !== undefined && { cached_tokens: cached }),
        ...(images !== undefined && { image_tokens: images }),
      },
    }),
    ...(reasoning !== undefined && { completion_tokens_details: { reasoning_tokens: reasoning } }),
    provider_specific_fields: { usage: raw },
  };
}

const isPage = (value: unknown): value is string => typeof value === 'string' && /^https?:\/\//i.test(value);

/** A citation's sources that are pages; `start` is where the cited block begins in the message's content. */
export function annotationsOf(citation: JsonObject, start: number): Annotation[] {
  const { type, start: from, end: to, sources } = citation;
  if (type !== undefined && type !== null && type !== 'TEXT_CONTENT') return [];
  const annotations: Annotation[] = [];
  for (const source of Array.isArray(sources) ? (sources as unknown[]) : []) {
    if (!isObject(source)) continue;
    const held = isObject(source['document']) ? source['document'] : source['tool_output'];
    const { url: told, title } = isObject(held) ? held : {};
    const url = isPage(told) ? told : source['id'];
    if (!isPage(url)) continue;
    const page = {
      start_index: start + (count(from) ?? 0),
      end_index: start + (count(to) ?? 0),
      title: asText(title),
      url,
    };
    annotations.push({ type: 'url_citation', url_citation: page });
  }
  return annotations;
}

/** Log probabilities of pieces of text; a piece of several tokens has the sum of theirs. */
export function readLogprobs(items: readonly unknown[]): Logprobs {
  const content = items.filter(isObject).map((item) => {
    const given: unknown[] = Array.isArray(item['logprobs']) ? item['logprobs'] : [];
    const logprob = given.reduce<number>((sum, value) => sum + (count(value) ?? 0), 0);
    return { token: asText(item['text']), bytes: null, logprob, top_logprobs: [] };
  });
  return { content, refusal: null };
}
