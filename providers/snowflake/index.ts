/** Snowflake Cortex: https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api */
import type { Provider } from '../../src/core/spec.js';
import { makeProvider } from '../openai/compatible-provider.js';
import type { ValueTable } from '../openai/quirks.js';
import { authenticate } from './auth.js';
import { embeddings } from './embeddings.js';

/** Claude's effort stands in the object that holds its budget too. */
const claudeEffort: ValueTable = {
  none: {},
  ...Object.fromEntries(
    ['minimal', 'low', 'medium', 'high', 'xhigh'].map((effort) => [effort, { reasoning: { effort } }]),
  ),
};

const row = makeProvider('snowflake', {
  base: 'https://{account}.snowflakecomputing.com',
  key: ['SNOWFLAKE_JWT', 'SNOWFLAKE_PAT'],
  base_env: 'SNOWFLAKE_API_BASE',
  variables: { account: { option: 'account_id', env: ['SNOWFLAKE_ACCOUNT_ID'] } },
  // https://docs.snowflake.com/en/user-guide/snowflake-cortex/open_ai_sdk
  quirks: {
    omit: ['verbosity'],
    rename: { max_tokens: 'max_completion_tokens' },
    models: [
      {
        match: /claude/,
        cache_control: 'keep',
        values: { reasoning_effort: claudeEffort },
        send_back: ['reasoning_details'],
      },
    ],
    thinking_as: 'reasoning',
    path: { chat: '/api/v2/cortex/v1/chat/completions' },
    // Cortex's older address streams unless told not to.
    body: { stream: false },
    seals: /^anthropic-/,
  },
  docs: 'https://docs.snowflake.com/en/user-guide/snowflake-cortex/cortex-rest-api',
  notes: [
    'The account comes from `account_id` or `SNOWFLAKE_ACCOUNT_ID`.',
    'The key is a key-pair JWT, an OAuth token, or a programmatic access token as `pat/<token>`.',
  ],
});

export const snowflake: Provider = {
  ...row,
  auth: authenticate,
  endpoints: { ...row.endpoints, embeddings },
};
export default snowflake;
