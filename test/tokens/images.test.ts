import { describe, expect, test } from 'vitest';
import { imageSize } from '../../src/tokens/image-size.js';
import { imageTokens } from '../../src/tokens/images.js';

const dataUrl = (type: string, bytes: Iterable<number>): string =>
  `data:image/${type};base64,${Buffer.from([...bytes]).toString('base64')}`;
const ascii = (text: string): Buffer => Buffer.from(text, 'latin1');
const big = (value: number, length: number): number[] =>
  Array.from({ length }, (_, index) => (value >>> (8 * (length - 1 - index))) & 0xff);
const little = (value: number, length: number): number[] => big(value, length).reverse();

const png = (width: number, height: number): string =>
  dataUrl('png', [...ascii('\x89PNG\r\n\x1a\n'), ...big(13, 4), ...ascii('IHDR'), ...big(width, 4), ...big(height, 4)]);
const gif = (width: number, height: number): string =>
  dataUrl('gif', [...ascii('GIF89a'), ...little(width, 2), ...little(height, 2), 0]);
/** A frame header after segments of such lengths. */
const jpeg = (width: number, height: number, segments: readonly number[] = [], fill = 0): string =>
  dataUrl('jpeg', [
    0xff,
    0xd8,
    ...segments.flatMap((length) => [0xff, 0xe1, ...big(length, 2), ...Array.from({ length: length - 2 }, () => 0xc0)]),
    ...Array.from({ length: fill }, () => 0xff),
    0xff,
    0xc2,
    ...big(17, 2),
    8,
    ...big(height, 2),
    ...big(width, 2),
    3,
  ]);
const riff = (kind: string, rest: readonly number[]): string =>
  dataUrl('webp', [...ascii('RIFF'), ...little(100, 4), ...ascii('WEBP'), ...ascii(kind), ...little(50, 4), ...rest]);
const lossy = (width: number, height: number): string =>
  riff('VP8 ', [0, 0, 0, 0x9d, 0x01, 0x2a, ...little(width | 0x4000, 2), ...little(height, 2)]);
const lossless = (width: number, height: number): string =>
  riff('VP8L', [0x2f, ...little(((width - 1) | ((height - 1) << 14)) >>> 0, 4)]);
const extended = (width: number, height: number): string =>
  riff('VP8X', [0, 0, 0, 0, ...little(width - 1, 3), ...little(height - 1, 3)]);

describe('sizes', () => {
  test.each([
    ['PNG', png],
    ['GIF', gif],
    ['JPEG', jpeg],
    ['JPEG with segments before', (w: number, h: number) => jpeg(w, h, [20, 70, 40_000])],
    ['JPEG with fill bytes', (w: number, h: number) => jpeg(w, h, [20], 3)],
    ['lossy WebP', lossy],
    ['lossless WebP', lossless],
    ['extended WebP', extended],
  ])('%s', (_, make) => {
    for (const [width, height] of [
      [1, 1],
      [640, 480],
      [513, 9000],
    ] as const)
      expect(imageSize(make(width, height))).toEqual({ width, height });
  });

  test.each([
    ['an address', 'https://example.com/a.png'],
    ['another format', dataUrl('heic', [0, 0, 0, 24, ...ascii('ftypheic'), 0, 0, 0, 0])],
    ['no image', 'data:text/plain;base64,aGk='],
    ['bad base64', 'data:image/png;base64,iVBO*'],
    ['nothing', 'data:image/png;base64,'],
    ['a cut PNG', png(640, 480).slice(0, 46)],
    ['a cut JPEG', dataUrl('jpeg', [0xff, 0xd8, 0xff, 0xe1, 0, 9])],
    ['a JPEG without a frame', dataUrl('jpeg', [0xff, 0xd8, 0xff, 0xe1, 0, 2, 7, 7])],
    ['a WebP of another kind', riff('ANIM', [])],
    ['an empty picture', png(0, 480)],
  ])('not of %s', (_, url) => {
    expect(imageSize(url)).toBeUndefined();
  });
});

describe('tokens', () => {
  test.each([
    ['low', 4000, 4000, 85],
    ['high', 512, 512, 85 + 170],
    ['high', 768, 768, 85 + 4 * 170],
    // Shrunk to 768 by 1024, and by what is longer than 2000.
    ['high', 1024, 1365, 85 + 4 * 170],
    ['high', 1500, 4000, 85 + 8 * 170],
    ['high', 6000, 200, 85 + 4 * 170],
    ['auto', 768, 768, 85 + 4 * 170],
  ])('%s, %i by %i', (detail, width, height, tokens) => {
    expect(imageTokens(png(width, height), detail, false)).toBe(tokens);
    expect(imageTokens(png(width, height), detail, true)).toBe(250);
  });

  test('of one that cannot be read', () => {
    expect(imageTokens('https://example.com/a.png', 'auto', false)).toBe(85);
    expect(imageTokens('https://example.com/a.png', 'high', false)).toBe(85 + 170);
  });
});
