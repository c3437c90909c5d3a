import { describe, expect, it } from 'vitest';
import { gateways } from '../../../providers/compatible/gateways.js';
import { labs } from '../../../providers/compatible/labs.js';
import { makeProvider } from '../../../providers/openai/compatible-provider.js';
import { openai } from '../../../providers/openai/index.js';
import type { ParamSpec, Transformer } from '../../../src/core/spec.js';
import { createCallm } from '../../../src/index.js';

const params = openai.endpoints.chat?.params as (model: string) => ParamSpec;
const transformers = {
  openai: openai.endpoints.chat as Transformer<'chat'>,
  openrouter: makeProvider('openrouter', gateways.openrouter).endpoints.chat as Transformer<'chat'>,
  mistral: makeProvider('mistral', labs.mistral).endpoints.chat as Transformer<'chat'>,
};
const client = createCallm({ env: {}, api_key: 'k' });
const body = async (input: Record<string, unknown>): Promise<Record<string, unknown>> =>
  (await client.dryRun('chat', { messages: [{ role: 'user', content: 'Hi' }], ...input })).body as Record<
    string,
    unknown
  >;

describe('parameters by model', () => {
  it('are made once for each rule', () => {
    expect(params('gpt-4o')).toBe(params('gpt-4.1-mini'));
    expect(params('o3')).toBe(params('o4-mini'));
    expect(params('gpt-5')).not.toBe(params('gpt-5.1'));
  });

  it.each([
    ['gpt-4o', 'max_tokens'],
    ['gpt-5-mini', 'max_completion_tokens'],
    ['gpt-5.2', 'max_completion_tokens'],
    ['gpt-6-sol', 'max_completion_tokens'],
    ['o1', 'max_completion_tokens'],
    ['o3-mini', 'max_completion_tokens'],
    ['a-model-of-tomorrow', 'max_tokens'],
  ])('%s gets max_tokens as %s', async (model, name) => {
    expect(await body({ model: `openai/${model}`, max_tokens: 64 })).toMatchObject({ [name]: 64 });
  });

  it.each(['gpt-5-mini', 'gpt-6-sol', 'o3-mini'])('%s refuses a temperature unless it is 1', async (model) => {
    await expect(body({ model: `openai/${model}`, temperature: 0 })).rejects.toMatchObject({
      name: 'UnsupportedParamsError',
    });
    expect(await body({ model: `openai/${model}`, temperature: 1 })).toMatchObject({ temperature: 1 });
    const sent = await body({ model: `openai/${model}`, temperature: 0, allowed_openai_params: ['temperature'] });
    expect(sent).toMatchObject({ temperature: 0 });
  });

  it('gives a model that nobody knows every parameter', async () => {
    const input = {
      temperature: 0,
      top_p: 0.5,
      stop: ['x'],
      reasoning_effort: 'low',
      verbosity: 'low',
      logit_bias: { '1': 1 },
    };
    expect(await body({ model: 'openai/a-model-of-tomorrow', ...input })).toMatchObject(input);
  });

  it('passes unknown keys on and keeps its options out of the body', async () => {
    const sent = await body({
      model: 'openai/gpt-4o',
      sea_state: 4,
      drop_params: true,
      timeout: 5,
      thinking: { type: 'disabled' },
    });
    expect(sent).toEqual({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }], sea_state: 4 });
  });

  it('names organization and project to OpenAI alone', async () => {
    const env = { OPENAI_ORGANIZATION: 'org-1', OPENAI_PROJECT_ID: 'proj-1', OPENAI_API_KEY: 'k', NOVITA_API_KEY: 'k' };
    const messages = [{ role: 'user' as const, content: 'Hi' }];
    const named = createCallm({ env });
    const headers = async (input: object) =>
      (await named.dryRun('chat', { model: 'openai/gpt-4o', messages, ...input })).headers;
    expect(await headers({})).toMatchObject({ 'openai-organization': 'org-1', 'openai-project': 'proj-1' });
    expect(await headers({ api_base: 'https://other.example.com/v1' })).not.toHaveProperty('openai-organization');
    expect(await headers({ api_base: 'https://other.example.com/v1', organization: 'org-2' })).toMatchObject({
      'openai-organization': 'org-2',
    });
    expect(await headers({ model: 'groq/llama-3.3-70b-versatile', api_key: 'k' })).not.toHaveProperty(
      'openai-organization',
    );
  });
});

describe('files by address', () => {
  const inlined = (provider: 'openai' | 'openrouter' | 'mistral', kind: 'file' | 'image') => {
    const { inline } = transformers[provider];
    return inline?.({ kind, url: new URL('https://docs.example.com/tides.pdf') }, undefined as never) ?? false;
  };

  it('are downloaded where the API takes data alone', () => {
    expect(inlined('openai', 'file')).toBe(true);
    expect(inlined('openai', 'image')).toBe(false);
    expect(inlined('openrouter', 'file')).toBe(false);
    expect(inlined('mistral', 'file')).toBe(false);
  });
});
