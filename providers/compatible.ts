/** Vendors that speak OpenAI's protocol, a row each: data only. */
import type { Provider } from '../src/core/spec.js';
import { gateways } from './compatible/gateways.js';
import { hosts } from './compatible/hosts.js';
import { labs } from './compatible/labs.js';
import { retrieval } from './compatible/retrieval.js';
import { servers } from './compatible/servers.js';
import { makeProvider } from './openai/compatible-provider.js';
import type { Row } from './openai/quirks.js';

export const compatible = { ...labs, ...hosts, ...gateways, ...servers, ...retrieval } as const satisfies Record<
  string,
  Row
>;

export type CompatibleName = keyof typeof compatible;

/** The provider that a row describes. */
export function compatibleProvider(id: CompatibleName): Provider {
  return makeProvider(id, compatible[id]);
}
