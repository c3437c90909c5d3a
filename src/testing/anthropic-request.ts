import { blockText, checkMessages, contentBlocks } from './anthropic-messages.js';
import { formatProblem, readAnthropicTools } from './anthropic-tools.js';
import type { Conversation, Tool } from './conversation.js';
import { isObject, objects, strings, text, type Json } from './json.js';
import { MEDIA_TOKENS, Refusal } from './vendor.js';
import { listNames, tokens } from './words.js';

export interface MessagesRequest {
  conversation: Conversation;
  stream: boolean;
  /** Whether thoughts are sent as their signature only. */
  hides_thoughts: boolean;
}

const COUNTED_FIELDS = listNames(`
  model messages system tools tool_choice thinking cache_control mcp_servers context_management output_config
  output_format speed
`);
const FIELDS = COUNTED_FIELDS.concat(
  listNames(`
    max_tokens metadata stop_sequences stream temperature top_k top_p service_tier container inference_geo
  `),
);

const refuse = (message: string): Refusal => new Refusal(400, message);

/** Input tokens of a request; `max_tokens` and everything else that only concerns the answer is refused, as by the API. */
export function countAnthropic(body: Json): number {
  checkFields(body, COUNTED_FIELDS, ['model', 'messages']);
  checkMessages(body['messages'], thinkingType(body) === 'enabled');
  return countInput(body, readAnthropicTools(body).tools);
}

/** Checks the body of a message request as the API does and reads it. */
export function readMessages(body: Json): MessagesRequest {
  checkFields(body, FIELDS, ['model', 'max_tokens', 'messages']);
  const max_tokens = checkNumber(body, 'max_tokens', 1, Infinity) ?? 1;
  const temperature = checkNumber(body, 'temperature', 0, 1);
  checkNumber(body, 'top_p', 0, 1);
  checkNumber(body, 'top_k', 0, Infinity);
  const { tools, choice, parallel } = readAnthropicTools(body);
  checkThinking(body, max_tokens, temperature, choice.mode);
  const messages = checkMessages(body['messages'], thinkingType(body) === 'enabled');
  const asked = messages.filter((message) => message['role'] === 'user' && userText(message) !== '');
  const last = asked.at(-1);
  const type = thinkingType(body);
  return {
    stream: body['stream'] === true,
    hides_thoughts: isObject(body['thinking']) && body['thinking']['display'] === 'omitted',
    conversation: {
      system: systemText(body['system']),
      question: last ? userText(last) : '',
      turn: asked.length,
      media: last ? media(last) : [],
      results: trailingResults(messages),
      tools,
      choice,
      parallel,
      format: readFormat(body),
      input_tokens: countInput(body, tools),
      max_tokens,
      stop: strings(body['stop_sequences']),
      // Left to itself, the model does not think before a call it is made to do.
      thinking: type === 'enabled' || (type === 'adaptive' && choice.mode !== 'required'),
    },
  };
}

function checkFields(body: Json, allowed: readonly string[], required: readonly string[]): void {
  const missing = required.find((name) => body[name] === undefined);
  if (missing !== undefined) throw refuse(`${missing}: Field required`);
  const extra = Object.keys(body).find((name) => !allowed.includes(name));
  if (extra !== undefined) throw refuse(`${extra}: Extra inputs are not permitted`);
  if (typeof body['model'] !== 'string') throw refuse('model: Input should be a valid string');
  if (body['system'] !== undefined && typeof body['system'] !== 'string' && !Array.isArray(body['system'])) {
    throw refuse('system: Input should be a valid list');
  }
  if (objects(body['system']).some((block) => text(block['text']).trim() === '')) {
    throw refuse('system: text content blocks must be non-empty');
  }
  if (body['stream'] !== undefined && typeof body['stream'] !== 'boolean') {
    throw refuse('stream: Input should be a valid boolean');
  }
  const stops = body['stop_sequences'];
  if (stops === undefined) return;
  if (!Array.isArray(stops) || !stops.every((stop) => typeof stop === 'string')) {
    throw refuse('stop_sequences: Input should be a valid list');
  }
  if (stops.some((stop) => stop.trim() === '')) {
    throw refuse('stop_sequences: each stop sequence must contain non-whitespace');
  }
}

