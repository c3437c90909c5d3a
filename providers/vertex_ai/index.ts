/** Google's Vertex AI: https://cloud.google.com/vertex-ai/generative-ai/docs */
import type { Provider } from '../../src/core/spec.js';
import { base, locationOf } from './address.js';
import { authenticate, renew } from './auth.js';
import { ambient } from './credentials.js';
import { chat as claude, countTokens as countClaude, keepBetas } from './claude.js';
import { embeddings } from './embeddings.js';
import { vertexError } from './errors.js';
import { chat as gemini, countTokens as countGemini } from './gemini.js';
import { plainName, type Service, serviceOf } from './models.js';
import { endpointChat, endpointEmbeddings, jambaChat, mistralChat, openChat, openEmbeddings } from './partners.js';
import { rerank } from './rerank.js';

const google: Provider = {
  name: 'vertex_ai',
  base,
  env: {
    key: ['VERTEXAI_CREDENTIALS', 'GOOGLE_APPLICATION_CREDENTIALS'],
    base: ['VERTEXAI_API_BASE', 'VERTEX_API_BASE'],
    alternatives: ambient,
  },
  auth: authenticate,
  renew,
  region: locationOf,
  endpoints: { chat: gemini, embeddings, count_tokens: countGemini, rerank },
  error: vertexError,
};

const served = (endpoints: Provider['endpoints']): Provider => ({ ...google, endpoints });

const services: Readonly<Record<Service, Provider>> = {
  google,
  anthropic: {
    ...served({ chat: claude, count_tokens: countClaude }),
    auth(wire, call, io) {
      keepBetas(wire, call);
      return authenticate(wire, call, io);
    },
  },
  mistralai: served({ chat: mistralChat }),
  ai21: served({ chat: jambaChat }),
  openapi: served({ chat: openChat, embeddings: openEmbeddings }),
  endpoint: served({ chat: endpointChat, embeddings: endpointEmbeddings }),
};
/** A bare number is an endpoint of a tuned model of Google's, when it embeds. */
const numbered = served({ chat: endpointChat, embeddings });

export const vertex_ai: Provider = {
  ...google,
  route(model) {
    const service = serviceOf(model.replace(/^publishers\/([^/]+)\/models\//, '$1/'));
    const provider = /^\d+$/.test(model) ? numbered : services[service];
    return { provider, model: plainName(model, service) };
  },
  docs: 'https://cloud.google.com/vertex-ai/generative-ai/docs',
  notes: [
    "Options: `vertex_project`, `vertex_location`, `vertex_credentials` (a service account key as JSON or its path); variables: `VERTEXAI_PROJECT`, `VERTEXAI_LOCATION`, `VERTEXAI_CREDENTIALS`, then Google's own (`GOOGLE_CLOUD_PROJECT`, `GOOGLE_APPLICATION_CREDENTIALS` …). Without credentials the login of gcloud or the metadata server is asked.",
    '`api_key` is an access token (`ya29.…` or a JWT), or else a key of express mode, which needs no project.',
    'Claude, Mistral, Llama, DeepSeek, Qwen, gpt-oss and other models of partners are called by their names (`vertex_ai/claude-…`, `vertex_ai/meta/llama-…`), deployed ones by the number of their endpoint (`vertex_ai/<number>`), tuned Gemini models by `vertex_ai/gemini/<number>`.',
    'Workload identity federation and impersonation need the package `google-auth-library`.',
    'Models that Google serves at the global endpoint alone go there even if `VERTEXAI_LOCATION` names a region; the option `vertex_location` is always kept to.',
  ],
};
export default vertex_ai;
