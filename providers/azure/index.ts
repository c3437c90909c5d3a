/** Azure OpenAI: https://learn.microsoft.com/azure/ai-foundry/openai/reference */
import type { Provider } from '../../src/core/spec.js';
import type { Quirks } from '../openai/quirks.js';
import { deploymentAddress } from './address.js';
import { apiKey, authenticate, entraVariables } from './auth.js';
import { renew } from './auth-tokens.js';
import { azureError } from './errors.js';
import { quirksOf, readDeployment, ruleKey } from './family.js';
import { azureChat, azureEmbeddings } from './transformers.js';

function makeAzure(quirks: Quirks): Provider {
  return {
    name: 'azure',
    env: {
      key: ['AZURE_OPENAI_API_KEY', 'AZURE_API_KEY'],
      base: ['AZURE_API_BASE', 'AZURE_OPENAI_ENDPOINT'],
      alternatives: entraVariables,
    },
    auth: authenticate(apiKey),
    renew,
    endpoints: {
      chat: azureChat(quirks, deploymentAddress),
      embeddings: azureEmbeddings(quirks, deploymentAddress),
    },
    error: azureError,
    docs: 'https://learn.microsoft.com/azure/ai-foundry/openai/reference',
    notes: [
      'The model is the name of the deployment. What it holds is told by a known name in it, by `base_model`, or by `azure/o_series/<deployment>` and `azure/gpt5_series/<deployment>`.',
      '`api_version` is `2025-02-01-preview` unless the option, the base, `AZURE_API_VERSION` or `OPENAI_API_VERSION` says otherwise; `v1`, `preview` and `latest` stand for the API without dates.',
      'Content filter results stand in `provider_specific_fields` of answers, choices and errors; a prompt that is blocked is a ContentPolicyViolationError.',
    ],
  };
}

/** One provider for each rule that a model family has. */
const made = new Map<string, Provider>();

function providerOf(family: string | undefined): Provider {
  const key = ruleKey(family);
  let provider = made.get(key);
  if (provider === undefined) made.set(key, (provider = makeAzure(quirksOf(family))));
  return provider;
}

export const azure: Provider = {
  ...providerOf(undefined),
  route(model, options) {
    const { deployment, family } = readDeployment(model, options);
    return { provider: providerOf(family), model: deployment };
  },
};
