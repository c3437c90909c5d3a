/** OpenAI: https://platform.openai.com/docs/api-reference */
import type { Provider } from '../../src/core/spec.js';
import { makeProvider } from './compatible-provider.js';
import { openaiModels } from './models.js';
import type { Quirks } from './quirks.js';

export const openaiQuirks: Quirks = {
  also: ['metadata'],
  models: openaiModels,
  roles: { developer: 'developer' },
  dialect: 'openai_strict',
  max_stop: 4,
  refusal: true,
  // "Expected a string with maximum length 40" is what the API says of longer ones.
  call_ids: { longest: 40 },
  // "schema must be a JSON Schema of 'type: "object"'"; those before GPT-5 refuse "'oneOf'/'anyOf'/'allOf'/'enum'/'not'" there.
  tool_root: 'object',
  organization: true,
  embeddings: {
    base64: true,
    max_batch: 2048,
    // https://platform.openai.com/docs/api-reference/embeddings/create: "only supported in text-embedding-3 and later"
    models: [{ match: /^text-embedding-ada/, omit: ['dimensions'] }],
  },
};

const variables = ['OPENAI_BASE_URL', 'OPENAI_API_BASE'] as const;
/** https://platform.openai.com/docs/guides/your-data#data-residency-controls: hosts that process in one region, for more. */
const regional = /^https?:\/\/(eu|us)\.api\.openai\.com(?:[:/]|$)/;

const plain: Provider = makeProvider('openai', {
  base: 'https://api.openai.com/v1',
  key: 'OPENAI_API_KEY',
  base_env: variables,
  endpoints: ['chat', 'embeddings'],
  quirks: openaiQuirks,
  docs: 'https://platform.openai.com/docs/api-reference',
});

export const openai: Provider = {
  ...plain,
  region(call, env) {
    const given = call.options.api_base ?? variables.map(env).find((value) => value !== undefined);
    return given === undefined ? undefined : regional.exec(given)?.[1];
  },
};
export default openai;
