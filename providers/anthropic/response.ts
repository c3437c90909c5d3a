/** Whole answers: https://platform.claude.com/docs/en/api/messages */
import { ProviderFault } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/spec.js';
import type { Annotation, ChatCompletion, ThinkingBlock, ToolCall } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import {
  annotationsOf,
  BLOCKS,
  callFields,
  citationsOf,
  finishReason,
  JSON_TOOL,
  otherFields,
  stageOf,
  stopFields,
  thinkingOf,
} from './blocks.js';
import { anthropicError } from './errors.js';
import { readUsage, serviceTier } from './usage.js';

/**
 * Reads an answer. `json`: the model answers through the JSON tool. A body of another shape is returned as it is, for
 * the core to refuse.
 */
export function readAnswer(body: unknown, model: string, json: boolean): ChatCompletion {
  if (!isObject(body)) return body as ChatCompletion;
  const content: unknown = body['content'];
  if (!Array.isArray(content)) {
    if (isObject(body['error'])) throw new ProviderFault(anthropicError(undefined, body));
    return body as unknown as ChatCompletion;
  }
  const parts = readBlocks(content.filter(isObject), json);
  const usage = isObject(body['usage']) ? body['usage'] : undefined;
  const tier = usage && serviceTier(usage);
  const other = otherFields(body);
  return {
    id: typeof body['id'] === 'string' ? body['id'] : '',
    object: 'chat.completion',
    created: 0,
    model: typeof body['model'] === 'string' && body['model'] !== '' ? body['model'] : model,
    choices: [
      {
        index: 0,
        finish_reason: finishReason(body['stop_reason'], parts.calls.length > 0, parts.answered),
        logprobs: null,
        message: {
          role: 'assistant',
          content: parts.text !== '' || parts.calls.length === 0 ? parts.text : null,
          refusal: null,
          ...(parts.calls.length > 0 && { tool_calls: parts.calls }),
          ...(parts.annotations.length > 0 && { annotations: parts.annotations }),
          ...(parts.reasoning !== '' && { reasoning_content: parts.reasoning }),
          ...(parts.thinking.length > 0 && { thinking_blocks: parts.thinking }),
          ...(parts.fields && { provider_specific_fields: parts.fields }),
        },
        provider_specific_fields: stopFields(body),
      },
    ],
    ...(usage && { usage: readUsage(usage) }),
    ...(tier && { service_tier: tier }),
    ...(other && { provider_specific_fields: other }),
  };
}

interface Parts {
  text: string;
  reasoning: string;
  calls: ToolCall[];
  annotations: Annotation[];
  thinking: ThinkingBlock[];
  fields: JsonObject | undefined;
  /** The JSON tool was called. */
  answered: boolean;
}

function readBlocks(blocks: JsonObject[], json: boolean): Parts {
  const parts: Parts = {
    text: '',
    reasoning: '',
    calls: [],
    annotations: [],
    thinking: [],
    fields: undefined,
    answered: false,
  };
  const citations: JsonObject[] = [];
  let answer = '';
  let stage = 0;
  for (const block of blocks) {
    stage = stageOf(block, stage);
    switch (block['type']) {
      case 'text':
        parts.annotations.push(...annotationsOf(block, parts.text.length));
        citations.push(...citationsOf(block));
        parts.text += asText(block['text']);
        break;
      case 'thinking':
        parts.reasoning += asText(block['thinking']);
        parts.thinking.push(thinkingOf(block));
        break;
      case 'redacted_thinking':
        parts.thinking.push(thinkingOf(block));
        break;
      case 'tool_use':
        if (json && block['name'] === JSON_TOOL) {
          answer += JSON.stringify(block['input'] ?? {});
          parts.answered = true;
        } else parts.calls.push(readCall(block));
        break;
    }
  }
  const fields: JsonObject = {};
  if (citations.length > 0) fields['citations'] = citations;
  if (parts.answered) {
    if (parts.text !== '') fields['text'] = parts.text;
    parts.text = answer;
  } else if (stage < 0 && !json) fields[BLOCKS] = blocks;
  if (Object.keys(fields).length > 0) parts.fields = fields;
  return parts;
}

function readCall(block: JsonObject): ToolCall {
  return {
    id: asText(block['id']),
    type: 'function',
    function: { name: asText(block['name']), arguments: JSON.stringify(block['input'] ?? {}) },
    ...callFields(block),
  };
}
