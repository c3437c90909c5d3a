import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A project that has the packed package in its `node_modules`, as `npm install` would leave it. */
export interface Installed {
  dir: string;
  /** `node_modules/callm` in it. */
  packageDir: string;
  tarball: string;
  remove(): void;
}

function link(dir: string, name: string): void {
  const path = join(dir, 'node_modules', name);
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(join(root, 'node_modules', name), path, 'dir');
}

/** Packs `dist/` as it is (no build), puts what it holds into a new project, and links its dependencies: no network. */
export function installPacked(): Installed {
  if (!existsSync(join(root, 'dist/index.js'))) throw new Error('dist/ is missing: run `npm run build` first');
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'callm-packed-')));
  const packed = execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', dir], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [report] = JSON.parse(packed) as [{ filename: string; files: { path: string }[] }];
  const tarball = join(dir, report.filename);
  const packageDir = join(dir, 'node_modules/callm');
  // What was packed, by npm's own list: not every machine has a program that unpacks it.
  for (const { path } of report.files) cpSync(join(root, path), join(packageDir, path));
  const manifest = JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies)) link(dir, name);
  link(dir, '@types/node');
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  return { dir, packageDir, tarball, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
