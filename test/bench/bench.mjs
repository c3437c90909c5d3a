// npm run bench -- [--quick] [--only call,chunk] [--no-peers] [--json FILE]
// Measures callm beside raw undici and its peers and prints every figure beside its goal. Nothing is asserted: the
// exit code is 1 only when a contender failed to do its work.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { callmBuilt, here, startServer } from './processes.mjs';
import { format, header, met } from './table.mjs';

const all = [
  'call',
  'chunk',
  'first-token',
  'import',
  'memory',
  'embeddings',
  'tokens',
  'prices',
  'router',
  'bundle',
  'install',
];

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
    peers: { type: 'boolean', default: true },
    json: { type: 'string' },
  },
  allowNegative: true,
});
const chosen = flags.only ? flags.only.split(',') : all;
const unknown = chosen.filter((name) => !all.includes(name));
if (unknown.length > 0) {
  console.error(`No such measure: ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
  process.exit(2);
}

const version = (path) => JSON.parse(readFileSync(here(path), 'utf8')).version;
const installed = (name) => version(`node_modules/${name}/package.json`);
const versions = {
  callm: version('../../package.json'),
  undici: installed('undici'),
  'openai-node': installed('openai'),
  'AI SDK': installed('ai'),
};
// A quick run shows the peers on the one wire that all of them speak.
const peers = !flags.peers ? [] : flags.quick ? ['openai'] : ['openai', 'anthropic', 'gemini'];
const start = performance.now();
const rows = [];
const server = await startServer();
console.log(header(versions));
if (!callmBuilt) console.log('callm: skipped, dist/index.js is absent (npm run build)');
for (const name of chosen) {
  const { measure } = await import(`./measures/${name}.mjs`);
  const row = (found) => {
    rows.push({ measure: name, ...found });
    console.log(format(found));
  };
  try {
    await measure({ origin: server.origin, field: { callm: callmBuilt, peers }, quick: flags.quick, row });
  } catch (error) {
    console.log(`${name}: failed: ${error.message.split('\n')[0]}`);
    process.exitCode = 1;
  }
}
server.stop();
const seconds = Math.round((performance.now() - start) / 1000);
console.log(`\n${seconds} s${flags.quick ? ', --quick: figures are rough' : ''}`);

if (flags.json) {
  const report = {
    versions,
    node: process.versions.node,
    cpu: cpus()[0]?.model,
    cores: cpus().length,
    quick: flags.quick,
    seconds,
    rows: rows.map((found) => ({ ...found, met: met(found) })),
  };
  writeFileSync(flags.json, `${JSON.stringify(report, null, 2)}\n`);
}
if (rows.some(({ results }) => Object.values(results).some((result) => result?.error))) process.exitCode = 1;
