/** OpenAI's parameters that a model's provider takes at an endpoint. */
import type { EndpointSpec } from './endpoint.js';
import { specOf } from './params.js';
import type { Endpoint, Provider } from './spec.js';

export function supportedParams<E extends Endpoint>(
  provider: Provider,
  model: string,
  spec: EndpointSpec<E>,
): string[] {
  const transformer = provider.endpoints[spec.name];
  if (transformer === undefined) return [];
  const names = Object.keys(specOf(transformer as never, model)).filter((name) => spec.params.has(name));
  return [...new Set([...names, ...(spec.name === 'chat' ? ['stream', 'stream_options'] : [])])].sort();
}
