/** What the models of other vendors take at Foundry, by their deployment's name. */
import type { Quirks } from '../openai/quirks.js';

/** The inference API has the older name of the token limit, and texts of system, assistant and tool are strings. */
const foundry: Quirks = {
  omit: ['verbosity', 'user'],
  rename: { max_completion_tokens: 'max_tokens' },
  content_as_string: true,
  models: [{ match: /llama|phi-(?!.*reasoning)|command-r|command-a(?!-)/i, omit: ['reasoning_effort'] }],
};

/** https://docs.x.ai/docs/guides/reasoning */
const grok: Quirks = {
  ...foundry,
  models: [
    { match: /grok-(?:3(?!-mini)|.*non-reasoning)/i, omit: ['reasoning_effort'] },
    { match: /grok-/i, omit: ['frequency_penalty', 'presence_penalty', 'stop'] },
  ],
  reasoning_apart: true,
  empty_turns: 'drop',
  content_required: true,
};

/** https://docs.mistral.ai/api: usage comes unasked with the last chunk, and unknown fields are refused. */
const mistral: Quirks = {
  call_ids: { exactly: 9 },
  after_tools: 'assistant',
  empty_turns: 'drop',
  ...foundry,
  models: [{ match: /large|nemo|ministral|mixtral|codestral/i, omit: ['reasoning_effort'] }],
  usage_in_stream: false,
};

const rows: readonly { match: RegExp; quirks: Quirks }[] = [
  { match: /grok/i, quirks: grok },
  { match: /mistral|ministral|mixtral|codestral/i, quirks: mistral },
];

export const foundryQuirks = (name: string): Quirks => rows.find(({ match }) => match.test(name))?.quirks ?? foundry;
