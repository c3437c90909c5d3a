/** Earlier answers as they go back: text, sealed thinking, tool calls, and what tools of the provider left behind. */
import type { JsonObject } from '../../src/core/spec.js';
import { foreignFields, hasThoughtSignatures, plainId } from '../shared/foreign.js';
import { asText, contentText, isBlank, isObject } from '../shared/messages.js';
import { digest } from '../shared/tool-links.js';
import { calledName } from '../shared/tool-names.js';
import { transcript } from '../shared/transcript.js';
import { BLOCKS, isSealed, isServerTool, type Block } from './blocks.js';
import { readContent } from './content.js';
import type { Context } from './context.js';

const longestId = 64;

/** Ids of other vendors may hold characters, a whole signature, or be of a length, that Bedrock refuses. */
export function toolUseId(id: string, claude: boolean): string {
  const safe = plainId(id).replace(claude ? /[^\w-]/g : /[^\w.:-]/g, '_');
  return safe.length <= longestId ? safe : `${safe.slice(0, longestId - 13)}_${digest(id, 12)}`;
}

/** `ids` are those of the message's calls, fit to be sent. */
export function readAssistant(message: JsonObject, at: number, ids: readonly string[], context: Context): Block[] {
  const path = `messages[${at}]`;
  const { call } = context;
  const kept = keptBlocks(message);
  noteForeign(message, path, kept !== undefined, context);
  if (kept !== undefined && sameAnswer(message, kept)) return withCalls(fitting(kept, path, context), message, ids);
  if (kept !== undefined)
    call.warn({
      type: 'repair',
      param: `${path}.provider_specific_fields.${BLOCKS}`,
      message: 'the message was edited, so the blocks kept with it (provider tools, citations) are not sent',
    });

  const content = readThinking(message, path, context);
  const said = readContent(message['content'], `${path}.content`, context);
  if (said.length > 0) content.push(...said);
  else if (typeof message['refusal'] === 'string' && !isBlank(message['refusal']))
    content.push({ text: message['refusal'] });
  else readAudio(message, path, content, context);
  if (Array.isArray(message['images']) && message['images'].length > 0)
    call.warn({ type: 'drop', param: `${path}.images`, message: "images in the assistant's messages are not sent" });

  const calls: unknown = message['tool_calls'];
  if (Array.isArray(calls))
    calls.forEach(
      (each: unknown, i) =>
        isObject(each) && content.push(readCall(each, asText(ids[i]), `${path}.tool_calls[${i}].function`, context)),
    );
  const legacy = message['function_call'];
  if (isObject(legacy))
    content.push(readCall({ function: legacy }, asText(ids.at(-1)), `${path}.function_call`, context));
  return content;
}

/** Notes what another provider hid in the message; it is not sent. */
function noteForeign(message: JsonObject, path: string, kept: boolean, { call }: Context): void {
  const foreign = foreignFields(message, kept ? [BLOCKS, 'text', 'citations'] : ['text'], []);
  if (foreign.length > 0)
    call.warn({
      type: 'drop',
      param: path,
      message: `means nothing to Bedrock and is not sent: ${foreign.join(', ')}`,
    });
}

/** The blocks, with the ids and names of the message's calls as they are sent. */
function withCalls(blocks: Block[], message: JsonObject, ids: readonly string[]): Block[] {
  let at = 0;
  return blocks.map((block) => {
    const { toolUse: use } = block;
    if (!isObject(use) || isServerTool(use)) return block;
    const name = calledName(message, at) ?? use['name'];
    return { ...block, toolUse: { ...use, toolUseId: ids[at++], name } };
  });
}

function keptBlocks(message: JsonObject): Block[] | undefined {
  const fields = message['provider_specific_fields'];
  const kept: unknown = isObject(fields) ? fields[BLOCKS] : undefined;
  return Array.isArray(kept) && kept.length > 0 && kept.every(isObject) ? kept : undefined;
}

const textsOf = (cited: JsonObject): JsonObject[] =>
  Array.isArray(cited['content']) ? cited['content'].filter(isObject) : [];

