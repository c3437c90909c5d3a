/** Refuses bad input before anything is sent, naming the field, what was given and what is allowed. */
import { BadRequestError } from './errors.js';
import type { JsonObject, Options } from './spec.js';

export function refuse(field: string, given: unknown, allowed: string): never {
  throw new BadRequestError(`${field}: ${allowed}; got ${show(given)}`, { param: field, code: 'invalid_input' });
}

/** A value as a message may show it: short, and never the content of a prompt or a secret. */
function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'bigint') return 'a BigInt';
  if (typeof value === 'string')
    return value === '' ? 'an empty string' : `the string ${JSON.stringify(value.slice(0, 40))}`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array';
  return `a value of type ${typeof value}`;
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function checkModel(model: unknown): asserts model is string {
  if (typeof model !== 'string' || model.trim() === '')
    refuse('model', model, 'must be a string such as "openai/gpt-4o" (provider/model)');
}

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);

export function checkMessages(messages: unknown): void {
  if (!Array.isArray(messages)) refuse('messages', messages, 'must be an array of messages');
  if (messages.length === 0) refuse('messages', messages, 'must hold at least one message');
  for (let index = 0; index < messages.length; index++) {
    const message: unknown = messages[index];
    const at = `messages[${index}]`;
    if (!isObject(message)) refuse(at, message, 'must be an object with a role');
    const role = message['role'];
    if (typeof role !== 'string' || !roles.has(role))
      refuse(`${at}.role`, role, 'must be one of system, developer, user, assistant, tool, function');
    const content = message['content'];
    if (content !== undefined && content !== null && typeof content !== 'string') {
      if (!Array.isArray(content)) refuse(`${at}.content`, content, 'must be a string or an array of content parts');
      for (let part = 0; part < content.length; part++)
        if (!isObject(content[part]) && typeof content[part] !== 'string')
          refuse(`${at}.content[${part}]`, content[part], 'must be a content part object with a type');
    }
    if (role === 'tool' && (typeof message['tool_call_id'] !== 'string' || message['tool_call_id'] === ''))
      refuse(`${at}.tool_call_id`, message['tool_call_id'], 'must name the tool call that this message answers');
    const calls = message['tool_calls'];
    if (calls !== undefined && calls !== null && !Array.isArray(calls))
      refuse(`${at}.tool_calls`, calls, 'must be an array');
  }
}

const numbers = [
  'temperature',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
  'n',
  'seed',
  'top_logprobs',
  'top_k',
  'top_n',
  'dimensions',
] as const;
const counts = ['max_tokens', 'max_completion_tokens'] as const;
const seconds = ['timeout', 'stream_timeout', 'deadline', 'max_retry_delay', 'mock_delay'] as const;
const longest = 3600;

export function checkNumbers(params: JsonObject): void {
  for (const name of numbers) {
    const value = params[name];
    if (value !== undefined && (typeof value !== 'number' || !Number.isFinite(value)))
      refuse(name, value, 'must be a finite number');
  }
  for (const name of counts) {
    const value = params[name];
    if (value !== undefined && (typeof value !== 'number' || !Number.isInteger(value) || value < 0))
      refuse(name, value, 'must be a whole number of tokens, not negative');
  }
}

function checkSeconds(name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value !== 'number' || Number.isNaN(value) || value < 0)
    refuse(name, value, 'must be a number of seconds, not negative');
  if (value > longest) refuse(name, value, `is in seconds and may be ${longest} at most (milliseconds given?)`);
}

/** The base that was found good last: most programs use one. */
let lastBase: unknown;

function isBase(value: unknown): boolean {
  if (typeof value !== 'string' || !/^https?:\/\/[^\s/]/i.test(value) || !URL.canParse(value)) return false;
  lastBase = value;
  return true;
}

const timeoutKeys = new Set(['first_token', 'idle', 'total']);

export function checkOptions(options: Options): void {
  const { timeout, signal, num_retries, api_base } = options;
  if (isObject(timeout)) {
    for (const [key, value] of Object.entries(timeout)) {
      if (!timeoutKeys.has(key))
        refuse(`timeout.${key}`, value, 'is unknown; timeout takes first_token, idle and total');
      checkSeconds(`timeout.${key}`, value);
    }
  } else checkSeconds('timeout', timeout);
  for (const name of seconds) if (name !== 'timeout') checkSeconds(name, options[name]);
  if (
    num_retries !== undefined &&
    (typeof num_retries !== 'number' || !Number.isInteger(num_retries) || num_retries < 0)
  )
    refuse('num_retries', num_retries, 'must be a whole number, not negative');
  if (
    signal !== undefined &&
    (typeof signal !== 'object' || typeof signal.aborted !== 'boolean' || typeof signal.addEventListener !== 'function')
  )
    refuse('signal', signal, 'must be an AbortSignal');
  if (api_base !== undefined && api_base !== lastBase && !isBase(api_base))
    refuse(
      'api_base',
      typeof api_base === 'string' ? api_base.replace(/\/\/[^@/]*@/, '//') : api_base,
      'must be an http or https URL',
    );
  for (const name of ['transport', 'dispatcher', 'use', 'providers'] as const)
    if (options[name] !== undefined) refuse(name, options[name], 'belongs to a client: createCallm({ ' + name + ' })');
  const { api_key } = options;
  if (api_key !== undefined && typeof api_key !== 'string' && typeof api_key !== 'function')
    refuse('api_key', typeof api_key, 'must be a string or a function that gives one');
  for (const name of ['headers', 'extra_headers', 'extra_body', 'extra_query'] as const)
    if (options[name] !== undefined && !isObject(options[name])) refuse(name, options[name], 'must be an object');
}

/** For a body that JSON cannot hold: names the parameter to blame. */
export function refuseUnserialisable(body: JsonObject, cause: unknown, prefix = ''): void {
  for (const [name, value] of Object.entries(body)) {
    try {
      JSON.stringify(value);
    } catch (error) {
      throw new BadRequestError(
        `${prefix}${name}: cannot be written as JSON (${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)})`,
        { param: prefix + name, code: 'invalid_input', cause },
      );
    }
  }
}
