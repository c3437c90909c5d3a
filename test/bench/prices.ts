/**
 * What the price books cost: bytes, CPU and memory of loading and of the first rows, time of a lookup. Prints; asserts nothing.
 * Run: `npx tsx test/bench/prices.ts`
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const out = mkdtempSync(join(tmpdir(), 'callm-prices-'));
const probe = (load: string): string => `
  import { ${load} } from './book.js';
  const cpu = () => { const { user, system } = process.cpuUsage(); return (user + system) / 1000; };
  globalThis.gc();
  const before = process.memoryUsage();
  const start = cpu();
  const book = await ${load}();
  const loaded = cpu();
  globalThis.gc();
  const after = process.memoryUsage();
  const unread = cpu();
  book.get('gpt-4o');
  const one = cpu();
  book.get('azure/gpt-4o');
  const two = cpu();
  const keys = [...book.keys()];
  const listed = cpu();
  const first = process.hrtime.bigint();
  for (const key of keys) book.get(key);
  const warm = process.hrtime.bigint();
  for (let round = 0; round < 20; round++) for (const key of keys) book.get(key);
  const end = process.hrtime.bigint();
  globalThis.gc();
  const full = process.memoryUsage();
  console.log(JSON.stringify({
    'CPU of loading, ms': loaded - start,
    'heap after loading, MB': (after.heapUsed + after.external - before.heapUsed - before.external) / 2 ** 20,
    'RSS after loading, MB': (after.rss - before.rss) / 2 ** 20,
    'CPU of the first row, ms': one - unread,
    'CPU of the second row, ms': two - one,
    'CPU of reading all keys, ms': listed - two,
    'first get of a row, µs': Number(warm - first) / 1e3 / keys.length,
    'warm get, µs': Number(end - warm) / 1e3 / keys.length / 20,
    'heap with all rows read, MB': (full.heapUsed + full.external - before.heapUsed - before.external) / 2 ** 20,
  }));
`;

try {
  await build({
    entryPoints: [join(root, 'src/prices/book.ts')],
    bundle: true,
    splitting: true,
    format: 'esm',
    charset: 'utf8',
    outdir: out,
    logLevel: 'error',
  });
  writeFileSync(join(out, 'package.json'), '{"type":"module"}');
  for (const file of readdirSync(out).filter((name) => name.includes('gen'))) {
    const content = readFileSync(join(out, file));
    console.log(`${file}: ${content.length} bytes, ${gzipSync(content, { level: 9 }).length} compressed`);
  }
  for (const load of ['loadPrices', 'loadFacts']) {
    writeFileSync(join(out, 'probe.js'), probe(load));
    const runs = Array.from(
      { length: 9 },
      () =>
        JSON.parse(
          execFileSync(process.execPath, ['--expose-gc', join(out, 'probe.js')], { encoding: 'utf8' }),
        ) as Record<string, number>,
    );
    console.log(`${load}, median of ${runs.length} processes`);
    for (const name of Object.keys(runs[0] ?? {})) {
      const sorted = runs.map((run) => run[name] ?? Number.NaN).sort((a, b) => a - b);
      console.log(`  ${name}: ${sorted[Math.floor(sorted.length / 2)]?.toFixed(3)}`);
    }
  }
} finally {
  rmSync(out, { recursive: true });
}
