/** AWS's options, by LiteLLM's names, and the variables that stand in for them. */
import { BadRequestError } from '../../src/core/errors.js';
import type { Env, Options } from '../../src/core/spec.js';

/** An option as a text; undefined when it is not given. */
export function awsOption(options: Options, name: string): string | undefined {
  const value = options[name];
  if (value === undefined || value === '') return undefined;
  // Anything else would be a request smuggled into a header.
  if (typeof value !== 'string' || /[^\x20-\x7e]/.test(value.trim()))
    throw new BadRequestError(`${name}: must be a text of plain characters`, { param: name, code: 'invalid_input' });
  return value.trim();
}

/** The region that a call or the environment names, `variable` before the common ones. */
export const awsRegion = (options: Options, env: Env, variable?: string): string | undefined =>
  awsOption(options, 'aws_region_name') ??
  awsOption(options, 'region_name') ??
  (variable === undefined ? undefined : env(variable)) ??
  env('AWS_REGION_NAME') ??
  env('AWS_REGION') ??
  env('AWS_DEFAULT_REGION');

export const profileOf = (options: Options, env: Env): string | undefined =>
  awsOption(options, 'aws_profile_name') ?? env('AWS_PROFILE') ?? env('AWS_DEFAULT_PROFILE');

/**
 * What stands in for an API key: keys, a profile, the shared files, the services of containers, a web identity. The
 * service of an instance shows nowhere in the environment.
 */
export const awsAlternatives: readonly (readonly string[])[] = [
  ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'],
  ['AWS_PROFILE'],
  ['AWS_DEFAULT_PROFILE'],
  ['$AWS_SHARED_CREDENTIALS_FILE'],
  ['$HOME/.aws/credentials'],
  ['$USERPROFILE/.aws/credentials'],
  ['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'],
  ['AWS_CONTAINER_CREDENTIALS_FULL_URI'],
  ['AWS_WEB_IDENTITY_TOKEN_FILE', 'AWS_ROLE_ARN'],
];

/** Whether the call itself names credentials of AWS. */
export const namesCredentials = (options: Options): boolean =>
  ['aws_credentials', 'aws_access_key_id', 'aws_profile_name', 'aws_role_name', 'aws_web_identity_token'].some(
    (name) => options[name] !== undefined && options[name] !== '',
  );
