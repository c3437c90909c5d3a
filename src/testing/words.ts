import { createHash } from 'node:crypto';

/**
 * Cuts text into the pieces a stream delivers: each a word with the white space before it, long words in parts of `size`
 * characters. Joined, the pieces are the text again.
 */
export const pieces = (text: string, size = 12): string[] =>
  text.match(new RegExp(`\\s*\\S{1,${size}}|\\s+`, 'gu')) ?? [];

/** The server's token count of a text: its pieces, so roughly its words. */
export const tokens = (text: string): number => pieces(text).length;

/** The words of a text in lower case, without punctuation. */
export const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

/** An id that is the same for the same seed, in the alphabet that every API allows in ids. */
export const makeId = (prefix: string, seed: string, length = 24): string =>
  prefix + digest(seed).replace(/[-_]/g, '').slice(0, length);

/** The opaque signature of a thought: only the text that was signed verifies. */
export const sign = (thought: string): string => createHash('sha512').update(`signed:${thought}`).digest('base64');

const digest = (seed: string): string => createHash('sha256').update(seed).digest('base64url');

/** Words that carry no subject of their own: skipped when a name or a topic is looked for. */
export const stopWords: ReadonlySet<string> = new Set(
  (
    'a about add an and any are as ask at be been book but by call can check city compare could create current describe ' +
    'did do does each explain extract fetch find for from generate get give given has have hello hi how i if in ' +
    'information into is it its let like list look make me more multiply my name now of on once only or order our out ' +
    'please return returns run s say search send set should show some summarise summarize t tell than thanks that the ' +
    'their them then there these they this those to today tomorrow tool translate up us use user using value want was ' +
    'we were what when where which who whose why will with would write you your'
  ).split(' '),
);

/** The names in a text, parted by white space: field lists read better this way than as arrays. */
export const listNames = (source: string): string[] => source.trim().split(/\s+/u);
