/** Earlier answers as they stand in a prompt: what was said, and the calls as lines of text. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { foreignFields } from '../shared/foreign.js';
import { asText, isObject } from '../shared/messages.js';
import { transcript } from '../shared/transcript.js';

/** `said` is the message's own text, `path` leads to the message. */
export function assistantText(message: JsonObject, said: string, path: string, call: Call<'chat'>): string {
  noteLost(message, path, call);
  const lines = callLines(message);
  if (lines.length > 0) proseWarning(`${path}.tool_calls`, call);
  return [said || asText(message['refusal']) || transcript(message, path, call), ...lines]
    .filter((line) => line !== '')
    .join('\n');
}

export const proseWarning = (param: string, call: Call<'chat'>): void =>
  call.warn({ type: 'rewrite', param, message: 'tool calls and results of earlier turns are written into the prompt' });

/** Thinking, pictures and what another provider hid have no place in a prompt. */
function noteLost(message: JsonObject, path: string, call: Call<'chat'>): void {
  const filled = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : asText(value) !== '');
  const lost = ['reasoning_content', 'thinking_blocks', 'images'].filter((field) => filled(message[field]));
  lost.push(...foreignFields(message, [], []));
  if (lost.length > 0)
    call.warn({ type: 'drop', param: path, message: `a prompt has no place for it, not sent: ${lost.join(', ')}` });
}

function callLines({ tool_calls: given, function_call: legacy }: JsonObject): string[] {
  const calls = (Array.isArray(given) ? (given as unknown[]) : []).filter(isObject);
  const lines = calls.map(({ id, function: fn, custom }) => {
    const called = isObject(fn) ? fn : isObject(custom) ? custom : {};
    return `Call ${String(id)}: ${written(called)}`;
  });
  return isObject(legacy) ? [...lines, `Call: ${written(legacy)}`] : lines;
}

const written = ({ name, arguments: args, input }: JsonObject): string => {
  const given = args ?? input;
  return `${String(name)}(${typeof given === 'object' && given !== null ? JSON.stringify(given) : asText(given)})`;
};
