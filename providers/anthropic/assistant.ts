/** Earlier answers as they go back: text, signed thinking, tool calls, and what tools of the provider left behind. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { foreignFields, hasThoughtSignatures, isSealed, plainId } from '../shared/foreign.js';
import { asText, contentText, isBlank, isObject } from '../shared/messages.js';
import { digest } from '../shared/tool-links.js';
import { calledName } from '../shared/tool-names.js';
import { transcript } from '../shared/transcript.js';
import { BLOCKS } from './blocks.js';
import { readContent, type Block } from './parts.js';

const longestId = 64;

/** Ids of other vendors may hold characters that Anthropic refuses (`^[a-zA-Z0-9_-]+$`), or a whole signature. */
export function toolUseId(id: string): string {
  const safe = plainId(id).replace(/[^\w-]/g, '_');
  return safe.length <= longestId ? safe : `${safe.slice(0, longestId - 13)}_${digest(id, 12)}`;
}

/** `ids` are those of the message's calls, fit to be sent. */
export function readAssistant(message: JsonObject, at: number, ids: readonly string[], call: Call<'chat'>): Block[] {
  const path = `messages[${at}]`;
  const kept = keptBlocks(message);
  noteForeign(message, path, kept !== undefined, call);
  if (kept !== undefined && sameAnswer(message, kept)) {
    let at = 0;
    return kept
      .filter(({ type, text }) => type !== 'text' || !isBlank(asText(text)))
      .map((block) => {
        if (block['type'] !== 'tool_use') return block;
        const name = calledName(message, at) ?? block['name'];
        return { ...block, id: ids[at++], name };
      });
  }
  if (kept !== undefined)
    call.warn({
      type: 'repair',
      param: `${path}.provider_specific_fields.${BLOCKS}`,
      message: 'the message was edited, so the blocks kept with it (provider tools, citations) are not sent',
    });

  const content = readThinking(message, path, call);
  const said = readContent(message['content'], `${path}.content`, call);
  if (said.length > 0) content.push(...said);
  else if (typeof message['refusal'] === 'string' && !isBlank(message['refusal']))
    content.push({ type: 'text', text: message['refusal'] });
  else readAudio(message, path, content, call);
  if (Array.isArray(message['images']) && message['images'].length > 0)
    call.warn({ type: 'drop', param: `${path}.images`, message: "images in the assistant's messages are not sent" });

  const calls: unknown = message['tool_calls'];
  if (Array.isArray(calls))
    calls.forEach(
      (each: unknown, i) =>
        isObject(each) && content.push(readCall(each, asText(ids[i]), `${path}.tool_calls[${i}]`, call)),
    );
  const legacy = message['function_call'];
  if (isObject(legacy))
    content.push(readCall({ function: legacy }, asText(ids.at(-1)), `${path}.function_call`, call, true));
  return content;
}

/** Notes what another provider hid in the message; it is not sent. */
function noteForeign(message: JsonObject, path: string, kept: boolean, call: Call<'chat'>): void {
  const own = kept ? [BLOCKS, 'text', 'citations'] : ['text'];
  const foreign = foreignFields(message, own, ['caller', 'toolset_name']);
  if (foreign.length > 0)
    call.warn({
      type: 'drop',
      param: path,
      message: `means nothing to Anthropic and is not sent: ${foreign.join(', ')}`,
    });
}

function keptBlocks(message: JsonObject): Block[] | undefined {
  const fields = message['provider_specific_fields'];
  const kept: unknown = isObject(fields) ? fields[BLOCKS] : undefined;
  return Array.isArray(kept) && kept.length > 0 && kept.every(isObject) ? kept : undefined;
}

/** Whether the kept blocks still say what the message says. */
function sameAnswer(message: JsonObject, kept: Block[]): boolean {
  let text = '';
  const called: unknown[] = [];
  for (const block of kept) {
    if (block['type'] === 'text') text += asText(block['text']);
    else if (block['type'] === 'tool_use') called.push(block['id']);
  }
  const calls: unknown = message['tool_calls'];
  const ids = Array.isArray(calls) ? calls.map((each: unknown) => (isObject(each) ? each['id'] : undefined)) : [];
  return (
    text === contentText(message['content']) && ids.length === called.length && ids.every((id, i) => id === called[i])
  );
}

/** Thinking goes back only as it was signed. */
function readThinking(message: JsonObject, path: string, call: Call<'chat'>): Block[] {
  const blocks: Block[] = [];
  const given: unknown = message['thinking_blocks'];
  const foreign = hasThoughtSignatures(message);
  let left = false;
  for (const block of Array.isArray(given) ? (given as unknown[]) : []) {
    if (!isObject(block)) continue;
    const { type, thinking, signature, data } = block;
    if (foreign || !isSealed(block)) left = true;
    else if (type === 'redacted_thinking' && typeof data === 'string') blocks.push({ type, data });
    else if (type === 'thinking') blocks.push({ type, thinking: thinking ?? '', signature });
    else left = true;
  }
  if (
    left ||
    (blocks.length === 0 && typeof message['reasoning_content'] === 'string' && message['reasoning_content'] !== '')
  )
    call.warn({
      type: 'drop',
      param: left ? `${path}.thinking_blocks` : `${path}.reasoning_content`,
      message:
        foreign && left
          ? 'thinking that another model signed is not sent'
          : 'thinking without a signature is not sent back',
    });
  return blocks;
}

/** A spoken answer of another model goes back as its transcript. */
function readAudio(message: JsonObject, path: string, content: Block[], call: Call<'chat'>): void {
  const text = transcript(message, path, call, isBlank);
  if (text !== '') content.push({ type: 'text', text });
}

function readCall(given: JsonObject, id: string, path: string, call: Call<'chat'>, legacy = false): Block {
  const custom = given['custom'];
  const called = isObject(given['function']) ? given['function'] : {};
  const block: Block = isObject(custom)
    ? { type: 'tool_use', id, name: custom['name'], input: { input: custom['input'] } }
    : {
        type: 'tool_use',
        id,
        name: called['name'],
        input: readArguments(called['arguments'], legacy ? path : `${path}.function`, call),
      };
  const fields = given['provider_specific_fields'];
  if (isObject(fields))
    for (const field of ['caller', 'toolset_name'] as const)
      if (fields[field] !== undefined) block[field] = fields[field];
  return block;
}

/** Arguments as an object. What the model wrote as broken JSON goes back in the form that Anthropic's guide gives. */
function readArguments(text: unknown, path: string, call: Call<'chat'>): JsonObject {
  if (isObject(text)) return text;
  if (typeof text !== 'string' || isBlank(text)) return {};
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // told below
  }
  call.warn({
    type: 'repair',
    param: `${path}.arguments`,
    message: 'arguments that are no JSON object are sent as INVALID_JSON',
  });
  return { INVALID_JSON: text };
}
