/**
 * Writes the generated files from files of this repository; with `--check` it fails when one of them is stale.
 * Each generator gives paths and contents; nothing else knows of them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { models } from './models.js';
import { pages } from './pages.js';
import { prices } from './prices.js';
import { registry } from './registry.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const check = process.argv.includes('--check');
const files = new Map<string, string>([
  ...(await registry(root)),
  ...models(root),
  ...prices(root),
  ...(await pages(root)),
]);
let stale = 0;
for (const [path, content] of files) {
  const file = join(root, path);
  if (existsSync(file) && readFileSync(file, 'utf8') === content) continue;
  stale++;
  if (check) console.error(`stale: ${path}`);
  else {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    console.log(`wrote ${path}`);
  }
}
if (check && stale > 0) {
  console.error('run `npm run gen` and commit what it writes');
  process.exitCode = 1;
}
