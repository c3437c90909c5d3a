/** OpenAI's parameters that Cohere takes: https://docs.cohere.com/reference/chat. Those that depend on each other are placed by chat.ts. */
import type { Call, JsonObject, ParamMapper, ParamSpec } from '../../src/core/spec.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** A parameter that the caller insists on (`allowed_openai_params`) goes out whatever the model is known to take. */
export const insisted = (param: string, call: Pick<Call, 'options'>): boolean =>
  call.options.allowed_openai_params?.includes(param) === true;

/** Read from the call by chat.ts. */
const later: ParamMapper = () => {};

/** A number sent under a name, within the bounds that Cohere sets. */
const bounded =
  (param: string, name: string, least: number, most: number): Mapper =>
  (value, body, call) => {
    const sent = typeof value === 'number' && !insisted(param, call) ? Math.min(Math.max(value, least), most) : value;
    body[name] = sent;
    if (sent !== value) {
      const message = `${param} ${String(value)} is sent as ${name} ${String(sent)}: Cohere takes ${least} to ${most}`;
      call.warn({ type: 'rewrite', param, message });
    } else if (name !== param) call.warn({ type: 'rename', param, message: `${param} is sent as ${name}` });
  };

const maxTokens: Mapper = (value, body, call) => {
  if ((call.params as JsonObject)['max_completion_tokens'] === undefined) body['max_tokens'] = value;
  else call.warn({ type: 'drop', param: 'max_tokens', message: 'max_completion_tokens is given too, and wins' });
};

/** Stop sequences that a request may hold. */
const mostStops = 5;

const stop: Mapper = (value, body, call) => {
  const all: unknown[] = Array.isArray(value) ? value : [value];
  let sequences = all;
  if (all.length > mostStops && !insisted('stop', call)) {
    call.unsupported('stop', `Cohere takes ${mostStops} stop sequences, these are ${all.length}`);
    sequences = all.slice(0, mostStops);
  }
  if (sequences.length > 0) body['stop_sequences'] = sequences;
};

const logprobs: Mapper = (value, body) => {
  if (value === true) body['logprobs'] = true;
};

const topLogprobs: Mapper = (value, body, call) => {
  if (insisted('top_logprobs', call)) body['top_logprobs'] = value;
  else if (value !== 0)
    call.unsupported('top_logprobs', 'Cohere tells the log probabilities of the chosen tokens only');
};

export const chatParams: ParamSpec = {
  temperature: bounded('temperature', 'temperature', 0, 1),
  top_p: bounded('top_p', 'p', 0.01, 0.99),
  top_k: 'k',
  max_tokens: maxTokens,
  max_completion_tokens: 'max_tokens',
  stop,
  seed: true,
  frequency_penalty: true,
  presence_penalty: true,
  logprobs,
  top_logprobs: topLogprobs,
  tools: later,
  functions: later,
  tool_choice: later,
  function_call: later,
  response_format: later,
  reasoning_effort: later,
  thinking: later,
  documents: later,
};
