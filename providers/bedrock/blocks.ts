/**
 * What whole answers and streams have in common: how content blocks become the fields of a message.
 * Source: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ContentBlock.html
 */
import type { JsonObject } from '../../src/core/spec.js';
import type {
  Annotation,
  FinishReason,
  ImageOutput,
  ProviderSpecificFields,
  ThinkingBlock,
} from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';

export type Block = JsonObject;

/**
 * The field of `provider_specific_fields` that holds an answer's blocks as they came, in order, when the message's own
 * fields cannot tell them all: tools that the provider ran, citations, thinking between calls. A message that still
 * has it goes back block by block.
 */
export const BLOCKS = 'bedrock_blocks';

/** The tool through which models without structured output answer in JSON. */
export const JSON_TOOL = 'json_tool_call';

/** A call of a tool of the provider's own. */
export const isServerTool = (use: JsonObject): boolean => use['type'] === 'server_tool_use';

/** A search of Nova's own, which is billed; no count tells it. */
export const isSearch = (use: unknown): boolean =>
  isObject(use) && isServerTool(use) && use['name'] === 'nova_grounding';

/** Thinking that must go back as it came. */
export const isSealed = (reasoning: JsonObject): boolean =>
  'redactedContent' in reasoning || (isObject(reasoning['reasoningText']) && !!reasoning['reasoningText']['signature']);

/**
 * Where in a plain answer (sealed thinking, then text, then tool calls) the block stands: 0, 1 or 2; -1 when the answer
 * is not plain, so that its blocks must be kept. `stage` is that of the block before, 0 for the first.
 */
export function stageOf(block: Block, stage: number): number {
  if (stage < 0) return -1;
  const { text, reasoningContent: reasoning, toolUse: use } = block;
  if (typeof text === 'string') return text === '' ? stage : stage <= 1 ? 1 : -1;
  if (isObject(reasoning)) return isSealed(reasoning) && stage > 0 ? -1 : stage;
  if (isObject(use)) return isServerTool(use) ? -1 : 2;
  return 'image' in block ? stage : -1;
}

export function thinkingOf(reasoning: JsonObject): ThinkingBlock | undefined {
  if ('redactedContent' in reasoning) return { type: 'redacted_thinking', data: asText(reasoning['redactedContent']) };
  const held = reasoning['reasoningText'];
  if (!isObject(held)) return undefined;
  const { text, signature } = held;
  return {
    type: 'thinking',
    thinking: asText(text),
    ...(typeof signature === 'string' && signature !== '' && { signature }),
  };
}

export function imageOf(image: JsonObject, index: number): ImageOutput | undefined {
  const source = image['source'];
  const bytes = isObject(source) ? source['bytes'] : undefined;
  if (typeof bytes !== 'string') return undefined;
  const url = `data:image/${asText(image['format']) || 'png'};base64,${bytes}`;
  return { type: 'image_url', image_url: { url }, index };
}

/** Citations that lead to a page, for the text of the content from `start` to `end`. */
export function annotationsOf(citations: readonly JsonObject[], start: number, end: number): Annotation[] {
  const annotations: Annotation[] = [];
  for (const { location, source, title } of citations) {
    const web = isObject(location) && isObject(location['web']) ? location['web'] : {};
    const url = web['url'] ?? source;
    if (typeof url !== 'string' || !/^https?:/i.test(url)) continue;
    const page = { start_index: start, end_index: end, title: asText(title ?? web['domain']), url };
    annotations.push({ type: 'url_citation', url_citation: page });
  }
  return annotations;
}

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
const reasons: Readonly<Record<string, FinishReason>> = {
  end_turn: 'stop',
  stop_sequence: 'stop',
  max_tokens: 'length',
  model_context_window_exceeded: 'length',
  tool_use: 'tool_calls',
  guardrail_intervened: 'content_filter',
  content_filtered: 'content_filter',
};

/** The finish reason. `calls`: the caller's tools are called; those that the provider ran are over. */
export function finishReason(raw: unknown, calls: boolean): FinishReason {
  const reason = reasons[asText(raw)] ?? 'stop';
  if (reason !== 'stop' && reason !== 'tool_calls') return reason;
  return calls ? 'tool_calls' : 'stop';
}

const known = new Set(['output', 'stopReason', 'usage', 'serviceTier', 'p', 'type']);

/** What else an answer tells (trace of guardrails, metrics …); undefined when nothing. */
export function otherFields(source: JsonObject): ProviderSpecificFields | undefined {
  let fields: ProviderSpecificFields | undefined;
  for (const name in source) {
    const value = source[name];
    const empty = value === null || value === undefined || (isObject(value) && Object.keys(value).length === 0);
    if (!known.has(name) && !empty) (fields ??= {})[name] = value;
  }
  return fields;
}
