/** OpenAI's parameters that Bedrock takes, and Bedrock's own. Those that depend on each other are placed by converse.ts. */
import type { Call, JsonObject, ParamMapper, ParamSpec } from '../../src/core/spec.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** Read from the call by the request. */
export const later: ParamMapper = () => {};

const maxTokens: Mapper = (value, body) => {
  body['max_tokens'] ??= value;
};

const maxCompletionTokens: Mapper = (value, body, call) => {
  const { max_tokens: older } = call.params as JsonObject;
  if (older !== undefined && older !== value)
    call.warn({ type: 'drop', param: 'max_tokens', message: 'max_completion_tokens is given too, and wins' });
  body['max_tokens'] = value;
};

const stop: Mapper = (value, body) => {
  body['stop_sequences'] = Array.isArray(value) ? value : [value];
};

const tiers = new Set<unknown>(['default', 'flex', 'priority', 'reserved']);

/** A tier goes out as `{ type }`; `auto` is what happens without one. */
export const serviceTier: Mapper = (value, body, call) => {
  if (value === 'auto') return;
  if (tiers.has(value) || call.options.allowed_openai_params?.includes('service_tier') === true)
    body['serviceTier'] = { type: value };
  else call.unsupported('service_tier', 'is auto, default, flex, priority or reserved');
};

/** Bedrock's own fields, which stand in the body under their names (Converse) or in headers (InvokeModel). */
export const ownFields = ['guardrailConfig', 'performanceConfig', 'requestMetadata', 'serviceTier'] as const;

/** Fields of a Converse request; what else a call gives are fields of the model. */
export const converseFields = [
  ...ownFields,
  'additionalModelRequestFields',
  'additionalModelResponseFieldPaths',
  'inferenceConfig',
  'outputConfig',
  'promptVariables',
] as const;

export const converseParams: ParamSpec = {
  temperature: true,
  top_p: true,
  topK: 'top_k',
  max_tokens: maxTokens,
  max_completion_tokens: maxCompletionTokens,
  stop,
  service_tier: serviceTier,
  tools: later,
  functions: later,
  tool_choice: later,
  function_call: later,
  parallel_tool_calls: later,
  web_search_options: later,
  response_format: later,
  reasoning_effort: later,
  thinking: later,
  betas: later,
  anthropic_beta: later,
  model_id: later,
  ...Object.fromEntries(converseFields.map((name) => [name, true])),
};

/**
 * Command R's own fields:
 * https://docs.aws.amazon.com/bedrock/latest/userguide/model-parameters-cohere-command-r-plus.html
 */
const commandParams: ParamSpec = {
  ...converseParams,
  seed: true,
  frequency_penalty: true,
  presence_penalty: true,
  top_k: 'k',
  topK: 'k',
};

export const converseParamsOf = (model: string): ParamSpec =>
  /cohere\.command-r/.test(model) ? commandParams : converseParams;
