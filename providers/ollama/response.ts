/** Whole answers: https://docs.ollama.com/api/chat */
import { ProviderFault } from '../../src/core/errors.js';
import type { JsonObject } from '../../src/core/spec.js';
import type { ChatCompletion } from '../../src/types/chat.js';
import { callFields, finishOf } from '../shared/function-call.js';
import { asText, isObject } from '../shared/messages.js';
import {
  callsOf,
  createdAt,
  finishReason,
  imagesOf,
  otherFields,
  readCall,
  readLogprobs,
  readUsage,
} from './answer.js';
import { ollamaError } from './errors.js';

/** Reads an answer; `functions`: to OpenAI's older form. A body of another shape is returned as it is, for the core to refuse. */
export function readAnswer(body: unknown, model: string, functions: boolean): ChatCompletion {
  if (!isObject(body)) return body as ChatCompletion;
  const { message, created_at: created, done_reason: raw } = body;
  if (!isObject(message)) {
    if (body['error']) throw new ProviderFault(ollamaError(undefined, body));
    return body as unknown as ChatCompletion;
  }
  const { role: _, content, thinking, tool_calls: __, images: ___, ...rest } = message;
  const text = asText(content);
  const reasoning = asText(thinking);
  const calls = callsOf(message).map((call, at) => readCall(call, at, created));
  const images = imagesOf(message);
  const fields: JsonObject = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== null));
  const usage = readUsage(body);
  const other = otherFields(body);
  return {
    id: '',
    object: 'chat.completion',
    created: createdAt(created),
    model: asText(body['model']) || model,
    choices: [
      {
        index: 0,
        finish_reason: finishOf(finishReason(raw, calls.length > 0), functions),
        logprobs: readLogprobs(body['logprobs']),
        message: {
          role: 'assistant',
          content: text !== '' || calls.length === 0 ? text : null,
          refusal: null,
          ...(reasoning !== '' && { reasoning_content: reasoning }),
          ...callFields(calls, functions),
          ...(images.length > 0 && { images }),
          ...(Object.keys(fields).length > 0 && { provider_specific_fields: fields }),
        },
        provider_specific_fields: { done_reason: raw ?? null },
      },
    ],
    ...(usage && { usage }),
    ...(other && { provider_specific_fields: other }),
  };
}
