/** Vendors that serve models of their own. */
import type { Quirks, Row } from '../openai/quirks.js';
import { bare, maxTokens, plain } from './shapes.js';

/** https://api-docs.deepseek.com/guides/thinking_mode: turns that call tools must carry their reasoning back. */
const deepseek: Quirks = {
  thinking_as: 'switch',
  omit: ['verbosity'],
  values: { reasoning_effort: { none: { thinking: { type: 'disabled' } }, '*': { thinking: { type: 'enabled' } } } },
  // Since thinking with tools came, turns that lack it are refused.
  models: [{ match: /reasoner|-v[4-9]/, reasoning_back: 'required' }],
  reasoning_back: 'reasoning_content',
};

/** https://docs.mistral.ai/api/endpoint/chat: unknown fields are refused; usage comes with the last chunk unasked. */
const mistral: Quirks = {
  also: ['metadata'],
  omit: [
    'audio',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'moderation',
    'prompt_cache_options',
    'prompt_cache_retention',
    'safety_identifier',
    'store',
    'top_logprobs',
    'user',
    'verbosity',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens', seed: 'random_seed' },
  values: {
    // https://docs.mistral.ai/inference/priority-tier
    service_tier: {
      default: { service_tier: 'standard_only' },
      priority: { service_tier: 'auto' },
      flex: null,
      scale: null,
    },
    tool_choice: { required: { tool_choice: 'any' } },
    reasoning_effort: {
      minimal: { reasoning_effort: 'high' },
      low: { reasoning_effort: 'high' },
      medium: { reasoning_effort: 'high' },
      xhigh: { reasoning_effort: 'high' },
      max: { reasoning_effort: 'high' },
    },
  },
  models: [
    {
      // They always reason; `prompt_mode` has the vendor's own instructions for it put before the conversation.
      match: /^magistral/,
      values: {
        reasoning_effort: {
          none: null,
          minimal: { prompt_mode: 'reasoning' },
          low: { prompt_mode: 'reasoning' },
          medium: { prompt_mode: 'reasoning' },
          high: { prompt_mode: 'reasoning' },
          xhigh: { prompt_mode: 'reasoning' },
          max: { prompt_mode: 'reasoning' },
        },
      },
    },
    { match: /^(?!mistral-(?:small|medium))/, omit: ['reasoning_effort'], reasoning_back: 'none' },
  ],
  path: { chat: '/v1/chat/completions', embeddings: '/v1/embeddings' },
  usage_in_stream: false,
  message_name: false,
  empty_turns: 'drop',
  call_ids: { exactly: 9 },
  after_tools: 'assistant',
  file_as: 'document_url',
  reasoning_back: 'thinking_part',
  embeddings: {
    omit: ['dimensions', 'user'],
    models: [{ match: /^codestral-embed/, also: ['dimensions'], rename: { dimensions: 'output_dimension' } }],
  },
};

/** https://docs.x.ai/docs/guides/reasoning; only messages of the user may have a name. */
const xai: Quirks = {
  omit: ['verbosity', 'audio', 'modalities', 'prediction', 'function_call', 'functions'],
  models: [
    { match: /^grok-(?:2|3(?!-mini)|.*non-reasoning)/, omit: ['reasoning_effort'] },
    { match: /^grok-/, omit: ['frequency_penalty', 'presence_penalty', 'stop'] },
  ],
  message_name: 'user',
  reasoning_apart: true,
  // "Each message must have at least one content element", says the API.
  empty_turns: 'drop',
  content_required: true,
  reasoning_back: 'reasoning_content',
};

/** https://platform.moonshot.ai/docs/guide/use-kimi-k2-thinking-model; sampling of the thinking models is fixed. */
const moonshot: Quirks = {
  thinking_as: 'switch',
  omit: ['functions', 'function_call', 'verbosity'],
  max_temperature: 1,
  // "The message … with role 'assistant' must not be empty", says the API.
  empty_turns: 'drop',
  models: [
    {
      match: /^kimi-k(?:2\.[5-9]|[3-9])/,
      lock: {
        params: ['temperature', 'top_p', 'n', 'frequency_penalty', 'presence_penalty'],
        fixed: { top_p: 0.95, n: 1, frequency_penalty: 0, presence_penalty: 0 },
        always: true,
      },
      reasoning_back: 'required',
    },
  ],
  reasoning_back: 'reasoning_content',
};

/** https://docs.z.ai/api-reference/llm/chat-completion */
const glm: Quirks = {
  also: ['thinking'],
  omit: [
    'audio',
    'frequency_penalty',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'n',
    'prediction',
    'presence_penalty',
    'seed',
    'service_tier',
    'store',
    'top_logprobs',
    'verbosity',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
  message_name: false,
  reasoning_back: 'reasoning_content',
};

/**
 * https://www.alibabacloud.com/help/en/model-studio/context-cache: explicit cache marks;
 * https://www.alibabacloud.com/help/en/model-studio/deep-thinking: reasoning of earlier turns, with `preserve_thinking`
 */
const qwen: Quirks = {
  omit: ['verbosity'],
  cache_control: true,
  thinking_as: 'enable_thinking',
  reasoning_back: 'reasoning_content',
  path: { rerank: '/reranks' },
  rerank: { omit: ['max_chunks_per_doc', 'max_tokens_per_doc'], local: ['rank_fields'] },
};

/** https://platform.minimax.io/docs/api-reference/text-openai-api: thinking in a field of its own, back as it came */
const minimax: Quirks = {
  also: ['thinking'],
  omit: ['verbosity'],
  body: { reasoning_split: true },
  send_back: ['reasoning_details'],
  seals: /^minimax-/i,
};

const tencent: Quirks = {
  also: ['thinking'],
  omit: ['verbosity'],
  values: { reasoning_effort: { none: { thinking: { type: 'disabled' } }, '*': { thinking: { type: 'enabled' } } } },
};

/** https://www.volcengine.com/docs/82379/1494384 */
const volcengine: Quirks = {
  also: ['thinking'],
  omit: ['audio', 'modalities', 'prediction', 'store', 'verbosity', 'web_search_options'],
  embeddings: { omit: ['dimensions'] },
};

/** https://docs.perplexity.ai/api-reference/chat-completions-post */
const perplexity: Quirks = {
  omit: [
    'audio',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'n',
    'parallel_tool_calls',
    'prediction',
    'seed',
    'service_tier',
    'stop',
    'store',
    'tool_choice',
    'tools',
    'top_logprobs',
    'verbosity',
  ],
  path: { embeddings: '/v1/embeddings' },
  embeddings: { int8: true, omit: ['user'] },
};

/** https://docs.ai21.com/reference/jamba-1-6-api-ref */
const jamba: Quirks = {
  omit: [
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
    'service_tier',
    'store',
    'top_logprobs',
    'verbosity',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
  usage_in_stream: false,
};

const inception: Quirks = {
  omit: [
    'audio',
    'frequency_penalty',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'n',
    'parallel_tool_calls',
    'prediction',
    'presence_penalty',
    'seed',
    'service_tier',
    'store',
    'top_logprobs',
    'top_p',
    'verbosity',
    'web_search_options',
  ],
};

const nova: Quirks = {
  omit: [
    'audio',
    'frequency_penalty',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'n',
    'parallel_tool_calls',
    'prediction',
    'presence_penalty',
    'response_format',
    'seed',
    'service_tier',
    'store',
    'top_logprobs',
    'verbosity',
    'web_search_options',
  ],
  also: ['metadata'],
  rename: { max_completion_tokens: 'max_tokens' },
};

const maritalk: Quirks = {
  omit: [
    'audio',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'parallel_tool_calls',
    'prediction',
    'reasoning_effort',
    'response_format',
    'seed',
    'service_tier',
    'store',
    'top_logprobs',
    'verbosity',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
};

/** https://v0.dev/docs/api/model: messages, tools and a token limit, nothing else. */
const v0: Quirks = {
  omit: [
    'audio',
    'frequency_penalty',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'n',
    'parallel_tool_calls',
    'prediction',
    'presence_penalty',
    'reasoning_effort',
    'response_format',
    'seed',
    'service_tier',
    'stop',
    'store',
    'temperature',
    'top_logprobs',
    'top_p',
    'verbosity',
    'web_search_options',
  ],
  rename: { max_tokens: 'max_completion_tokens' },
  usage_in_stream: false,
};

export const labs = {
  deepseek: {
    base: 'https://api.deepseek.com',
    key: 'DEEPSEEK_API_KEY',
    base_env: 'DEEPSEEK_API_BASE',
    quirks: deepseek,
    docs: 'https://api-docs.deepseek.com/',
    notes: ['Reasoning of turns that called tools is sent back, as the vendor demands.'],
  },
  mistral: {
    base: 'https://api.mistral.ai/v1',
    key: 'MISTRAL_API_KEY',
    base_env: 'MISTRAL_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: mistral,
    docs: 'https://docs.mistral.ai/api/',
    notes: ['`reasoning_effort` knows `none` and `high`: other values become `high`.'],
  },
  codestral: {
    base: 'https://codestral.mistral.ai/v1',
    key: 'CODESTRAL_API_KEY',
    base_env: 'CODESTRAL_API_BASE',
    quirks: mistral,
    docs: 'https://docs.mistral.ai/api/',
  },
  xai: {
    base: 'https://api.x.ai/v1',
    key: 'XAI_API_KEY',
    base_env: 'XAI_API_BASE',
    quirks: xai,
    docs: 'https://docs.x.ai/docs/api-reference',
  },
  moonshot: {
    base: 'https://api.moonshot.ai/v1',
    key: 'MOONSHOT_API_KEY',
    base_env: 'MOONSHOT_API_BASE',
    quirks: moonshot,
    docs: 'https://platform.moonshot.ai/docs',
  },
  zai: {
    base: 'https://api.z.ai/api/paas/v4',
    key: 'ZAI_API_KEY',
    base_env: 'ZAI_API_BASE',
    quirks: glm,
    docs: 'https://docs.z.ai/',
  },
  bigmodel: {
    base: 'https://open.bigmodel.cn/api/paas/v4',
    key: 'BIGMODEL_API_KEY',
    base_env: 'BIGMODEL_API_BASE',
    base_ends: [{ match: bare, add: '/api/paas/v4' }],
    quirks: glm,
  },
  minimax: {
    base: 'https://api.minimax.io/v1',
    key: 'MINIMAX_API_KEY',
    base_env: 'MINIMAX_API_BASE',
    base_ends: [{ match: bare, add: '/v1' }],
    quirks: minimax,
    docs: 'https://platform.minimax.io/docs',
    notes: ['Thinking is split from the text (`reasoning_split`); its `reasoning_details` go back with the turn.'],
  },
  dashscope: {
    base: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    key: 'DASHSCOPE_API_KEY',
    base_env: 'DASHSCOPE_API_BASE',
    bases: { rerank: 'https://dashscope.aliyuncs.com/compatible-api/v1' },
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: qwen,
    docs: 'https://www.alibabacloud.com/help/en/model-studio/',
  },
  qwencloud: {
    base: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
    key: ['QWENCLOUD_API_KEY', 'DASHSCOPE_API_KEY'],
    base_env: 'QWENCLOUD_API_BASE',
    bases: { rerank: 'https://dashscope-intl.aliyuncs.com/compatible-api/v1' },
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: qwen,
  },
  qwen_ai_platform: {
    base: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    key: ['QWEN_AI_PLATFORM_API_KEY', 'DASHSCOPE_API_KEY'],
    base_env: 'QWEN_AI_PLATFORM_API_BASE',
    bases: { rerank: 'https://dashscope.aliyuncs.com/compatible-api/v1' },
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: qwen,
  },
  modelscope: {
    base: 'https://api-inference.modelscope.cn/v1',
    key: 'MODELSCOPE_API_KEY',
    base_env: 'MODELSCOPE_API_BASE',
    quirks: { ...plain, content_as_string: true },
  },
  tencent: {
    base: 'https://tokenhub-intl.tencentcloudmaas.com/v1',
    key: 'TENCENT_API_KEY',
    base_env: 'TENCENT_API_BASE',
    quirks: tencent,
  },
  volcengine: {
    base: 'https://ark.cn-beijing.volces.com/api/v3',
    key: ['VOLCENGINE_API_KEY', 'ARK_API_KEY'],
    base_env: 'VOLCENGINE_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: volcengine,
    docs: 'https://www.volcengine.com/docs/82379',
  },
  xiaomi_mimo: {
    base: 'https://api.xiaomimimo.com/v1',
    key: 'XIAOMI_MIMO_API_KEY',
    quirks: { ...maxTokens, also: ['thinking'], reasoning_back: 'reasoning_content' },
  },
  streamlake: {
    base: 'https://vanchin.streamlake.ai/api/gateway/v1/endpoints',
    key: 'STREAMLAKE_API_KEY',
    base_env: 'STREAMLAKE_API_BASE',
    quirks: plain,
  },
  perplexity: {
    base: 'https://api.perplexity.ai',
    key: ['PERPLEXITYAI_API_KEY', 'PERPLEXITY_API_KEY'],
    base_env: 'PERPLEXITY_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: perplexity,
    docs: 'https://docs.perplexity.ai/',
    notes: ['Citations and search results stand in `provider_specific_fields`.'],
  },
  ai21: {
    base: 'https://api.ai21.com/studio/v1',
    key: 'AI21_API_KEY',
    base_env: 'AI21_API_BASE',
    quirks: jamba,
    docs: 'https://docs.ai21.com/',
  },
  ai21_chat: {
    base: 'https://api.ai21.com/studio/v1',
    key: 'AI21_API_KEY',
    base_env: 'AI21_API_BASE',
    quirks: jamba,
    docs: 'https://docs.ai21.com/',
  },
  inception: {
    base: 'https://api.inceptionlabs.ai/v1',
    key: 'INCEPTION_API_KEY',
    base_env: 'INCEPTION_API_BASE',
    quirks: inception,
    docs: 'https://docs.inceptionlabs.ai/',
  },
  meta: {
    base: 'https://api.meta.ai/v1',
    key: 'META_API_KEY',
    base_env: 'META_API_BASE',
    quirks: plain,
  },
  meta_llama: {
    base: 'https://api.llama.com/compat/v1',
    key: 'LLAMA_API_KEY',
    base_env: 'LLAMA_API_BASE',
    quirks: plain,
  },
  amazon_nova: {
    base: 'https://api.nova.amazon.com/v1',
    key: 'AMAZON_NOVA_API_KEY',
    base_env: 'AMAZON_NOVA_API_BASE',
    quirks: nova,
  },
  maritalk: {
    base: 'https://chat.maritaca.ai/api',
    key: 'MARITALK_API_KEY',
    base_env: 'MARITALK_API_BASE',
    quirks: maritalk,
  },
  sarvam: {
    base: 'https://api.sarvam.ai/v1',
    key: 'SARVAM_API_KEY',
    quirks: plain,
  },
  reka: {
    base: 'https://api.reka.ai/v1',
    key: 'REKA_API_KEY',
    base_env: 'REKA_API_BASE',
    quirks: plain,
  },
  publicai: {
    base: 'https://api.publicai.co/v1',
    key: 'PUBLICAI_API_KEY',
    base_env: 'PUBLICAI_API_BASE',
    quirks: { ...maxTokens, content_as_string: true },
  },
  cognition: {
    base: 'https://api.cognition.ai/v1',
    key: 'COGNITION_API_KEY',
    base_env: 'COGNITION_API_BASE',
    quirks: plain,
  },
  v0: {
    base: 'https://api.v0.dev/v1',
    key: 'V0_API_KEY',
    base_env: 'V0_API_BASE',
    quirks: v0,
    docs: 'https://v0.dev/docs/api/model',
  },
  morph: {
    base: 'https://api.morphllm.com/v1',
    key: 'MORPH_API_KEY',
    base_env: 'MORPH_API_BASE',
    quirks: {
      omit: ['verbosity', 'n', 'audio', 'modalities', 'prediction', 'service_tier', 'store', 'web_search_options'],
      rename: { max_completion_tokens: 'max_tokens' },
    },
    docs: 'https://docs.morphllm.com/',
  },
} as const satisfies Record<string, Row>;
