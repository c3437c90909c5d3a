/** Counts of others, where they lie beside the repository: `{ model, text | messages, …, litellm, truth? }` a line. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { type CountInput, tokenCounter } from '../../src/index.js';

const file = new URL('../../../shared/prices/token-cases.jsonl.gz', import.meta.url);

interface Case extends CountInput {
  id: string;
  litellm: number;
  truth?: number;
}

test.skipIf(!existsSync(file))('every count is exact', async () => {
  const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n');
  const wrong: object[] = [];
  for (const line of lines) {
    const { id, litellm, truth = litellm, ...input } = JSON.parse(line) as Case;
    // The encoding that a case tells is of no use to the counter.
    delete input.encoding;
    const tokens = await tokenCounter(input);
    if (tokens !== truth) wrong.push({ id, model: input.model, tokens, truth });
  }
  expect(lines.length).toBeGreaterThan(0);
  expect(wrong).toEqual([]);
});
