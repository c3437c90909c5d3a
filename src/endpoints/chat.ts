/** Chat completions: what is OpenAI's, what a good call looks like, and how chunks make a completion. */
import type { EndpointSpec, EndpointStreams } from '../core/endpoint.js';
import { checkMessages, checkNumbers, isObject, refuse } from '../core/validate.js';

let streams: Promise<EndpointStreams<'chat'>> | undefined;
async function loadStreams(): Promise<EndpointStreams<'chat'>> {
  const { ChatAssembler, toChunks } = await import('./chat-stream.js');
  return { assembler: (model, now) => new ChatAssembler(model, now), toChunks };
}

export const chat: EndpointSpec<'chat'> = {
  name: 'chat',
  params: new Set([
    'audio',
    'frequency_penalty',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'max_completion_tokens',
    'max_tokens',
    'metadata',
    'modalities',
    'moderation',
    'n',
    'parallel_tool_calls',
    'prediction',
    'presence_penalty',
    'prompt_cache_key',
    'prompt_cache_options',
    'prompt_cache_retention',
    'reasoning_effort',
    'response_format',
    'safety_identifier',
    'seed',
    'service_tier',
    'stop',
    'store',
    'stream',
    'stream_options',
    'temperature',
    'thinking',
    'tool_choice',
    'tools',
    'top_logprobs',
    'top_p',
    'user',
    'verbosity',
    'web_search_options',
  ]),
  own: new Set(['model', 'messages', 'stream', 'stream_options']),
  validate(params) {
    checkMessages(params['messages']);
    checkNumbers(params);
    const { tools, stream, stop } = params;
    if (tools !== undefined && !Array.isArray(tools)) refuse('tools', tools, 'must be an array of tools');
    if (stream !== undefined && typeof stream !== 'boolean') refuse('stream', stream, 'must be true or false');
    if (stop !== undefined && typeof stop !== 'string' && !Array.isArray(stop))
      refuse('stop', stop, 'must be a string or an array of strings');
  },
  problem(result) {
    if (typeof result !== 'object' || result === null) return 'a body that is no JSON object';
    const { choices } = result as { choices?: unknown };
    if (!Array.isArray(choices)) return 'a body without choices';
    return choices.every((choice: unknown) => isObject(choice) && isObject(choice['message']))
      ? undefined
      : 'a choice without a message';
  },
  complete(result, now) {
    result.id ||= `chatcmpl-${crypto.randomUUID()}`;
    result.created ||= Math.floor(now / 1000);
  },
  usage: (result) => result.usage,
  streaming: () => (streams ??= loadStreams()),
};
