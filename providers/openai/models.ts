/** What OpenAI's model families refuse. A model that no rule knows gets every parameter. */
import type { ModelRule } from './quirks.js';

const noReasoning = ['reasoning_effort', 'verbosity'] as const;
const sampling = ['temperature', 'top_p', 'logprobs', 'top_logprobs'] as const;
const media = ['audio', 'modalities', 'prediction', 'web_search_options'] as const;
const toNewName = { max_tokens: 'max_completion_tokens' } as const;

/** Sources: https://platform.openai.com/docs/guides/reasoning and …/guides/latest-model (parameter compatibility). */
export const openaiModels: readonly ModelRule[] = [
  { match: /^(?:ft:)?(?:gpt-3\.5|gpt-4|chatgpt-4o)/, omit: noReasoning, tool_root: 'plain' },
  {
    match: /^o1-(?:mini|preview)/,
    omit: [
      'presence_penalty',
      'frequency_penalty',
      'logit_bias',
      'reasoning_effort',
      'parallel_tool_calls',
      'verbosity',
    ],
    rename: toNewName,
    roles: { system: 'user', developer: 'user' },
    lock: { params: sampling, always: true },
    tool_root: 'plain',
  },
  {
    match: /^(?:ft:)?o[1-9]\d*(?:-|$)/,
    omit: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'parallel_tool_calls', 'verbosity'],
    rename: toNewName,
    roles: { system: 'developer', developer: 'developer' },
    lock: { params: sampling, always: true },
    tool_root: 'plain',
  },
  { match: /^gpt-5[\d.]*-chat/, omit: ['reasoning_effort'], rename: toNewName },
  {
    match: /^gpt-5[\d.]*-search/,
    omit: ['reasoning_effort', ...sampling, 'presence_penalty', 'frequency_penalty', 'n'],
    rename: toNewName,
  },
  {
    match: /^gpt-5(?:-|$)/,
    omit: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'stop', ...media],
    rename: toNewName,
    lock: { params: sampling, always: true },
  },
  {
    match: /^gpt-5\.[1-4](?:-|$)/,
    omit: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'stop', ...media],
    rename: toNewName,
    lock: { params: sampling, default: 'none' },
  },
  {
    match: /^gpt-5\./,
    omit: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'stop', ...media],
    rename: toNewName,
    lock: { params: sampling },
  },
  {
    match: /^gpt-(?:[6-9]|\d\d)/,
    cache_control: 'breakpoint',
    omit: ['presence_penalty', 'frequency_penalty', 'logit_bias', 'stop', ...media],
    rename: toNewName,
    lock: { params: sampling },
  },
];
