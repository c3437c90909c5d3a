import { isObject, objects, text, type Json } from './json.js';
import { Refusal } from './vendor.js';
import { sign } from './words.js';

const refuse = (message: string): Refusal => new Refusal(400, message);

/** The content of a message as blocks; a string is one text block. */
export const contentBlocks = (message: Json): Json[] =>
  typeof message['content'] === 'string' ? [{ type: 'text', text: message['content'] }] : objects(message['content']);

/** The text in a block: its own, its thought, or that of a tool result's content. */
export function blockText(block: Json): string {
  if (block['type'] === 'thinking') return text(block['thinking']);
  if (block['type'] !== 'tool_result') return text(block['text']);
  if (typeof block['content'] === 'string') return block['content'];
  return objects(block['content'])
    .map((part) => text(part['text']))
    .filter(Boolean)
    .join('\n');
}

/** Fields of each block; every other one is refused. */
const BLOCKS: Readonly<Record<string, readonly string[]>> = {
  text: ['type', 'text', 'cache_control', 'citations'],
  image: ['type', 'source', 'cache_control'],
  document: ['type', 'source', 'cache_control', 'citations', 'context', 'title'],
  thinking: ['type', 'thinking', 'signature'],
  redacted_thinking: ['type', 'data'],
  tool_use: ['type', 'id', 'name', 'input', 'cache_control', 'caller'],
  tool_result: ['type', 'tool_use_id', 'content', 'is_error', 'cache_control'],
};
const ASSISTANT_ONLY = ['thinking', 'redacted_thinking', 'tool_use'];
const USER_ONLY = ['image', 'document', 'tool_result'];

/** Checks the messages as the API does and returns them. */
export function checkMessages(messages: unknown, thinking: boolean): Json[] {
  if (!Array.isArray(messages)) throw refuse('messages: Input should be a valid list');
  if (messages.length === 0) throw refuse('messages: at least one message is required');
  const checked = messages.map((message: unknown, i) => checkMessage(message, i, i === messages.length - 1));
  checkToolPairs(checked);
  if (thinking) checkThoughtKept(checked);
  return checked;
}

function checkMessage(message: unknown, i: number, isLast: boolean): Json {
  const at = `messages.${i}`;
  if (!isObject(message)) throw refuse(`${at}: Input should be an object`);
  const { role, content } = message;
  if (role === undefined) throw refuse(`${at}.role: Field required`);
  if (role === 'system') {
    throw refuse(
      'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.',
    );
  }
  if (role !== 'user' && role !== 'assistant') throw refuse(`${at}.role: Input should be 'user' or 'assistant'`);
  const extra = Object.keys(message).find((name) => name !== 'role' && name !== 'content');
  if (extra !== undefined) throw refuse(`${at}.${extra}: Extra inputs are not permitted`);
  if (content === undefined) throw refuse(`${at}.content: Field required`);
  if (typeof content !== 'string' && !Array.isArray(content))
    throw refuse(`${at}.content: Input should be a valid list`);
  if (content.length === 0 && !(isLast && role === 'assistant')) {
    throw refuse(`${at}: all messages must have non-empty content except for the optional final assistant message`);
  }
  if (Array.isArray(content)) content.forEach((block: unknown, j) => checkBlock(block, role, `${at}.content.${j}`));
  const end = contentBlocks(message).at(-1);
  if (isLast && role === 'assistant' && end?.['type'] === 'text' && /\s$/u.test(text(end['text']))) {
    throw refuse('messages: final assistant content cannot end with trailing whitespace');
  }
  return message;
}

