import type { JsonObject } from '../../src/core/spec.js';
import { reasoningText, setAside, splitParts } from './answer.js';

export const deltaFields: ReadonlySet<string> = new Set([
  'role',
  'content',
  'reasoning_content',
  'refusal',
  'tool_calls',
  'function_call',
  'audio',
  'images',
  'annotations',
  'thinking_blocks',
  'provider_specific_fields',
]);

/** A delta with OpenAI's fields alone: reasoning renamed, content parts split, nulls left out, the rest set aside. */
export function rebuildDelta(delta: JsonObject): JsonObject {
  const out: JsonObject = {};
  let reasoning = typeof delta['reasoning_content'] === 'string' ? delta['reasoning_content'] : '';
  for (const field in delta) {
    const value = delta[field];
    if (field === 'content') {
      if (!Array.isArray(value)) out['content'] = value;
      else {
        const parts = splitParts(value);
        out['content'] = parts.text;
        reasoning ||= parts.reasoning;
        if (parts.rest) setAside(out, field, value);
      }
    } else if (field === 'reasoning') {
      if (typeof value === 'string') reasoning ||= value;
      else setAside(out, field, value);
    } else if (field === 'reasoning_details') {
      if (typeof delta['reasoning'] !== 'string') reasoning ||= reasoningText(value);
      setAside(out, field, value);
    } else if (field === 'tool_calls') {
      if (Array.isArray(value) && value.length > 0) out[field] = value;
    } else if (field !== 'reasoning_content') {
      if (!deltaFields.has(field)) setAside(out, field, value);
      else if (value !== null) out[field] = value;
    }
  }
  if (reasoning !== '') out['reasoning_content'] = reasoning;
  return out;
}
