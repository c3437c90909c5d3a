/**
 * Credentials that a container or an EC2 instance is given by the service beside it.
 * Sources: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html,
 * https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-retrieval.html
 */
import { AuthenticationError, errorClass } from '../../src/core/errors.js';
import type { Io } from '../../src/core/spec.js';
import { isObject } from './messages.js';
import type { AwsCredentials } from './sigv4.js';

/** Seconds; on a machine without the service nothing answers. */
const instanceTimeout = 1;
const containerTimeout = 5;

type Answer = Awaited<ReturnType<Io['fetch']>>;

/** Reads `{ AccessKeyId, SecretAccessKey, Token, Expiration }`. */
function readAnswer({ status, body }: Answer, where: string): AwsCredentials {
  const fields = isObject(body) ? body : {};
  const { AccessKeyId, SecretAccessKey, Token, Expiration } = fields;
  if (status !== 200 || typeof AccessKeyId !== 'string' || typeof SecretAccessKey !== 'string') {
    const told = typeof fields['message'] === 'string' ? `: ${fields['message'].slice(0, 200)}` : '';
    const message = `${where} gave no AWS credentials (HTTP ${status}${told})`;
    const code = 'aws_credentials_failed';
    // Worth a retry, or not.
    if (status >= 500 || status === 429) throw new (errorClass({ message }, status))(message, { code, status });
    throw new AuthenticationError(message, { code });
  }
  const expiration = typeof Expiration === 'string' ? Date.parse(Expiration) : Number.NaN;
  return {
    accessKeyId: AccessKeyId,
    secretAccessKey: SecretAccessKey,
    ...(typeof Token === 'string' && Token !== '' && { sessionToken: Token }),
    ...(!Number.isNaN(expiration) && { expiration }),
  };
}

/** Hosts that may be asked without encryption: this machine and the containers' own services. */
const plainHosts = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\]|169\.254\.170\.(?:2|23)|\[fd00:ec2::23\])$/;

/** Of a container (ECS, EKS Pod Identity …); undefined where no variable points to its service. */
export async function containerCredentials(io: Io): Promise<AwsCredentials | undefined> {
  const relative = io.env('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI');
  const url = relative === undefined ? io.env('AWS_CONTAINER_CREDENTIALS_FULL_URI') : `http://169.254.170.2${relative}`;
  if (url === undefined) return undefined;
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const allowed = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && plainHosts.test(parsed.hostname));
  if (!allowed)
    throw new AuthenticationError(
      'AWS_CONTAINER_CREDENTIALS_FULL_URI: must be an https address, or one of this machine or of the container service',
      { code: 'aws_credentials_failed' },
    );
  const token = await containerToken(io);
  const headers = { accept: 'application/json', ...(token !== undefined && { authorization: token }) };
  return readAnswer(
    await io.fetch({ method: 'GET', url, headers, timeout: containerTimeout }),
    'the container service',
  );
}

async function containerToken(io: Io): Promise<string | undefined> {
  const file = io.env('AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE');
  if (file === undefined) return io.env('AWS_CONTAINER_AUTHORIZATION_TOKEN');
  const { readFile } = await import('node:fs/promises');
  return (await readFile(file, 'utf8')).trim();
}

const service = 'the instance metadata service';

/** Of an EC2 instance, by the second version of its metadata service; undefined where there is none. */
export async function instanceCredentials(io: Io): Promise<AwsCredentials | undefined> {
  if (io.env('AWS_EC2_METADATA_DISABLED')?.toLowerCase() === 'true') return undefined;
  const sixth = io.env('AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE')?.toLowerCase() === 'ipv6';
  const own = sixth ? 'http://[fd00:ec2::254]' : 'http://169.254.169.254';
  const base = (io.env('AWS_EC2_METADATA_SERVICE_ENDPOINT') ?? own).replace(/\/+$/, '');
  const ask = (method: string, path: string, headers: Record<string, string>): Promise<Answer> =>
    io.fetch({ method, url: base + path, headers, timeout: instanceTimeout });

  let session: Answer;
  try {
    session = await ask('PUT', '/latest/api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '21600' });
  } catch {
    // Nobody answers: no instance.
    return undefined;
  }
  if (session.status >= 400 && session.status < 500 && session.status !== 429) return undefined;
  if (session.status !== 200) return readAnswer(session, service);
  const headers = { 'x-aws-ec2-metadata-token': String(session.body) };
  const path = '/latest/meta-data/iam/security-credentials/';
  const role = await ask('GET', path, headers);
  if (role.status === 404) return undefined;
  const name = String(role.body).split('\n', 1)[0]?.trim() ?? '';
  return readAnswer(role.status === 200 ? await ask('GET', path + name, headers) : role, service);
}
