/** Microsoft Foundry: https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints */
import type { Provider, Transformer } from '../../src/core/spec.js';
import { modelOf } from '../anthropic/models.js';
import { authenticate, entraVariables } from '../azure/auth.js';
import { renew } from '../azure/auth-tokens.js';
import { azureError } from '../azure/errors.js';
import { baseModel, familyOf, quirksOf, ruleKey } from '../azure/family.js';
import type { Quirks } from '../openai/quirks.js';
import { isResource } from './address.js';
import { foundryChat } from './chat.js';
import { authenticateClaude, claudeChat, claudeError } from './claude.js';
import { embeddings } from './embeddings.js';
import { foundryQuirks } from './models.js';
import { rerank } from './rerank.js';

/** Resources have a header of their own for keys; serverless endpoints and gateways take bearer tokens. */
const auth = authenticate((wire, key) => {
  if (isResource(new URL(wire.url).hostname)) wire.headers['api-key'] = key;
  else wire.headers['authorization'] = `Bearer ${key}`;
});

const foundry: Omit<Provider, 'endpoints'> = {
  name: 'azure_ai',
  // Keys belong to one resource: those of Azure OpenAI's variables are for another.
  env: { key: ['AZURE_AI_API_KEY'], base: ['AZURE_AI_API_BASE'], alternatives: entraVariables },
  auth,
  renew,
  error: azureError,
  docs: 'https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints',
  notes: [
    'The base is a resource (`https://<resource>.services.ai.azure.com`), a serverless endpoint (`https://<name>.<region>.models.ai.azure.com`) or any address that `/chat/completions`, `/embeddings` and `/v1/rerank` are appended to.',
    'Deployments of Claude are called over its own API at `/anthropic/v1/messages`; `base_model` tells what a deployment of another name holds.',
    'Embeddings take images as data URLs or `image_url` parts, also mixed with texts.',
    'Keys go as `api-key` to resources, as `x-api-key` to Claude, else as bearer tokens.',
  ],
};

/** Transformers by what decides them; there are few. */
const chats = new Map<unknown, Transformer<'chat'>>();

function chatOf(key: unknown, make: () => Transformer<'chat'>): Transformer<'chat'> {
  let chat = chats.get(key);
  if (chat === undefined) chats.set(key, (chat = make()));
  return chat;
}

function providerFor(quirks: Quirks, key: unknown, files: boolean): Provider {
  return { ...foundry, endpoints: { chat: chatOf(key, () => foundryChat(quirks, files)), embeddings, rerank } };
}

function claude(base: string | undefined): Provider {
  const held = base === undefined ? undefined : modelOf(base);
  const chat = chatOf(held ?? 'claude', () => claudeChat(held));
  return { ...foundry, auth: authenticateClaude, error: claudeError, endpoints: { chat } };
}

/** Deployments that hold OpenAI's models under a name of another kind. */
const ofOpenai = /model-router/i;
const plain = foundryQuirks('');

export const azure_ai: Provider = {
  ...providerFor(plain, plain, false),
  route(model, options) {
    const base = baseModel(options);
    const name = base ?? model;
    if (/claude/i.test(name)) return { provider: claude(base), model };
    const family = familyOf(name);
    if (family === undefined && !ofOpenai.test(name)) {
      const quirks = foundryQuirks(name);
      return { provider: providerFor(quirks, quirks, false), model };
    }
    return { provider: providerFor(quirksOf(family), ruleKey(family), true), model };
  },
};
