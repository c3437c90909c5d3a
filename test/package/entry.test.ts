import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build, type Metafile } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { eager, modulesOf } from './eager.js';
import { root } from './installed.js';

async function bundle() {
  return build({
    absWorkingDir: root,
    entryPoints: ['dist/index.js'],
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    external: ['#transport'],
    splitting: true,
    outdir: 'out',
    write: false,
    metafile: true,
    logLevel: 'silent',
  });
}

/** What a file leads to by static imports, itself included, and the packages met on the way. */
function reach(graph: Metafile['inputs'] | Metafile['outputs'], entry: string): { own: string[]; packages: string[] } {
  const own = new Set([entry]);
  const packages = new Set<string>();
  for (const file of own)
    for (const { path, kind, external } of graph[file]?.imports ?? [])
      if (kind === 'import-statement') (external ? packages : own).add(path);
  return { own: [...own], packages: [...packages] };
}

describe('importing the built package', () => {
  let built: Awaited<ReturnType<typeof bundle>>;
  beforeAll(async () => {
    built = await bundle();
  });

  test('reads modules of the list only, and no dependency', () => {
    const { own, packages } = reach(built.metafile.inputs, 'dist/index.js');
    expect(packages).toEqual([]);
    const modules = own.flatMap((file) => modulesOf(join(root, file)));
    expect(modules).toContain('src/index.ts');
    expect(modules.filter((module) => !eager.includes(module))).toEqual([]);
  });

  test('reads at most 20 KB, minified and compressed', () => {
    const parts = reach(built.metafile.outputs, 'out/index.js').own;
    const contents = parts.map((part) => built.outputFiles.find(({ path }) => path.endsWith(part))!.contents);
    const bytes = gzipSync(Buffer.concat(contents)).length;
    console.log(`the root entry reads ${bytes} bytes at once (minified, gzip)`);
    expect(bytes).toBeLessThanOrEqual(20 * 1024);
  });
});
