/** Chat: https://cloud.ibm.com/apidocs/watsonx-ai#text-chat */
import { ProviderFault } from '../../src/core/errors.js';
import type { Call, JsonObject, ParamSpec, Transformer } from '../../src/core/spec.js';
import { chatTransformer } from '../openai/chat.js';
import { isObject } from '../shared/messages.js';
import { watsonxError } from './errors.js';
import { place } from './place.js';
import { broken, WatsonxDecoder } from './stream.js';

const base = chatTransformer({
  omit: [
    'audio',
    'function_call',
    'functions',
    'modalities',
    'moderation',
    'parallel_tool_calls',
    'prediction',
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
    'safety_identifier',
    'service_tier',
    'store',
    'stream_options',
    'user',
    'verbosity',
    'web_search_options',
  ],
  usage_in_stream: false,
  strict_tools: false,
  // Only the user's messages may be lists of parts.
  content_as_string: true,
});

/** The vendor demands arguments that are JSON, of calls without any too. */
function withArguments(message: unknown): unknown {
  const calls = isObject(message) ? message['tool_calls'] : undefined;
  if (!isObject(message) || !Array.isArray(calls)) return message;
  const filled = calls.map((call: unknown) => {
    const fn = isObject(call) ? call['function'] : undefined;
    return isObject(call) && isObject(fn) && !fn['arguments']
      ? { ...call, function: { ...fn, arguments: '{}' } }
      : call;
  });
  return { ...message, tool_calls: filled };
}

/** `auto`, `none` and `required` have a field of their own. */
function toolChoice(value: unknown, body: JsonObject, call: Call<never>): void {
  if (typeof value !== 'string') body['tool_choice'] = value;
  else {
    body['tool_choice_option'] = value;
    call.warn({ type: 'rename', param: 'tool_choice', message: 'tool_choice is sent as tool_choice_option' });
  }
}

/** The API takes a list alone. */
function stop(value: unknown, body: JsonObject): void {
  body['stop'] = Array.isArray(value) ? value : [value];
}

export const chat: Transformer<'chat'> = {
  params: { ...(base.params as ParamSpec), tool_choice: toolChoice, stop },
  request(call, mapped) {
    const { body } = base.request(call, mapped);
    // The path names what the body of an OpenAI-shaped request does.
    const { model: _, stream: __, messages, ...rest } = body as JsonObject;
    return place(call, call.stream ? 'text/chat_stream' : 'text/chat', {
      messages: (messages as unknown[]).map(withArguments),
      ...rest,
    });
  },
  response(body, call, meta) {
    if (isObject(body)) {
      if (Array.isArray(body['errors']) && body['choices'] === undefined)
        throw new ProviderFault(watsonxError(undefined, body));
      for (const choice of Array.isArray(body['choices']) ? body['choices'].filter(isObject) : []) {
        const told = choice['finish_reason'];
        if (told === 'time_limit') choice['finish_reason'] = 'length';
        else if (told === 'cancelled' || told === 'error') throw new ProviderFault(broken(told));
      }
      // The same told twice.
      body['model'] ??= body['model_id'];
      delete body['model_id'];
      delete body['created_at'];
    }
    return base.response(body, call, meta);
  },
  stream: { framing: 'sse', decoder: (call) => new WatsonxDecoder(call.model) },
};
