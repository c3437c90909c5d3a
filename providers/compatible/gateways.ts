/** Gateways to many vendors, and the model services of clouds. */
import type { Quirks, Row } from '../openai/quirks.js';
import { bare, gateway, maxTokens } from './shapes.js';

/** https://openrouter.ai/docs/api-reference/chat-completion; reasoning: https://openrouter.ai/docs/use-cases/reasoning-tokens */
const openrouter: Quirks = {
  also: ['metadata'],
  thinking_as: 'reasoning',
  body: { usage: { include: true } },
  header_env: { 'HTTP-Referer': 'OR_SITE_URL', 'X-Title': 'OR_APP_NAME' },
  cache_control: true,
  // https://openrouter.ai/docs/guides/overview/multimodal/pdfs
  file_urls: 'data',
  reasoning_back: 'reasoning',
  send_back: ['reasoning_details'],
};

/** https://vercel.com/docs/ai-gateway/sdks-and-apis/openai-chat-completions/reasoning and …/advanced (cache marks) */
const vercel: Quirks = {
  thinking_as: 'reasoning',
  cache_control: true,
  reasoning_back: 'reasoning',
  send_back: ['reasoning_details'],
};

/** https://developers.cloudflare.com/workers-ai/configuration/open-ai-compatibility/; older models take plain texts only. */
const cloudflare: Quirks = { omit: ['verbosity'], content_as_string: true };

const nadir: Quirks = {
  omit: [
    'verbosity',
    'stop',
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
    'web_search_options',
  ],
  rename: { max_completion_tokens: 'max_tokens' },
};

export const gateways = {
  openrouter: {
    base: 'https://openrouter.ai/api/v1',
    key: ['OPENROUTER_API_KEY', 'OR_API_KEY'],
    base_env: 'OPENROUTER_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: openrouter,
    docs: 'https://openrouter.ai/docs/api-reference/overview',
  },
  vercel_ai_gateway: {
    base: 'https://ai-gateway.vercel.sh/v1',
    key: ['VERCEL_AI_GATEWAY_API_KEY', 'VERCEL_OIDC_TOKEN'],
    base_env: 'VERCEL_AI_GATEWAY_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: vercel,
    docs: 'https://vercel.com/docs/ai-gateway',
  },
  helicone: {
    base: 'https://ai-gateway.helicone.ai',
    key: 'HELICONE_API_KEY',
    quirks: gateway,
  },
  poe: {
    base: 'https://api.poe.com/v1',
    key: 'POE_API_KEY',
    quirks: gateway,
  },
  'nano-gpt': {
    base: 'https://nano-gpt.com/api/v1',
    key: 'NANOGPT_API_KEY',
    quirks: gateway,
  },
  apertis: {
    base: 'https://api.stima.tech/v1',
    key: 'STIMA_API_KEY',
    quirks: gateway,
  },
  aiml: {
    base: 'https://api.aimlapi.com/v1',
    key: 'AIML_API_KEY',
    base_env: 'AIML_API_BASE',
    quirks: gateway,
  },
  aihubmix: {
    base: 'https://aihubmix.com/v1',
    key: 'AIHUBMIX_API_KEY',
    base_env: 'AIHUBMIX_API_BASE',
    quirks: gateway,
  },
  github: {
    base: 'https://models.inference.ai.azure.com',
    key: 'GITHUB_API_KEY',
    base_env: 'GITHUB_API_BASE',
    quirks: gateway,
    docs: 'https://docs.github.com/en/rest/models',
  },
  clf_ai_gateway: {
    base: 'https://api.clfaigateway.dev/v1',
    key: 'CLF_AI_GATEWAY_API_KEY',
    base_env: 'CLF_AI_GATEWAY_API_BASE',
    quirks: gateway,
  },
  kyma: {
    base: 'https://kymaapi.com/v1',
    key: 'KYMA_API_KEY',
    quirks: gateway,
  },
  assemblyai: {
    base: 'https://llm-gateway.assemblyai.com/v1',
    key: 'ASSEMBLYAI_API_KEY',
    quirks: gateway,
    docs: 'https://www.assemblyai.com/docs',
  },
  cometapi: {
    base: 'https://api.cometapi.com/v1',
    key: 'COMETAPI_KEY',
    base_env: 'COMETAPI_API_BASE',
    base_ends: [{ match: bare, add: '/v1' }],
    endpoints: ['chat', 'embeddings'],
    quirks: gateway,
  },
  edenai: {
    base: 'https://api.edenai.run/v3',
    key: 'EDENAI_API_KEY',
    base_env: 'EDENAI_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: gateway,
  },
  hostinger_router: {
    base: 'https://router.hostinger.com/v1',
    key: 'HOSTINGER_ROUTER_API_KEY',
    base_env: 'HOSTINGER_ROUTER_API_BASE',
    endpoints: ['chat', 'embeddings'],
    quirks: gateway,
  },
  nadir: {
    base: 'https://api.getnadir.com/v1',
    key: 'NADIR_API_KEY',
    base_env: 'NADIR_API_BASE',
    quirks: nadir,
  },
  cloudflare: {
    base: 'https://api.cloudflare.com/client/v4/accounts/{account}/ai/v1',
    key: 'CLOUDFLARE_API_KEY',
    base_env: 'CLOUDFLARE_API_BASE',
    variables: { account: { option: 'account_id', env: ['CLOUDFLARE_ACCOUNT_ID'] } },
    endpoints: ['chat', 'embeddings'],
    quirks: cloudflare,
    docs: 'https://developers.cloudflare.com/workers-ai/',
    notes: ['The account comes from `CLOUDFLARE_ACCOUNT_ID`.'],
  },
  datarobot: {
    base: 'https://app.datarobot.com/api/v2/genai/llmgw',
    key: 'DATAROBOT_API_TOKEN',
    base_env: 'DATAROBOT_ENDPOINT',
    // The endpoint of an account ends in /api/v2; deployments have addresses of their own.
    base_ends: [
      { match: /^https?:\/\/[^/]+$/, add: '/api/v2/genai/llmgw' },
      { match: /\/api\/v2$/, add: '/genai/llmgw' },
    ],
    quirks: { ...maxTokens, path: { chat: '/chat/completions/' } },
    docs: 'https://docs.datarobot.com/en/docs/gen-ai/genai-code/dr-llm-gateway.html',
  },
  heroku: {
    key: 'HEROKU_API_KEY',
    base_env: 'HEROKU_API_BASE',
    quirks: { omit: ['verbosity'], content_as_string: true, path: { chat: '/v1/chat/completions' } },
  },
} as const satisfies Record<string, Row>;
