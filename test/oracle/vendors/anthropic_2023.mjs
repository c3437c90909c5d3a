import Anthropic from 'anthropic-sdk-0';
import { answer, cases, defaults, model } from './anthropic-shapes.mjs';

/** The SDK's last line of the version of 2023, which callm speaks unless told otherwise. */
export const anthropic_2023 = {
  name: 'anthropic',
  package: 'anthropic-sdk-0',
  model,
  options: (base) => ({ api_base: base, api_key: 'key' }),
  connect: (base) => new Anthropic({ baseURL: base, apiKey: 'key', maxRetries: 0 }),
  answer,
  defaults,
  cases,
};
