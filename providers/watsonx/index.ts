/** IBM watsonx.ai: https://cloud.ibm.com/apidocs/watsonx-ai */
import type { Provider } from '../../src/core/spec.js';
import { authenticate, keyVariables, renew } from './auth.js';
import { chat } from './chat.js';
import { embeddings } from './embeddings.js';
import { watsonxError } from './errors.js';
import { rerank } from './rerank.js';

export const watsonx: Provider = {
  name: 'watsonx',
  env: {
    key: keyVariables,
    base: ['WATSONX_API_BASE', 'WATSONX_URL', 'WX_URL'],
    alternatives: [['WATSONX_TOKEN'], ['WATSONX_ZENAPIKEY']],
  },
  auth: authenticate,
  renew,
  endpoints: { chat, embeddings, rerank },
  error: watsonxError,
  docs: 'https://cloud.ibm.com/apidocs/watsonx-ai',
  notes: [
    '`WATSONX_URL` (or `api_base`) is the region’s address, such as `https://us-south.ml.cloud.ibm.com`.',
    'The key is an API key of IBM Cloud, exchanged for a token; `token` or `WATSONX_TOKEN` is sent as it is, `WATSONX_ZENAPIKEY` for Cloud Pak for Data.',
    '`project_id` or `space_id` (`WATSONX_PROJECT_ID`, `WATSONX_DEPLOYMENT_SPACE_ID`) pays; `watsonx/deployment/<id>` calls a deployment.',
    '`time_limit` is in milliseconds, as the vendor has it.',
  ],
};
export default watsonx;
