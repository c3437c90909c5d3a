import type { Call } from '../../src/core/spec.js';
import type { Quirks } from './quirks.js';

/** The headers of a request that only the call or the environment can tell; undefined when there are none. */
export function headersOf(call: Call, quirks: Quirks): Record<string, string> | undefined {
  if (!quirks.organization && !quirks.header_env) return undefined;
  const headers: Record<string, string> = quirks.organization ? organizationHeaders(call) : {};
  for (const [name, variable] of Object.entries(quirks.header_env ?? {})) {
    const value = call.env(variable);
    if (value !== undefined) headers[name] = value;
  }
  return Object.keys(headers).length > 0 ? headers : undefined;
}

/**
 * The headers that name an organization and a project of OpenAI's. Variables of the environment count only where no
 * other base is given: they are nobody else's business.
 */
function organizationHeaders(call: Call): Record<string, string> {
  const { options, env } = call;
  const ours = options.api_base === undefined && options.base_url === undefined;
  const read = (...names: string[]): string | undefined => {
    if (!ours) return undefined;
    for (const name of names) {
      const value = env(name);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const organization = options.organization ?? read('OPENAI_ORGANIZATION', 'OPENAI_ORG_ID');
  const project = options.project ?? read('OPENAI_PROJECT_ID');
  return {
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
}
