/** The exact request that a call would send, without sending it. */
import { type ResolvedCall, toWire } from './call.js';
import type { EndpointSpec } from './endpoint.js';
import { authorize } from './io.js';
import { encodeCall, prepare } from './prepare.js';
import type { Environment } from './run.js';
import { redact, redactDeep } from './redact.js';
import type { Call, Endpoint, Warning } from './spec.js';

export interface DryRun {
  provider: string;
  model: string;
  method: string;
  /** With its query; secrets read `<redacted>`. */
  url: string;
  headers: Record<string, string>;
  /** The body before encoding, as data. */
  body: unknown;
  warnings: Warning[];
}

export async function dryRun<E extends Endpoint>(
  environment: Environment,
  endpoint: EndpointSpec<E>,
  resolved: ResolvedCall<E>,
): Promise<DryRun> {
  const { call } = await prepare(environment, resolved, undefined);
  const part = call.transformer.split?.(call)?.[0];
  const first = part === undefined ? call : call.with(part);
  const encoded = encodeCall(first, endpoint);
  const wire = toWire(encoded);
  await authorize(first as unknown as Call, wire, {
    env: environment.env,
    now: environment.now,
    tokens: environment.tokens,
    send: () => Promise.reject(new Error('a dry run sends nothing')),
    aborted: () => false,
    dry: true,
  });
  const body = encoded.data;
  return {
    provider: call.llm_provider,
    model: call.model,
    method: wire.method,
    url: redact(wire.url, wire.secrets),
    headers: redactDeep(wire.headers, wire.secrets),
    body:
      typeof wire.body === 'string' && body !== undefined && typeof body === 'object'
        ? (JSON.parse(wire.body) as unknown)
        : body,
    warnings: call.warnings,
  };
}
