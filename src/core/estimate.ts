/** Usage of a stream that broke off before its provider told any: counted roughly, and marked so. */
import type { JsonObject } from './spec.js';
import { estimateTokens } from './token-estimate.js';

interface Estimate {
  prompt_tokens: number;
  completion_tokens: number;
  total_tokens: number;
  estimated: true;
}

/** What the model was asked, and what it had answered. */
export function estimateUsage(params: JsonObject, result: JsonObject): Estimate {
  const prompt_tokens = textTokens(params['messages'] ?? params['input']) + textTokens(params['tools']);
  const { choices } = result;
  const completion_tokens = textTokens(choices);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens, estimated: true };
}

/** A picture or a recording, whatever its length in bytes. */
const mediaTokens = 300;
const skipped = new Set([
  'role',
  'type',
  'id',
  'finish_reason',
  'tool_call_id',
  'signature',
  'provider_specific_fields',
]);

function textTokens(value: unknown): number {
  if (typeof value === 'string') return /^data:|^[\w+/=]{2000}/.test(value) ? mediaTokens : estimateTokens(value);
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return (value as unknown[]).reduce<number>((sum, each) => sum + textTokens(each), 0);
  return Object.entries(value).reduce((sum, [key, each]) => (skipped.has(key) ? sum : sum + textTokens(each)), 0);
}

/** More tokens than the input of a call can have: never fewer than a tokenizer counts, seldom twice as many. */
export function worstInputTokens(params: JsonObject): number {
  const parts = [params['messages'], params['input'], params['query'], params['documents'], params['tools']];
  return parts.reduce<number>((sum, part) => sum + worst(part), overhead);
}

/** What the wire adds around a call. */
const overhead = 32;
const perObject = 8;
const worstMedia = 6000;

function worst(value: unknown): number {
  if (typeof value === 'string') {
    if (/^data:|^[\w+/=]{2000}/.test(value)) return worstMedia;
    return Math.min(value.length * 3, estimateTokens(value) * 2);
  }
  if (typeof value === 'number') return 1;
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) return (value as unknown[]).reduce<number>((sum, each) => sum + worst(each), 0);
  return Object.entries(value).reduce((sum, [key, each]) => sum + worst(each) + estimateTokens(key), perObject);
}
