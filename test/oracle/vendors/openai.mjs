import OpenAI from 'openai';
import { chatAnswer, chatCases, embeddingsAnswer } from './openai-shapes.mjs';

/** https://platform.openai.com/docs/api-reference/chat */
export const openai = {
  name: 'openai',
  package: 'openai',
  model: 'gpt-4o',
  options: (base) => ({ api_base: `${base}/v1`, api_key: 'key' }),
  connect: (base) => new OpenAI({ baseURL: `${base}/v1`, apiKey: 'key', maxRetries: 0 }),
  answer: (path) => (path === '/v1/embeddings' ? embeddingsAnswer : chatAnswer),
  defaults: { 'body.tool_choice': 'auto' },
  cases: chatCases({ model: 'gpt-4o', reasoner: 'gpt-5.1', embedder: 'text-embedding-3-small' }),
};
