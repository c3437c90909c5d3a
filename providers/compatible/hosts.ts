/** Vendors that serve open models. */
import type { JsonObject } from '../../src/core/spec.js';
import type { Quirks, Row } from '../openai/quirks.js';
import { bare, maxTokens, plain } from './shapes.js';

/** https://console.groq.com/docs/openai#currently-unsupported-openai-features */
const groq: Quirks = {
  omit: [
    'audio',
    'logit_bias',
    'logprobs',
    'modalities',
    'n',
    'prediction',
    'top_logprobs',
    'verbosity',
    'web_search_options',
  ],
  values: { service_tier: { default: { service_tier: 'on_demand' } } },
  // https://console.groq.com/docs/reasoning names the models that reason.
  models: [
    { match: /^(?:llama|meta-llama\/|moonshotai\/|gemma)/, omit: ['reasoning_effort'] },
    // https://console.groq.com/docs/browser-search
    { match: /^openai\/gpt-oss/, also: ['web_search_options'], web_search_tool: 'browser_search' },
  ],
  message_name: false,
};

/** https://inference-docs.cerebras.ai/api-reference/chat-completions */
const cerebras: Quirks = {
  omit: [
    'audio',
    'frequency_penalty',
    'logit_bias',
    'modalities',
    'n',
    'presence_penalty',
    'store',
    'verbosity',
    'web_search_options',
  ],
  reasoning_back: 'reasoning',
};

