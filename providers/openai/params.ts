import type { Call, JsonObject, ParamMapper, ParamSpec } from '../../src/core/spec.js';
import { effortOf } from '../shared/effort.js';
import type { ParamQuirks, ReasoningLock, ValueTable } from './quirks.js';

type Mapper = (value: unknown, body: JsonObject, call: Call<never>) => void;

/**
 * OpenAI's chat parameters (https://platform.openai.com/docs/api-reference/chat/create) but for `metadata`: callers use
 * it for notes of their own, so it goes only where a row names it.
 */
export const chatParams = [
  'audio',
  'frequency_penalty',
  'function_call',
  'functions',
  'logit_bias',
  'logprobs',
  'max_completion_tokens',
  'max_tokens',
  'modalities',
  'moderation',
  'n',
  'parallel_tool_calls',
  'prediction',
  'presence_penalty',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning_effort',
  'response_format',
  'safety_identifier',
  'seed',
  'service_tier',
  'stop',
  'store',
  'stream_options',
  'temperature',
  'tool_choice',
  'tools',
  'top_logprobs',
  'top_p',
  'user',
  'verbosity',
  'web_search_options',
] as const;

/** A parameter that the caller insists on (`allowed_openai_params`) goes out whatever the tables say. */
const insisted = (param: string, call: Call<never>): boolean =>
  call.options.allowed_openai_params?.includes(param) === true;

function byTable(param: string, name: string, table: ValueTable): Mapper {
  return (value, body, call) => {
    const key = typeof value === 'object' ? 'object' : String(value);
    const fields = table[key];
    if (fields === null && !insisted(param, call)) {
      call.unsupported(param, `${param} does not take ${key === 'object' ? 'an object' : JSON.stringify(value)} here`);
    } else if (fields) {
      write(fields, body);
      if (Object.keys(fields).length > 0)
        call.warn({
          type: 'rewrite',
          param,
          message: `${param} ${JSON.stringify(value)} is sent as ${JSON.stringify(fields)}`,
        });
    } else {
      body[name] = value;
      if (table['*']) write(table['*'], body);
    }
  };
}

function locked(param: string, lock: ReasoningLock): Mapper {
  return (value, body, call) => {
    const effort = call.params['reasoning_effort' as never] as unknown;
    const off = lock.always !== true && (effort ?? lock.default) === 'none';
    const same = (param === 'temperature' && value === 1) || lock.fixed?.[param] === value;
    if (off || same || insisted(param, call)) body[param] = value;
    else call.unsupported(param, `${call.model} takes no ${param}${lock.always ? '' : ' while it reasons'}`);
  };
}

/** Of `max_tokens` and `max_completion_tokens` one goes out: the newer name wins when both are given. */
function maxTokens(name: string): Mapper {
  return (value, body, call) => {
    if (call.params['max_completion_tokens' as never] !== undefined) {
      call.warn({ type: 'drop', param: 'max_tokens', message: 'max_completion_tokens is given too, and wins' });
      return;
    }
    body[name] = value;
    if (name !== 'max_tokens')
      call.warn({ type: 'rename', param: 'max_tokens', message: `max_tokens is sent as ${name}` });
  };
}

/** The effort alone, however it is given. */
const plainEffort =
  (send: Mapper): Mapper =>
  (value, body, call) =>
    send(effortOf(value, call), body, call);

/** The vendor's own search takes no options. */
const searchAsTool: Mapper = (_, __, call) =>
  call.warn({ type: 'rewrite', param: 'web_search_options', message: 'sent as a tool, without its options' });

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Writes fields into the body; objects that are there already keep what they have besides. */
function write(fields: Readonly<JsonObject>, body: JsonObject): void {
  for (const [name, value] of Object.entries(fields)) {
    const held = body[name];
    body[name] = isObject(held) && isObject(value) ? { ...held, ...value } : value;
  }
}

/** A rule of any endpoint. */
type Rule = ParamQuirks & { match: RegExp; lock?: ReasoningLock; web_search_tool?: string };

const mapperOf = (entry: true | string | Mapper, name: string): Mapper =>
  typeof entry === 'function'
    ? entry
    : (value, body) => {
        body[name] = value;
      };

/** The spec of one endpoint from its parameters and quirks; `own` are mappers that the endpoint brings. */
export function paramSpec(
  params: readonly string[],
  quirks: ParamQuirks,
  rule: Rule | undefined,
  own: Readonly<Record<string, ParamMapper>> = {},
): ParamSpec {
  const omit = new Set([...(quirks.omit ?? []), ...(rule?.omit ?? [])]);
  const also = [...(quirks.also ?? []), ...(rule?.also ?? [])];
  const rename = { ...quirks.rename, ...rule?.rename };
  const values = { ...quirks.values, ...rule?.values };
  // Fields into which another parameter writes too.
  const shared = new Set(
    Object.values(values).flatMap((table) => Object.values(table).flatMap((to) => Object.keys(to ?? {}))),
  );
  const spec: Record<string, true | string | Mapper> = {};
  for (const param of quirks.local ?? []) spec[param] = () => {};
  for (const param of [...params.filter((name) => !omit.has(name) && !(name in spec)), ...also]) {
    const name = rename[param] ?? param;
    const table = values[param];
    if (param === 'web_search_options' && rule?.web_search_tool !== undefined) spec[param] = searchAsTool;
    else if (table) spec[param] = byTable(param, name, table);
    else if (rule?.lock?.params.includes(param)) spec[param] = locked(param, rule.lock);
    else if (param === 'max_tokens') spec[param] = maxTokens(name);
    else if (own[param]) spec[param] = own[param] as Mapper;
    else if (shared.has(name)) spec[param] = (value, body) => write({ [name]: value }, body);
    else spec[param] = name === param ? true : name;
    if (param === 'reasoning_effort') spec[param] = plainEffort(mapperOf(spec[param], name));
  }
  return spec;
}

/** The spec by model: one for each rule, made once. */
export function specByModel(
  params: readonly string[],
  quirks: ParamQuirks & { models?: readonly Rule[] },
  own?: Readonly<Record<string, ParamMapper>>,
): ParamSpec | ((model: string) => ParamSpec) {
  const base = paramSpec(params, quirks, undefined, own);
  if (!quirks.models) return base;
  const rules = quirks.models.map((rule) => ({ match: rule.match, spec: paramSpec(params, quirks, rule, own) }));
  return (model) => rules.find((rule) => rule.match.test(model))?.spec ?? base;
}
