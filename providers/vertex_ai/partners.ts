/** Models that speak OpenAI's protocol: of Mistral and AI21 over rawPredict, open ones and deployed ones at endpoints. */
import type { Call, JsonObject, Transformer } from '../../src/core/spec.js';
import { chatTransformer } from '../openai/chat.js';
import { embeddingsTransformer } from '../openai/embeddings.js';
import type { Quirks } from '../openai/quirks.js';
import { endpointPath, modelPath } from './address.js';

/** OpenAI's parameters that only OpenAI has. */
const openaiOnly = [
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'verbosity',
];

/** https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/mistral, https://docs.mistral.ai/api/endpoint/chat */
const mistralQuirks: Quirks = {
  call_ids: { exactly: 9 },
  file_as: 'document_url',
  after_tools: 'assistant',
  omit: [
    ...openaiOnly,
    'audio',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'moderation',
    'prompt_cache_key',
    'reasoning_effort',
    'top_logprobs',
    'user',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
  values: { tool_choice: { required: { tool_choice: 'any' } } },
  usage_in_stream: false,
  message_name: false,
  empty_turns: 'drop',
};

/** https://docs.ai21.com/reference/jamba-1-6-api-ref */
const jambaQuirks: Quirks = {
  omit: [
    ...openaiOnly,
    'audio',
    'frequency_penalty',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'parallel_tool_calls',
    'prediction',
    'presence_penalty',
    'reasoning_effort',
    'top_logprobs',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
  usage_in_stream: false,
};

/** https://cloud.google.com/vertex-ai/generative-ai/docs/maas/call-open-model-apis */
const openQuirks: Quirks = {
  omit: [...openaiOnly, 'audio', 'moderation', 'prediction', 'prompt_cache_key', 'web_search_options'],
};

/** The same body, sent elsewhere. */
function at(transformer: Transformer<'chat'>, path: (call: Call<'chat'>) => string): Transformer<'chat'> {
  return {
    ...transformer,
    request: (call, mapped) => ({ ...transformer.request(call, mapped), path: path(call) }),
  };
}

const rawPredict = (publisher: string, version?: string) => (call: Call<'chat'>) =>
  modelPath(call, publisher, call.stream ? 'streamRawPredict' : 'rawPredict', call.model, version);

export const mistralChat = at(chatTransformer(mistralQuirks), rawPredict('mistralai'));
/** AI21's models are served by the beta version alone. */
export const jambaChat = at(chatTransformer(jambaQuirks), rawPredict('ai21', 'v1beta1'));

const open = chatTransformer(openQuirks);
export const openChat = at(open, (call) => endpointPath(call, 'openapi', '/chat/completions'));

const embeddings = embeddingsTransformer({});
const embeddingsAt = (path: (call: Call<'embeddings'>) => string): Transformer<'embeddings'> => ({
  ...embeddings,
  request: (call, mapped) => ({ ...embeddings.request(call, mapped), path: path(call) }),
});
export const openEmbeddings = embeddingsAt((call) => endpointPath(call, 'openapi', '/embeddings'));

/** The number of a deployed endpoint, as in `1234`, `openai/1234` and `gemma/1234`. */
const numberOf = (model: string): string => model.slice(model.indexOf('/') + 1);

/** An endpoint serves one model, whose name it does not want to hear. Source: https://cloud.google.com/vertex-ai/generative-ai/docs/migrate/openai/overview */
const nameless = (body: unknown): JsonObject => {
  const { model: _, ...rest } = body as JsonObject;
  return rest;
};

export const endpointChat: Transformer<'chat'> = {
  ...open,
  request(call, mapped) {
    const request = open.request(call, mapped);
    return {
      ...request,
      body: nameless(request.body),
      path: endpointPath(call, numberOf(call.model), '/chat/completions'),
    };
  },
};

export const endpointEmbeddings: Transformer<'embeddings'> = {
  ...embeddings,
  request(call, mapped) {
    const request = embeddings.request(call, mapped);
    return { ...request, body: nameless(request.body), path: endpointPath(call, numberOf(call.model), '/embeddings') };
  },
};
