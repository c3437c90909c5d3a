import type { Conversation, Tool } from './conversation.js';
import { isObject, objects, strings, text, type Json } from './json.js';
import { invalid, missing, wrongType, wrongValue } from './openai-refusals.js';
import { checkFormatSchema, readTools } from './openai-tools.js';
import { MEDIA_TOKENS } from './vendor.js';
import { tokens } from './words.js';

export interface ChatRequest {
  model: string;
  conversation: Conversation;
  n: number;
  stream: boolean;
  include_usage: boolean;
}

/** Checks the body of a chat completion request as the API does and reads it. */
export function readChat(body: Json): ChatRequest {
  const messages = readMessages(body);
  checkToolOrder(messages);
  for (const name of ['functions', 'function_call']) {
    if (body[name] != null)
      throw invalid(`This test server takes 'tools', not '${name}'.`, name, 'unsupported_parameter');
  }
  checkNumber(body, 'temperature', 0, 2);
  checkNumber(body, 'top_p', 0, 1);
  checkNumber(body, 'presence_penalty', -2, 2);
  checkNumber(body, 'frequency_penalty', -2, 2);
  checkNumber(body, 'n', 1, 128, true);
  checkNumber(body, 'max_tokens', 1, Infinity, true);
  checkNumber(body, 'max_completion_tokens', 1, Infinity, true);
  if (body['stream_options'] != null && body['stream'] !== true) {
    throw invalid("The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options', null);
  }
  const { tools, choice } = readTools(body);
  const users = messages.filter((message) => message['role'] === 'user');
  const last = users.at(-1);
  const effort = body['reasoning_effort'];
  return {
    model: text(body['model']),
    n: Number(body['n'] ?? 1),
    stream: body['stream'] === true,
    include_usage: isObject(body['stream_options']) && body['stream_options']['include_usage'] === true,
    conversation: {
      system: messages.filter(isSystem).map(contentText).join('\n'),
      question: last ? contentText(last) : '',
      turn: users.length,
      media: last ? media(last) : [],
      results: trailingResults(messages),
      tools,
      choice,
      parallel: body['parallel_tool_calls'] !== false,
      format: readFormat(body, messages),
      input_tokens: countInput(messages, tools, body['response_format']),
      max_tokens: Number(body['max_completion_tokens'] ?? body['max_tokens'] ?? Infinity),
      stop: typeof body['stop'] === 'string' ? [body['stop']] : readStop(body['stop']),
      thinking: effort != null && effort !== 'none' && effort !== 'minimal',
    },
  };
}

const ROLES = ['system', 'assistant', 'user', 'function', 'tool', 'developer'];
const PARTS = ['text', 'image_url', 'input_audio', 'refusal', 'audio', 'file'];
/** Fields that other libraries add to messages and OpenAI refuses. */
const FOREIGN_FIELDS = ['thinking_blocks', 'provider_specific_fields'];

function readMessages(body: Json): Json[] {
  const messages = body['messages'];
  if (messages == null) throw missing('messages');
  if (!Array.isArray(messages)) throw wrongType('messages', 'an array of objects', messages);
  if (messages.length === 0) {
    throw invalid(
      "Invalid 'messages': empty array. Expected an array with minimum length 1.",
      'messages',
      'empty_array',
    );
  }
  return messages.map((message: unknown, i) => {
    const at = `messages[${i}]`;
    if (!isObject(message)) throw wrongType(at, 'an object', message);
    if (message['role'] == null) {
      throw missing(`${at}.role`);
    }
    if (!ROLES.includes(text(message['role']))) throw wrongValue(`${at}.role`, message['role'], ROLES);
    for (const field of FOREIGN_FIELDS) {
      if (!(field in message)) continue;
      throw invalid(`Unknown parameter: '${at}.${field}'.`, `${at}.${field}`, 'unknown_parameter');
    }
    checkContent(message, at);
    return message;
  });
}

function checkContent(message: Json, at: string): void {
  const content = message['content'];
  if (typeof content === 'string') return;
  if (content == null) {
    if (message['role'] === 'assistant') return;
    throw invalid(`Invalid value for 'content': expected a string, got null.`, `${at}.content`, null);
  }
  if (!Array.isArray(content)) throw wrongType(`${at}.content`, 'one of a string or array of objects', content);
  content.forEach((part: unknown, j) => {
    const type = isObject(part) ? text(part['type']) : '';
    if (!PARTS.includes(type)) throw wrongValue(`${at}.content[${j}].type`, type, PARTS);
    const value = isObject(part) ? part[type] : undefined;
    const holds = type === 'text' || type === 'refusal' ? typeof value === 'string' : isObject(value);
    if (holds) return;
    const param = `${at}.content[${j}].${type}`;
    throw missing(param);
  });
}

/** Each call of an assistant message is answered by the tool messages right after it, and by nothing else. */
function checkToolOrder(messages: readonly Json[]): void {
  let open: string[] = [];
  let known: string[] = [];
  messages.forEach((message, i) => {
    if (message['role'] === 'tool') {
      const id = text(message['tool_call_id']);
      if (!known.includes(id)) {
        const message_ = "messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
        throw invalid(`Invalid parameter: ${message_}`, `messages.[${i}].role`, null);
      }
      open = open.filter((other) => other !== id);
      return;
    }
    checkAnswered(open, i);
    known = objects(message['tool_calls']).map((call) => text(call['id']));
    open = known;
  });
  checkAnswered(open, messages.length);
}

function checkAnswered(open: readonly string[], i: number): void {
  if (open.length === 0) return;
  const rule =
    "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.";
  const missing = `The following tool_call_ids did not have response messages: ${open.join(', ')}`;
  throw invalid(`${rule} ${missing}`, `messages.[${i}].role`, null);
}

function readFormat(body: Json, messages: readonly Json[]): Conversation['format'] {
  const format = body['response_format'];
  if (!isObject(format) || format['type'] === 'text') return { type: 'text' };
  if (format['type'] === 'json_schema') return { type: 'schema', schema: checkFormatSchema(format['json_schema']) };
  if (format['type'] !== 'json_object') {
    throw wrongValue('response_format.type', format['type'], ['json_object', 'json_schema', 'text']);
  }
  if (!messages.some((message) => /json/iu.test(contentText(message)))) {
    const rule = "to use 'response_format' of type 'json_object'.";
    throw invalid(`'messages' must contain the word 'json' in some form, ${rule}`, 'messages', null);
  }
  return { type: 'json' };
}

function readStop(stop: unknown): string[] {
  if (stop != null && !Array.isArray(stop)) throw wrongType('stop', 'one of a string or array of strings', stop);
  const all = strings(stop);
  if (all.length <= 4) return all;
  throw invalid(
    `Invalid 'stop': array too long. Expected at most 4, but got ${all.length}.`,
    'stop',
    'array_above_max_length',
  );
}

function checkNumber(body: Json, name: string, low: number, high: number, integer = false): void {
  const value = body[name];
  if (value == null) return;
  const kind = integer ? 'integer' : 'decimal';
  if (typeof value !== 'number' || (integer && !Number.isInteger(value))) throw wrongType(name, `a ${kind}`, value);
  if (value < low) {
    const rest = `${kind} below minimum value. Expected a value >= ${low}, but got ${value} instead.`;
    throw invalid(`Invalid '${name}': ${rest}`, name, `${kind}_below_min_value`);
  }
  if (value <= high) return;
  const rest = `${kind} above maximum value. Expected a value <= ${high}, but got ${value} instead.`;
  throw invalid(`Invalid '${name}': ${rest}`, name, `${kind}_above_max_value`);
}

const isSystem = (message: Json): boolean => message['role'] === 'system' || message['role'] === 'developer';

const contentText = (message: Json): string =>
  typeof message['content'] === 'string'
    ? message['content']
    : objects(message['content'])
        .map((part) => text(part['text']) || text(part['refusal']))
        .filter(Boolean)
        .join('\n');

const media = (message: Json): string[] =>
  objects(message['content'])
    .map((part) => text(part['type']))
    .filter((type) => type !== 'text' && type !== 'refusal')
    .map((type) => type.replace('input_', '').replace('_url', ''));

/** Tool messages that close the conversation, with the names of the tools they come from. */
function trailingResults(messages: readonly Json[]): { name: string; text: string }[] {
  const from = messages.findLastIndex((message) => message['role'] !== 'tool');
  const calls = objects(messages[from]?.['tool_calls']);
  return messages.slice(from + 1).map((message) => {
    const call = calls.find((one) => one['id'] === message['tool_call_id']);
    const name = isObject(call?.['function']) ? text(call['function']['name']) : '';
    return { name, text: contentText(message) };
  });
}

function countInput(messages: readonly Json[], tools: readonly Tool[], format: unknown): number {
  const count = (message: Json): number =>
    tokens(contentText(message)) +
    MEDIA_TOKENS * media(message).length +
    objects(message['tool_calls']).reduce((sum, call) => sum + tokens(JSON.stringify(call['function'] ?? {})), 0);
  const extras = (tools.length > 0 ? tokens(JSON.stringify(tools)) : 0) + (format ? tokens(JSON.stringify(format)) : 0);
  return messages.reduce((sum, message) => sum + count(message), extras);
}
