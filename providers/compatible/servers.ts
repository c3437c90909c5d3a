/** Servers of one's own, and any server that speaks the protocol. */
import type { Quirks, Row } from '../openai/quirks.js';
import { maxTokens, plain } from './shapes.js';

/**
 * https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html; earlier reasoning is read from `reasoning` alone:
 * https://docs.vllm.ai/en/latest/features/reasoning_outputs/
 */
const vllm: Quirks = {
  omit: ['verbosity'],
  thinking_as: 'thinking_token_budget',
  // https://docs.vllm.ai/en/latest/features/multimodal_inputs
  file_as: 'media_url',
  reasoning_back: 'reasoning',
  embeddings: { base64: true },
};

/** https://michaelfeil.eu/infinity/ */
const infinity: Quirks = {
  rerank: { omit: ['max_chunks_per_doc', 'max_tokens_per_doc'], local: ['rank_fields'], text_only: true },
};

export const servers = {
  hosted_vllm: {
    key: 'HOSTED_VLLM_API_KEY',
    base_env: 'HOSTED_VLLM_API_BASE',
    key_optional: true,
    endpoints: ['chat', 'embeddings', 'rerank'],
    quirks: vllm,
    docs: 'https://docs.vllm.ai/',
  },
  lm_studio: {
    base: 'http://localhost:1234/v1',
    key: 'LM_STUDIO_API_KEY',
    base_env: 'LM_STUDIO_API_BASE',
    key_optional: true,
    endpoints: ['chat', 'embeddings'],
    quirks: plain,
    docs: 'https://lmstudio.ai/docs',
  },
  llamafile: {
    base: 'http://127.0.0.1:8080/v1',
    key: 'LLAMAFILE_API_KEY',
    base_env: 'LLAMAFILE_API_BASE',
    key_optional: true,
    endpoints: ['chat', 'embeddings'],
    quirks: plain,
    docs: 'https://github.com/Mozilla-Ocho/llamafile',
  },
  docker_model_runner: {
    base: 'http://localhost:12434/engines/llama.cpp/v1',
    key: 'DOCKER_MODEL_RUNNER_API_KEY',
    base_env: 'DOCKER_MODEL_RUNNER_API_BASE',
    key_optional: true,
    quirks: { ...maxTokens, content_as_string: true },
    docs: 'https://docs.docker.com/ai/model-runner/',
  },
  lemonade: {
    base: 'http://localhost:8000/api/v1',
    key: 'LEMONADE_API_KEY',
    base_env: 'LEMONADE_API_BASE',
    key_optional: true,
    quirks: plain,
    docs: 'https://lemonade-server.ai/docs/',
  },
  xinference: {
    base: 'http://127.0.0.1:9997/v1',
    key: 'XINFERENCE_API_KEY',
    base_env: 'XINFERENCE_API_BASE',
    key_optional: true,
    endpoints: ['chat', 'embeddings'],
    quirks: maxTokens,
    docs: 'https://inference.readthedocs.io/',
  },
  oobabooga: {
    base: 'http://127.0.0.1:5000',
    key_optional: true,
    endpoints: ['chat', 'embeddings'],
    quirks: { omit: ['verbosity'], path: { chat: '/v1/chat/completions', embeddings: '/v1/embeddings' } },
  },
  infinity: {
    base: 'http://127.0.0.1:7997',
    key: 'INFINITY_API_KEY',
    base_env: 'INFINITY_API_BASE',
    key_optional: true,
    endpoints: ['embeddings', 'rerank'],
    quirks: infinity,
    docs: 'https://michaelfeil.eu/infinity/',
  },
  custom_openai: {
    key_optional: true,
    endpoints: ['chat', 'embeddings'],
    quirks: maxTokens,
    notes: ["Any server that speaks OpenAI's protocol: `api_base` says where."],
  },
  openai_like: {
    key: 'OPENAI_LIKE_API_KEY',
    base_env: 'OPENAI_LIKE_API_BASE',
    key_optional: true,
    endpoints: ['chat', 'embeddings'],
    quirks: maxTokens,
    notes: ["Any server that speaks OpenAI's protocol: `api_base` says where."],
  },
  aiohttp_openai: {
    key_optional: true,
    quirks: maxTokens,
  },
} as const satisfies Record<string, Row>;
