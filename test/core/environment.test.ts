/** What `validateEnvironment` makes of the variables and files of providers. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createCallm, type Provider } from '../../src/index.js';

const home = mkdtempSync(join(tmpdir(), 'callm-environment-'));
afterAll(() => rmSync(home, { recursive: true }));
const put = (name: string): void => {
  const path = join(home, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '{}');
};
put('google/.config/gcloud/application_default_credentials.json');
put('gcloud/application_default_credentials.json');
put('aws/.aws/credentials');
put('keys');

const check = (model: string, env: Record<string, string>) => createCallm({ env }).validateEnvironment({ model });
const whole = { keys_in_environment: true, missing_keys: [] };
const lacking = (...missing_keys: string[]) => ({ keys_in_environment: false, missing_keys });

const vertex = 'vertex_ai/gemini-2.5-flash';
const claude = 'vertex_ai/claude-sonnet-4-5';
const converse = 'bedrock/amazon.nova-lite-v1:0';
const principal = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 's' };
const resource = { AZURE_API_BASE: 'https://r.openai.azure.com' };

describe('all is there', () => {
  test.each<[string, Record<string, string>]>([
    ['openai/m', { OPENAI_API_KEY: 'k' }],
    ['ollama/m', {}],
    [vertex, { VERTEXAI_CREDENTIALS: '{}' }],
    [vertex, { GOOGLE_APPLICATION_CREDENTIALS: '/key.json' }],
    [vertex, { HOME: join(home, 'google') }],
    [claude, { HOME: join(home, 'google') }],
    [vertex, { CLOUDSDK_CONFIG: join(home, 'gcloud') }],
    [vertex, { APPDATA: home }],
    [vertex, { GCE_METADATA_HOST: '127.0.0.1:1' }],
    [vertex, { K_SERVICE: 'harbour' }],
    [converse, { AWS_BEARER_TOKEN_BEDROCK: 'k' }],
    [converse, { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' }],
    [converse, { AWS_PROFILE: 'p' }],
    [converse, { HOME: join(home, 'aws') }],
    [converse, { AWS_SHARED_CREDENTIALS_FILE: join(home, 'keys') }],
    [converse, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/x' }],
    [converse, { AWS_WEB_IDENTITY_TOKEN_FILE: '/t', AWS_ROLE_ARN: 'arn:aws:iam::1:role/r' }],
    ['bedrock_mantle/openai.gpt-oss-120b', { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 's' }],
    ['azure/d', { ...resource, AZURE_API_KEY: 'k' }],
    ['azure/d', { ...resource, ...principal }],
    ['azure/d', { AZURE_OPENAI_ENDPOINT: 'https://r', AZURE_AD_TOKEN: 't' }],
    ['azure_ai/m', { AZURE_AI_API_BASE: 'https://r', ...principal }],
    ['azure_ai/claude-x', { AZURE_AI_API_BASE: 'https://r', AZURE_OPENAI_AD_TOKEN: 't' }],
    ['watsonx/m', { WATSONX_URL: 'https://w', WATSONX_TOKEN: 't' }],
    ['watsonx/m', { WX_URL: 'https://w', WATSONX_ZENAPIKEY: 't' }],
    ['databricks/m', { DATABRICKS_HOST: 'h', DATABRICKS_TOKEN: 't' }],
    ['databricks/m', { DATABRICKS_API_BASE: 'h', DATABRICKS_CLIENT_ID: 'a', DATABRICKS_CLIENT_SECRET: 's' }],
    ['snowflake/m', { SNOWFLAKE_ACCOUNT_ID: 'a', SNOWFLAKE_PAT: 't' }],
    ['snowflake/m', { SNOWFLAKE_API_BASE: 'https://s', SNOWFLAKE_JWT: 't' }],
    ['cloudflare/m', { CLOUDFLARE_ACCOUNT_ID: 'a', CLOUDFLARE_API_KEY: 'k' }],
  ])('%s, %j', async (model, env) => {
    expect(await check(model, env)).toEqual(whole);
  });
});

describe('the usual variables are named for what is missing', () => {
  test.each<[string, Record<string, string>, string[]]>([
    ['openai/m', {}, ['OPENAI_API_KEY']],
    [vertex, {}, ['VERTEXAI_CREDENTIALS']],
    [vertex, { HOME: home }, ['VERTEXAI_CREDENTIALS']],
    [claude, { CLOUDSDK_CONFIG: join(home, 'nowhere') }, ['VERTEXAI_CREDENTIALS']],
    [converse, { AWS_REGION: 'eu-west-1' }, ['AWS_BEARER_TOKEN_BEDROCK']],
    [converse, { AWS_ACCESS_KEY_ID: 'half' }, ['AWS_BEARER_TOKEN_BEDROCK']],
    [converse, { AWS_SHARED_CREDENTIALS_FILE: join(home, 'aws') }, ['AWS_BEARER_TOKEN_BEDROCK']],
    ['azure/d', {}, ['AZURE_OPENAI_API_KEY', 'AZURE_API_BASE']],
    ['azure/d', principal, ['AZURE_API_BASE']],
    ['azure/d', { ...resource, AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c' }, ['AZURE_OPENAI_API_KEY']],
    ['watsonx/m', {}, ['WATSONX_APIKEY', 'WATSONX_API_BASE']],
    ['databricks/m', {}, ['DATABRICKS_API_KEY', 'DATABRICKS_API_BASE']],
    ['databricks/m', { DATABRICKS_HOST: 'h', DATABRICKS_CLIENT_ID: 'a' }, ['DATABRICKS_API_KEY']],
    ['snowflake/m', {}, ['SNOWFLAKE_JWT', 'SNOWFLAKE_ACCOUNT_ID']],
    ['cloudflare/m', { CLOUDFLARE_API_KEY: 'k' }, ['CLOUDFLARE_ACCOUNT_ID']],
  ])('%s, %j', async (model, env, missing) => {
    expect(await check(model, env)).toEqual(lacking(...missing));
  });
});

test('a provider of the caller declares its own', async () => {
  const harbour: Provider = {
    name: 'harbour',
    base: 'https://harbour.example',
    env: {
      key: ['HARBOUR_KEY'],
      alternatives: [['HARBOUR_USER', '$HARBOUR_HOME/keys']],
      needs: [['HARBOUR_PIER', 'HARBOUR_QUAY']],
    },
    endpoints: {},
  };
  const client = (env: Record<string, string>) => createCallm({ providers: [harbour], env });
  const ask = { model: 'harbour/m' };
  expect(await client({}).validateEnvironment(ask)).toEqual(lacking('HARBOUR_KEY', 'HARBOUR_PIER'));
  expect(await client({ HARBOUR_USER: 'u', HARBOUR_QUAY: 'q' }).validateEnvironment(ask)).toEqual(
    lacking('HARBOUR_KEY'),
  );
  const known = { HARBOUR_USER: 'u', HARBOUR_HOME: home, HARBOUR_QUAY: 'q' };
  expect(await client(known).validateEnvironment(ask)).toEqual(whole);
});
