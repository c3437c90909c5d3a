// What `npm install callm` puts on a disk: the packed tarball, installed into an empty folder without development
// dependencies. Needs npm's cache or the network.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { here } from '../processes.mjs';

const run = promisify(execFile);

export async function measure({ field, row }) {
  const packages = { name: 'install, packages beside callm', unit: '', absolute: true, goal: 6 };
  const size = { name: 'install, size', unit: 'MB', absolute: true, goal: 16 };
  const both = (one, other, note) => {
    row({ ...packages, results: { callm: one }, note });
    row({ ...size, results: { callm: other } });
  };
  if (!field.callm) return both();
  const folder = await mkdtemp(join(tmpdir(), 'callm-install-'));
  try {
    const npm = (args, cwd) => run('npm', [...args, '--loglevel=error'], { cwd, shell: process.platform === 'win32' });
    // The build at hand is measured, so prepack must not make another.
    await npm(['pack', '--ignore-scripts', '--pack-destination', folder], here('../..'));
    const tarball = (await readdir(folder)).find((file) => file.endsWith('.tgz'));
    await writeFile(join(folder, 'package.json'), '{ "private": true }');
    await npm(['install', `./${tarball}`, '--omit=dev', '--prefer-offline', '--no-audit', '--no-fund'], folder);
    const lock = JSON.parse(await readFile(join(folder, 'node_modules/.package-lock.json'), 'utf8'));
    const names = Object.keys(lock.packages).map((path) => path.slice(path.lastIndexOf('node_modules/') + 13));
    const others = names.filter((name) => name !== 'callm');
    const bytes = await sizeOf(join(folder, 'node_modules'));
    both({ value: others.length }, { value: bytes / 1e6 }, others.join(', '));
  } catch (error) {
    const failed = { error: `npm could not pack or install it (${error.code ?? error.message})` };
    both(failed, failed);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The bytes of all files under a folder. */
async function sizeOf(folder) {
  let bytes = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) bytes += (await stat(join(entry.path, entry.name))).size;
  }
  return bytes;
}
