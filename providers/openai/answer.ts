/** What whole answers and stream chunks have in common: finish reasons, tool calls, fields that are not OpenAI's. */
import type { JsonObject } from '../../src/core/spec.js';
import type { FinishReason, ServiceTier } from '../../src/types/chat.js';

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A list of no parts says as much as no content, and is refused. */
export const isNothing = (content: unknown): boolean =>
  content === undefined || content === null || (Array.isArray(content) && content.length === 0);

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  length: 'length',
  tool_calls: 'tool_calls',
  content_filter: 'content_filter',
  function_call: 'function_call',
  eos: 'stop',
  eos_token: 'stop',
  end: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  complete: 'stop',
  completed: 'stop',
  finished: 'stop',
  max_tokens: 'length',
  max_output_tokens: 'length',
  max_length: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_call: 'tool_calls',
  tool_use: 'tool_calls',
  content_filtered: 'content_filter',
  refusal: 'content_filter',
  safety: 'content_filter',
  recitation: 'content_filter',
  blocklist: 'content_filter',
  prohibited_content: 'content_filter',
  spii: 'content_filter',
  sensitive: 'content_filter',
  guardrail_intervened: 'content_filter',
};

/** In lower case, with hyphens for underscores, or followed by its cause (`content_filter: SAFETY`). */
const plainly = (raw: string): string => raw.toLowerCase().replaceAll('-', '_').replace(/:.*/s, '');

/** A finish reason in OpenAI's words; null for an empty one. An answer that calls tools did not merely stop. */
export function finishReason(raw: unknown, calls: boolean): FinishReason | null {
  if (typeof raw !== 'string' || raw === '') return null;
  const mapped = finishReasons[raw] ?? finishReasons[plainly(raw)] ?? 'stop';
  return mapped === 'stop' && calls ? 'tool_calls' : mapped;
}

const tiers: Readonly<Record<string, ServiceTier>> = {
  auto: 'auto',
  default: 'default',
  flex: 'flex',
  scale: 'scale',
  priority: 'priority',
  on_demand: 'default',
  standard: 'default',
};

/** The tier that served a call, in OpenAI's words; undefined for one that OpenAI does not have. */
export const serviceTier = (raw: string): ServiceTier | undefined => tiers[raw];

/** Moves a field that is not OpenAI's under `provider_specific_fields`; nulls tell nothing and go. */
export function setAside(owner: JsonObject, field: string, value: unknown): void {
  if (value === null || value === undefined) return;
  const held = owner['provider_specific_fields'];
  if (isObject(held)) held[field] = value;
  else owner['provider_specific_fields'] = { [field]: value };
}

/** The text of `reasoning_details` (OpenRouter's form, which other gateways share). */
export function reasoningText(details: unknown): string {
  if (!Array.isArray(details)) return '';
  let text = '';
  for (const detail of details) {
    if (!isObject(detail)) continue;
    if (typeof detail['text'] === 'string') text += detail['text'];
    else if (typeof detail['summary'] === 'string') text += detail['summary'];
  }
  return text;
}

/** Whether a part tells more than its text: citations, a signature. */
function tellsMore(part: JsonObject): boolean {
  for (const field in part) {
    const value = part[field];
    const empty = value === null || (Array.isArray(value) && value.length === 0);
    if (field !== 'type' && field !== 'text' && !empty) return true;
  }
  return false;
}

/** Splits a list of content parts into text and reasoning; `rest` tells whether there was more. */
export function splitParts(parts: readonly unknown[]): { text: string; reasoning: string; rest: boolean } {
  let text = '';
  let reasoning = '';
  let rest = false;
  for (const part of parts) {
    if (typeof part === 'string') text += part;
    else if (!isObject(part)) rest = true;
    else if (typeof part['text'] === 'string') {
      text += part['text'];
      rest ||= tellsMore(part);
    } else if (part['type'] === 'thinking') {
      const thinking = part['thinking'];
      if (typeof thinking === 'string') reasoning += thinking;
      else if (Array.isArray(thinking)) {
        const inner = splitParts(thinking);
        reasoning += inner.text;
        rest ||= inner.rest;
      }
      if (typeof part['signature'] === 'string') rest = true;
    } else rest = true;
  }
  return { text, reasoning, rest };
}

/** Tool arguments as JSON text. */
export function argumentsText(value: unknown, missing: string): string {
  if (typeof value === 'string') return value;
  return value === null || value === undefined ? missing : JSON.stringify(value);
}
