import Anthropic from '@anthropic-ai/sdk';
import { answer, cases, defaults, model } from './anthropic-shapes.mjs';

/** The SDK's first line, which speaks the version of 2026. */
export const anthropic = {
  name: 'anthropic',
  package: '@anthropic-ai/sdk',
  model,
  options: (base) => ({ api_base: base, api_key: 'key', api_version: '2026-10-21' }),
  connect: (base) => new Anthropic({ baseURL: base, apiKey: 'key', maxRetries: 0 }),
  answer,
  defaults,
  cases,
};
