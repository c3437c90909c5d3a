/**
 * API keys of Bedrock go as Bearer; other AWS credentials sign the request. A credential that the caller put into the
 * headers is left alone.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys-use.html,
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
import { BadRequestError } from '../../src/core/errors.js';
import type { Auth, Call, Env, Io, Provider, Wire } from '../../src/core/spec.js';
import { profileRegion } from '../shared/aws-auth-profile.js';
import { awsCredentials, clockSkew, renewAws } from '../shared/aws-auth.js';
import { namesCredentials } from '../shared/aws-options.js';
import { sign } from '../shared/sigv4.js';
import { isRegion, type Service } from './endpoint.js';

export type AuthHook = Extract<Auth, (...given: never) => unknown>;

/** Whether a call goes with an API key rather than a signature. */
const hasKey = (service: Service, { options }: Pick<Call, 'options'>, env: Env): boolean =>
  options.api_key !== undefined || (!namesCredentials(options) && service.keys.some((name) => env(name) !== undefined));

/** Authenticates requests whose model string names `region`, or leaves it open. */
export function authenticate(service: Service, region: string | undefined): AuthHook {
  return (wire, call, io) => {
    if (wire.headers['authorization'] !== undefined) return;
    const known = region ?? service.region(call.options, io.env);
    const bearer = hasKey(service, call, io.env);
    // Requests to an address of the caller's own need a region for their signature only.
    if (known === undefined && (!bearer || wire.url.startsWith(service.host(call.endpoint, service.default_region))))
      return inProfileRegion(service, wire, call, io, bearer);
    return bearer ? putKey(wire, io) : signWire(service, wire, call, io, known ?? service.default_region);
  };
}

/** The region that the profile in use names; where none is told, the request stays in the default one. */
async function inProfileRegion(service: Service, wire: Wire, call: Call, io: Io, bearer: boolean): Promise<void> {
  const told = await profileRegion(call.options, io.env);
  const region = told !== undefined && isRegion(told) ? told : service.default_region;
  const host = service.host(call.endpoint, service.default_region);
  if (wire.url.startsWith(host)) wire.url = service.host(call.endpoint, region) + wire.url.slice(host.length);
  await (bearer ? putKey(wire, io) : signWire(service, wire, call, io, region));
}

function putKey(wire: Wire, io: Io): void | Promise<void> {
  const put = (key: string): void => {
    wire.headers['authorization'] = `Bearer ${key}`;
  };
  const key = io.requireKey();
  return typeof key === 'string' ? put(key) : key.then(put);
}

async function signWire(service: Service, wire: Wire, call: Call, io: Io, region: string): Promise<void> {
  // A signature would be neither right nor needed where nothing is sent.
  if (io.dry) return;
  const credentials = await awsCredentials(call, io);
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
  Object.assign(wire.headers, await sign(request, credentials, { region, service: service.name, time }));
}

export const renewer =
  (service: Service): NonNullable<Provider['renew']> =>
  (refusal, call, io) =>
    !hasKey(service, call, io.env) && renewAws(refusal, call, io);
