/**
 * Reasoning that came in pieces, as `reasoning_details` do: pieces of one type and index are one item. Sent back, only
 * a whole item agrees with its signature, which comes with the last piece.
 */
import { isObject } from '../core/validate.js';

const texts = ['text', 'summary'] as const;

export function joinPieces(before: readonly unknown[], items: readonly unknown[]): unknown[] {
  const out = [...before];
  for (const item of items) {
    const last: unknown = out.at(-1);
    if (isObject(item) && isObject(last) && continues(item, last)) out[out.length - 1] = joined(last, item);
    else out.push(item);
  }
  return out;
}

function continues(item: Record<string, unknown>, last: Record<string, unknown>): boolean {
  const { index, type } = item;
  if (typeof index !== 'number' || index !== last['index'] || type !== last['type']) return false;
  if (typeof type !== 'string' || !type.startsWith('reasoning')) return false;
  // Sealed items come whole, and nothing follows a signature.
  return [item, last].every((each) => each['data'] === undefined || each['data'] === null) && !last['signature'];
}

function joined(last: Record<string, unknown>, item: Record<string, unknown>): Record<string, unknown> {
  const out = { ...last };
  for (const [name, value] of Object.entries(item)) if (value !== null && value !== undefined) out[name] = value;
  for (const name of texts) {
    const pieces = [last[name], item[name]].filter((text) => typeof text === 'string');
    if (pieces.length > 0) out[name] = pieces.join('');
  }
  return out;
}
