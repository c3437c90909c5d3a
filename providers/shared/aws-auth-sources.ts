/**
 * Where AWS credentials come from: options, variables, profile files, the services of containers and instances. Roles
 * and single sign-on are left to AWS's own package, an optional peer.
 * Source: https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
 */
import { AuthenticationError } from '../../src/core/errors.js';
import type { Env, Io, MaybePromise, Options } from '../../src/core/spec.js';
import { containerCredentials, instanceCredentials } from './aws-auth-metadata.js';
import { profileFiles, readProfile, type Profile } from './aws-auth-profile.js';
import { awsOption, awsRegion, profileOf } from './aws-options.js';
import { isObject } from './messages.js';
import type { AwsCredentials } from './sigv4.js';

/** What a function as `aws_credentials` gives: the form of AWS's own credential providers. */
export interface GivenCredentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
  expiration?: Date;
}

export interface Source {
  /** Under which the credentials are remembered; undefined for those that are at hand. */
  key?: string;
  load(io: Io): MaybePromise<AwsCredentials>;
}

/** Credentials as they are remembered. */
export interface Held {
  credentials: AwsCredentials;
  /** Milliseconds since the epoch. */
  made: number;
  refused: boolean;
}

/** Refreshed this long before they expire. */
const margin = 5 * 60_000;
/** Credentials without an end, or close to it, are asked for again after this. */
const shortest = 60_000;

/** The credentials of a source; remembered until shortly before they expire. */
export async function credentialsOf(source: Source, io: Io): Promise<Held> {
  const make = async (): Promise<{ value: Held; expires: number }> => {
    const credentials = await source.load(io);
    const made = io.now();
    // An end that is near, or past by a wrong clock, must not make every call ask.
    const expires = Math.max((credentials.expiration ?? made) - margin, made + shortest);
    return { value: { credentials, made, refused: false }, expires };
  };
  return source.key === undefined ? (await make()).value : io.memo(source.key, make);
}

/** Functions are told apart by number. */
const numbers = new WeakMap<object, number>();
let counted = 0;

function numberOf(owner: object): number {
  let number = numbers.get(owner);
  if (number === undefined) numbers.set(owner, (number = ++counted));
  return number;
}

const failed = (message: string, cause?: unknown): AuthenticationError =>
  new AuthenticationError(message, { code: 'aws_credentials_failed', param: 'aws_credentials', cause });

function readGiven(given: unknown, where: string): AwsCredentials {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = isObject(given) ? given : {};
  if (typeof accessKeyId !== 'string' || typeof secretAccessKey !== 'string')
    throw failed(`${where}: must give accessKeyId and secretAccessKey`);
  const ends =
    expiration instanceof Date || typeof expiration === 'string' ? new Date(expiration).getTime() : undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...(typeof sessionToken === 'string' && sessionToken !== '' && { sessionToken }),
    ...(ends !== undefined && !Number.isNaN(ends) && { expiration: ends }),
  };
}

/** Three values that name keys, as options or variables do. */
function keysOf(
  read: (name: string) => string | undefined,
  names: readonly [string, string, string],
): AwsCredentials | undefined {
  const [id, secret, token] = names.map(read);
  if (id === undefined && secret === undefined) return undefined;
  if (id === undefined || secret === undefined) {
    const missing = names[id === undefined ? 0 : 1];
    throw new AuthenticationError(`${missing}: is missing; AWS keys come in pairs`, {
      param: missing,
      code: 'missing_api_key',
    });
  }
  return { accessKeyId: id, secretAccessKey: secret, ...(token !== undefined && { sessionToken: token }) };
}

const variables = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const;
const fields = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

/** What is used of the optional peer. */
type Peer = typeof import('@aws-sdk/credential-providers');