function checkBlock(block: unknown, role: string, at: string): void {
  const type = isObject(block) ? text(block['type']) : '';
  const fields = Object.hasOwn(BLOCKS, type) ? BLOCKS[type] : undefined;
  if (!isObject(block) || !fields) {
    const tags = Object.keys(BLOCKS).map((tag) => `'${tag}'`);
    throw refuse(
      `${at}: Input tag '${type}' found using 'type' does not match any of the expected tags: ${tags.join(', ')}`,
    );
  }
  const extra = Object.keys(block).find((name) => !fields.includes(name));
  if (extra !== undefined) throw refuse(`${at}.${type}.${extra}: Extra inputs are not permitted`);
  if ((role === 'user' ? ASSISTANT_ONLY : USER_ONLY).includes(type)) {
    throw refuse(`${at}: \`${type}\` blocks can not be in \`${role}\` messages`);
  }
  if (type === 'text') {
    if (typeof block['text'] !== 'string') throw refuse(`${at}.text.text: Field required`);
    if (block['text'] === '') throw refuse('messages: text content blocks must be non-empty');
    if (block['text'].trim() === '') throw refuse('messages: text content blocks must contain non-whitespace text');
  }
  if (type === 'thinking' && block['signature'] !== sign(text(block['thinking']))) {
    throw refuse(`${at}: Invalid \`signature\` in \`thinking\` block`);
  }
  if (type === 'tool_use') {
    if (!/^[a-zA-Z0-9_-]+$/u.test(text(block['id']))) {
      throw refuse(`${at}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`);
    }
    if (!isObject(block['input'])) throw refuse(`${at}.tool_use.input: Input should be an object`);
  }
  if ((type === 'image' || type === 'document') && !isObject(block['source'])) {
    throw refuse(`${at}.${type}.source: Field required`);
  }
}

/** A tool's result stands in the message right after its call, and every call has one. */
function checkToolPairs(messages: readonly Json[]): void {
  const turns = joinTurns(messages);
  turns.forEach(({ blocks, first }, i) => {
    const called = idsOf(blocks, 'tool_use', 'id');
    const repeated = called.find((id, j) => called.indexOf(id) !== j);
    if (repeated !== undefined) throw refuse(`messages.${first}: \`tool_use\` ids must be unique`);
    const answered = idsOf(turns[i + 1]?.blocks ?? [], 'tool_result', 'tool_use_id');
    const open = called.filter((id) => !answered.includes(id));
    if (open.length > 0) {
      const rule = 'Each `tool_use` block must have a corresponding `tool_result` block in the next message.';
      throw refuse(
        `messages.${first}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${open.join(', ')}. ${rule}`,
      );
    }
    const before = idsOf(turns[i - 1]?.blocks ?? [], 'tool_use', 'id');
    const stray = idsOf(blocks, 'tool_result', 'tool_use_id').find((id) => !before.includes(id));
    if (stray === undefined) return;
    const rule = 'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.';
    throw refuse(`messages.${first}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${stray}. ${rule}`);
  });
}

const idsOf = (blocks: readonly Json[], type: string, field: string): string[] =>
  blocks.filter((block) => block['type'] === type).map((block) => text(block[field]));

/** Messages of one role in a row count as one turn. */
function joinTurns(messages: readonly Json[]): { role: unknown; blocks: Json[]; first: number }[] {
  const turns: { role: unknown; blocks: Json[]; first: number }[] = [];
  messages.forEach((message, first) => {
    const last = turns.at(-1);
    if (last && last.role === message['role']) last.blocks.push(...contentBlocks(message));
    else turns.push({ role: message['role'], blocks: [...contentBlocks(message)], first });
  });
  return turns;
}

/** With thinking on, the turn that called the tools now answered has to begin with its thought. */
function checkThoughtKept(messages: readonly Json[]): void {
  const turns = joinTurns(messages);
  const asks = turns.at(-1)?.blocks.some((block) => block['type'] === 'tool_result');
  const turn = turns.at(-2);
  const start = turn?.blocks[0]?.['type'];
  if (!asks || !turn || start === 'thinking' || start === 'redacted_thinking') return;
  const rule = 'When `thinking` is enabled, a final `assistant` message must start with a thinking block.';
  throw refuse(
    `messages.${turn.first}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${String(start)}\`. ${rule}`,
  );
}
