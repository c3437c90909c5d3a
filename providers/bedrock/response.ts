/** Whole answers: https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html */
import type { JsonObject, ResponseMeta } from '../../src/core/spec.js';
import type { Annotation, ChatCompletion, ImageOutput, ThinkingBlock, ToolCall } from '../../src/types/chat.js';
import { asText, isObject } from '../shared/messages.js';
import {
  annotationsOf,
  BLOCKS,
  finishReason,
  imageOf,
  isSearch,
  isServerTool,
  JSON_TOOL,
  otherFields,
  stageOf,
  thinkingOf,
  type Block,
} from './blocks.js';
import { faultOf } from './errors.js';
import { readUsage, serviceTier } from './usage.js';

/** Bedrock's answers have no id of their own; the request has one. */
export const answerId = ({ headers }: ResponseMeta): string => headers['x-amzn-requestid'] ?? '';

/**
 * Reads an answer. `json`: the model answers through the JSON tool. A body of another shape is returned as it is, for
 * the core to refuse.
 */
export function readAnswer(body: unknown, model: string, json: boolean, meta: ResponseMeta): ChatCompletion {
  if (!isObject(body)) return body as ChatCompletion;
  const output = isObject(body['output']) ? body['output']['message'] : undefined;
  const content: unknown = isObject(output) ? output['content'] : undefined;
  if (!Array.isArray(content)) {
    if (typeof body['message'] === 'string') throw faultOf(body);
    return body as unknown as ChatCompletion;
  }
  const blocks = content.filter(isObject);
  const parts = readBlocks(blocks, json);
  const searches = blocks.filter((block) => isSearch(block['toolUse'])).length;
  const usage = isObject(body['usage']) ? body['usage'] : undefined;
  const tier = serviceTier(body['serviceTier']);
  const other = otherFields(body);
  return {
    id: answerId(meta),
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finishReason(body['stopReason'], parts.calls.length > 0),
        logprobs: null,
        message: {
          role: 'assistant',
          content: parts.text !== '' || parts.calls.length === 0 ? parts.text : null,
          refusal: null,
          ...(parts.calls.length > 0 && { tool_calls: parts.calls }),
          ...(parts.annotations.length > 0 && { annotations: parts.annotations }),
          ...(parts.images.length > 0 && { images: parts.images }),
          ...(parts.reasoning !== '' && { reasoning_content: parts.reasoning }),
          ...(parts.thinking.length > 0 && { thinking_blocks: parts.thinking }),
          ...(parts.fields && { provider_specific_fields: parts.fields }),
        },
        provider_specific_fields: { stop_reason: body['stopReason'] ?? null },
      },
    ],
    ...(usage && { usage: readUsage(usage, body['additionalModelResponseFields'], searches) }),
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
  images: ImageOutput[];
  fields: JsonObject | undefined;
}

function readBlocks(blocks: Block[], json: boolean): Parts {
  const parts: Parts = {
    text: '',
    reasoning: '',
    calls: [],
    annotations: [],
    thinking: [],
    images: [],
    fields: undefined,
  };
  const citations: JsonObject[] = [];
  const unseen: JsonObject[] = [];
  let answer: string | undefined;
  let stage = 0;
  for (const block of blocks) {
    stage = stageOf(block, stage);
    const { text, reasoningContent: reasoning, toolUse: use, citationsContent: cited, image } = block;
    if (typeof text === 'string') parts.text += text;
    else if (isObject(reasoning)) {
      const thinking = thinkingOf(reasoning);
      if (thinking !== undefined) parts.thinking.push(thinking);
      if (thinking?.type === 'thinking') parts.reasoning += thinking.thinking;
    } else if (isObject(use)) {
      if (json && use['name'] === JSON_TOOL) answer = (answer ?? '') + JSON.stringify(use['input'] ?? {});
      else if (!isServerTool(use)) parts.calls.push(readCall(use));
    } else if (isObject(cited)) readCited(cited, parts, citations);
    else if (isObject(image)) {
      const made = imageOf(image, parts.images.length);
      if (made !== undefined) parts.images.push(made);
      else unseen.push(image);
    }
  }
  const fields: JsonObject = {};
  // What cannot be shown: it failed, or lies elsewhere.
  if (unseen.length > 0) fields['images'] = unseen;
  if (citations.length > 0) fields['citations'] = citations;
  if (answer !== undefined) {
    if (parts.text !== '') fields['text'] = parts.text;
    parts.text = answer;
  } else if (stage < 0 && !json) fields[BLOCKS] = blocks;
  if (Object.keys(fields).length > 0) parts.fields = fields;
  return parts;
}

/** Text with its sources; Nova's sources follow the text that they are of. */
function readCited(cited: JsonObject, parts: Parts, citations: JsonObject[]): void {
  const start = parts.text.length;
  const content = Array.isArray(cited['content']) ? cited['content'].filter(isObject) : [];
  for (const { text } of content) parts.text += asText(text);
  const list = Array.isArray(cited['citations']) ? cited['citations'].filter(isObject) : [];
  citations.push(...list);
  parts.annotations.push(...annotationsOf(list, start, parts.text.length));
}

function readCall(use: JsonObject): ToolCall {
  return {
    id: asText(use['toolUseId']),
    type: 'function',
    function: { name: asText(use['name']), arguments: JSON.stringify(use['input'] ?? {}) },
  };
}
