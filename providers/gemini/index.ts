/** Google's Gemini Developer API. Source: https://ai.google.dev/api */
import type { Provider } from '../../src/core/spec.js';
import { chat } from './chat.js';
import { countTokens } from './count-tokens.js';
import { embeddings } from './embeddings.js';
import { readError } from './errors.js';

export const gemini: Provider = {
  name: 'gemini',
  base: 'https://generativelanguage.googleapis.com',
  env: { key: ['GOOGLE_API_KEY', 'GEMINI_API_KEY', 'PALM_API_KEY'], base: ['GEMINI_API_BASE'] },
  auth: { header: 'x-goog-api-key' },
  endpoints: { chat, embeddings, count_tokens: countTokens },
  error: (status, body) => readError(status, body),
  docs: 'https://ai.google.dev/gemini-api/docs',
  notes: [
    'Thought signatures travel in `provider_specific_fields` of messages and tool calls; hand messages back as they came.',
    'A prompt that is blocked is a ContentPolicyViolationError; an answer that is blocked ends with `content_filter`.',
  ],
};
export default gemini;
