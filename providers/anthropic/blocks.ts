/** What whole answers and streams have in common: how content blocks become the fields of a message. */
import type { JsonObject } from '../../src/core/spec.js';
import type { Annotation, FinishReason, ProviderSpecificFields, ThinkingBlock } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import type { Block } from './parts.js';

/**
 * The field of `provider_specific_fields` that holds an answer's blocks as they came, in order, when the message's own
 * fields cannot tell them all: tools that the provider ran, citations, thinking between calls. A message that still
 * has it goes back block by block.
 */
export const BLOCKS = 'anthropic_blocks';

/** The tool through which models without structured output answer in JSON. */
export const JSON_TOOL = 'json_tool_call';

/**
 * Where in a plain answer (thinking, then one text, then tool calls) the block stands: 0, 1 or 2; -1 when the answer is
 * not plain, so that its blocks must be kept. `stage` is that of the block before, 0 for the first.
 */
export function stageOf(block: Block, stage: number): number {
  if (stage < 0) return -1;
  switch (block['type']) {
    case 'thinking':
    case 'redacted_thinking':
      return stage === 0 ? 0 : -1;
    case 'text':
      if (block['text'] === '') return stage;
      return stage === 0 && !hasCitations(block) ? 1 : -1;
    case 'tool_use':
      return 2;
    default:
      return -1;
  }
}

const hasCitations = (block: Block): boolean => Array.isArray(block['citations']) && block['citations'].length > 0;

export const citationsOf = (block: Block): JsonObject[] =>
  Array.isArray(block['citations']) ? block['citations'].filter(isObject) : [];

/** Citations that lead to a page, for a text that begins at `start` of the message's content. */
export function annotationsOf(block: Block, start: number): Annotation[] {
  const annotations: Annotation[] = [];
  const end_index = start + asText(block['text']).length;
  for (const { url: told, source, title } of citationsOf(block)) {
    const url = told ?? source;
    if (typeof url !== 'string' || !/^https?:/i.test(url)) continue;
    const page = { start_index: start, end_index, title: typeof title === 'string' ? title : '', url };
    annotations.push({ type: 'url_citation', url_citation: page });
  }
  return annotations;
}

export function thinkingOf(block: Block): ThinkingBlock {
  if (block['type'] === 'redacted_thinking') return { type: 'redacted_thinking', data: asText(block['data']) };
  const { thinking, signature } = block;
  return {
    type: 'thinking',
    thinking: asText(thinking),
    ...(typeof signature === 'string' && signature !== '' && { signature }),
  };
}

/** What a tool call must carry back: who called it (code that the provider ran), and the toolset it belongs to. */
export function callFields(block: Block): { provider_specific_fields: ProviderSpecificFields } | undefined {
  const { caller, toolset_name } = block;
  const fields: ProviderSpecificFields = {};
  if (isObject(caller) && caller['type'] !== 'direct') fields['caller'] = caller;
  if (toolset_name !== undefined && toolset_name !== null) fields['toolset_name'] = toolset_name;
  return Object.keys(fields).length === 0 ? undefined : { provider_specific_fields: fields };
}

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  pause_turn: 'stop',
  compaction: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  refusal: 'content_filter',
};

/** The finish reason; `json`: the one tool called was the JSON answer itself. */
export function finishReason(raw: unknown, calls: boolean, json: boolean): FinishReason {
  const reason = reasons[asText(raw)] ?? 'stop';
  if (reason === 'stop' && calls) return 'tool_calls';
  return reason === 'tool_calls' && json && !calls ? 'stop' : reason;
}

/** The stop reason as it came. */
export function stopFields(source: JsonObject): ProviderSpecificFields {
  const { stop_reason, stop_sequence, stop_details } = source;
  return {
    stop_reason: stop_reason ?? null,
    ...(typeof stop_sequence === 'string' && { stop_sequence }),
    ...(isObject(stop_details) && { stop_details }),
  };
}

const known = new Set([
  'type',
  'id',
  'role',
  'model',
  'content',
  'stop_reason',
  'stop_sequence',
  'stop_details',
  'usage',
]);

/** What else the answer tells (container, context management …); undefined when nothing. */
export function otherFields(...sources: JsonObject[]): ProviderSpecificFields | undefined {
  let fields: ProviderSpecificFields | undefined;
  for (const source of sources)
    for (const name in source)
      if (!known.has(name) && source[name] !== null && source[name] !== undefined) (fields ??= {})[name] = source[name];
  return fields;
}
