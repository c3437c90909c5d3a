import { describe, expect, test } from 'vitest';
import { inlineRefs } from '../../../providers/bedrock/inline-refs.js';

describe('a schema', () => {
  test('without references and names is the one given', () => {
    const schema = { type: 'object', properties: { port: { type: 'string' } } };
    expect(inlineRefs(schema)).toBe(schema);
  });

  test('is not touched', () => {
    const schema = { $defs: { A: { type: 'string' } }, type: 'object', properties: { a: { $ref: '#/$defs/A' } } };
    const before = structuredClone(schema);
    expect(inlineRefs(schema)).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
    expect(schema).toEqual(before);
  });

  test('that contains itself, in one step or two, is left open there', () => {
    const tree = { type: 'object', properties: { child: { $ref: '#' } } };
    expect(inlineRefs(tree)).toEqual({ type: 'object', properties: { child: {} } });
    const two = {
      $defs: { A: { items: { $ref: '#/$defs/B' } }, B: { items: { $ref: '#/$defs/A' } } },
      properties: { a: { $ref: '#/$defs/A' } },
    };
    expect(inlineRefs(two)).toEqual({ properties: { a: { items: { items: {} } } } });
  });

  test('that points nowhere is left open there', () => {
    expect(inlineRefs({ properties: { a: { $ref: '#/$defs/A', title: 'A' } } })).toEqual({
      properties: { a: { title: 'A' } },
    });
  });

  test('whose references multiply does not grow without end', () => {
    const $defs: Record<string, object> = { D0: { type: 'string' } };
    for (let n = 1; n <= 40; n++) {
      const below = { $ref: `#/$defs/D${n - 1}` };
      $defs[`D${n}`] = { properties: { a: below, b: below } };
    }
    const text = JSON.stringify(inlineRefs({ $defs, properties: { top: { $ref: '#/$defs/D40' } } }));
    expect(text).not.toContain('$ref');
    expect(text.length).toBeLessThan(100_000);
  });
});
