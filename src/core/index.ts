/** `callm/core`: a client without built-in providers, for small bundles. */
import { chat } from '../endpoints/chat.js';
import { countTokens } from '../endpoints/count-tokens.js';
import { embeddings } from '../endpoints/embeddings.js';
import { rerank } from '../endpoints/rerank.js';
import { type Callm, type ClientOptions, makeClient } from './client.js';

export const endpoints = { chat, embeddings, count_tokens: countTokens, rerank } as const;

/** Makes a client that knows the providers it is given: `createCallm({ providers: [anthropic] })`. */
export function createCallm(options: Open<ClientOptions>): Callm {
  return makeClient(
    {
      endpoints,
      tokens: () => import('../tokens/index.js'),
      transport: async (settings) => (await import('#transport')).createTransport(settings),
    },
    options,
  );
}

export type {
  Callm,
  ChatInput,
  ChatStream,
  ClientOptions,
  Completion,
  Embed,
  EnvironmentCheck,
  ProviderRow,
  ProviderTarget,
  StandardSchema,
} from './client.js';
import type { Open } from './spec.js';

export type { DryRun } from './dry-run.js';
export * from './errors.js';
export type * from './spec.js';
export type { Stream } from './stream/stream.js';