function checkNumber(body: Json, name: string, low: number, high: number): number | undefined {
  const value = body[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw refuse(`${name}: Input should be a valid number`);
  if (value < low) throw refuse(`${name}: Input should be greater than or equal to ${low}`);
  if (value > high) throw refuse(`${name}: Input should be less than or equal to ${high}`);
  return value;
}

/** How the model is told to think, if it is. */
function thinkingType(body: Json): 'enabled' | 'adaptive' | undefined {
  const type = isObject(body['thinking']) ? body['thinking']['type'] : undefined;
  return type === 'enabled' || type === 'adaptive' ? type : undefined;
}

/** https://platform.claude.com/docs/en/build-with-claude/extended-thinking */
function checkThinking(body: Json, max_tokens: number, temperature: number | undefined, mode: string): void {
  const thinking = body['thinking'];
  if (thinking === undefined) return;
  const type = isObject(thinking) ? thinking['type'] : undefined;
  if (!isObject(thinking) || (type !== 'enabled' && type !== 'disabled' && type !== 'adaptive')) {
    throw refuse(
      "thinking: Input tag found using 'type' does not match any of the expected tags: 'enabled', 'disabled', 'adaptive'",
    );
  }
  if (type === 'disabled') return;
  if (type === 'enabled') {
    const budget = thinking['budget_tokens'];
    if (typeof budget !== 'number') throw refuse('thinking.enabled.budget_tokens: Field required');
    if (budget < 1024) throw refuse('thinking.enabled.budget_tokens: Input should be greater than or equal to 1024');
    if (budget >= max_tokens) throw refuse('`max_tokens` must be greater than `thinking.budget_tokens`.');
  }
  if (temperature !== undefined && temperature !== 1) {
    throw refuse('`temperature` may only be set to 1 when thinking is enabled.');
  }
  if (body['top_k'] !== undefined) throw refuse('`top_k` must be unset when thinking is enabled.');
  if (type === 'enabled' && mode === 'required') {
    throw refuse('Thinking may not be enabled when tool_choice forces tool use.');
  }
}

function readFormat(body: Json): Conversation['format'] {
  const config = body['output_config'];
  const format = isObject(config) && config['format'] !== undefined ? config['format'] : body['output_format'];
  if (format == null) return { type: 'text' };
  if (!isObject(format) || format['type'] !== 'json_schema' || !isObject(format['schema'])) {
    throw refuse("output_config.format: Input should be {type: 'json_schema', schema: …}");
  }
  const problem = formatProblem(format['schema']);
  if (problem) throw refuse(`output_config.format.schema: ${problem}`);
  return { type: 'schema', schema: format['schema'] };
}

const systemText = (system: unknown): string =>
  typeof system === 'string'
    ? system
    : objects(system)
        .map((block) => text(block['text']))
        .join('\n');

/** The text of a message, without that of the tool results in it. */
const userText = (message: Json): string =>
  contentBlocks(message)
    .map((block) => text(block['text']))
    .filter(Boolean)
    .join('\n');

const media = (message: Json): string[] =>
  contentBlocks(message)
    .map((block) => text(block['type']))
    .filter((type) => type === 'image' || type === 'document');

/** Tool results of the last message, with the names of the tools they come from. */
function trailingResults(messages: readonly Json[]): { name: string; text: string }[] {
  const calls = messages.flatMap(contentBlocks).filter((block) => block['type'] === 'tool_use');
  const last = messages.at(-1);
  return (last ? contentBlocks(last) : [])
    .filter((block) => block['type'] === 'tool_result')
    .map((block) => ({
      name: text(calls.find((call) => call['id'] === block['tool_use_id'])?.['name']),
      text: blockText(block),
    }));
}

function countInput(body: Json, tools: readonly Tool[]): number {
  const blocks = objects(body['messages']).flatMap(contentBlocks);
  const inMessages = blocks.reduce((sum, block) => {
    if (block['type'] === 'tool_use') return sum + tokens(JSON.stringify(block['input']));
    return sum + (block['type'] === 'image' || block['type'] === 'document' ? MEDIA_TOKENS : tokens(blockText(block)));
  }, 0);
  const format = body['output_config'] ?? body['output_format'];
  return (
    inMessages +
    tokens(systemText(body['system'])) +
    (tools.length > 0 ? tokens(JSON.stringify(tools)) : 0) +
    (format === undefined ? 0 : tokens(JSON.stringify(format)))
  );
}
