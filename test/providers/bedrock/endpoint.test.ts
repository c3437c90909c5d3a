/** Where requests go: regions, hosts, and the paths of models. */
import { describe, expect, test } from 'vitest';
import { createCallm } from '../../../src/index.js';
import { failure } from '../../behaviour/server.js';
import { bare, folder } from './amazon.js';

const messages = [{ role: 'user' as const, content: 'Is the lock open?' }];
const claude = 'anthropic.claude-sonnet-4-5-20250929-v1:0';

async function urlOf(
  options: Record<string, unknown> = {},
  env: Record<string, string> = {},
  model = `bedrock/${claude}`,
) {
  const client = createCallm({ env: { ...bare, ...env }, api_key: 'k' });
  const { url, warnings } = await client.dryRun('chat', { model, messages, ...options });
  const { origin, pathname } = new URL(url);
  return { origin, pathname, warnings };
}

describe('the region', () => {
  const files = folder();
  const config = files.write('config', '[default]\nregion = eu-north-1\n[profile odd]\nregion = evil.example.com/\n');

  test.each<[string, string, Record<string, unknown>, Record<string, string>, string | undefined]>([
    ['of the model string', 'us-east-2', { aws_region_name: 'eu-west-1' }, {}, `bedrock/us-east-2/${claude}`],
    [
      'of an ARN',
      'eu-west-2',
      { aws_region_name: 'eu-west-1' },
      {},
      'bedrock/arn:aws:bedrock:eu-west-2:1:inference-profile/eu.x',
    ],
    [
      'of an ARN that stands for the model',
      'eu-west-2',
      { aws_region_name: 'eu-west-1', model_id: 'arn:aws:bedrock:eu-west-2:1:application-inference-profile/x' },
      {},
      undefined,
    ],
    [
      'of the option',
      'eu-west-1',
      { aws_region_name: 'eu-west-1', region_name: 'x' },
      { AWS_REGION_NAME: 'ca-west-1' },
      undefined,
    ],
    ['of the option’s other name', 'eu-west-1', { region_name: 'eu-west-1' }, { AWS_REGION: 'ca-west-1' }, undefined],
    ['of AWS_REGION_NAME', 'ca-west-1', {}, { AWS_REGION_NAME: 'ca-west-1', AWS_REGION: 'sa-east-1' }, undefined],
    ['of AWS_REGION', 'sa-east-1', {}, { AWS_REGION: 'sa-east-1', AWS_DEFAULT_REGION: 'x' }, undefined],
    ['of AWS_DEFAULT_REGION', 'sa-east-1', {}, { AWS_DEFAULT_REGION: 'sa-east-1', AWS_CONFIG_FILE: config }, undefined],
  ])('%s', async (_, region, options, env, model) => {
    const { origin, warnings } = await urlOf(options, env, model);
    expect(origin).toBe(`https://bedrock-runtime.${region}.amazonaws.com`);
    expect(warnings).toEqual([]);
  });

  test.each<[string, string, Record<string, string>]>([
    ['of the profile', 'eu-north-1', { AWS_CONFIG_FILE: config }],
    ['that stands in for it', 'us-west-2', {}],
    ['of a profile that names none', 'us-west-2', { AWS_CONFIG_FILE: config, AWS_PROFILE: 'odd' }],
  ])('%s, with a warning', async (_, region, env) => {
    const { origin, warnings } = await urlOf({}, env);
    expect(origin).toBe(`https://bedrock-runtime.${region}.amazonaws.com`);
    expect(warnings).toMatchObject([{ type: 'default', param: 'aws_region_name' }]);
  });

  test.each([
    ['cn-north-1', 'bedrock-runtime.cn-north-1.amazonaws.com.cn'],
    ['us-gov-west-1', 'bedrock-runtime.us-gov-west-1.amazonaws.com'],
    ['eusc-de-east-1', 'bedrock-runtime.eusc-de-east-1.amazonaws.eu'],
  ])('%s has its domain', async (aws_region_name, host) => {
    expect((await urlOf({ aws_region_name })).origin).toBe(`https://${host}`);
  });

  test.each(['evil.example.com/', 'us-east-1#', 'us east 1', 'US-EAST-1', '../x'])(
    '%j is none',
    async (aws_region_name) => {
      for (const model of [`bedrock/${claude}`, 'bedrock_mantle/zai.glm-4.6']) {
        const error = await failure(urlOf({ aws_region_name }, {}, model));
        expect(error).toMatchObject({ name: 'BadRequestError', param: 'aws_region_name' });
      }
    },
  );

  test.each([
    ['bedrock_mantle/zai.glm-4.6', {}, 'us-east-1'],
    ['bedrock_mantle/zai.glm-4.6', { BEDROCK_MANTLE_REGION: 'eu-west-1', AWS_REGION: 'us-east-2' }, 'eu-west-1'],
    ['bedrock_mantle/ap-south-1/zai.glm-4.6', { AWS_REGION: 'us-east-2' }, 'ap-south-1'],
    ['bedrock_mantle/anthropic.claude-haiku-4-5', { AWS_CONFIG_FILE: config }, 'eu-north-1'],
  ])('of %s with %j', async (model, env, region) => {
    const { origin, pathname } = await urlOf({}, env, model);
    expect(origin).toBe(`https://bedrock-mantle.${region}.api.aws`);
    expect(pathname).toBe(model.includes('claude') ? '/anthropic/v1/messages' : '/v1/chat/completions');
  });
});

