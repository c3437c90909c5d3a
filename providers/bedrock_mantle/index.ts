/**
 * Amazon Bedrock's second endpoint: OpenAI's Chat Completions, and Anthropic's Messages for Claude.
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/{bedrock-mantle,inference-messages-api}.html
 */
import type { Call, ErrorFacts, Provider } from '../../src/core/spec.js';
import { betasOf } from '../anthropic/betas.js';
import { anthropicError } from '../anthropic/errors.js';
import { modelOf } from '../anthropic/models.js';
import { authenticate, renewer, type AuthHook } from '../bedrock/auth.js';
import { claudeTransformer } from '../bedrock/claude.js';
import { hostOf, type Service } from '../bedrock/endpoint.js';
import { bedrockError } from '../bedrock/errors.js';
import { isClaude, regionName } from '../bedrock/models.js';
import { chatTransformer } from '../openai/chat.js';
import { openaiError } from '../openai/errors.js';
import { awsAlternatives, awsRegion } from '../shared/aws-options.js';
import { isObject } from '../shared/messages.js';

const mantle: Service = {
  name: 'bedrock-mantle',
  keys: ['BEDROCK_MANTLE_API_KEY', 'AWS_BEARER_TOKEN_BEDROCK'],
  default_region: 'us-east-1',
  region: (options, env) => awsRegion(options, env, 'BEDROCK_MANTLE_REGION'),
  host: (_, region) => `https://bedrock-mantle.${region}.api.aws`,
};

/** Structured output is refused with Claude here; its answer in JSON is the input of a tool. */
const messages = claudeTransformer({
  path: () => '/anthropic/v1/messages',
  model: (name) => ({ ...modelOf(name), structured: false }),
});
const completions = chatTransformer({ omit: ['verbosity'] });

/** The body of the protocol, or AWS's own before it. */
const errorOf =
  (own: (status: number, body: unknown, headers: Record<string, string>) => ErrorFacts): Provider['error'] =>
  (status, body, headers) =>
    isObject(body) && isObject(body['error']) ? own(status, body, headers) : bedrockError(status, body, headers);

/** The caller's own header has replaced the one made for the request. */
const withBetas =
  (auth: AuthHook): AuthHook =>
  (wire, call, io) => {
    const own = wire.headers['anthropic-beta']?.split(',').map((name) => name.trim());
    const betas = new Set([...(own ?? []), ...betasOf(call as unknown as Call<'chat'>)]);
    if (betas.size > 0) wire.headers['anthropic-beta'] = [...betas].join(',');
    return auth(wire, call, io);
  };

function providerOf(region: string | undefined, claude: boolean): Provider {
  const auth = authenticate(mantle, region);
  return {
    name: 'bedrock_mantle',
    base: (call, env) => hostOf(mantle, region, call, env) + (claude ? '' : '/v1'),
    env: { key: mantle.keys, alternatives: awsAlternatives },
    auth: claude ? withBetas(auth) : auth,
    renew: renewer(mantle),
    endpoints: { chat: claude ? messages : completions },
    error: errorOf(claude ? anthropicError : openaiError),
    docs: 'https://docs.aws.amazon.com/bedrock/latest/userguide/bedrock-mantle.html',
  };
}

export const bedrock_mantle: Provider = {
  ...providerOf(undefined, false),
  route(model) {
    const slash = model.indexOf('/');
    const region = regionName.test(model.slice(0, Math.max(slash, 0))) ? model.slice(0, slash) : undefined;
    const id = region === undefined ? model : model.slice(slash + 1);
    return { provider: providerOf(region, isClaude(id)), model: id };
  },
  notes: [
    'Claude is called over Messages at `/anthropic/v1/messages`, all other models over `/v1/chat/completions`.',
    'Credentials are those of `bedrock`: a key goes as Bearer, others sign the request.',
    'The region: `bedrock_mantle/<region>/<model>`, `aws_region_name`, `BEDROCK_MANTLE_REGION`, `AWS_REGION_NAME`, `AWS_REGION`, the profile.',
  ],
};
export default bedrock_mantle;
