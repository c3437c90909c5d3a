/** Shortens a conversation to a number of tokens: the oldest turns go first, then the middle of a text. */
import type { JsonObject, MaybePromise } from '../core/spec.js';
import { isObject } from '../core/validate.js';

/** Counts one message, as it counts among others. */
export type CountMessage = (message: JsonObject) => number;

export interface TrimOptions {
  model?: string;
  /** The most tokens that the messages may have; otherwise `trim_ratio` of what the model takes. */
  max_tokens?: number;
  /** 0.75 by default. */
  trim_ratio?: number;
  /** Give the number of tokens left, too. */
  return_response_tokens?: boolean;
  /** The most input tokens of a model; undefined if it is not known, and then nothing is trimmed. */
  limits?: (model: string) => MaybePromise<number | undefined>;
}

const reply = 3;
const gap = '..';

const isPinned = ({ role }: JsonObject): boolean => role === 'system' || role === 'developer';
const isResult = ({ role }: JsonObject): boolean => role === 'tool' || role === 'function';
const calls = ({ tool_calls, function_call }: JsonObject): boolean =>
  (Array.isArray(tool_calls) && tool_calls.length > 0) || isObject(function_call);

/** A message with its place and its tokens. */
interface Entry {
  index: number;
  message: JsonObject;
  tokens: number;
}

/** Messages that stand or fall together: a message that calls tools, with the results. */
function toUnits(entries: readonly Entry[]): Entry[][] {
  const units: Entry[][] = [];
  for (const entry of entries) {
    const last = units.at(-1);
    const first = last?.[0]?.message;
    if (isResult(entry.message) && first !== undefined && (calls(first) || isResult(first))) last?.push(entry);
    else units.push([entry]);
  }
  return units;
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;

/** The beginning and the end of a text, `length` characters in all; no character is cut through. */
function squeeze(text: string, length: number): string {
  let head = Math.floor(length / 2);
  let tail = text.length - head;
  if (isHigh(text.charCodeAt(head - 1))) head--;
  if (isHigh(text.charCodeAt(tail - 1))) tail++;
  return text.slice(0, head) + gap + text.slice(tail);
}

/** The message with another text in place of its longest one, and that text; undefined if it has none. */
function longestText(message: JsonObject): { text: string; put(text: string): JsonObject } | undefined {
  const { content } = message;
  if (typeof content === 'string') return { text: content, put: (text) => ({ ...message, content: text }) };
  if (!Array.isArray(content)) return undefined;
  let at = -1;
  let text = '';
  content.forEach((part: unknown, index) => {
    if (!isObject(part) || typeof part['text'] !== 'string' || part['text'].length <= text.length) return;
    at = index;
    text = part['text'];
  });
  if (at < 0) return undefined;
  return {
    text,
    put: (next) => ({ ...message, content: content.with(at, { ...(content[at] as object), text: next }) }),
  };
}

/** The message with its middle left out, so that it has at most so many tokens; undefined if that cannot be. */
function shorten(message: JsonObject, most: number, count: CountMessage): JsonObject | undefined {
  const found = longestText(message);
  if (found === undefined) return undefined;
  let { length } = found.text;
  let shorter = message;
  for (let tokens = count(message); tokens > most; tokens = count(shorter)) {
    length = Math.min(length - 1, Math.floor((length * most) / tokens) - 1);
    if (length <= 0) return undefined;
    shorter = found.put(squeeze(found.text, length));
  }
  return shorter;
}

/** The last message stays, whatever it costs: a prompt must end with something to answer. */
function shortest(message: JsonObject): JsonObject {
  return longestText(message)?.put(gap) ?? message;
}

/** The messages cut down to `most` tokens, and the tokens left; those that stay keep their order. */
export function trimTo(
  messages: readonly JsonObject[],
  most: number,
  count: CountMessage,
): { messages: JsonObject[]; left: number } {
  const entries = messages.map((message, index) => ({ index, message, tokens: count(message) }));
  const size = (some: readonly Entry[]): number => some.reduce((sum, { tokens }) => sum + tokens, 0);
  const total = size(entries) + reply;
  if (total <= most) return { messages: [...messages], left: most - total };
  const kept: (JsonObject | undefined)[] = [];
  let left = most - reply;
  const keep = (entry: Entry, message: JsonObject): void => {
    kept[entry.index] = message;
    left -= message === entry.message ? entry.tokens : count(message);
  };

  const units = toUnits(entries.filter(({ message }) => !isPinned(message)));
  const last = units.pop() ?? [];
  // Results that wait for an answer are of use only as they are; another message leaves half to the instructions.
  const waiting = last.some(({ message }) => isResult(message));
  const reserve = waiting ? size(last) : Math.min(size(last), Math.floor(left / 2));
  for (const entry of entries.filter(({ message }) => isPinned(message)))
    keep(entry, shorten(entry.message, left - reserve, count) ?? shortest(entry.message));
  for (const entry of last)
    keep(entry, waiting ? entry.message : (shorten(entry.message, left, count) ?? shortest(entry.message)));

  for (const unit of units.reverse()) {
    if (size(unit) > left) {
      const [only] = unit;
      const alone = unit.length === 1 && only !== undefined && !calls(only.message);
      const shorter = alone ? shorten(only.message, left, count) : undefined;
      if (alone && shorter !== undefined) keep(only, shorter);
      break;
    }
    for (const entry of unit) keep(entry, entry.message);
  }
  return { messages: kept.filter((message) => message !== undefined), left };
}
