/** Amazon Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/ */
import type { Call, Provider, Transformer } from '../../src/core/spec.js';
import { authenticate, renewer } from './auth.js';
import { converse } from './converse.js';
import { countTokensTransformer } from './count-tokens.js';
import { embeddings } from './embeddings.js';
import { baseOf, runtime } from './endpoint.js';
import { bedrockError } from './errors.js';
import { invokeAnthropic, invokeClaude } from './invoke-anthropic.js';
import { invokeCohere } from './invoke-cohere.js';
import { invokeNova } from './invoke-nova.js';
import { invokeOpenai } from './invoke-openai.js';
import { arnRegion, claudeModel, isClaude, parseModel, type Family, type Target } from './models.js';
import { promptFamilies } from './prompt-families.js';
import { rerankTransformer } from './rerank.js';
import { awsAlternatives } from '../shared/aws-options.js';
import { asText } from '../shared/messages.js';

const invoke: Readonly<Partial<Record<Family, Transformer<'chat'>>>> = {
  ...promptFamilies,
  anthropic: invokeAnthropic,
  nova: invokeNova,
  openai: invokeOpenai,
  cohere: invokeCohere,
};

const renew = renewer(runtime);

/** An ARN does not tell which Claude it stands for; the name that the caller gives does. */
function chatOf({ api, family, base, id }: Target): Transformer<'chat'> {
  if (api === 'converse') return converse;
  if (family === 'anthropic' && base !== id && isClaude(base)) return invokeClaude(() => claudeModel(base));
  return invoke[family] ?? invokeOpenai;
}

function providerOf(target: Target): Provider {
  const { region, api } = target;
  // `model_id` stands for the model in the path, and may be of another region.
  const regionOf = (call: Call): string | undefined => region ?? arnRegion(asText(call.params['model_id' as never]));
  const chat = chatOf(target);
  return {
    name: 'bedrock',
    base: (call, env) => baseOf(regionOf(call))(call, env),
    env: { key: runtime.keys, alternatives: awsAlternatives },
    auth: (wire, call, io) => authenticate(runtime, regionOf(call))(wire, call, io),
    renew,
    region: (call, env) => regionOf(call) ?? runtime.region(call.options, env),
    endpoints: {
      chat,
      count_tokens: countTokensTransformer(chat, api),
      embeddings,
      rerank: rerankTransformer(region),
    },
    error: bedrockError,
    docs: 'https://docs.aws.amazon.com/bedrock/latest/userguide/',
  };
}

export const bedrock: Provider = {
  ...providerOf({ api: 'converse', family: 'anthropic', region: undefined, id: '', base: '' }),
  route(model, options) {
    const target = parseModel(model, options);
    return { provider: providerOf(target), model: target.id };
  },
  notes: [
    'Credentials: `api_key` or `AWS_BEARER_TOKEN_BEDROCK` (Bearer), else a signature by `aws_credentials` (a function, or ' +
      'keys), `aws_access_key_id`, `aws_secret_access_key`, `aws_session_token`, `aws_profile_name`, `aws_role_name`, the ' +
      "environment, the shared files, a container's or an instance's service.",
    'Single sign-on, roles and web identities need the package `@aws-sdk/credential-providers`.',
    'The region: `bedrock/<region>/<model>`, `aws_region_name`, `AWS_REGION_NAME`, `AWS_REGION`, the profile; the address: ' +
      '`api_base`, `aws_bedrock_runtime_endpoint`, `AWS_BEDROCK_RUNTIME_ENDPOINT`.',
    'Chat goes over Converse; `bedrock/invoke/<model>` takes InvokeModel. An imported model is named with its family: ' +
      '`bedrock/llama/arn:…`.',
    'Parameters that are neither OpenAI’s nor Converse’s go into `additionalModelRequestFields`.',
  ],
};
export default bedrock;
