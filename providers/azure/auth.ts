/**
 * Puts a credential on the request. In this order: one that the caller put into the headers; the options `api_key`,
 * `azure_ad_token`, `azure_ad_token_provider`, and `tenant_id`, `client_id`, `client_secret`; the same from the
 * environment; at last what `@azure/identity` finds, where that package is installed.
 * Source: https://learn.microsoft.com/azure/ai-foundry/openai/reference#authentication
 */
import { AuthenticationError, BadRequestError, CallmError } from '../../src/core/errors.js';
import type { Call, Io, MaybePromise, Wire } from '../../src/core/spec.js';
import { identityToken, loadIdentity, type Principal, principalOf, secretToken } from './auth-entra.js';

/** Puts the key of a resource into the header that it has there. */
export type PutKey = (wire: Wire, key: string) => void;

const credentialHeaders = ['api-key', 'authorization', 'x-api-key'];
const tokenVariables = ['AZURE_AD_TOKEN', 'AZURE_OPENAI_AD_TOKEN'];
/** What stands in for a key, each set whole. What `@azure/identity` finds shows nowhere else. */
export const entraVariables: readonly (readonly string[])[] = [
  ...tokenVariables.map((name) => [name]),
  ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'],
];
const principalOptions = ['tenant_id', 'client_id', 'client_secret'];

export const apiKey: PutKey = (wire, key) => {
  wire.headers['api-key'] = key;
};

export const authenticate =
  (putKey: PutKey, identity: typeof loadIdentity = loadIdentity) =>
  (wire: Wire, call: Call, io: Io): void | Promise<void> => {
    if (credentialHeaders.some((name) => wire.headers[name] !== undefined)) return;
    const { options } = call;
    const put = (key: string): void => putKey(wire, key);
    if (options.api_key !== undefined && options.api_key !== '') return whenThere(io.requireKey(), put);
    const given = givenToken(wire, call, io);
    if (given !== undefined) return whenThere(given, (token) => putToken(wire, token));
    return whenThere(io.key(), (key) => (key === undefined ? fromEnvironment(wire, call, io, identity) : put(key)));
  };

function whenThere<T>(value: MaybePromise<T>, use: (value: T) => void | Promise<void>): void | Promise<void> {
  return value instanceof Promise ? value.then(use) : use(value);
}

function putToken(wire: Wire, token: string): void {
  wire.secrets.push(token);
  wire.headers['authorization'] = `Bearer ${token}`;
}

/** What stands for a token that a dry run does not ask for. */
const placeholder = '<redacted>';

/** The token that the call's options give or tell how to get; undefined where they say nothing. */
function givenToken(wire: Wire, call: Call, io: Io): MaybePromise<string> | undefined {
  const { options } = call;
  for (const name of ['azure_ad_token', 'azure_ad_token_provider']) {
    const given = options[name];
    if (typeof given === 'function') return io.dry ? placeholder : askFunction(name, given as () => unknown, call);
    if (given !== undefined && given !== '') {
      if (name === 'azure_ad_token') return checkToken(name, given);
      throw new BadRequestError(`${name}: must be a function that gives a token`, {
        param: name,
        code: 'invalid_input',
      });
    }
  }
  const principal = principalOf(call);
  if (!isWhole(principal) || principalOptions.every((name) => options[name] === undefined)) return undefined;
  return io.dry ? placeholder : secretToken(principal, call, io, wire.secrets);
}

const isWhole = (principal: Principal): principal is Required<Principal> =>
  Object.values(principal).every((value) => value !== undefined);

async function askFunction(name: string, ask: () => unknown, call: Call): Promise<string> {
  try {
    return checkToken(name, await ask());
  } catch (cause) {
    if (CallmError.is(cause)) throw cause;
    const { llm_provider, model } = call;
    const facts = { llm_provider, model, param: name, code: 'token_provider_failed', cause };
    throw new AuthenticationError(`${name}: the function that gives a token failed`, facts);
  }
}

/** A header must not be broken by what is put into it. */
function checkToken(name: string, given: unknown): string {
  const token = typeof given === 'string' ? given.trim() : '';
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new BadRequestError(`${name}: must be a token, or a function that gives one`, {
    param: name,
    code: 'invalid_input',
  });
}

/** There is no key: a token of the environment, of the service principal it names, or of whatever else is to be found. */
async function fromEnvironment(wire: Wire, call: Call, io: Io, identity: typeof loadIdentity): Promise<void> {
  for (const name of tokenVariables) {
    const token = io.env(name);
    if (token !== undefined) return putToken(wire, checkToken(name, token));
  }
  const principal = principalOf(call);
  if (isWhole(principal))
    return putToken(wire, io.dry ? placeholder : await secretToken(principal, call, io, wire.secrets));
  const peer = await identity();
  if (peer === undefined) throw noCredential(call);
  putToken(wire, io.dry ? placeholder : await identityToken(principal, call, io, peer));
}

function noCredential(call: Call): AuthenticationError {
  const keys = (call.provider.env?.key ?? []).join(' or ');
  const { llm_provider, model } = call;
  return new AuthenticationError(
    `no credential for ${llm_provider}: pass api_key, azure_ad_token, azure_ad_token_provider, or tenant_id, client_id ` +
      `and client_secret; or set ${keys}, AZURE_AD_TOKEN, or AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET in ` +
      'the environment; or install @azure/identity, which knows managed identities, certificates and the Azure CLI',
    { llm_provider, model, param: 'api_key', code: 'missing_api_key' },
  );
}
