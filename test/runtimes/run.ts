/**
 * `npm run runtimes`: the smoke suite on Node 20, 22 and 24, Bun, Deno and workerd, over the packed package. A runtime
 * that has no binary for this machine is named and not counted; a failure on any other makes the exit code 1.
 */
import { spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import type * as testing from '../../src/testing/index.js';
import { installPacked, root } from '../package/installed.js';

const here = dirname(fileURLToPath(import.meta.url));
/** Seconds that one runtime may take. */
const limit = 60;

interface Runtime {
  name: string;
  /** Undefined: no binary for this platform. */
  binary: string | undefined;
  version: readonly string[];
  args: (url: string) => Promise<readonly string[]> | readonly string[];
}

/** The binary itself, as the launchers of these packages need install scripts, which npm may not run. */
function binary(scope: string, prefix: string, path: string): string | undefined {
  const folder = join(here, 'node_modules', scope);
  if (!existsSync(folder)) return undefined;
  const candidates = readdirSync(folder).filter((name) => name.startsWith(prefix));
  return candidates.map((name) => join(folder, name, path)).find((file) => existsSync(file));
}

const installed = installPacked();
for (const name of ['smoke.js', 'main.js', 'worker.js']) copyFileSync(join(here, name), join(installed.dir, name));

/** A worker is one bundle made with workerd's conditions, as its own tools make it. */
async function workerdConfig(url: string): Promise<string> {
  const folder = join(installed.dir, 'workerd');
  mkdirSync(folder);
  await build({
    entryPoints: [join(installed.dir, 'worker.js')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    platform: 'neutral',
    mainFields: ['module', 'main'],
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    logLevel: 'error',
  });
  const config = join(folder, 'config.capnp');
  writeFileSync(
    config,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    ( name = "main", worker = .worker ),
    ( name = "internet", network = ( allow = ["private"] ) ),
  ],
);
const worker :Workerd.Worker = (
  modules = [ ( name = "worker.js", esModule = embed "worker.js" ) ],
  compatibilityDate = "2025-09-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [ ( name = "url", text = "${url}" ) ],
);
`,
  );
  return config;
}

const node = (major: number): string | undefined =>
  process.versions.node.startsWith(`${major}.`) ? process.execPath : binary('', `node${major}-`, 'bin/node');
const runtimes: Runtime[] = [
  ...[20, 22, 24].map((major) => ({
    name: `node ${major}`,
    binary: node(major),
    version: ['--version'],
    args: (url: string) => ['main.js', url],
  })),
  {
    name: 'bun',
    binary: [join(here, 'node_modules/bun/bin/bun.exe')].find(existsSync) ?? binary('@oven', 'bun-', 'bin/bun'),
    version: ['--version'],
    args: (url) => ['run', 'main.js', url],
  },
  {
    name: 'deno',
    binary: binary('@deno', '', 'deno'),
    version: ['--version'],
    args: (url) => ['run', '--quiet', '--no-prompt', '--node-modules-dir=manual', '--allow-all', 'main.js', url],
  },
  {
    name: 'workerd',
    binary: binary('@cloudflare', 'workerd-', 'bin/workerd'),
    version: ['--version'],
    args: async (url) => ['test', await workerdConfig(url)],
  },
];

function run(command: string, args: readonly string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: installed.dir, stdio: ['ignore', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

const { startProvider } = (await import(
  pathToFileURL(join(installed.packageDir, 'dist/testing.js')).href
)) as typeof testing;
const server = await startProvider();
let passed = 0;
let failed = 0;
const missing: string[] = [];
for (const { name, binary: command, version, args } of runtimes) {
  if (command === undefined) {
    missing.push(name);
    console.log(`${name}: not available for ${process.platform} ${process.arch}`);
    continue;
  }
  const told = (await run(command, version)).output.trim().split('\n')[0] ?? '';
  const { code, output } = await run(command, await args(server.url));
  const lines = output.split('\n');
  const ok = lines.filter((line) => line.startsWith('ok ')).length;
  const bad = lines.filter((line) => line.startsWith('not ok '));
  const broken = code !== 0 || ok === 0 || !lines.includes('end');
  passed += ok;
  failed += bad.length + (broken ? 1 : 0);
  console.log(`${name} (${told}): ${ok} passed, ${bad.length} failed${broken ? `, ended badly (exit ${code})` : ''}`);
  if (broken) console.log(output);
  else for (const line of bad) console.log(`  ${line}`);
}
await server.close();
installed.remove();

mkdirSync(join(root, 'reports'), { recursive: true });
writeFileSync(join(root, 'reports/runtimes.json'), JSON.stringify({ passed, failed, missing }));
console.log(
  `runtimes: ${passed} passed, ${failed} failed${missing.length > 0 ? `; not run: ${missing.join(', ')}` : ''}`,
);
process.exitCode = failed > 0 ? 1 : 0;
