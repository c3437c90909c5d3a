/**
 * Claude's thinking in Databricks' form: content parts of type `reasoning` with a summary.
 * https://docs.databricks.com/aws/en/machine-learning/model-serving/query-reason-models
 */
import type { JsonObject } from '../../src/core/spec.js';
import { asText, contentParts, isObject } from '../shared/messages.js';

export interface Pieces {
  text: string | undefined;
  reasoning: string;
  signature: string;
}

/** Takes a list of content parts apart; undefined when none is reasoning. */
export function splitReasoning(content: unknown): Pieces | undefined {
  if (!Array.isArray(content) || !content.some((part) => isObject(part) && part['type'] === 'reasoning'))
    return undefined;
  const pieces: Pieces = { text: undefined, reasoning: '', signature: '' };
  for (const part of contentParts(content)) {
    if (part['type'] === 'text') pieces.text = (pieces.text ?? '') + asText(part['text']);
    if (part['type'] !== 'reasoning' || !Array.isArray(part['summary'])) continue;
    for (const summary of part['summary'].filter(isObject)) {
      pieces.reasoning += asText(summary['text']);
      pieces.signature ||= asText(summary['signature']);
    }
  }
  return pieces;
}

export const thinkingBlock = (thinking: string, signature: string): JsonObject => ({
  type: 'thinking',
  thinking,
  signature,
});

/** A whole message with the reasoning in its place. */
export function readMessage(message: JsonObject): void {
  const pieces = splitReasoning(message['content']);
  if (pieces === undefined) return;
  message['content'] = pieces.text ?? null;
  message['reasoning_content'] = pieces.reasoning;
  if (pieces.signature !== '') message['thinking_blocks'] = [thinkingBlock(pieces.reasoning, pieces.signature)];
}

/** An earlier answer: its signed thinking stands before the text again. */
export function writeMessage(message: unknown): unknown {
  if (!isObject(message) || !Array.isArray(message['thinking_blocks'])) return message;
  const { thinking_blocks: blocks, ...rest } = message;
  const reasoning = (blocks as unknown[]).filter(isObject).map(({ thinking, signature }) => ({
    type: 'reasoning',
    summary: [{ type: 'summary_text', text: asText(thinking), signature }],
  }));
  return { ...rest, content: [...reasoning, ...contentParts(rest['content']).filter(({ text }) => text !== '')] };
}
