/** What secrets.test.ts asks of three wires, asked of every provider: no credential in an address, a dry run or an error. */
import { beforeAll, describe, expect, test } from 'vitest';
import { APIError, type Endpoint, type JsonObject, type Provider } from '../../src/index.js';
import type { DryRun } from '../../src/core/dry-run.js';
import { isOption } from '../../src/core/options.js';
import { loadProvider, providerNames } from '../../src/registry.gen.js';
import { expectHidden } from './hidden.js';
import { client, failure, sendJson, serve } from './server.js';

const key = 'sk-live-Zx81kQpW77vRt02LmN45';
const inputs: Record<Endpoint, JsonObject> = {
  chat: { messages: [{ role: 'user', content: 'Which tide now?' }] },
  count_tokens: { messages: [{ role: 'user', content: 'Which tide now?' }] },
  embeddings: { input: ['a buoy'] },
  rerank: { query: 'a buoy', documents: ['a reef', 'a buoy'] },
};
const endpointsOf = (provider: Provider): Endpoint[] =>
  (Object.keys(inputs) as Endpoint[]).filter((endpoint) => provider.endpoints[endpoint] !== undefined);

/** Credentials that go out as they are, where a key would be exchanged for another or lead elsewhere. */
const asTheyAre: Record<string, JsonObject> = {
  watsonx: { token: key },
  vertex_ai: { api_key: `ya29.${key}` },
  vertex_ai_beta: { api_key: `ya29.${key}` },
};

/** What addresses are made of, beside the base. */
const places = {
  account_id: 'harbour',
  project_id: 'harbour',
  vertex_project: 'harbour',
  aws_region_name: 'eu-west-1',
};
const pem = `-----BEGIN PRIVATE KEY-----\n${key}\n-----END PRIVATE KEY-----\n`;
const account = { type: 'service_account', client_email: 'a@b.example', private_key: pem, project_id: 'harbour' };
/** Every option that holds a credential, and what it needs beside. */
const credentials: Record<string, unknown>[] = [
  { api_key: key },
  { api_key: () => key },
  { api_key: `pat/${key}` },
  { api_key: `ya29.${key}` },
  { azure_ad_token: key },
  { azure_ad_token_provider: () => key },
  { client_secret: key, tenant_id: 'harbour', client_id: 'app-1' },
  { databricks_client_secret: key, databricks_client_id: 'app-1' },
  { token: key },
  { watsonx_token: key },
  { zen_api_key: key },
  { watsonx_zenapikey: key },
  { vertex_credentials: account },
  { vertex_credentials: JSON.stringify(account) },
  { vertex_ai_credentials: account },
  { aws_access_key_id: key, aws_secret_access_key: key, aws_session_token: key },
  { aws_credentials: { accessKeyId: key, secretAccessKey: key, sessionToken: key } },
  { aws_credentials: () => ({ accessKeyId: key, secretAccessKey: key }) },
  { aws_web_identity_token: key, aws_role_name: 'arn:aws:iam::1:role/r' },
  { extra_headers: { authorization: `Bearer ${key}` } },
  { headers: { 'x-team-token': key } },
];

const providers: [string, Provider][] = [];
beforeAll(async () => {
  for (const name of providerNames) providers.push([name, (await loadProvider(name)) as Provider]);
});

/** The dry runs of a call: at the provider's own address where there is one, and at another. */
async function dryRuns(name: string, endpoint: Endpoint, options: JsonObject, env: Record<string, string> = {}) {
  const callm = client({ api_key: undefined as never, env, ...places });
  const input = { model: `${name}/m`, ...inputs[endpoint], ...options };
  const runs: DryRun[] = [];
  for (const base of [{}, { api_base: 'https://harbour.example/v1' }])
    try {
      runs.push(await callm.dryRun(endpoint, { ...input, ...base }));
    } catch (error) {
      // No address, or a key that this endpoint does not take.
      expect(['api_base', 'api_key']).toContain((error as APIError).param);
      expectHidden(error, [key]);
    }
  return runs;
}

/** A dry run is plain data: its JSON is all of it. The address shows not even where a secret was. */
function expectClean(run: DryRun): void {
  expect(JSON.stringify(run)).not.toContain(key.slice(0, key.length / 2));
  expect(decodeURIComponent(run.url)).not.toContain('<redacted>');
}

test('every provider is asked', () => {
  expect(providers.length).toBe(providerNames.size);
  expect(providers.flatMap(([, provider]) => endpointsOf(provider)).length).toBeGreaterThan(providers.length);
});

