/** OpenAI's parameters that Anthropic takes, one by one; those that depend on each other are placed by chat.ts. */
import type { Call, JsonObject, ParamMapper, ParamSpec } from '../../src/core/spec.js';
import { isBlank, isObject } from '../shared/messages.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/** A parameter that the caller insists on (`allowed_openai_params`) goes out whatever the model is known to take. */
export const insisted = (param: string, call: Pick<Call, 'options'>): boolean =>
  call.options.allowed_openai_params?.includes(param) === true;

/** Read from the call by chat.ts. */
const later: ParamMapper = () => {};

/** The API refuses ids that identify a person: e-mail addresses, phone numbers. */
const personal = /^[^\s@]+@[^\s@]+\.[^\s@]+$|^\+\d[\d\s().-]{6,}$/;

function userId(param: string, id: unknown, body: JsonObject, call: Call<never>): void {
  if (typeof id === 'string' && personal.test(id)) {
    const message = 'Anthropic takes no e-mail address or phone number as user id; it is not sent';
    call.warn({ type: 'drop', param, message });
  } else body['metadata'] = { user_id: id };
}

const stop: Mapper = (value, body, call) => {
  const sequences = (Array.isArray(value) ? (value as unknown[]) : [value]).filter((sequence) => {
    const usable = (typeof sequence === 'string' && !isBlank(sequence)) || insisted('stop', call);
    if (!usable) call.unsupported('stop', 'a stop sequence must hold more than white space');
    return usable;
  });
  if (sequences.length > 0) body['stop_sequences'] = sequences;
};

const metadata: Mapper = (value, body, call) => {
  if (!isObject(value)) return;
  const { user_id: id, ...rest } = value;
  if (id !== undefined) userId('metadata.user_id', id, body, call);
  for (const name of Object.keys(rest))
    call.warn({ type: 'drop', param: `metadata.${name}`, message: 'Anthropic takes user_id only; it is not sent' });
};

const serviceTier: Mapper = (value, body, call) => {
  if (value === 'auto' || value === 'standard_only' || insisted('service_tier', call)) body['service_tier'] = value;
  else if (value === 'default') {
    body['service_tier'] = 'standard_only';
    call.warn({ type: 'rewrite', param: 'service_tier', message: 'service_tier default is sent as standard_only' });
  } else call.unsupported('service_tier', 'is auto, default or standard_only');
};

const maxTokens: Mapper = (value, body) => {
  body['max_tokens'] ??= value;
};

const maxCompletionTokens: Mapper = (value, body, call) => {
  const { max_tokens: older } = call.params as JsonObject;
  if (older !== undefined && older !== value)
    call.warn({ type: 'drop', param: 'max_tokens', message: 'max_completion_tokens is given too, and wins' });
  body['max_tokens'] = value;
};

const user: Mapper = (value, body, call) => {
  if (body['metadata'] === undefined) userId('user', value, body, call);
};

const safetyIdentifier: Mapper = (value, body, call) => userId('safety_identifier', value, body, call);

export const chatParams: ParamSpec = {
  temperature: true,
  top_p: true,
  max_tokens: maxTokens,
  max_completion_tokens: maxCompletionTokens,
  stop,
  user,
  safety_identifier: safetyIdentifier,
  metadata,
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
};
