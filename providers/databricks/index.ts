/** Databricks: https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, JsonObject, Provider, Transformer } from '../../src/core/spec.js';
import { makeProvider } from '../openai/compatible-provider.js';
import type { ValueTable } from '../openai/quirks.js';
import { authenticate, baseOf, keyVariables, renew } from './auth.js';
import { claude, withThinking } from './chat.js';

const budget = (tokens: number): JsonObject => ({ thinking: { type: 'enabled', budget_tokens: tokens } });
/** Claude thinks by a budget of tokens; the other models take the effort. */
const claudeEffort: ValueTable = {
  none: {},
  minimal: budget(1024),
  low: budget(1024),
  medium: budget(2048),
  high: budget(4096),
};
const row = makeProvider('databricks', {
  key: keyVariables,
  base_env: 'DATABRICKS_API_BASE',
  endpoints: ['chat', 'embeddings'],
  quirks: {
    also: ['thinking'],
    omit: [
      'verbosity',
      'audio',
      'frequency_penalty',
      'logit_bias',
      'modalities',
      'prediction',
      'presence_penalty',
      'seed',
      'store',
      'web_search_options',
    ],
    rename: { max_completion_tokens: 'max_tokens' },
    // The blocks are made parts of the content by the transformer.
    models: [
      {
        match: claude,
        cache_control: 'keep',
        tool_root: 'plain',
        values: { reasoning_effort: claudeEffort },
        send_back: ['thinking_blocks'],
      },
    ],
    seals: /^anthropic-/,
    usage_in_stream: false,
    message_name: 'user',
  },
  docs: 'https://docs.databricks.com/aws/en/machine-learning/foundation-model-apis/api-reference',
  notes: [
    'The address is `DATABRICKS_API_BASE` (`https://<workspace>/serving-endpoints`), or that of `DATABRICKS_HOST`.',
    'Without a token, `DATABRICKS_CLIENT_ID` and `DATABRICKS_CLIENT_SECRET` of a service principal are exchanged for one.',
  ],
});

export const databricks: Provider = {
  ...row,
  env: {
    ...row.env,
    alternatives: [['DATABRICKS_CLIENT_ID', 'DATABRICKS_CLIENT_SECRET']],
    needs: [['DATABRICKS_API_BASE', 'DATABRICKS_HOST']],
  },
  base(call: Call, env) {
    const base = baseOf(call, env);
    if (base === '')
      throw new BadRequestError(
        `${call.llm_provider}: no address; give api_base, DATABRICKS_API_BASE or DATABRICKS_HOST`,
        {
          param: 'api_base',
          llm_provider: call.llm_provider,
          model: call.model,
        },
      );
    return base;
  },
  auth: authenticate,
  renew,
  endpoints: { ...row.endpoints, chat: withThinking(row.endpoints.chat as Transformer<'chat'>) },
};
export default databricks;
