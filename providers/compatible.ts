/** Vendors that speak OpenAI's protocol: a row each, data only. */
import type { Provider } from '../src/core/spec.js';
import { makeProvider } from './openai/compatible-provider.js';
import type { Row } from './openai/quirks.js';

export const compatible = {
  groq: {
    base: 'https://api.groq.com/openai/v1',
    key: 'GROQ_API_KEY',
    base_env: 'GROQ_API_BASE',
    docs: 'https://console.groq.com/docs/api-reference',
  },
  xai: {
    base: 'https://api.x.ai/v1',
    key: 'XAI_API_KEY',
    base_env: 'XAI_API_BASE',
    quirks: { reasoning_apart: true },
    docs: 'https://docs.x.ai/docs/api-reference',
  },
} as const satisfies Record<string, Row>;

export type CompatibleName = keyof typeof compatible;

/** The provider of a row; the same object each time. */
export function compatibleProvider(id: CompatibleName): Provider {
  return makeProvider(id, compatible[id]);
}
