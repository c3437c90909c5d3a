/**
 * Parameters that have a place of their own in the request. Those that depend on one another (tools, thinking, the
 * answer's format) are placed when the request is built.
 * Source: https://ai.google.dev/api/generate-content#v1beta.GenerationConfig
 */
import type { Call, JsonObject, ParamMapper, ParamSpec } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';
import { camelCased, camelKey } from './casing.js';
import { familyOf } from './models.js';

type Notes = Pick<Call, 'warn' | 'unsupported' | 'model'>;
type Place = (value: unknown, body: JsonObject, call: Notes) => void;

export function generationConfig(body: JsonObject): JsonObject {
  const config = body['generationConfig'];
  if (isObject(config)) return config;
  const made: JsonObject = {};
  body['generationConfig'] = made;
  return made;
}

/** How many candidates a call asks for, wherever it says so. */
export function candidatesAsked({ params, options }: Pick<Call<'chat'>, 'params' | 'options'>): number {
  const configs = [
    params,
    params['generation_config'],
    params['generationConfig'],
    options.extra_body?.['generationConfig'],
  ];
  const counts = configs
    .filter(isObject)
    .flatMap(({ n, candidate_count, candidateCount }) => [n, candidate_count, candidateCount])
    .filter((count) => typeof count === 'number');
  return Math.max(1, ...counts);
}

const into =
  (field: string): Place =>
  (value, body) => {
    generationConfig(body)[field] = value;
  };

/** The newer models refuse penalties, but for 0, which asks for none. */
const penalty =
  (name: string, field: string): Place =>
  (value, body, call) => {
    if (!familyOf(call.model).third) generationConfig(body)[field] = value;
    else if (value !== 0) call.unsupported(name, 'penalties are not enabled for this model');
  };

/** Placed by the request. */
const later: ParamMapper = () => {};

const serviceTier: Place = (value, body) => {
  if (value !== 'auto') body['serviceTier'] = value === 'default' ? 'standard' : value;
};

const maxTokens: Place = (value, body) => {
  generationConfig(body)['maxOutputTokens'] ??= value;
};

const modalities: Place = (value, body) => {
  if (Array.isArray(value))
    generationConfig(body)['responseModalities'] = value.map((name) => String(name).toUpperCase());
};

/** Speech comes as raw 16-bit samples whatever is asked for. */
const audio: Place = (value, body, call) => {
  const { voice, format } = isObject(value) ? value : {};
  if (format !== undefined && format !== 'pcm16')
    call.unsupported('audio.format', 'Gemini answers in 16-bit PCM: ask for pcm16');
  const voiceName = isObject(voice) ? voice['id'] : voice;
  generationConfig(body)['speechConfig'] = { voiceConfig: { prebuiltVoiceConfig: { voiceName } } };
};

const openai: Record<string, Place | ParamMapper> = {
  audio,
  frequency_penalty: penalty('frequency_penalty', 'frequencyPenalty'),
  function_call: later,
  functions: later,
  logprobs: (value: unknown, body: JsonObject) => {
    if (value === true) generationConfig(body)['responseLogprobs'] = true;
  },
  max_completion_tokens: into('maxOutputTokens'),
  max_tokens: maxTokens,
  modalities,
  n: into('candidateCount'),
  parallel_tool_calls: later,
  presence_penalty: penalty('presence_penalty', 'presencePenalty'),
  response_format: later,
  seed: into('seed'),
  service_tier: serviceTier,
  stop: (value: unknown, body: JsonObject) => {
    generationConfig(body)['stopSequences'] = Array.isArray(value) ? value : [value];
  },
  temperature: into('temperature'),
  tool_choice: later,
  tools: later,
  top_logprobs: into('logprobs'),
  top_p: into('topP'),
  web_search_options: later,
};

/** Fields of the generation config that OpenAI has no name for, in snake_case. */
const configFields = [
  'top_k',
  'candidate_count',
  'stop_sequences',
  'max_output_tokens',
  'response_logprobs',
  'response_mime_type',
  'response_schema',
  'response_json_schema',
  'response_modalities',
  'media_resolution',
  'speech_config',
  'image_config',
  'thinking_config',
  'audio_timestamp',
  'routing_config',
  'model_selection_config',
  'enable_enhanced_civic_answers',
  'enable_affective_dialog',
];
const bodyFields = ['safety_settings', 'cached_content', 'labels', 'system_instruction', 'model_armor_config'];
const schemas = new Set(['responseSchema', 'responseJsonSchema', 'labels']);

const native: Record<string, Place | ParamMapper> = {
  tool_config: later,
  toolConfig: later,
  include_server_side_tool_invocations: later,
  includeServerSideToolInvocations: later,
};
for (const name of configFields) {
  const field = camelKey(name);
  native[name] = native[field] = (value: unknown, body: JsonObject) => {
    generationConfig(body)[field] = schemas.has(field) ? value : camelCased(value);
  };
}
for (const name of bodyFields) {
  const field = camelKey(name);
  native[name] = native[field] = (value: unknown, body: JsonObject) => {
    body[field] = schemas.has(field) ? value : camelCased(value);
  };
}
native['generation_config'] = native['generationConfig'] = (value: unknown, body: JsonObject) => {
  Object.assign(generationConfig(body), camelCased(value));
};

const plain = { ...native, ...openai } as ParamSpec;
const thinking: ParamSpec = { ...plain, reasoning_effort: later, thinking: later };

export const chatParams = (model: string): ParamSpec => (familyOf(model).thinking === undefined ? plain : thinking);
