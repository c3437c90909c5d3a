/** A whole LiteLLM configuration file, as an object, made into a router's options. */
import { z } from 'zod';
import { BadRequestError } from '../core/errors.js';
import type { Env } from '../core/spec.js';
import { withVariables } from './environment.js';
import type { DeploymentEntry, RouterOptions } from './types.js';

const record = z.record(z.string(), z.unknown());
const config = z.looseObject({
  model_list: z
    .array(
      z.looseObject({
        model_name: z.string().min(1),
        litellm_params: z.looseObject({ model: z.string().min(1) }),
        model_info: record.nullish(),
      }),
    )
    .nullish(),
  router_settings: record.nullish(),
  litellm_settings: record.nullish(),
  general_settings: record.nullish(),
  credential_list: z.array(z.looseObject({ credential_name: z.string(), credential_values: record })).nullish(),
  environment_variables: record.nullish(),
});
const parts = new Set(['model_list', 'router_settings', 'litellm_settings', 'general_settings', 'credential_list', 'environment_variables']); // prettier-ignore

/** Of `litellm_settings`: what a router has under the same name, and what goes into every call. */
const routing = [
  'num_retries',
  'fallbacks',
  'default_fallbacks',
  'context_window_fallbacks',
  'content_policy_fallbacks',
  'allowed_fails',
  'cooldown_time',
  'max_fallbacks',
] as const;
const ofCalls = ['drop_params', 'modify_params'] as const;

/**
 * `more` stands against what the configuration says.
 * @throws {BadRequestError} naming each wrong path
 */
export function optionsFromConfig(given: unknown, more: RouterOptions, env: Env): RouterOptions {
  const parsed = config.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${pathOf(path)}: ${message}`);
    throw new BadRequestError(`Router.fromConfig: ${problems.join('; ')}`, {
      param: pathOf(parsed.error.issues[0]?.path ?? []),
      code: 'invalid_configuration',
    });
  }
  const { model_list, router_settings, litellm_settings, credential_list } = parsed.data;
  const missing: string[] = [];
  const settings = withVariables({ router_settings, litellm_settings }, env, (variable, path) => {
    missing.push(`${path}: the environment variable "${variable}" is not set`);
  }) as Record<'router_settings' | 'litellm_settings', Record<string, unknown> | null | undefined>;
  if (missing.length > 0)
    throw new BadRequestError(`Router.fromConfig: ${missing.join('; ')}`, {
      param: missing[0]?.split(':')[0] as string,
      code: 'invalid_configuration',
    });
  const general = settings.litellm_settings ?? {};
  const options: Record<string, unknown> = {};
  for (const name of routing) if (general[name] !== undefined) options[name] = general[name];
  if (general['request_timeout'] !== undefined) options['timeout'] = general['request_timeout'];
  const params: Record<string, unknown> = {};
  for (const name of ofCalls) if (general[name] !== undefined) params[name] = general[name];
  if (Object.keys(params).length > 0) options['default_litellm_params'] = params;
  if (credential_list !== undefined && credential_list !== null) options['credential_list'] = credential_list;
  warnOf(parsed.data, general);
  return {
    ...options,
    ...settings.router_settings,
    // The variables of each deployment are looked up by the router: one that lacks some does not stop the others.
    model_list: (model_list ?? []) as unknown as readonly DeploymentEntry[],
    ...Object.fromEntries(Object.entries(more).filter(([, value]) => value !== undefined)),
    env,
  };
}

/** The environment with the configuration's own variables before it. */
export function variablesOf(given: unknown, env: Env): Env {
  const own = (given as { environment_variables?: unknown } | null)?.environment_variables;
  if (typeof own !== 'object' || own === null) return env;
  return (name) => {
    const value = Object.hasOwn(own, name) ? (own as Record<string, unknown>)[name] : undefined;
    if (value === undefined || value === null) return env(name);
    const text = String(value);
    return text.startsWith('os.environ/') ? env(text.slice('os.environ/'.length)) : text;
  };
}

/** What a router has no use for is told, not passed over. */
function warnOf(whole: Record<string, unknown>, general: Record<string, unknown>): void {
  const taken = new Set<string>([...routing, ...ofCalls, 'request_timeout']);
  const passed = [
    ...Object.keys(whole).filter((name) => !parts.has(name)),
    ...Object.keys(general)
      .filter((name) => !taken.has(name))
      .map((name) => `litellm_settings.${name}`),
  ];
  if (passed.length > 0)
    globalThis.process?.emitWarning?.(`Router.fromConfig: ${passed.join(', ')} without a meaning for a router`, {
      code: 'CALLM_ROUTER',
    });
}

const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('') ||
  'the configuration';
