import { describe, expect, test } from 'vitest';
import { createCallm } from '../../../src/index.js';
import { failure } from '../../behaviour/server.js';
import { ask, google } from './google.js';

const token = 'ya29.given';
const hello = [{ role: 'user' as const, content: 'hello' }];

/** The address of a chat call to a model, and its warnings. */
async function address(model: string, options: object = {}, env: Record<string, string> = {}) {
  const calls = createCallm({ env: { VERTEXAI_PROJECT: 'p-1', ...env } });
  const call = await calls.dryRun('chat', { model: `vertex_ai/${model}`, messages: hello, api_key: token, ...options });
  return { url: call.url, warnings: call.warnings };
}
const place = async (...call: Parameters<typeof address>): Promise<string> => {
  const [, host, location] =
    /^https:\/\/([^/]+)\/v1\/projects\/p-1\/locations\/([^/]+)\//.exec((await address(...call)).url) ?? [];
  return `${host} ${location}`;
};

describe('the host', () => {
  test.each([
    ['us-east5', 'us-east5-aiplatform.googleapis.com'],
    ['europe-west4', 'europe-west4-aiplatform.googleapis.com'],
    ['global', 'aiplatform.googleapis.com'],
    ['us', 'aiplatform.us.rep.googleapis.com'],
    ['eu', 'aiplatform.eu.rep.googleapis.com'],
  ])('of %s is %s', async (location, host) => {
    for (const model of ['gemini-2.5-flash', 'claude-sonnet-4-5', 'meta/llama-4-scout-17b-16e-instruct-maas', '4711'])
      expect(await place(model, { vertex_location: location })).toBe(`${host} ${location}`);
  });

  test('of rerank is that of the ranking API', async () => {
    const calls = createCallm({ env: {} });
    const { url } = await calls.dryRun('rerank', {
      model: 'vertex_ai/semantic-ranker-default-004',
      query: 'q',
      documents: ['a'],
      vertex_project: 'p-1',
      vertex_location: 'europe-west4',
      api_key: token,
    });
    expect(url).toBe(
      'https://discoveryengine.googleapis.com/v1/projects/p-1/locations/global/rankingConfigs/default_ranking_config:rank',
    );
  });
});

describe('the location', () => {
  test.each([
    ['gemini-2.5-flash', 'us-central1'],
    ['gemini-2.5-pro', 'us-central1'],
    ['gemini-3-pro-preview', 'global'],
    ['gemini-10-flash', 'global'],
    ['claude-opus-4-5@20251101', 'global'],
    ['anthropic/claude-sonnet-4-5', 'global'],
    ['qwen/qwen3-235b-a22b-instruct-2507-maas', 'global'],
    ['xai/grok-4.1-fast-reasoning', 'global'],
    ['deepseek-ai/deepseek-v3.2-maas', 'global'],
    ['deepseek-ai/deepseek-r1-0528-maas', 'us-central1'],
    ['meta/llama-3.3-70b-instruct-maas', 'us-central1'],
    ['mistral-medium-3', 'us-central1'],
    ['4711', 'us-central1'],
  ])('of %s is %s where nobody says', async (model, location) => {
    expect((await place(model)).split(' ')[1]).toBe(location);
  });

  const variables = { VERTEXAI_LOCATION: 'v-1', VERTEX_LOCATION: 'v-2', GOOGLE_CLOUD_LOCATION: 'v-3' };
  test.each([
    [{ vertex_location: 'o-1', vertex_ai_location: 'o-2', region_name: 'o-3' }, variables, 'o-1'],
    [{ vertex_ai_location: 'o-2', region_name: 'o-3' }, variables, 'o-2'],
    [{ region_name: 'o-3' }, variables, 'o-3'],
    [{}, variables, 'v-1'],
    [{}, { VERTEX_LOCATION: 'v-2', GOOGLE_CLOUD_LOCATION: 'v-3' }, 'v-2'],
    [{}, { GOOGLE_CLOUD_LOCATION: 'v-3' }, 'v-3'],
  ])('by %j and %j is %s', async (options, env, location) => {
    expect(await place('gemini-3-pro-preview', options, env)).toBe(`${location}-aiplatform.googleapis.com ${location}`);
  });

  test('that a resource name holds comes before variables', async () => {
    const model = 'projects/p-1/locations/asia-east1/endpoints/17';
    expect(await place(model, {}, variables)).toBe('asia-east1-aiplatform.googleapis.com asia-east1');
  });

  test('of a model that is at the global endpoint alone: variables yield, with a warning; options are kept', async () => {
    const model = 'deepseek-ai/deepseek-v3.2-maas';
    const moved = await address(model, {}, variables);
    expect(moved.url).toBe(
      'https://aiplatform.googleapis.com/v1/projects/p-1/locations/global/endpoints/openapi/chat/completions',
    );
    expect(moved.warnings).toMatchObject([{ type: 'rewrite', param: 'vertex_location' }]);
    expect(await place(model, { vertex_location: 'o-1' }, variables)).toContain(' o-1');
    expect((await address(model, {}, { VERTEXAI_LOCATION: 'global' })).warnings).toEqual([]);
  });

  test.each(['us-central1.evil.example/', 'a/b', '../x', 'x?y', '1a', 'a b'])('may not be %j', async (location) => {
    const error = await failure(
      createCallm({ env: {} }).completion({ ...ask, api_key: token, vertex_location: location }),
    );
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'vertex_location' });
  });
});

