/** A whole LiteLLM configuration file, as an object, made into a router's options. */
import { z } from 'zod';
import { BadRequestError } from '../core/errors.js';
import { processEnv } from '../core/io.js';
import type { Env } from '../core/spec.js';
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

/** @throws {BadRequestError} naming each wrong path */
export function optionsFromConfig(given: unknown, env: Env = processEnv): RouterOptions {
  const parsed = config.safeParse(given);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${pathOf(path)}: ${message}`);
    throw new BadRequestError(`Router.fromConfig: ${problems.join('; ')}`, {
      param: pathOf(parsed.error.issues[0]?.path ?? []),
      code: 'invalid_configuration',
    });
  }
  const { model_list, router_settings, litellm_settings, credential_list, environment_variables } = parsed.data;
  const variable: Env = (name) => {
    const given = environment_variables?.[name];
    return typeof given === 'string' ? given : env(name);
  };
  const settings = litellm_settings ?? {};
  const options: Record<string, unknown> = {};
  for (const name of routing) if (settings[name] !== undefined) options[name] = settings[name];
  if (settings['request_timeout'] !== undefined) options['timeout'] = settings['request_timeout'];
  const params: Record<string, unknown> = {};
  for (const name of ofCalls) if (settings[name] !== undefined) params[name] = settings[name];
  if (Object.keys(params).length > 0) options['default_litellm_params'] = params;
  if (credential_list !== undefined && credential_list !== null) options['credential_list'] = credential_list;
  const entries = (model_list ?? []).map((entry) => ({
    ...entry,
    litellm_params: resolved(entry.litellm_params, variable),
  }));
  const taken = new Set<string>([...routing, ...ofCalls, 'request_timeout']);
  const passed = Object.keys(settings).filter((name) => !taken.has(name));
  if (passed.length > 0)
    globalThis.process?.emitWarning?.(
      `Router.fromConfig: litellm_settings has ${passed.join(', ')}, without a meaning for a router`,
      {
        code: 'CALLM_ROUTER',
      },
    );
  return {
    ...options,
    ...resolved(router_settings ?? {}, variable),
    model_list: entries as unknown as readonly DeploymentEntry[],
  };
}

/** With the values of `os.environ/NAME`. */
const resolved = (settings: Record<string, unknown>, env: Env): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [
      name,
      typeof value === 'string' && value.startsWith('os.environ/') ? env(value.slice('os.environ/'.length)) : value,
    ]),
  );

const pathOf = (path: readonly PropertyKey[]): string =>
  path.map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at === 0 ? '' : '.'}${String(part)}`)).join('') ||
  'the configuration';
