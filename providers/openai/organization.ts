import type { Call } from '../../src/core/spec.js';

/**
 * The headers that name an organization and a project of OpenAI's. Variables of the environment count only where no
 * other base is given: they are nobody else's business.
 */
export function organizationHeaders(call: Call): Record<string, string> | undefined {
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
  if (organization === undefined && project === undefined) return undefined;
  return {
    ...(organization === undefined ? {} : { 'openai-organization': organization }),
    ...(project === undefined ? {} : { 'openai-project': project }),
  };
}
