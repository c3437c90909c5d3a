import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileSchema } from '../../../src/core/schema/compile.js';
import type { JsonSchema } from '../../../src/core/schema/dialects.js';
import { isObject } from '../../../src/core/schema/document.js';
import { isValid, validateSchema } from '../../../src/core/schema/validate.js';
import { jsonValue, sample, schemaArbitrary } from './arbitraries.js';
import { brokenRules } from './dialect-rules.js';
import type { Compiling } from './dialect-rules.js';

const dialects: readonly Compiling[] = ['openai_strict', 'anthropic', 'gemini_json', 'gemini_openapi'];
const seeds = fc.array(fc.nat(1_000_000), { minLength: 30, maxLength: 30 });
const runs = { numRuns: 120 };

/** Choices from the seeds, differing between values. */
function picker(from: readonly number[], value: number): (count: number) => number {
  let step = value * 5;
  return (count) => (from[step++ % from.length]! + step * 7919) % count;
}

/** The schema as the vendor reads it: where `additionalProperties` cannot be said, objects are closed nevertheless. */
function asRead(schema: unknown, dialect: Compiling): JsonSchema {
  const text = JSON.stringify(schema, (_key, part: unknown) =>
    dialect === 'gemini_openapi' && isObject(part) && isObject(part['properties']) && part['type'] === 'object'
      ? { ...part, additionalProperties: false }
      : part,
  );
  return JSON.parse(text) as JsonSchema;
}

for (const dialect of dialects)
  for (const loose of [false, true])
    describe(`any schema compiled for ${dialect}${loose ? ', with constraints it may not know' : ''}`, () => {
      const schemas = schemaArbitrary(loose);

      it('follows the vendor’s rules, is reported, and does not touch the schema given', () => {
        fc.assert(
          fc.property(schemas, (schema) => {
            const before = JSON.stringify(schema);
            const compiled = compileSchema(schema, dialect);
            expect(JSON.stringify(schema)).toBe(before);
            expect(brokenRules(compiled.schema, dialect)).toEqual([]);
            expect(compiled.changes.length > 0).toBe(compiled.schema !== schema);
          }),
          runs,
        );
      });

      it('needs no further change', () => {
        fc.assert(
          fc.property(schemas, (schema) => {
            const { schema: once } = compileSchema(schema, dialect);
            const again = compileSchema(once, dialect);
            expect(again.changes).toEqual([]);
            expect(again.schema).toBe(once);
          }),
          runs,
        );
      });

      it('gives answers that fit the schema given once inverted, unless a change says weaker', () => {
        let checked = 0;
        fc.assert(
          fc.property(schemas, seeds, (schema, from) => {
            const compiled = compileSchema(schema, dialect);
            for (let value = 0; value < 6; value++) {
              const made = sample(compiled.schema, compiled.schema, picker(from, value));
              if (made === undefined) continue;
              const answer: unknown = JSON.parse(JSON.stringify(made));
              if (!isValid(asRead(compiled.schema, dialect), answer)) continue;
              const kept = JSON.stringify(answer);
              const inverted = compiled.invert(answer);
              expect(JSON.stringify(answer)).toBe(kept);
              if (compiled.changes.some((change) => change.weaker)) continue;
              expect(validateSchema(schema, inverted)).toEqual([]);
              checked++;
            }
          }),
          runs,
        );
        expect(checked).toBeGreaterThan(40);
      });

      it('inverts anything without throwing', () => {
        fc.assert(
          fc.property(schemas, jsonValue, (schema, answer) => {
            const { invert } = compileSchema(schema, dialect);
            expect(() => invert(answer)).not.toThrow();
          }),
          runs,
        );
      });
    });
