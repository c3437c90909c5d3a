import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { publint } from 'publint';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Installed, installPacked, root } from './installed.js';

let installed: Installed;
let files: string[];
beforeAll(() => {
  installed = installPacked();
  files = readdirSync(installed.packageDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(installed.packageDir.length + 1));
});
afterAll(() => installed?.remove());

function fixture(name: string, as = name): string {
  const path = join(installed.dir, as);
  copyFileSync(join(root, 'test/package/fixtures', name), path);
  return path;
}

/** Runs a command in the consumer's project and gives what it printed, whatever its exit code. */
function run(command: string, ...args: string[]): { code: number | null; output: string } {
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: installed.dir, encoding: 'utf8' });
  return { code: status, output: stdout + stderr };
}
const tool = (name: string) => join(root, 'node_modules/.bin', name);

describe('contents', () => {
  test('the tarball holds the build, types and texts only', () => {
    const unexpected = files.filter(
      (file) => !/^(dist\/.+\.(js|d\.ts)|package\.json|LICENSE|README\.md|CHANGELOG\.md)$/.test(file),
    );
    expect(unexpected).toEqual([]);
    expect(files).toEqual(expect.arrayContaining(['LICENSE', 'README.md', 'CHANGELOG.md', 'dist/index.js']));
    expect(files.filter((file) => file.includes('src/gen'))).toEqual([]);
  });

  test('no file names a machine path', () => {
    const found = files.filter((file) => readFileSync(join(installed.packageDir, file), 'utf8').includes(root));
    expect(found).toEqual([]);
  });

  test('every provider subpath loads and carries its name', async () => {
    const ids = files.flatMap((file) => /^dist\/providers\/([^/]+)\.js$/.exec(file)?.[1] ?? []);
    expect(ids.length).toBeGreaterThan(1);
    for (const id of ids.filter((name) => name !== 'compatible')) {
      const path = join(installed.packageDir, 'dist/providers', `${id}.js`);
      const module = (await import(pathToFileURL(path).href)) as Record<string, { name?: unknown } | undefined>;
      const names = Object.values(module).map((value) => value?.name);
      expect(names, id).toContain(id);
      expect(files, id).toContain(`dist/providers/${id}.d.ts`);
    }
  });
});

describe('loading', () => {
  test('by import: subpaths share classes, a mock call, a call over a socket, a connection error', () => {
    fixture('esm.js');
    expect(run(process.execPath, 'esm.js')).toEqual({ code: 0, output: 'passed' });
  });

  test('by require', () => {
    fixture('cjs.cjs');
    const { code, output } = run(process.execPath, '--disable-warning=ExperimentalWarning', 'cjs.cjs');
    expect({ code, output }).toEqual({ code: 0, output: 'passed' });
  });
});

describe('types', () => {
  test.each([
    { module: 'nodenext', moduleResolution: 'nodenext', file: 'consumer.ts' },
    { module: 'nodenext', moduleResolution: 'nodenext', file: 'consumer.cts' },
    { module: 'esnext', moduleResolution: 'bundler', file: 'consumer.ts' },
  ])('compile under $moduleResolution as $file', ({ file, ...resolution }) => {
    fixture('consumer.ts', file);
    writeFileSync(
      join(installed.dir, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: {
          ...resolution,
          target: 'es2023',
          lib: ['es2023', 'esnext.disposable'],
          types: ['node'],
          strict: true,
          exactOptionalPropertyTypes: true,
          skipLibCheck: false,
          noEmit: true,
        },
        files: [file],
      }),
    );
    expect(run(tool('tsc'), '-p', 'tsconfig.json')).toEqual({ code: 0, output: '' });
  });
});

describe('linters of packages', () => {
  test('publint has nothing to say', async () => {
    const tarball = readFileSync(installed.tarball);
    const { messages } = await publint({ pack: { tarball: new Uint8Array(tarball).buffer }, strict: true });
    expect(messages).toEqual([]);
  });

  test('attw finds no problem under the esm-only profile', () => {
    const names = ['.', './core', './errors', './testing', './providers/anthropic', './providers/groq'];
    const options = ['--profile', 'esm-only', '--no-definitely-typed', '--format', 'ascii', '--entrypoints', ...names];
    const { code, output } = run(tool('attw'), installed.tarball, ...options);
    expect(code, output).toBe(0);
  });
});

describe('bundles', () => {
  test.each(['browser', 'workerd'])('for %s no Node module and no undici get in', async (condition) => {
    const result = await build({
      stdin: {
        contents: `export { completion } from 'callm'; export { anthropic } from 'callm/providers/anthropic';`,
        resolveDir: installed.dir,
      },
      bundle: true,
      format: 'esm',
      platform: 'neutral',
      mainFields: ['module', 'main'],
      conditions: [condition, 'import'],
      splitting: true,
      outdir: join(installed.dir, 'out'),
      write: false,
      metafile: true,
      logLevel: 'silent',
      external: ['node:*'],
    });
    const inputs = Object.entries(result.metafile.inputs);
    expect(inputs.map(([file]) => file).filter((file) => file.includes('node_modules/undici'))).toEqual([]);
    const builtins = inputs.flatMap(([file, { imports }]) =>
      imports
        .filter((each) => each.path.startsWith('node:') && each.kind === 'import-statement')
        .map((each) => `${file} -> ${each.path}`),
    );
    expect(builtins).toEqual([]);
  });
});