describe('the address', () => {
  test.each([
    ['api_base', { api_base: 'https://gate.example.com/aws/' }, {}],
    ['aws_bedrock_runtime_endpoint', { aws_bedrock_runtime_endpoint: 'https://gate.example.com/aws' }, {}],
    ['AWS_BEDROCK_RUNTIME_ENDPOINT', {}, { AWS_BEDROCK_RUNTIME_ENDPOINT: 'https://gate.example.com/aws' }],
    ['AWS_ENDPOINT_URL_BEDROCK_RUNTIME', {}, { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'https://gate.example.com/aws' }],
  ])('of %s', async (_, options, env) => {
    const { origin, pathname, warnings } = await urlOf(options, env);
    expect(origin + pathname).toBe(
      'https://gate.example.com/aws/model/anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse',
    );
    expect(warnings).toEqual([]);
  });

  test('goes by the call before the variable', async () => {
    const env = { AWS_BEDROCK_RUNTIME_ENDPOINT: 'https://two.example.com' };
    const options = { aws_bedrock_runtime_endpoint: 'https://one.example.com' };
    expect((await urlOf(options, env)).origin).toBe('https://one.example.com');
    expect((await urlOf({ ...options, api_base: 'https://zero.example.com' }, env)).origin).toBe(
      'https://zero.example.com',
    );
  });

  test.each(['gate.example.com', 'ftp://gate.example.com', 'http://', 7])('%j is none', async (given) => {
    const error = await failure(urlOf({ aws_bedrock_runtime_endpoint: given }));
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'aws_bedrock_runtime_endpoint' });
  });

  test('of a reranker is the agents’ host', async () => {
    const rerank = async (options: object, env: Record<string, string> = {}) => {
      const client = createCallm({ env: { ...bare, ...env }, api_key: 'k' });
      const params = { model: 'bedrock/cohere.rerank-v3-5:0', query: 'q', documents: ['a'] };
      return (await client.dryRun('rerank', { ...params, ...options })).url;
    };
    expect(await rerank({ aws_region_name: 'eu-west-1' })).toBe(
      'https://bedrock-agent-runtime.eu-west-1.amazonaws.com/rerank',
    );
    const env = { AWS_BEDROCK_RUNTIME_ENDPOINT: 'https://bedrock-runtime.us-east-1.amazonaws.com' };
    expect(await rerank({}, env)).toBe('https://bedrock-agent-runtime.us-east-1.amazonaws.com/rerank');
    expect(await rerank({ api_base: 'https://gate.example.com' })).toBe('https://gate.example.com/rerank');
  });
});

describe('model strings', () => {
  const arn = 'arn:aws:bedrock:us-east-1:123456789012:';
  test.each([
    [claude, `${encodeURIComponent(claude)}/converse`],
    [`converse/${claude}`, `${encodeURIComponent(claude)}/converse`],
    [`invoke/${claude}`, `${encodeURIComponent(claude)}/invoke`],
    [`us-west-2/invoke/${claude}`, `${encodeURIComponent(claude)}/invoke`],
    [`invoke/us-west-2/${claude}`, `${encodeURIComponent(claude)}/invoke`],
    ['us.amazon.nova-lite-v1:0', 'us.amazon.nova-lite-v1%3A0/converse'],
    ['invoke/nova/us.amazon.nova-lite-v1:0', 'us.amazon.nova-lite-v1%3A0/invoke'],
    [
      `${arn}inference-profile/us.amazon.nova-lite-v1:0`,
      `${encodeURIComponent(`${arn}inference-profile/us.amazon.nova-lite-v1:0`)}/converse`,
    ],
    [`llama/${arn}imported-model/r4c4k`, `${encodeURIComponent(`${arn}imported-model/r4c4k`)}/invoke`],
    [`${arn}imported-model/r4c4k`, `${encodeURIComponent(`${arn}imported-model/r4c4k`)}/invoke`],
    ['deepseek.r1-v1:0', 'deepseek.r1-v1%3A0/converse'],
    ['a model?#&é', 'a%20model%3F%23%26%C3%A9/converse'],
  ])('%s', async (model, path) => {
    expect((await urlOf({ aws_region_name: 'us-east-1' }, {}, `bedrock/${model}`)).pathname).toBe(`/model/${path}`);
  });

  test.each([
    ['agent/ABC/DEF', 'names an agent'],
    ['agentcore/arn:aws:bedrock-agentcore:x', 'names an agent'],
    ['us-east-1/', 'names no model'],
    ['..', 'names no model'],
    [`invoke/${arn}application-inference-profile/ab12`, 'does not tell the body'],
  ])('%s is refused', async (model, told) => {
    const error = await failure(urlOf({ aws_region_name: 'us-east-1' }, {}, `bedrock/${model}`));
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'model' });
    expect(error.message).toContain(told);
  });
});
