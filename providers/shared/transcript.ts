/** A spoken answer of an earlier turn, for protocols that cannot refer to it: its transcript goes back in its place. */
import type { Call, JsonObject } from '../../src/core/spec.js';
import { asText, isObject } from './messages.js';

/** The text of the message's `audio`; empty where there is none, and where it says nothing. */
export function transcript(
  message: JsonObject,
  path: string,
  call: Call<'chat'>,
  saysNothing = (text: string): boolean => text === '',
): string {
  const audio = message['audio'];
  if (!isObject(audio)) return '';
  const text = asText(audio['transcript']);
  if (saysNothing(text)) {
    call.unsupported(`${path}.audio`, 'spoken answers cannot be referred to');
    return '';
  }
  call.warn({ type: 'rewrite', param: `${path}.audio`, message: 'a spoken answer is sent as its transcript' });
  return text;
}
