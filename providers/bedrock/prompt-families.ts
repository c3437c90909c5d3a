/** What the text-completing families call their parameters. */
import type { Call, JsonObject, ParamSpec } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import type { Family } from './models.js';
import { promptTransformer, type PromptFamily } from './invoke-prompt.js';
import { chatml, deepseek, instructions, llama, plain, titan } from './prompts.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** `max_tokens` and its newer name, which wins, under the family's own. */
function limits(field: string): ParamSpec {
  const older: Mapper = (value, body) => {
    body[field] ??= value;
  };
  const newer: Mapper = (value, body) => {
    body[field] = value;
  };
  return { max_tokens: older, max_completion_tokens: newer };
}

const listed =
  (field: string): Mapper =>
  (value, body) => {
    body[field] = Array.isArray(value) ? value : [value];
  };

const sampling: ParamSpec = { temperature: true, top_p: true };

/** Titan's parameters stand in a field of their own. */
const titanNames: Readonly<Record<string, string>> = {
  max_tokens: 'maxTokenCount',
  temperature: 'temperature',
  top_p: 'topP',
  stop: 'stopSequences',
};

function titanBody(inputText: string, mapped: JsonObject): JsonObject {
  const { textGenerationConfig: given, ...rest } = mapped;
  const config: JsonObject = {};
  for (const [name, wire] of Object.entries(titanNames)) {
    if (rest[name] !== undefined) config[wire] = rest[name];
    delete rest[name];
  }
  return { inputText, textGenerationConfig: { ...config, ...(isObject(given) && given) }, ...rest };
}

const families: Readonly<Record<Exclude<Family, 'anthropic' | 'nova' | 'openai' | 'cohere'>, PromptFamily>> = {
  llama: { field: 'prompt', params: { ...sampling, ...limits('max_gen_len') }, write: llama },
  mistral: {
    field: 'prompt',
    params: { ...sampling, ...limits('max_tokens'), stop: listed('stop') },
    write: instructions,
  },
  titan: {
    field: 'inputText',
    params: { ...sampling, ...limits('max_tokens'), stop: listed('stop') },
    write: titan,
    body: titanBody,
  },
  command: {
    field: 'prompt',
    params: {
      temperature: true,
      top_p: 'p',
      top_k: 'k',
      ...limits('max_tokens'),
      stop: listed('stop_sequences'),
      n: 'num_generations',
    },
    write: plain,
    body: (prompt, mapped, call) => ({ prompt, ...mapped, ...(call.stream && { stream: true }) }),
  },
  deepseek: {
    field: 'prompt',
    params: { ...sampling, ...limits('max_tokens'), stop: listed('stop') },
    write: deepseek,
  },
  qwen: {
    field: 'prompt',
    params: { ...sampling, ...limits('max_gen_len'), stop: listed('stop') },
    write: chatml,
  },
};

export const promptFamilies = Object.fromEntries(
  Object.entries(families).map(([name, family]) => [name, promptTransformer(family)]),
);
