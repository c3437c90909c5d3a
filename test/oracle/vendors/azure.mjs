import { AzureOpenAI } from 'openai';
import { chatAnswer, chatCases, embeddingsAnswer } from './openai-shapes.mjs';

const version = '2025-04-01-preview';

/** https://learn.microsoft.com/azure/ai-foundry/openai/reference; models are deployments. */
export const azure = {
  name: 'azure',
  package: 'openai',
  model: 'gpt-4o',
  options: (base) => ({ api_base: base, api_key: 'key', api_version: version }),
  connect: (base) => new AzureOpenAI({ endpoint: base, apiKey: 'key', apiVersion: version, maxRetries: 0 }),
  answer: (path) => (path.endsWith('/embeddings') ? embeddingsAnswer : chatAnswer),
  defaults: { 'body.tool_choice': 'auto' },
  cases: chatCases({ model: 'gpt-4o', reasoner: 'gpt-5.1', embedder: 'text-embedding-3-small' }),
};
