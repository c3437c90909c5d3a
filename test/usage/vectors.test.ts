/** The usage of every vector. */
import { expect, it } from 'vitest';
import { bytesOf, replay } from './replay.js';
import { brokenCounts, brokenRules } from './rules.js';
import { vectors } from './vectors.js';

it('there are many', () => {
  expect(vectors.length).toBeGreaterThan(200);
  expect(new Set(vectors.map(({ provider }) => provider)).size).toBeGreaterThan(10);
});

it.each(vectors)('$path', async (vector) => {
  const { endpoint, input, env } = vector;
  const { usage } = (await replay({ endpoint, input, env, prices: {} }, bytesOf(vector))) as { usage?: object };
  expect(brokenRules(usage)).toEqual([]);
  expect(brokenCounts(usage ?? {})).toEqual([]);
});