test('no option that holds a credential is a parameter', () => {
  for (const options of credentials) expect(Object.keys(options).filter((name) => !isOption(name))).toEqual([]);
});

describe.each([...providerNames].map((name) => ({ name })))('$name', ({ name }) => {
  const provider = (): Provider => (providers.find(([each]) => each === name) as [string, Provider])[1];

  test('a dry run shows no credential, and none is in the address', async () => {
    for (const endpoint of endpointsOf(provider()))
      for (const options of credentials) {
        const given = 'api_key' in options ? options : { api_key: key, ...options };
        for (const run of await dryRuns(name, endpoint, given)) {
          expectClean(run);
          if (Object.keys(options)[0] === 'api_key') expect(JSON.stringify(run.headers)).toContain('<redacted>');
        }
      }
  });

  test('nor does one with the key of a variable', async () => {
    const { env } = provider();
    for (const endpoint of endpointsOf(provider()))
      for (const variable of [...(env?.key ?? []), ...(env?.alternatives ?? []).flat()]) {
        if (variable.startsWith('$') || /PROFILE|HOST|_URI|FILE|ROLE_ARN|SERVICE|JOB|NAME/.test(variable)) continue;
        const whole = env?.alternatives?.find((set) => set.includes(variable)) ?? [variable];
        for (const run of await dryRuns(name, endpoint, {}, Object.fromEntries(whole.map((each) => [each, key]))))
          expectClean(run);
      }
  });

  test('an answer that repeats the key makes an error without it', async () => {
    const sent = name.startsWith('vertex_ai') ? `ya29.${key}` : key;
    const server = await serve((res, { headers, path }, index) => {
      const echo = `${sent} ${JSON.stringify(headers)}`;
      const body = {
        error: { message: `no such key: ${echo}`, code: sent, type: sent, details: [{ [sent]: echo }] },
        path,
      };
      sendJson(res, index % 2 === 1 ? `<html>${echo}` : body, 401, {
        'www-authenticate': `Bearer key="${sent}"`,
        'x-request-id': sent,
      });
    });
    const callm = client({ api_key: key, ...places });
    for (const endpoint of endpointsOf(provider()))
      for (let round = 0; round < 2; round++) {
        const input = { model: `${name}/m`, api_base: server.url, ...inputs[endpoint], ...asTheyAre[name] };
        const error = await failure(callm.run(endpoint, input as never));
        expect(error).toBeInstanceOf(APIError);
        expect(error.status).toBe(401);
        expectHidden(error, [key]);
        expect(error.message).toContain('<redacted>');
        const last = server.requests.at(-1);
        expect(JSON.stringify(last?.headers)).toContain(key);
        expect(last?.path).not.toContain(key);
      }
    expect(server.requests.length).toBeGreaterThan(0);
  });
});

describe('a credential that goes out in a form of its own is hidden too', () => {
  test.each<[string, JsonObject, sent: string]>([
    ['anthropic/claude-sonnet-4-5', { api_key: `sk-ant-oat01-${key}` }, `sk-ant-oat01-${key}`],
    ['azure/gpt-4o', { azure_ad_token: key }, key],
    ['azure/gpt-4o', { azure_ad_token_provider: () => key }, key],
    ['azure_ai/claude-sonnet-4-5', { api_key: key }, key],
    ['azure_ai/claude-sonnet-4-5', { azure_ad_token: key }, key],
    ['snowflake/claude-sonnet-4-5', { api_key: `pat/${key}` }, key],
    ['vertex_ai/gemini-2.5-flash', { api_key: key }, key],
    ['vertex_ai/claude-sonnet-4-5', { api_key: `ya29.${key}` }, `ya29.${key}`],
    ['watsonx/ibm/granite-3-3-8b-instruct', { zen_api_key: key }, key],
    ['watsonx/ibm/granite-3-3-8b-instruct', { watsonx_token: key }, key],
  ])('%s, %o', async (model, options, sent) => {
    const server = await serve((res, { headers }) =>
      sendJson(res, { error: { message: `${sent} ${JSON.stringify(headers)}`, code: sent } }, 401, { 'x-echo': sent }),
    );
    const callm = client({ api_key: undefined as never, ...places });
    for (const stream of [false, true]) {
      const input = { model, api_base: server.url, max_tokens: 9, ...inputs.chat, ...options, stream };
      const error = await failure(callm.completion(input as never));
      expect(error.status).toBe(401);
      expectHidden(error, [key]);
    }
    expect(server.requests.every(({ headers }) => JSON.stringify(headers).includes(sent))).toBe(true);
    expect(server.requests.some(({ path }) => path.includes(key))).toBe(false);
  });
});
