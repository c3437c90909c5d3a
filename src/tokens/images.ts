/**
 * What images count. The rule is that of GPT-4o for every model: 85, and of a detailed image 170 more for each tile of
 * 512 by 512 after it has been shrunk. Source: https://platform.openai.com/docs/guides/images-vision
 */
import { imageSize, type Size } from './image-size.js';

const base = 85;
const tile = 170;
const tileSide = 512;
const shortSide = 768;
const longSide = 2000;
/** Of an image whose size cannot be read. */
const unread: Size = { width: 300, height: 300 };
/** For those who do not want images read. */
const flat = 250;

function shrink({ width, height }: Size): Size {
  if (Math.max(width, height) <= shortSide) return { width, height };
  const ratio = Math.max(width, height) / Math.min(width, height);
  let short = shortSide;
  let long = Math.trunc(shortSide * ratio);
  if (long > longSide) {
    long = longSide;
    short = Math.trunc(longSide / ratio);
  }
  return width <= height ? { width: short, height: long } : { width: long, height: short };
}

function tiles(size: Size): number {
  const { width, height } = shrink(size);
  return Math.ceil(width / tileSide) * Math.ceil(height / tileSide);
}

/** `auto` looks closely at what is given inline, and not at an address. */
export function imageTokens(url: string, detail: string, useDefault: boolean): number {
  if (useDefault) return flat;
  if (detail === 'low') return base;
  const size = imageSize(url);
  if (size === undefined && detail === 'auto') return base;
  return base + tile * tiles(size ?? unread);
}