/** Whether the kept blocks still say what the message says. */
function sameAnswer(message: JsonObject, kept: Block[]): boolean {
  let text = '';
  const called: unknown[] = [];
  for (const { text: said, citationsContent: cited, toolUse: use } of kept) {
    if (typeof said === 'string') text += said;
    else if (isObject(cited)) for (const piece of textsOf(cited)) text += asText(piece['text']);
    else if (isObject(use) && !isServerTool(use)) called.push(use['toolUseId']);
  }
  const calls: unknown = message['tool_calls'];
  const ids = Array.isArray(calls) ? calls.map((each: unknown) => (isObject(each) ? each['id'] : undefined)) : [];
  return (
    text === contentText(message['content']) && ids.length === called.length && ids.every((id, i) => id === called[i])
  );
}

/** The kept blocks, as far as the model takes their kind. */
function fitting(kept: Block[], path: string, { call, model }: Context): Block[] {
  const nova = model.cache === 'messages';
  const blocks = kept.filter(
    ({ text, reasoningContent: reasoning, toolUse: use, toolResult: result, citationsContent: cited }) => {
      if (typeof text === 'string') return !isBlank(text);
      if (reasoning !== undefined) return model.sealed && isObject(reasoning) && isSealed(reasoning);
      if (result !== undefined || (isObject(use) && isServerTool(use))) return nova;
      return !isObject(cited) || textsOf(cited).length > 0;
    },
  );
  if (blocks.some((block) => 'citationsContent' in block) && !model.sealed)
    return blocks.flatMap((block) =>
      isObject(block['citationsContent']) ? textsOf(block['citationsContent']) : [block],
    );
  const lost = kept.filter((block) => !blocks.includes(block) && !('text' in block) && !('citationsContent' in block));
  if (lost.length > 0)
    call.warn({
      type: 'drop',
      param: `${path}.provider_specific_fields.${BLOCKS}`,
      message: `${call.model} takes no thinking, or no provider tools, of another model`,
    });
  return blocks;
}

/** Thinking goes back only to the models that seal it, and as they sealed it. */
function readThinking(message: JsonObject, path: string, { call, model }: Context): Block[] {
  const blocks: Block[] = [];
  const given: unknown = message['thinking_blocks'];
  const foreign = hasThoughtSignatures(message);
  let left = false;
  for (const block of Array.isArray(given) ? (given as unknown[]) : []) {
    if (!isObject(block)) continue;
    const { type, thinking, signature, data } = block;
    if (!model.sealed || foreign) left = true;
    else if (type === 'redacted_thinking' && typeof data === 'string')
      blocks.push({ reasoningContent: { redactedContent: data } });
    else if (type === 'thinking' && typeof signature === 'string' && signature !== '')
      blocks.push({ reasoningContent: { reasoningText: { text: asText(thinking), signature } } });
    else left = true;
  }
  const told = typeof message['reasoning_content'] === 'string' && message['reasoning_content'] !== '';
  if (left || (blocks.length === 0 && told))
    call.warn({
      type: 'drop',
      param: left ? `${path}.thinking_blocks` : `${path}.reasoning_content`,
      message: !model.sealed
        ? `${call.model} takes no thinking back`
        : foreign && left
          ? 'thinking that another model signed is not sent'
          : 'thinking without a signature is not sent back',
    });
  return blocks;
}

/** A spoken answer of another model goes back as its transcript. */
function readAudio(message: JsonObject, path: string, content: Block[], { call }: Context): void {
  const text = transcript(message, path, call, isBlank);
  if (text !== '') content.push({ text });
}

function readCall(given: JsonObject, id: string, path: string, { call }: Context): Block {
  const custom = given['custom'];
  if (isObject(custom)) return { toolUse: { toolUseId: id, name: custom['name'], input: { input: custom['input'] } } };
  const called = isObject(given['function']) ? given['function'] : {};
  return { toolUse: { toolUseId: id, name: called['name'], input: readArguments(called['arguments'], path, call) } };
}

/** Arguments as an object; what the model wrote as broken JSON goes back in one field. */
function readArguments(text: unknown, path: string, call: Context['call']): JsonObject {
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
