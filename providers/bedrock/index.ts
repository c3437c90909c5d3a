/** Amazon Bedrock: https://docs.aws.amazon.com/bedrock/latest/APIReference/ */
import type { Provider, Transformer } from '../../src/core/spec.js';
import { authenticate, renewer } from './auth.js';
import { converse } from './converse.js';
import { embeddings } from './embeddings.js';
import { baseOf, runtime } from './endpoint.js';
import { bedrockError } from './errors.js';
import { invokeAnthropic } from './invoke-anthropic.js';
import { invokeCohere } from './invoke-cohere.js';
import { invokeNova } from './invoke-nova.js';
import { invokeOpenai } from './invoke-openai.js';
import { parseModel, type Family, type Target } from './models.js';
import { promptFamilies } from './prompt-families.js';
import { rerankTransformer } from './rerank.js';

const invoke: Readonly<Partial<Record<Family, Transformer<'chat'>>>> = {
  ...promptFamilies,
  anthropic: invokeAnthropic,
  nova: invokeNova,
  openai: invokeOpenai,
  cohere: invokeCohere,
};

const renew = renewer(runtime);

function providerOf({ api, family, region }: Omit<Target, 'id'>): Provider {
  return {
    name: 'bedrock',
    base: baseOf(region),
    env: { key: runtime.keys },
    key_optional: true,
    auth: authenticate(runtime, region),
    renew,
    endpoints: {
      chat: api === 'converse' ? converse : (invoke[family] ?? invokeOpenai),
      embeddings,
      rerank: rerankTransformer(region),
    },
    error: bedrockError,
    docs: 'https://docs.aws.amazon.com/bedrock/latest/userguide/',
  };
}

export const bedrock: Provider = {
  ...providerOf({ api: 'converse', family: 'anthropic', region: undefined }),
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
