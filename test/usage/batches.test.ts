/** The usage of a call that was made in parts. */
import { expect, it } from 'vitest';
import { sumUsage } from '../../providers/shared/embedding-usage.js';
import type { EmbeddingResponse, EmbeddingUsage } from '../../src/index.js';

const part = (usage: EmbeddingUsage): EmbeddingResponse => ({ object: 'list', data: [], model: 'm', usage });

it('is the sum of its parts, in the details too; what they told beside is a list', () => {
  const told = { tokens: 3 };
  expect(
    sumUsage([
      part({
        prompt_tokens: 3,
        total_tokens: 3,
        cost: 0.5,
        prompt_tokens_details: { image_count: 1, image_tokens: 2 },
        provider_specific_fields: { usage: told },
      }),
      part({ prompt_tokens: 4, total_tokens: 4, cost: 0.25, prompt_tokens_details: { image_count: 1 } }),
    ]),
  ).toEqual({
    prompt_tokens: 7,
    total_tokens: 7,
    cost: 0.75,
    prompt_tokens_details: { image_count: 2, image_tokens: 2 },
    provider_specific_fields: { usage: [told] },
  });
});
