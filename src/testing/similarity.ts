import { stopWords, words } from './words.js';

/**
 * A unit vector for a text, the same for the same text. Each word adds a direction of its own, so texts that share words
 * lie close together; a smaller share comes from the whole text, so no two texts are equal. The first `n` of more
 * dimensions point the same way as a vector of `n` dimensions.
 */
export function embed(text: string, dimensions: number): Float32Array {
  const sum = new Float64Array(dimensions);
  for (const word of words(text)) addDirection(sum, word, 1);
  addDirection(sum, `text:${text}`, 0.3);
  let square = 0;
  for (const value of sum) square += value * value;
  const length = Math.sqrt(square);
  return Float32Array.from(sum, (value) => value / length);
}

function addDirection(sum: Float64Array, name: string, weight: number): void {
  let state = hash(name);
  for (let i = 0; i < sum.length; i += 1) {
    // Mulberry32: small, fast, and even enough that unrelated words stand nearly at right angles.
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    sum[i] = (sum[i] ?? 0) + weight * (((mixed ^ (mixed >>> 14)) >>> 0) / 2147483648 - 1);
  }
}

/** FNV-1a over UTF-16 units. */
function hash(name: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < name.length; i += 1) value = Math.imul(value ^ name.charCodeAt(i), 0x01000193);
  return value;
}

/** Relevance of a document to a query, 0 to 1: the share of the query's words it holds, denser documents first. */
export function relevance(query: string, document: string): number {
  const asked = new Set(words(query).filter((word) => !stopWords.has(word)));
  const said = words(document);
  if (asked.size === 0 || said.length === 0) return 0;
  const found = [...asked].filter((word) => said.includes(word)).length;
  const dense = said.filter((word) => asked.has(word)).length / said.length;
  return Number((0.9 * (found / asked.size) + 0.1 * dense).toFixed(8));
}

/** Documents in falling order of relevance, equal ones in the order given. */
export const rank = (query: string, documents: readonly string[]): { index: number; relevance_score: number }[] =>
  documents
    .map((document, index) => ({ index, relevance_score: relevance(query, document) }))
    .sort((a, b) => b.relevance_score - a.relevance_score || a.index - b.index);
