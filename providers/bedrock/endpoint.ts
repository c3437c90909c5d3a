/** Where requests go: https://docs.aws.amazon.com/general/latest/gr/bedrock.html */
import { BadRequestError } from '../../src/core/errors.js';
import type { Call, Endpoint, Env, Options } from '../../src/core/spec.js';
import { awsOption, awsRegion } from '../shared/aws-options.js';

/** A service of AWS that serves models. */
export interface Service {
  /** As signatures name it. */
  name: string;
  /** Variables that may hold an API key. */
  keys: readonly string[];
  /** Where neither the call nor the environment nor a profile names a region. */
  default_region: string;
  /** The region that the call or the environment names. */
  region(options: Options, env: Env): string | undefined;
  host(endpoint: Endpoint, region: string): string;
}

/** AWS's domains outside the commercial partition, by the region's beginning. */
const domains: readonly (readonly [string, string])[] = [
  ['cn-', 'amazonaws.com.cn'],
  ['eusc-', 'amazonaws.eu'],
  ['us-iso-', 'c2s.ic.gov'],
  ['us-isob-', 'sc2s.sgov.gov'],
];

export const runtime: Service = {
  name: 'bedrock',
  keys: ['AWS_BEARER_TOKEN_BEDROCK'],
  default_region: 'us-west-2',
  region: (options, env) => awsRegion(options, env),
  host(endpoint, region) {
    const domain = domains.find(([start]) => region.startsWith(start))?.[1] ?? 'amazonaws.com';
    return `https://bedrock-${endpoint === 'rerank' ? 'agent-' : ''}runtime.${region}.${domain}`;
  },
};

/** Whether a text has the form of a region; anything else would change the address. */
export const isRegion = (text: string): boolean => /^[a-z0-9-]+$/.test(text);

/** The address of a call whose model string names `region`, or leaves it open. */
export function hostOf(service: Service, region: string | undefined, call: Call, env: Env): string {
  const known = region ?? service.region(call.options, env);
  if (known === undefined) {
    const message = `no region is given; that of the AWS profile is used, else ${service.default_region}`;
    call.warn({ type: 'default', param: 'aws_region_name', message });
  } else if (!isRegion(known))
    throw new BadRequestError('aws_region_name: must be a region such as us-east-1', {
      param: 'aws_region_name',
      code: 'invalid_input',
    });
  return service.host(call.endpoint, known ?? service.default_region);
}

/** The base of a call whose model string names `region`, or leaves it open. */
export function baseOf(region: string | undefined): (call: Call, env: Env) => string {
  return (call, env) => {
    const { endpoint, options } = call;
    const name = options['aws_bedrock_runtime_endpoint'] === undefined ? 'AWS_BEDROCK_RUNTIME_ENDPOINT' : undefined;
    const given =
      name === undefined
        ? awsOption(options, 'aws_bedrock_runtime_endpoint')
        : (env(name) ?? env(`AWS_ENDPOINT_URL_BEDROCK_${endpoint === 'rerank' ? 'AGENT_' : ''}RUNTIME`));
    if (given === undefined) return hostOf(runtime, region, call, env);
    const param = name ?? 'aws_bedrock_runtime_endpoint';
    if (!/^https?:\/\//i.test(given) || !URL.canParse(given))
      throw new BadRequestError(`${param}: must be an http or https URL`, { param, code: 'invalid_input' });
    // The variable is that of the runtime; rerankers live beside it.
    return endpoint === 'rerank' ? given.replace('//bedrock-runtime.', '//bedrock-agent-runtime.') : given;
  };
}
