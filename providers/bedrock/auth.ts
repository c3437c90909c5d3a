/**
 * API keys of Bedrock go as Bearer; other AWS credentials sign the request. A credential that the caller put into the
 * headers is left alone.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Auth, Call, Env, Io, Provider, Wire } from '../../src/core/spec.js';
import { awsCredentials, awsRegion, clockSkew, namesCredentials, profileRegion, renewAws } from '../shared/aws-auth.js';
import { sign } from '../shared/sigv4.js';
import { defaultRegion, hostOf, isRegion } from './endpoint.js';

export const keyVariable = 'AWS_BEARER_TOKEN_BEDROCK';

/** Whether a call goes with an API key rather than a signature. */
const hasKey = ({ options }: Pick<Call, 'options'>, env: Env): boolean =>
  options.api_key !== undefined || (!namesCredentials(options) && env(keyVariable) !== undefined);

/** Authenticates requests whose model string names `region`, or leaves it open. */
export function authenticate(region: string | undefined): Auth {
  return (wire, call, io) => {
    if (wire.headers['authorization'] !== undefined) return;
    const known = region ?? awsRegion(call.options, io.env);
    const bearer = hasKey(call, io.env);
    // Requests to an address of the caller's own need a region for their signature only.
    if (known === undefined && (!bearer || wire.url.startsWith(hostOf(call.endpoint, defaultRegion))))
      return inProfileRegion(wire, call, io, bearer);
    return bearer ? putKey(wire, io) : signWire(wire, call, io, known ?? defaultRegion);
  };
}

/** The region that the profile in use names; where none is told, the request stays in the default one. */
async function inProfileRegion(wire: Wire, call: Call, io: Io, bearer: boolean): Promise<void> {
  const told = await profileRegion(call.options, io.env);
  const region = told !== undefined && isRegion(told) ? told : defaultRegion;
  const host = hostOf(call.endpoint, defaultRegion);
  if (wire.url.startsWith(host)) wire.url = hostOf(call.endpoint, region) + wire.url.slice(host.length);
  await (bearer ? putKey(wire, io) : signWire(wire, call, io, region));
}

function putKey(wire: Wire, io: Io): void | Promise<void> {
  const put = (key: string): void => {
    wire.headers['authorization'] = `Bearer ${key}`;
  };
  const key = io.requireKey();
  return typeof key === 'string' ? put(key) : key.then(put);
}

async function signWire(wire: Wire, call: Call, io: Io, region: string): Promise<void> {
  // A signature would be neither right nor needed where nothing is sent.
  if (io.dry) return;
  const credentials = await awsCredentials(call.options, io);
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  wire.secrets.push(accessKeyId, secretAccessKey, ...(sessionToken === undefined ? [] : [sessionToken]));
  if (/[^\x21-\x7e]/.test(accessKeyId + (sessionToken ?? '')))
    throw new BadRequestError('aws_access_key_id: credentials hold characters that no header can carry', {
      param: 'aws_access_key_id',
      code: 'invalid_input',
    });
  const signed = Object.fromEntries(
    Object.entries(wire.headers).filter(([name]) => name === 'content-type' || name.startsWith('x-amz')),
  );
  const time = io.now() + (await clockSkew(io));
  const request = { method: wire.method, url: wire.url, headers: signed, body: wire.body };
  Object.assign(wire.headers, await sign(request, credentials, { region, service: 'bedrock', time }));
}

export const renew: NonNullable<Provider['renew']> = (refusal, call, io) =>
  !hasKey(call, io.env) && renewAws(refusal, call, io);
