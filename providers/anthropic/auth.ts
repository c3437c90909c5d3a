/**
 * API keys go in `x-api-key`, tokens (ANTHROPIC_AUTH_TOKEN, OAuth access tokens) as Bearer. A credential that the caller
 * put into the headers is left alone. Source: https://platform.claude.com/docs/en/manage-claude/authentication
 */
import type { Call, Io, Wire } from '../../src/core/spec.js';
import { betasOf } from './betas.js';

/** The beta that OAuth access tokens need. */
const oauth = 'oauth-2025-04-20';

export function authenticate(wire: Wire, call: Call, io: Io): void | Promise<void> {
  const { headers } = wire;
  // The caller's own header would replace the one made for the request.
  const betas = new Set(headers['anthropic-beta']?.split(',').map((name) => name.trim()));
  for (const beta of betasOf(call as unknown as Call<'chat'>)) betas.add(beta);
  const done = (): void => {
    if (betas.size > 0) headers['anthropic-beta'] = [...betas].join(',');
  };
  if (headers['x-api-key'] !== undefined || headers['authorization'] !== undefined) return done();

  const put = (key: string): void => {
    const access = key.startsWith('sk-ant-oat');
    if (access) betas.add(oauth);
    const fromToken = call.options.api_key === undefined && io.env('ANTHROPIC_API_KEY') === undefined;
    if (access || fromToken) headers['authorization'] = `Bearer ${key}`;
    else headers['x-api-key'] = key;
    done();
  };
  const key = io.requireKey();
  return typeof key === 'string' ? put(key) : key.then(put);
}
