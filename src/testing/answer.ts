import type { Conversation } from './conversation.js';
import { findHints } from './hints.js';
import { instanceOf } from './schema-instance.js';
import { pickCalls, type ToolCall } from './tool-calls.js';
import { pieces, tokens, words } from './words.js';

/** A whole answer, before a protocol gives it its shape. */
export interface Answer {
  /** The thought before the answer; empty unless thinking was asked for. */
  thinking: string;
  text: string;
  calls: readonly ToolCall[];
  finish: 'stop' | 'length' | 'stop_sequence' | 'tool_calls';
  /** The stop sequence that ended the text. */
  stop: string | null;
  thinking_tokens: number;
  /** Tokens of text and calls, without those of the thought. */
  output_tokens: number;
}

/**
 * Answers by rule: the same conversation always gets the same answer. `variant` counts the further answers to one
 * request (`n`, `candidateCount`).
 */
export function answer(ask: Conversation, variant = 0): Answer {
  const thinking = ask.thinking ? think(ask) : '';
  const thinking_tokens = tokens(thinking);
  const calls = pickCalls(ask);
  if (calls.length > 0) {
    const output_tokens = calls.reduce(
      (sum, call) => sum + tokens(`${call.name} ${JSON.stringify(call.arguments)}`),
      0,
    );
    return { thinking, text: '', calls, finish: 'tool_calls', stop: null, thinking_tokens, output_tokens };
  }
  const ended = end(compose(ask, variant), ask.stop, ask.max_tokens - thinking_tokens);
  return { thinking, calls, thinking_tokens, output_tokens: tokens(ended.text), ...ended };
}

/** Applies stop sequences, then the limit of tokens. */
function end(text: string, stops: readonly string[], limit: number): Pick<Answer, 'text' | 'finish' | 'stop'> {
  const hits = stops.filter((stop) => stop !== '' && text.includes(stop));
  const stop = hits.sort((a, b) => text.indexOf(a) - text.indexOf(b))[0] ?? null;
  const whole = stop === null ? text : text.slice(0, text.indexOf(stop));
  const parts = pieces(whole);
  if (parts.length > limit) return { text: parts.slice(0, Math.max(0, limit)).join(''), finish: 'length', stop: null };
  return { text: whole, finish: stop === null ? 'stop' : 'stop_sequence', stop };
}

function compose(ask: Conversation, variant: number): string {
  if (ask.format.type === 'schema') return JSON.stringify(instanceOf(ask.format.schema, findHints(ask.question)));
  const plain = (variant > 0 ? `Answer ${variant + 1}. ` : '') + prose(ask);
  return ask.format.type === 'json' ? JSON.stringify({ answer: plain }) : plain;
}

function prose(ask: Conversation): string {
  if (ask.results.length > 0) {
    return ask.results.map(({ name, text }) => `According to ${name || 'the tool'}: ${text.trim()}`).join(' ');
  }
  const dictated = /^\s*(?:please\s+)?(?:say|repeat|reply with|answer with|respond with)\b[:\s]*(.+)$/isu.exec(
    ask.question,
  );
  if (dictated?.[1]) return dictated[1].trim().replace(/^(["'“])(.*)["'”]$/su, '$2');

  const topic = findTopic(ask.question);
  const count = words(ask.question).length;
  const kinds = [...new Set(ask.media)].map((kind) => amount(ask.media.filter((other) => other === kind).length, kind));
  return [
    ask.system && `As instructed ("${shorten(ask.system)}"), here is my answer.`,
    ask.question ? `You asked: "${shorten(ask.question)}"` : 'Your message has no text.',
    kinds.length > 0 && `It came with ${kinds.join(' and ')}.`,
    `I am a test model and answer by rule: I counted ${amount(count, 'word')}${topic ? ` and think this is about ${topic}` : ''}.`,
    ask.turn > 1 && `This is turn ${ask.turn} of our conversation.`,
  ]
    .filter(Boolean)
    .join(' ');
}

const think = (ask: Conversation): string =>
  `The question has ${amount(words(ask.question).length, 'word')}. Its subject seems to be ` +
  `${findTopic(ask.question) ?? 'open'}, so I will say that.`;

/** A name in the question, else its last word that means something. */
const findTopic = (question: string): string | undefined =>
  question === '' ? undefined : findHints(question).strings.at(-1);

const amount = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/** At most 200 characters, on one line. */
function shorten(text: string): string {
  const line = text.trim().replace(/\s+/gu, ' ');
  return line.length <= 200 ? line : `${[...line].slice(0, 199).join('')}…`;
}
