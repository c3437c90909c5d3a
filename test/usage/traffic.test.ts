/** The usage of every recorded answer. */
import { describe, expect, it } from 'vitest';
import { byProvider, cases, present, why } from './recorded.js';
import { replay } from './replay.js';
import { type Beside, brokenCounts, brokenRules } from './rules.js';

/** Vendors whose counts do not add up as they are told; the sums are theirs, and costs are made out rightly. */
const told: Readonly<Record<string, readonly Beside[]>> = {
  // Grok's cached tokens include a hidden prompt.
  azure_ai: ['cached'],
  // Sound is counted beside the text, and cached tokens beyond the prompt.
  mistral: ['cached', 'media'],
  // Gemini's thoughts are in no sum.
  vercel_ai_gateway: ['reasoning'],
};

describe.skipIf(!present)('recorded answers', () => {
  it.each(present ? byProvider(cases()) : [])('%s', async (provider, recorded) => {
    const broken: string[] = [];
    for (const { recording, facts, endpoint, input, answer } of recorded) {
      const { usage } = (await replay({ endpoint, input, prices: {} }, answer)) as { usage?: object };
      const counted = Object.values(facts.usage ?? {}).some((value) => value !== null);
      if (endpoint === 'rerank' || (usage === undefined && !counted)) continue;
      const rules = [...brokenRules(usage, told[provider]), ...brokenCounts(usage ?? {})];
      broken.push(...rules.map((rule) => `${recording.id} ${recording.api}: ${rule}`));
    }
    expect(broken).toEqual([]);
  });
});

it.runIf(!present)('recorded answers are skipped', ({ skip }) => skip(why));
