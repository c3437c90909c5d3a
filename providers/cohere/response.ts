/** Whole answers: https://docs.cohere.com/reference/chat#response */
import { ProviderFault } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/spec.js';
import type { Annotation, ChatCompletion, FunctionToolCall } from '../../src/types/chat.js';
import { callFields, finishOf } from '../shared/function-call.js';
import { asText, isBlank, isObject } from '../shared/messages.js';
import { annotationsOf, failureOf, finishReason, readLogprobs, readUsage } from './answer.js';
import { cohereError } from './errors.js';

/** Reads an answer; `functions`: to OpenAI's older form. A body of another shape is returned as it is, for the core to refuse. */
export function readAnswer(body: unknown, model: string, functions: boolean): ChatCompletion {
  if (!isObject(body)) return body as ChatCompletion;
  const { id, message, finish_reason: raw, usage, logprobs, ...other } = body;
  // An error has a text where an answer has an object.
  if (typeof message === 'string') throw new ProviderFault(cohereError(undefined, body));
  if (!isObject(message)) return body as unknown as ChatCompletion;
  const failure = failureOf(raw, other['error']);
  if (failure) throw new ProviderFault({ ...failure, provider_specific_fields: { message } });

  const { role: _, content, tool_calls: called, tool_plan: plan, citations, ...rest } = message;
  const { text, thinking, starts } = readBlocks(content);
  const calls = (Array.isArray(called) ? called.filter(isObject) : []).map(readCall);
  const cited = Array.isArray(citations) ? citations.filter(isObject) : [];
  const annotations = cited.flatMap((each): Annotation[] =>
    annotationsOf(each, starts[Number(each['content_index'] ?? 0)] ?? 0),
  );
  // The plan is the thinking of models that show no other.
  const reasoning = thinking || asText(plan);
  const fields: JsonObject = {
    ...(asText(plan) !== '' && { tool_plan: plan }),
    ...(cited.length > 0 && { citations: cited }),
    ...withoutNulls(rest),
  };
  const further = withoutNulls(other);
  return {
    id: asText(id),
    object: 'chat.completion',
    created: 0,
    model,
    choices: [
      {
        index: 0,
        finish_reason: finishOf(finishReason(raw, calls.length > 0), functions),
        logprobs: Array.isArray(logprobs) ? readLogprobs(logprobs) : null,
        message: {
          role: 'assistant',
          content: text !== '' || calls.length === 0 ? text : null,
          refusal: null,
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...callFields(calls, functions),
          ...(annotations.length > 0 && { annotations }),
          ...(Object.keys(fields).length > 0 && { provider_specific_fields: fields }),
        },
        provider_specific_fields: { finish_reason: raw ?? null, ...(Array.isArray(logprobs) && { logprobs }) },
      },
    ],
    ...(isObject(usage) && { usage: readUsage(usage) }),
    ...(Object.keys(further).length > 0 && { provider_specific_fields: further }),
  };
}

const withoutNulls = (fields: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

/** Text and thinking; `starts` tells where the text of each block begins in the whole. */
function readBlocks(content: unknown): { text: string; thinking: string; starts: number[] } {
  if (typeof content === 'string') return { text: content, thinking: '', starts: [] };
  let text = '';
  let thinking = '';
  const starts: number[] = [];
  for (const block of Array.isArray(content) ? (content as unknown[]) : []) {
    starts.push(text.length);
    if (!isObject(block)) continue;
    if (block['type'] === 'thinking') thinking += asText(block['thinking']);
    else text += asText(block['text']);
  }
  return { text, thinking, starts };
}

function readCall(given: JsonObject): FunctionToolCall {
  const called = isObject(given['function']) ? given['function'] : {};
  const args = called['arguments'];
  const written = typeof args === 'string' ? args : JSON.stringify(args ?? {});
  return {
    id: asText(given['id']),
    type: 'function',
    function: { name: asText(called['name']), arguments: isBlank(written) ? '{}' : written },
  };
}
