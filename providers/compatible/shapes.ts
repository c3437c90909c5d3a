/** Quirks that many rows have; rows that share one share its transformers. */
import type { Quirks } from '../openai/quirks.js';

/** Servers of open models: OpenAI's parameters but for `verbosity`, which only OpenAI's own models know. */
export const plain = { omit: ['verbosity'] } as const satisfies Quirks;

/** The same with the older name of the token limit. */
export const maxTokens = {
  omit: ['verbosity'],
  rename: { max_completion_tokens: 'max_tokens' },
} as const satisfies Quirks;

/** Gateways hand every parameter on to the vendor behind. */
export const gateway = {} as const satisfies Quirks;

/** A base without a version at its end: one that names the server alone. */
export const bare = /^(?!.*\/v\d+$)/;
