/** Generated speech, which comes as base64 in pieces. */
import type { AudioOutput } from '../../src/types/chat.js';

/** Base64 with the standard alphabet. */
export const standardBase64 = (text: string): string =>
  /[-_]/.test(text) ? text.replaceAll('-', '+').replaceAll('_', '/') : text;

/** Cuts pieces so that their texts can be put together: each but the last is of whole groups of three bytes. */
export class AudioPieces {
  #data = '';
  /** Bytes that do not fill a group. */
  #rest = '';

  constructor(
    readonly id: string,
    readonly mimeType: string,
  ) {}

  add(given: string): string {
    const text = standardBase64(given);
    const piece = this.#rest === '' && text.length % 4 === 0 && !text.endsWith('=') ? text : this.#regroup(text);
    this.#data += piece;
    return piece;
  }

  #regroup(text: string): string {
    const bytes = this.#rest + atob(text);
    const whole = bytes.length - (bytes.length % 3);
    this.#rest = bytes.slice(whole);
    return btoa(bytes.slice(0, whole));
  }

  /** What was held back. */
  end(): string {
    const piece = btoa(this.#rest);
    this.#rest = '';
    this.#data += piece;
    return piece;
  }

  whole(): AudioOutput {
    return { id: this.id, data: this.#data + btoa(this.#rest), expires_at: 0, transcript: '' };
  }
}
