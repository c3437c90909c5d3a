/** Anthropic's Claude models: https://platform.claude.com/docs/en/api/messages */
import type { Provider } from '../../src/core/spec.js';
import { authenticate } from './auth.js';
import { chatTransformer } from './chat.js';
import { countTokensTransformer } from './count-tokens.js';
import { anthropicError } from './errors.js';

const chat = chatTransformer();

export const anthropic: Provider = {
  name: 'anthropic',
  base: 'https://api.anthropic.com',
  env: { key: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'], base: ['ANTHROPIC_API_BASE', 'ANTHROPIC_BASE_URL'] },
  auth: authenticate,
  endpoints: { chat, count_tokens: countTokensTransformer(chat) },
  error: anthropicError,
  docs: 'https://platform.claude.com/docs/en/api/messages',
  notes: [
    '`max_tokens` defaults to the most that the model allows.',
    '`reasoning_effort` becomes a thinking budget on models up to Claude 4.5, adaptive thinking with an effort on later ones.',
    'Thinking, tools that Anthropic ran and citations stand in the message; push it back as it is for the next turn.',
    'On models without structured output a `json_schema` is asked for as the input of a tool.',
  ],
};
export default anthropic;
