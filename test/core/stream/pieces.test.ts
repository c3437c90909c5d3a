import { describe, expect, it } from 'vitest';
import { joinPieces } from '../../../src/endpoints/pieces.js';

const text = (fields: Record<string, unknown>): Record<string, unknown> => ({
  type: 'reasoning.text',
  index: 0,
  ...fields,
});

describe('pieces of reasoning', () => {
  it('of one type and index are one item, with the signature that comes last', () => {
    const first = text({ text: 'I ', format: 'f', signature: null });
    expect(joinPieces([first], [text({ text: 'see.', format: 'f' }), text({ signature: 's' })])).toEqual([
      text({ text: 'I see.', format: 'f', signature: 's' }),
    ]);
    expect(first['text']).toBe('I ');
  });

  it.each([
    ['of another index', text({ text: 'a' }), text({ text: 'b', index: 1 })],
    ['of another type', { type: 'reasoning.summary', index: 0, summary: 'a' }, text({ text: 'b' })],
    ['after a signature', text({ text: 'a', signature: 's' }), text({ text: 'b' })],
    [
      'that are sealed',
      text({ type: 'reasoning.encrypted', data: 'a' }),
      text({ type: 'reasoning.encrypted', data: 'b' }),
    ],
    ['without an index', { type: 'reasoning.text', text: 'a' }, { type: 'reasoning.text', text: 'b' }],
    ['that are no reasoning', { type: 'citation', index: 0, text: 'a' }, { type: 'citation', index: 0, text: 'b' }],
    ['that are no objects', 'a', 'b'],
  ])('%s stay apart', (_, one, other) => {
    expect(joinPieces([one], [other])).toEqual([one, other]);
  });
});
