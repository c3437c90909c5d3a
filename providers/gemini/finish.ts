/** Finish reasons. Source: https://ai.google.dev/api/generate-content#FinishReason */
import type { FinishReason } from '../../src/types/chat.js';

/** An answer that a filter withheld or broke off. */
const filtered = new Set([
  'SAFETY',
  'RECITATION',
  'LANGUAGE',
  'OTHER',
  'BLOCKLIST',
  'PROHIBITED_CONTENT',
  'SPII',
  'MODEL_ARMOR',
  'IMAGE_SAFETY',
  'IMAGE_PROHIBITED_CONTENT',
  'IMAGE_RECITATION',
  'IMAGE_OTHER',
]);

/** Whether the model has stopped. */
export const isEnd = (reason: string | null | undefined): reason is string =>
  reason != null && reason !== 'FINISH_REASON_UNSPECIFIED';

/** Google says STOP for tool calls too. */
export function toFinishReason(reason: string | undefined, called: boolean): FinishReason {
  if (reason === 'MAX_TOKENS') return 'length';
  if (reason !== undefined && filtered.has(reason)) return 'content_filter';
  return called ? 'tool_calls' : 'stop';
}
