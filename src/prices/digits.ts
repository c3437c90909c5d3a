/** Numbers in the packed books: a digit is one character, printable, that neither a string literal escapes nor a text is parted by. */

/** How many of the digits are ASCII; single ones go on above. */
export const base = 83;

export const digit = (value: number): string => String.fromCharCode(value + (value < 52 ? 40 : value < base ? 41 : 78));

/** The most that one digit holds. */
export const largest = 255 - 78;

/** The number that stands at a place of a text, in so many digits. */
export function numberAt(text: string, at: number, width: number): number {
  let value = 0;
  for (let i = at; i < at + width; i++) {
    const code = text.charCodeAt(i);
    value = value * base + code - (code < 92 ? 40 : code < 124 ? 41 : 78);
  }
  return value;
}
