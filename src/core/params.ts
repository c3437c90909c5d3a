/** Maps OpenAI's parameters onto a provider's request body. */
import type { EndpointSpec } from './endpoint.js';
import { dropPath } from './paths.js';
import type { Call, Endpoint, JsonObject, ParamMapper, ParamSpec, Transformer } from './spec.js';

/** Parameters that mean nothing to a provider which does not take them. */
const harmlessNames = new Set(['user', 'metadata', 'stream', 'stream_options']);
/** OpenAI's own defaults: leaving them out changes nothing. */
const neutral: Readonly<Record<string, unknown>> = {
  n: 1,
  logprobs: false,
  top_logprobs: 0,
  store: false,
  presence_penalty: 0,
  frequency_penalty: 0,
  parallel_tool_calls: true,
  service_tier: 'auto',
  tool_choice: 'auto',
  function_call: 'auto',
};
/** Lists and tables that ask for nothing while they are empty. */
const containers = new Set(['tools', 'functions', 'logit_bias']);

/** Never an error. */
function harmless(name: string, value: unknown): boolean {
  if (harmlessNames.has(name) || (Object.hasOwn(neutral, name) && neutral[name] === value)) return true;
  if (typeof value !== 'object' || value === null) return false;
  if (containers.has(name)) return Object.keys(value).length === 0;
  if (name === 'response_format') return (value as JsonObject)['type'] === 'text';
  return name === 'modalities' && Array.isArray(value) && value.length === 1 && value[0] === 'text';
}

export function specOf<E extends Endpoint>(transformer: Transformer<E>, model: string): ParamSpec {
  return typeof transformer.params === 'function' ? transformer.params(model) : transformer.params;
}

/** The body made from a call's parameters; every drop and rename is noted as a warning. */
export function mapParams<E extends Endpoint>(call: Call<E>, endpoint: EndpointSpec<E>): JsonObject {
  const spec = specOf(call.transformer, call.model);
  const body: JsonObject = {};
  const allowed = call.options.allowed_openai_params;
  const params: JsonObject = call.params;
  for (const name in params) {
    if (endpoint.own.has(name)) continue;
    const value = params[name];
    const rule: true | string | ParamMapper | undefined = Object.hasOwn(spec, name) ? spec[name] : undefined;
    if (rule === true) body[name] = value;
    else if (typeof rule === 'string') {
      body[rule] = value;
      call.warn({ type: 'rename', param: name, message: `${name} is sent as ${rule}` });
    } else if (rule !== undefined) rule(value as never, body, call as unknown as Call<never>);
    else if (!endpoint.params.has(name) || allowed?.includes(name) === true) body[name] = value;
    else if (harmless(name, value))
      call.warn({
        type: 'drop',
        param: name,
        message: `${call.llm_provider} has no parameter ${name}; it is not sent`,
      });
    else call.unsupported(name);
  }
  return body;
}

/** `additional_drop_params` applied to the parameters; the caller's objects are left alone. */
export function dropPaths(params: JsonObject, paths: readonly string[], warn: Call['warn']): JsonObject {
  let out = params;
  for (const path of paths) {
    const next = dropPath(out, path);
    if (next !== out) warn({ type: 'drop', param: path, message: `${path} was dropped (additional_drop_params)` });
    out = next as JsonObject;
  }
  return out;
}