describe('the project', () => {
  const projectIn = (url: string): string | undefined => /\/projects\/([^/]+)\//.exec(url)?.[1];
  const google = { GOOGLE_CLOUD_PROJECT: 'g-1', GCLOUD_PROJECT: 'g-2' };

  test.each([
    [
      { vertex_project: 'o-1', vertex_ai_project: 'o-2', project: 'o-3' },
      { VERTEXAI_PROJECT: 'v-1', ...google },
      'o-1',
    ],
    [{ vertex_ai_project: 'o-2', project: 'o-3' }, { VERTEXAI_PROJECT: 'v-1', ...google }, 'o-2'],
    [{ project: 'o-3' }, { VERTEXAI_PROJECT: 'v-1', ...google }, 'v-1'],
    [{ project: 'o-3' }, { VERTEXAI_PROJECT: '', ...google }, 'o-3'],
    // The form of OpenAI's projects.
    [{ project: 'proj_abc' }, { VERTEXAI_PROJECT: '', ...google }, 'g-1'],
    [{}, { VERTEXAI_PROJECT: '', ...google }, 'g-1'],
    [{}, { VERTEXAI_PROJECT: '', GCLOUD_PROJECT: 'g-2' }, 'g-2'],
    [{ vertex_project: 'example.com:old-style' }, {}, 'example.com:old-style'],
  ])('by %j and %j is %s', async (options, env, project) => {
    expect(projectIn((await address('gemini-2.5-flash', options, env)).url)).toBe(project);
  });

  test.each(['a/b', '..', 'x?y', 'proj_abc'])('may not be %j', async (vertex_project) => {
    const error = await failure(createCallm({ env: {} }).completion({ ...ask, api_key: token, vertex_project }));
    expect(error).toMatchObject({ name: 'BadRequestError', param: 'vertex_project' });
  });
});

describe('the model', () => {
  test.each([
    ['a?b#c d', '/publishers/google/models/a%3Fb%23c%20d:generateContent'],
    ['claude-opus-4-5@20251101', '/publishers/anthropic/models/claude-opus-4-5@20251101:rawPredict'],
    [
      'projects/p-1/locations/asia-east1/endpoints/17',
      'projects/p-1/locations/asia-east1/endpoints/17:generateContent',
    ],
  ])('%j stays in its place', async (model, end) => {
    expect((await address(model)).url.endsWith(end)).toBe(true);
  });

  test.each(['projects/p-1/locations/x/../../../..', 'google/..', 'mistralai/mistral-x/../y'])(
    'may not be %j',
    async (model) => {
      const error = await failure(address(model));
      expect(error).toMatchObject({ name: 'BadRequestError', param: 'model' });
    },
  );
});

describe('api_base', () => {
  const path = '/v1/projects/p-1/locations/us-central1/publishers/google/models/gemini-2.5-flash:generateContent';
  test.each([
    ['https://proxy.example', `https://proxy.example${path}`],
    ['https://proxy.example/vertex/', `https://proxy.example/vertex${path}`],
    ['https://proxy.example/v1', `https://proxy.example${path}`],
    ['https://proxy.example/v1beta1', `https://proxy.example/v1beta1${path.slice(3)}`],
    [`https://proxy.example${path}`, `https://proxy.example${path}`],
  ])('%s gives %s', async (api_base, url) => {
    expect((await address('gemini-2.5-flash', { api_base })).url).toBe(url);
  });

  test('may stand in a variable', async () => {
    const env = { VERTEXAI_API_BASE: 'https://a.example', VERTEX_API_BASE: 'https://b.example' };
    expect((await address('gemini-2.5-flash', {}, env)).url).toBe(`https://a.example${path}`);
    expect((await address('gemini-2.5-flash', {}, { VERTEX_API_BASE: 'https://b.example' })).url).toBe(
      `https://b.example${path}`,
    );
  });

  test('api_version names another version; those of other vendors do not', async () => {
    const version = async (api_version: string) =>
      /\/(v[^/]+)\//.exec((await address('gemini-2.5-flash', { api_version })).url)?.[1];
    expect(await version('v1beta1')).toBe('v1beta1');
    expect(await version('2024-10-21')).toBe('v1');
  });
});

test('no key ever stands in an address', async () => {
  const { models, client } = await google();
  const calls = client({ vertex_project: 'p-1' });
  for (const api_key of ['AQ.express-key', token]) await calls.completion({ ...ask, api_key });
  expect(models.requests).toHaveLength(2);
  expect(models.requests.map(({ path }) => path).join(' ')).not.toMatch(/key|ya29|AQ\./);
});