const sambanova: Quirks = {
  content_as_string: true,
  omit: [
    'verbosity',
    'audio',
    'frequency_penalty',
    'logit_bias',
    'modalities',
    'n',
    'prediction',
    'presence_penalty',
    'store',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
};

/** https://docs.together.ai/docs/inference/chat/reasoning and https://docs.together.ai/reference/rerank-1 */
const together: Quirks = {
  omit: ['verbosity'],
  models: [
    // Always reasons, with one of three efforts.
    {
      match: /gpt-oss/,
      values: {
        reasoning_effort: {
          none: null,
          minimal: { reasoning_effort: 'low' },
          xhigh: { reasoning_effort: 'high' },
          max: { reasoning_effort: 'high' },
        },
      },
    },
    { match: /(?:)/, values: { reasoning_effort: { none: { reasoning: { enabled: false } } } } },
  ],
  rerank: { omit: ['max_chunks_per_doc', 'max_tokens_per_doc'] },
};

/** https://docs.fireworks.ai/api-reference/post-chatcompletions: unknown fields are refused; usage comes unasked. */
const fireworks: Quirks = {
  also: ['metadata', 'thinking'],
  omit: [
    'audio',
    'modalities',
    'moderation',
    'prompt_cache_options',
    'prompt_cache_retention',
    'safety_identifier',
    'store',
    'verbosity',
    'web_search_options',
  ],
  model_name: { match: /^([^/#]+)$/, to: 'accounts/fireworks/models/$1' },
  message_name: false,
  usage_in_stream: false,
  max_stop: 4,
  reasoning_back: 'reasoning_content',
  rerank: { omit: ['max_chunks_per_doc', 'max_tokens_per_doc'], local: ['rank_fields'], text_only: true },
};

/** https://deepinfra.com/docs/openai_api and https://deepinfra.com/Qwen/Qwen3-Reranker-8B/api */
const deepinfra: Quirks = {
  omit: ['verbosity', 'audio', 'modalities', 'prediction', 'safety_identifier', 'store', 'web_search_options'],
  rename: { max_completion_tokens: 'max_tokens' },
  values: { tool_choice: { required: null, object: null } },
  path: { rerank: '/inference/{model}' },
  rerank: {
    omit: ['max_chunks_per_doc', 'max_tokens_per_doc'],
    local: ['top_n', 'rank_fields', 'return_documents'],
    query: { name: 'queries', as: 'each' },
    text_only: true,
  },
};

/** https://docs.nvidia.com/nim/nemo-retriever/text-reranking/latest/using-reranking.html */
const nvidia: Quirks = {
  omit: [
    'verbosity',
    'audio',
    'logit_bias',
    'modalities',
    'prediction',
    'safety_identifier',
    'service_tier',
    'store',
    'web_search_options',
  ],
  path: { rerank: '/retrieval/{model}/reranking' },
  embeddings: {
    also: ['input_type'],
    values: { input_type: { search_query: { input_type: 'query' }, search_document: { input_type: 'passage' } } },
  },
  rerank: {
    omit: ['max_chunks_per_doc', 'max_tokens_per_doc'],
    local: ['top_n', 'rank_fields', 'return_documents'],
    // `ranking/` chooses the path of a NIM of one's own.
    models: [{ match: /^ranking\//, path: '/ranking', model_name: { match: /^ranking\//, to: '' } }],
    model_in_body: true,
    query: { as: 'object' },
    documents: { name: 'passages', as: 'object' },
    text_only: true,
  },
};

/** `user.app.model` stands for the model's address. */
const clarifai: Quirks = {
  omit: [
    'audio',
    'function_call',
    'functions',
    'logit_bias',
    'logprobs',
    'modalities',
    'prediction',
    'seed',
    'service_tier',
    'store',
    'top_logprobs',
    'verbosity',
    'web_search_options',
  ],
  model_name: { match: /^([^./]+)\.([^./]+)\.([^/]+)$/, to: 'https://clarifai.com/$1/$2/models/$3' },
};

const baseten: Quirks = {
  omit: ['verbosity', 'n', 'audio', 'modalities', 'prediction', 'service_tier', 'store', 'web_search_options'],
};

const featherless: Quirks = {
  omit: [
    'verbosity',
    'audio',
    'logprobs',
    'modalities',
    'prediction',
    'response_format',
    'seed',
    'service_tier',
    'store',
    'top_logprobs',
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
  values: { tool_choice: { required: null, object: null } },
};

const gradient: Quirks = {
  omit: [
    'verbosity',
    'n',
    'seed',
    'audio',
    'logit_bias',
    'logprobs',
    'modalities',
    'prediction',
    'service_tier',
    'store',
    'top_logprobs',
    'user',
    'web_search_options',
  ],
};

const within = (completion_window: string): JsonObject => ({ metadata: { completion_window } });

/** How soon an answer is due is told by `metadata.completion_window`. */
const sail: Quirks = {
  also: ['metadata'],
  values: {
    service_tier: {
      auto: {},
      default: within('asap'),
      priority: within('asap'),
      balanced: within('balanced'),
      flex: within('flex'),
    },
  },
  omit: [
    'verbosity',
    'frequency_penalty',
    'logit_bias',
    'logprobs',
    'presence_penalty',
    'seed',
    'stop',
    'top_logprobs',
  ],
};

export const hosts = {
  groq: {
    base: 'https://api.groq.com/openai/v1',
    key: 'GROQ_API_KEY',
    base_env: 'GROQ_API_BASE',
    quirks: groq,
    docs: 'https://console.groq.com/docs/api-reference',
  },
  cerebras: {
    base: 'https://api.cerebras.ai/v1',
    key: 'CEREBRAS_API_KEY',
    base_env: 'CEREBRAS_API_BASE',
    quirks: cerebras,
    docs: 'https://inference-docs.cerebras.ai/',
  },
  sambanova: {
    base: 'https://api.sambanova.ai/v1',
    key: 'SAMBANOVA_API_KEY',
    base_env: 'SAMBANOVA_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: sambanova,
    docs: 'https://docs.sambanova.ai/',
  },
  together_ai: {
    base: 'https://api.together.ai/v1',
    key: ['TOGETHER_API_KEY', 'TOGETHER_AI_API_KEY', 'TOGETHERAI_API_KEY', 'TOGETHER_AI_TOKEN'],
    base_env: 'TOGETHER_AI_API_BASE',
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: together,
    docs: 'https://docs.together.ai/reference/chat-completions-1',
  },
  fireworks_ai: {
    base: 'https://api.fireworks.ai/inference/v1',
    key: ['FIREWORKS_API_KEY', 'FIREWORKS_AI_API_KEY', 'FIREWORKSAI_API_KEY', 'FIREWORKS_AI_TOKEN'],
    base_env: 'FIREWORKS_API_BASE',
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: fireworks,
    docs: 'https://docs.fireworks.ai/api-reference/post-chatcompletions',
    notes: ['A model name without a slash stands for `accounts/fireworks/models/<name>`.'],
  },
  deepinfra: {
    base: 'https://api.deepinfra.com/v1/openai',
    key: 'DEEPINFRA_API_KEY',
    base_env: 'DEEPINFRA_API_BASE',
    bases: { rerank: 'https://api.deepinfra.com/v1' },
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: deepinfra,
    docs: 'https://deepinfra.com/docs/',
  },
  nvidia_nim: {
    base: 'https://integrate.api.nvidia.com/v1',
    key: 'NVIDIA_NIM_API_KEY',
    base_env: 'NVIDIA_NIM_API_BASE',
    bases: { rerank: 'https://ai.api.nvidia.com/v1' },
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: nvidia,
    docs: 'https://docs.api.nvidia.com/nim/reference/llm-apis',
    notes: ['Rerank: `nvidia_nim/ranking/<model>` asks the `/ranking` path of a NIM of your own.'],
  },
  baseten: {
    base: 'https://inference.baseten.co/v1',
    // A dedicated deployment goes by its id.
    model_bases: [
      { match: /^[a-z0-9]{8}$/, base: 'https://model-{model}.api.baseten.co/environments/production/sync/v1' },
    ],
    key: 'BASETEN_API_KEY',
    quirks: baseten,
    notes: ['A model name of eight letters and digits is a dedicated deployment.'],
  },
  friendliai: {
    base: 'https://api.friendli.ai/serverless/v1',
    key: ['FRIENDLI_TOKEN', 'FRIENDLIAI_API_KEY'],
    base_env: 'FRIENDLI_API_BASE',
    quirks: maxTokens,
    docs: 'https://friendli.ai/docs',
  },
  featherless_ai: {
    base: 'https://api.featherless.ai/v1',
    key: ['FEATHERLESS_AI_API_KEY', 'FEATHERLESS_API_KEY'],
    base_env: ['FEATHERLESS_AI_API_BASE', 'FEATHERLESS_API_BASE'],
    quirks: featherless,
    docs: 'https://featherless.ai/docs',
  },
  nebius: {
    base: 'https://api.studio.nebius.ai/v1',
    key: 'NEBIUS_API_KEY',
    base_env: 'NEBIUS_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: maxTokens,
    docs: 'https://docs.nebius.com/',
  },
  novita: {
    base: 'https://api.novita.ai/v3/openai',
    key: 'NOVITA_API_KEY',
    base_env: 'NOVITA_API_BASE',
    quirks: plain,
    docs: 'https://novita.ai/docs',
  },
  nscale: {
    base: 'https://inference.api.nscale.com/v1',
    key: 'NSCALE_API_KEY',
    base_env: 'NSCALE_API_BASE',
    quirks: {
      omit: ['verbosity', 'seed', 'audio', 'modalities', 'prediction', 'service_tier', 'store'],
      rename: { max_completion_tokens: 'max_tokens' },
    },
  },
  hyperbolic: {
    base: 'https://api.hyperbolic.xyz/v1',
    key: 'HYPERBOLIC_API_KEY',
    base_env: 'HYPERBOLIC_API_BASE',
    quirks: {
      omit: ['verbosity', 'audio', 'modalities', 'prediction', 'service_tier', 'store'],
      rename: { max_completion_tokens: 'max_tokens' },
    },
  },
  lambda_ai: {
    base: 'https://api.lambda.ai/v1',
    key: 'LAMBDA_API_KEY',
    base_env: 'LAMBDA_API_BASE',
    quirks: maxTokens,
  },
  galadriel: {
    base: 'https://api.galadriel.com/v1',
    key: 'GALADRIEL_API_KEY',
    base_env: 'GALADRIEL_API_BASE',
    quirks: maxTokens,
  },
  empower: {
    base: 'https://app.empower.dev/api/v1',
    key: 'EMPOWER_API_KEY',
    base_env: 'EMPOWER_API_BASE',
    quirks: maxTokens,
  },
  compactifai: {
    base: 'https://api.compactif.ai/v1',
    key: 'COMPACTIFAI_API_KEY',
    quirks: plain,
  },
  gradient_ai: {
    base: 'https://inference.do-ai.run/v1',
    key: 'GRADIENT_AI_API_KEY',
    base_env: 'GRADIENT_AI_AGENT_ENDPOINT',
    base_ends: [{ match: bare, add: '/api/v1' }],
    quirks: gradient,
    docs: 'https://docs.digitalocean.com/products/gradient-ai-platform/how-to/use-agents/',
    notes: ['An agent is addressed by its endpoint: `GRADIENT_AI_AGENT_ENDPOINT` or `api_base`.'],
  },
  wandb: {
    base: 'https://api.inference.wandb.ai/v1',
    key: 'WANDB_API_KEY',
    base_env: 'WANDB_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: maxTokens,
    docs: 'https://docs.wandb.ai/',
  },
  ovhcloud: {
    base: 'https://oai.endpoints.kepler.ai.cloud.ovh.net/v1',
    key: 'OVHCLOUD_API_KEY',
    base_env: 'OVHCLOUD_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: { omit: ['verbosity'], embeddings: { omit: ['dimensions', 'encoding_format', 'user'] } },
    docs: 'https://endpoints.ai.cloud.ovh.net/',
  },
  scaleway: {
    base: 'https://api.scaleway.ai/v1',
    key: 'SCW_SECRET_KEY',
    endpoints: ['chat', 'rerank'],
    quirks: {
      ...plain,
      rerank: { omit: ['max_chunks_per_doc', 'max_tokens_per_doc'], local: ['rank_fields'], text_only: true },
    },
    docs: 'https://www.scaleway.com/en/developers/api/generative-apis/',
  },
  clarifai: {
    base: 'https://api.clarifai.com/v2/ext/openai/v1',
    key: ['CLARIFAI_API_KEY', 'CLARIFAI_PAT'],
    quirks: clarifai,
  },
  chutes: {
    base: 'https://llm.chutes.ai/v1',
    key: 'CHUTES_API_KEY',
    quirks: maxTokens,
  },
  synthetic: {
    base: 'https://api.synthetic.new/openai/v1',
    key: 'SYNTHETIC_API_KEY',
    quirks: maxTokens,
  },
  crusoe: {
    base: 'https://api.inference.crusoecloud.com/v1',
    key: 'CRUSOE_API_KEY',
    base_env: 'CRUSOE_API_BASE',
    quirks: { ...maxTokens, reasoning_back: 'reasoning' },
  },
  gmi: {
    base: 'https://api.gmi-serving.com/v1',
    key: 'GMI_API_KEY',
    quirks: plain,
  },
  parasail: {
    base: 'https://api.parasail.io/v1',
    key: 'PARASAIL_API_KEY',
    base_env: 'PARASAIL_API_BASE',
    quirks: plain,
  },
  tensormesh: {
    base: 'https://serverless.tensormesh.ai/v1',
    key: 'TENSORMESH_INFERENCE_API_KEY',
    base_env: 'TENSORMESH_SERVERLESS_BASE_URL',
    quirks: maxTokens,
  },
  libertai: {
    base: 'https://api.libertai.io/v1',
    key: 'LIBERTAI_API_KEY',
    base_env: 'LIBERTAI_API_BASE',
    quirks: maxTokens,
  },
  pinstripes: {
    base: 'https://pinstripes.io/v1',
    key: 'PINSTRIPES_API_KEY',
    base_env: 'PINSTRIPES_API_BASE',
    quirks: maxTokens,
  },
  coralbricks: {
    base: 'https://inference.coralbricks.ai/v1',
    key: 'CORALBRICKS_API_KEY',
    base_env: 'CORALBRICKS_API_BASE',
    quirks: plain,
  },
  'scx-ai': {
    base: 'https://api.scx.ai/v1',
    key: 'SCX_API_KEY',
    base_env: 'SCX_API_BASE',
    quirks: maxTokens,
  },
  prism: {
    base: 'https://api.prisminference.com/v1',
    key: 'PRISM_API_KEY',
    base_env: 'PRISM_API_BASE',
    quirks: plain,
  },
  openinfer: {
    base: 'https://api.openinfer.ai/v1',
    key: 'OPENINFER_API_KEY',
    base_env: 'OPENINFER_API_BASE',
    quirks: plain,
  },
  inferenceapis: {
    base: 'https://api.inferenceapis.com/v1',
    key: 'INFERENCEAPIS_API_KEY',
    base_env: 'INFERENCEAPIS_API_BASE',
    quirks: plain,
  },
  darkbloom: {
    base: 'https://api.darkbloom.dev/v1',
    key: 'DARKBLOOM_API_KEY',
    base_env: 'DARKBLOOM_API_BASE',
    quirks: maxTokens,
  },
  sail: {
    base: 'https://api.sailresearch.com/v1',
    key: 'SAIL_API_KEY',
    base_env: 'SAIL_API_BASE',
    quirks: sail,
  },
  abliteration: {
    base: 'https://api.abliteration.ai/v1',
    key: 'ABLITERATION_API_KEY',
    quirks: plain,
  },
  refuseless: {
    base: 'https://api.refuseless.com/v1',
    key: 'REFUSELESS_API_KEY',
    quirks: plain,
  },
  aiand: {
    base: 'https://api.aiand.com/v1',
    key: 'AIAND_API_KEY',
    base_env: 'AIAND_API_BASE',
    quirks: plain,
  },
  charity_engine: {
    base: 'https://api.charityengine.services/remotejobs/v2/inference',
    key: 'CHARITY_ENGINE_API_KEY',
    quirks: maxTokens,
  },
  neosantara: {
    base: 'https://api.neosantara.xyz/v1',
    key: 'NEOSANTARA_API_KEY',
    base_env: 'NEOSANTARA_API_BASE',
    quirks: maxTokens,
  },
  cortecs: {
    base: 'https://api.cortecs.ai/v1',
    key: 'CORTECS_API_KEY',
    base_env: 'CORTECS_API_BASE',
    quirks: plain,
  },
  zerogpu: {
    base: 'https://api.zerogpu.ai/v1',
    key: 'ZEROGPU_API_KEY',
    base_env: 'ZEROGPU_API_BASE',
    quirks: plain,
  },
  llamagate: {
    base: 'https://api.llamagate.dev/v1',
    key: 'LLAMAGATE_API_KEY',
    quirks: maxTokens,
  },
  veniceai: {
    base: 'https://api.venice.ai/api/v1',
    key: 'VENICE_AI_API_KEY',
    quirks: maxTokens,
  },
  empiriolabs: {
    base: 'https://api.empiriolabs.ai/v1',
    key: 'EMPIRIOLABS_API_KEY',
    base_env: 'EMPIRIOLABS_API_BASE',
    quirks: maxTokens,
  },
} as const satisfies Record<string, Row>;
