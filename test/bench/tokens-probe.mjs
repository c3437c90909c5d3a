// node tokens-probe.mjs <raw|callm> <rounds>: counts texts of several kinds, prints CPU microseconds of each kind: of the
// load with the first count, and the median of the counts after it.
import { readFileSync } from 'node:fs';
import { median } from './rounds.mjs';

const [who, rounds] = process.argv.slice(2);
const file = (path) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const texts = {
  prose: file('docs/differences.md') + file('docs/architecture.md'),
  code: file('src/core/pipeline.ts') + file('src/endpoints/chat.ts'),
  Chinese: '昨天晚上下了一场大雨，今天早晨街上到处都是水洼。'.repeat(400),
  data: JSON.stringify(Array.from({ length: 1500 }, (_, i) => ({ id: (i * 2_654_435_761) >>> 0, ok: i % 2 === 0 }))),
};

async function load() {
  if (who === 'raw') return (await import('gpt-tokenizer/encoding/o200k_base')).countTokens;
  const { tokenCounter } = await import('../../dist/index.js');
  return (text) => tokenCounter({ model: 'gpt-4o', text });
}

async function cost(work) {
  const before = process.cpuUsage();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { value, cpu: user + system };
}

let count;
const first = await cost(async () => {
  count = await load();
  return count('Hello.');
});
const out = { load: first.cpu, counts: {}, cpu: {} };
for (const [kind, text] of Object.entries(texts)) {
  const seen = [];
  for (let round = 0; round < Number(rounds); round++) {
    const { value, cpu } = await cost(() => count(text));
    out.counts[kind] = value;
    seen.push(cpu);
  }
  out.cpu[kind] = median(seen.slice(1));
}
process.stdout.write(JSON.stringify(out));