async function viaPeer(what: string, use: (peer: Peer) => () => Promise<GivenCredentials>): Promise<AwsCredentials> {
  let peer: Peer;
  try {
    peer = await import('@aws-sdk/credential-providers');
  } catch (cause) {
    throw failed(`${what} needs the package @aws-sdk/credential-providers: install it`, cause);
  }
  try {
    return readGiven(await use(peer)(), what);
  } catch (cause) {
    throw failed(`${what}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

/** Where the credentials of a call come from: what it names itself, then variables, files, services. */
export function sourceOf(options: Options, env: Env): Source {
  const given = options['aws_credentials'];
  if (typeof given === 'function')
    return {
      key: `aws function ${numberOf(given)}`,
      load: async () => readGiven(await askFunction(given as () => MaybePromise<unknown>), 'aws_credentials'),
    };
  if (given !== undefined) return { load: () => readGiven(given, 'aws_credentials') };

  const own = keysOf((name) => awsOption(options, name), fields);
  const role = awsOption(options, 'aws_role_name');
  if (role !== undefined) return roleSource(role, own, options, env);
  if (own !== undefined) return { load: () => own };
  const named = awsOption(options, 'aws_profile_name');
  if (named !== undefined) return profileSource(named, options, env);
  const ambient = keysOf(env, variables);
  if (ambient !== undefined) return { load: () => ambient };
  return ambientSource(options, env);
}

async function askFunction(ask: () => MaybePromise<unknown>): Promise<unknown> {
  try {
    return await ask();
  } catch (cause) {
    throw failed('aws_credentials: the function that gives them failed', cause);
  }
}

function clientConfig(options: Options, env: Env): { region?: string; endpoint?: string } {
  const region = awsRegion(options, env);
  const endpoint = awsOption(options, 'aws_sts_endpoint');
  return { ...(region !== undefined && { region }), ...(endpoint !== undefined && { endpoint }) };
}

/** A role to assume, with a token of an identity provider or with other credentials. */
function roleSource(role: string, own: AwsCredentials | undefined, options: Options, env: Env): Source {
  const session = awsOption(options, 'aws_session_name') ?? 'callm';
  const external = awsOption(options, 'aws_external_id');
  const token = awsOption(options, 'aws_web_identity_token');
  const config = clientConfig(options, env);
  const master = own ?? keysOf(env, variables);
  const key = `aws role ${JSON.stringify([role, session, external, token, config, master?.accessKeyId, profileOf(options, env)])}`;
  const what = `aws_role_name ${role}`;
  if (token !== undefined)
    return {
      key,
      load: () =>
        viaPeer(what, (peer) =>
          peer.fromWebToken({
            roleArn: role,
            roleSessionName: session,
            webIdentityToken: token,
            clientConfig: config,
          }),
        ),
    };
  const params = { RoleArn: role, RoleSessionName: session, ...(external !== undefined && { ExternalId: external }) };
  return {
    key,
    load: async (io) => {
      const base = sourceOf({ ...options, aws_role_name: undefined }, env);
      const { expiration: _, ...masterCredentials } = master ?? (await credentialsOf(base, io)).credentials;
      return viaPeer(what, (peer) =>
        peer.fromTemporaryCredentials({ params, masterCredentials, clientConfig: config }),
      );
    },
  };
}

function profileSource(name: string, options: Options, env: Env): Source {
  return {
    key: `aws profile ${JSON.stringify([name, profileFiles(env)])}`,
    load: async () => {
      const profile = await readProfile(name, env);
      if (profile === undefined)
        throw new AuthenticationError(`aws_profile_name: the shared AWS files have no profile ${name}`, {
          param: 'aws_profile_name',
          code: 'aws_credentials_failed',
        });
      return fromProfile(name, profile, options, env);
    },
  };
}

async function fromProfile(name: string, profile: Profile, options: Options, env: Env): Promise<AwsCredentials> {
  const own = profile['role_arn'] === undefined ? keysOf((field) => profile[field], fields) : undefined;
  if (own !== undefined) return own;
  const { credentials, config } = profileFiles(env);
  return viaPeer(`the AWS profile ${name}`, (peer) =>
    peer.fromIni({
      profile: name,
      ...(credentials !== undefined && { filepath: credentials }),
      ...(config !== undefined && { configFilepath: config }),
      clientConfig: clientConfig(options, env),
    }),
  );
}

/** What the machine offers: a web identity, a profile, the service of a container or an instance. */
function ambientSource(options: Options, env: Env): Source {
  const tokenFile = env('AWS_WEB_IDENTITY_TOKEN_FILE');
  const role = env('AWS_ROLE_ARN');
  const named = profileOf(options, env);
  const places = [
    'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
    'AWS_CONTAINER_CREDENTIALS_FULL_URI',
    'AWS_EC2_METADATA_SERVICE_ENDPOINT',
  ].map(env);
  return {
    key: `aws ambient ${JSON.stringify([tokenFile, role, named, profileFiles(env), places])}`,
    load: async (io) => {
      if (tokenFile !== undefined && role !== undefined)
        return viaPeer('AWS_WEB_IDENTITY_TOKEN_FILE', (peer) =>
          peer.fromTokenFile({
            roleArn: role,
            roleSessionName: env('AWS_ROLE_SESSION_NAME') ?? 'callm',
            webIdentityTokenFile: tokenFile,
            clientConfig: clientConfig(options, env),
          }),
        );
      const profile = await readProfile(named ?? 'default', env);
      if (profile !== undefined && (named !== undefined || Object.keys(profile).some((field) => givesKeys.has(field))))
        return fromProfile(named ?? 'default', profile, options, env);
      const found = (await containerCredentials(io)) ?? (await instanceCredentials(io));
      if (found !== undefined) return found;
      throw new AuthenticationError(
        'no AWS credentials: pass api_key or aws_access_key_id and aws_secret_access_key, or set ' +
          'AWS_BEARER_TOKEN_BEDROCK or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment; ' +
          'no profile, container or instance gives any either',
        { param: 'api_key', code: 'missing_api_key' },
      );
    },
  };
}

/** Settings of a profile that lead to credentials; a default profile may hold a region alone. */
const givesKeys = new Set([
  'aws_access_key_id',
  'role_arn',
  'sso_session',
  'sso_start_url',
  'credential_process',
  'web_identity_token_file',
  'login_session',
]);
