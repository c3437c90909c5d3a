/** Replicate: https://replicate.com/docs/reference/http */
import type { Provider } from '../../src/core/spec.js';
import { authenticate } from './auth.js';
import { chat } from './chat.js';
import { replicateError } from './errors.js';

export const replicate: Provider = {
  name: 'replicate',
  base: 'https://api.replicate.com/v1',
  env: { key: ['REPLICATE_API_KEY', 'REPLICATE_API_TOKEN'], base: ['REPLICATE_API_BASE'] },
  auth: authenticate,
  endpoints: { chat },
  error: replicateError,
  docs: 'https://replicate.com/docs/reference/http',
  notes: [
    'Models go by `owner/name`, `owner/name:version`, a version alone, or `deployments/owner/name`.',
    'Parameters that are not OpenAI’s are inputs of the model; `extra_body` stands beside the input (`webhook` …).',
    'There are no tools and no structured output; streams tell no token counts.',
  ],
};
export default replicate;
