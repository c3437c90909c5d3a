/** OpenAI's parameters that Ollama takes, and where they stand: https://docs.ollama.com/api/chat */
import type { Call, JsonObject, ParamMapper, ParamSpec } from '../../src/core/spec.js';
import { isObject } from '../shared/messages.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** A parameter that the caller insists on (`allowed_openai_params`) goes out although Ollama is not known to take it. */
export const insisted = (param: string, call: Pick<Call, 'options'>): boolean =>
  call.options.allowed_openai_params?.includes(param) === true;

/** Read from the call by chat.ts. */
const later: ParamMapper = () => {};

const numPredict =
  (param: string): Mapper =>
  (value, body, call) => {
    if (param === 'max_tokens' && (call.params as JsonObject)['max_completion_tokens'] !== undefined) {
      call.warn({ type: 'drop', param, message: 'max_completion_tokens is given too, and wins' });
      return;
    }
    body['num_predict'] = value;
    call.warn({ type: 'rename', param, message: `${param} is sent as num_predict` });
  };

const stop: Mapper = (value, body) => {
  body['stop'] = Array.isArray(value) ? value : [value];
};

export const chatParams: ParamSpec = {
  temperature: true,
  top_p: true,
  seed: true,
  frequency_penalty: true,
  presence_penalty: true,
  stop,
  max_tokens: numPredict('max_tokens'),
  max_completion_tokens: numPredict('max_completion_tokens'),
  logprobs: true,
  top_logprobs: true,
  tools: later,
  functions: later,
  tool_choice: later,
  function_call: later,
  response_format: later,
  reasoning_effort: later,
  thinking: later,
};

/** Fields of a request's body; everything else is an option of the model (`num_ctx`, `top_k`, `repeat_penalty` …). */
const fields = new Set([
  'format',
  'think',
  'keep_alive',
  'truncate',
  'shift',
  'dimensions',
  'logprobs',
  'top_logprobs',
  '_debug_render_only',
]);

/** Splits what the parameters made into the body's fields and `options`, whose entries the caller may give as such, too. */
export function placeOptions(mapped: JsonObject): JsonObject {
  const body: JsonObject = {};
  const options: JsonObject = {};
  for (const [name, value] of Object.entries(mapped))
    if (fields.has(name)) body[name] = value;
    else if (name !== 'options') options[name] = value;
  const given = mapped['options'];
  if (isObject(given)) Object.assign(options, given);
  return { ...body, ...(Object.keys(options).length > 0 && { options }) };
}
