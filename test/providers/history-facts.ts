/** What all protocols of the history matrix share: what a protocol tells of itself, and what every answer says. */
import type { JsonObject } from '../../src/index.js';
import type { Message } from '../vectors/eventstream.js';

/** A stream as it comes: events (a string is bare data), lines of JSON, or messages of AWS's binary stream. */
export type Wire =
  | { events: (string | { event: string; data: string })[] }
  | { lines: JsonObject[] }
  | { messages: Message[] };

/** Something in an answer that not every provider takes. */
export interface Piece {
  /** As it stands in a request that still has it. */
  text: string;
  /** What the warning says when it is lost. */
  told: RegExp;
}

export interface Protocol {
  model: string;
  /** Options beside the key. */
  options?: JsonObject;
  /** What the provider sends, whole and as a stream. */
  answer: JsonObject;
  stream: Wire;
  /** The model's turn in a request. */
  turn: (body: JsonObject) => unknown;
  /** That turn when the answer comes back to its own provider. */
  own: unknown;
  /** Ids of the answer's calls, as the caller gets them. */
  ids: string[];
  holds: Piece[];
  /** State that means something to providers of the same `family` alone. */
  sealed: readonly string[];
  family: string;
  /** A gateway: what stands behind it is not known. */
  takesAll?: true;
  /** Answers of it are sent to others, not theirs to it. */
  sourceOnly?: true;
  /** Requests hold no ids of calls. */
  idless?: true;
  /** Signatures in ids are read. */
  readsIds?: true;
  /** What a call tells of repairs, beside those of ids. */
  repairs?: (source: Protocol) => string[];
  /** Faults of a request body. */
  check: (body: JsonObject) => string[];
  /** The vendor of the test server that checks such requests too. */
  server?: string;
}

export const thought = 'Two ports, so two lookups.';
export const said = 'Sines has tides of 3.1 metres. I look both up.';
export const image = 'iVBORw0KGgo=';

/** Thinking whose text is readable. */
export const thinking: Piece = { text: thought, told: /reasoning|thinking/ };
export const picture: Piece = { text: image, told: /images/ };
export const thinks = ({ holds }: Protocol): boolean => holds.includes(thinking);

export const list = (body: JsonObject, field: string): JsonObject[] => body[field] as JsonObject[];
/** A text in the two pieces that a stream brings. */
export const halves = (text: string): string[] => {
  const middle = Math.ceil(text.length / 2);
  return [text.slice(0, middle), text.slice(middle)];
};
export const assistantMessage = (body: JsonObject): unknown =>
  list(body, 'messages').find(({ role }) => role === 'assistant');
export const assistantContent = (body: JsonObject): unknown =>
  list(body, 'messages').find(({ role }) => role === 'assistant')?.['content'];

export const toolCall = (id: string, port: string, more: JsonObject = {}): JsonObject => ({
  id,
  type: 'function',
  function: { name: 'get_tide', arguments: JSON.stringify({ port }) },
  ...more,
});
/** The warning of tool results that were put into the order of their calls, or parted from the user's message. */
export const order = 'repair messages';
