/**
 * Builds and runs programs that import `callm` as a user's would: examples, and the code blocks of the documentation.
 * They are bundled from the sources of this repository, so that they show its present state and need no `dist/`; the
 * tests of the package prove that the subpaths of the published one lead to the same.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Message, type Plugin } from 'esbuild';
import { atEnd } from '../endings.js';

export const root = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A folder of its own with the packages of this repository, for bundles and their sources; gone after the tests. */
export interface Workshop {
  dir: string;
  remove(): void;
}

export function makeWorkshop(): Workshop {
  const folder = makeFolder();
  symlinkSync(join(root, 'node_modules'), join(folder.dir, 'node_modules'), 'dir');
  return folder;
}

/** The same without any packages. */
export function makeFolder(): Workshop {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'callm-docs-')));
  writeFileSync(join(dir, 'package.json'), JSON.stringify({ type: 'module' }));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  atEnd(remove);
  return { dir, remove };
}

/** Where `callm` and its subpaths stand in the sources; a row of the compatible table has no file of its own. */
export const sources: Readonly<Record<string, string>> = {
  callm: 'src/index.ts',
  'callm/core': 'src/core/index.ts',
  'callm/errors': 'src/core/errors.ts',
  'callm/middleware/budget': 'src/middleware/budget.ts',
  'callm/store/memory': 'src/store/memory.ts',
  'callm/store/redis': 'src/store/redis.ts',
  'callm/testing': 'src/testing/index.ts',
  'callm/prices': 'src/prices/index.ts',
  '#transport': 'src/transport/undici.ts',
};

/** The module `callm/providers/<row>` as the build writes it. */
export const rowModule = (id: string): string => `
import { compatibleProvider } from ${JSON.stringify(join(root, 'providers/compatible.js'))};
export const provider = compatibleProvider(${JSON.stringify(id)});
export default provider;
`;

const fromSources: Plugin = {
  name: 'callm from its sources',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(?:#transport|callm(?:\/.*)?)$/ }, ({ path }) => {
      const own = sources[path];
      if (own !== undefined) return { path: join(root, own) };
      const id = path.slice('callm/providers/'.length);
      const folder = join(root, 'providers', id, 'index.ts');
      return existsSync(folder) ? { path: folder } : { path: id, namespace: 'row' };
    });
    onLoad({ filter: /.*/, namespace: 'row' }, ({ path }) => ({
      contents: rowModule(path),
      loader: 'ts',
      resolveDir: root,
    }));
  },
};

/** Bundles programs, by name, into `<outdir>/<name>.js`. Gives what is wrong with them; then nothing is written. */
export async function bundle(entryPoints: Record<string, string>, outdir: string): Promise<Message[]> {
  const common = { entryPoints, outdir, bundle: true, splitting: true, format: 'esm', platform: 'node' } as const;
  try {
    await build({ ...common, target: 'node20', packages: 'external', plugins: [fromSources], logLevel: 'silent' });
    return [];
  } catch (error) {
    const { errors } = error as { errors?: Message[] };
    if (errors === undefined) throw error;
    return errors;
  }
}

export interface Outcome {
  code: number | null;
  output: string;
  /** Seconds. */
  time: number;
}

/** Runs Node in a child process with nothing of this environment but the path; after `limit` seconds it is ended. */
export function runNode(
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; limit?: number } = {},
): Promise<Outcome> {
  const { cwd = root, env = {}, limit = 30 } = options;
  const start = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      env: { PATH: process.env['PATH'] ?? '', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => child.kill('SIGKILL'), limit * 1000);
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, output, time: (performance.now() - start) / 1000 });
    });
  });
}
