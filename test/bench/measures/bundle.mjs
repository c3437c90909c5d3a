// What a bundler makes a program load at once for `import { completion, embedding } from 'callm'`: the entry chunk and
// everything it imports statically, minified, each file gzipped. What is behind an import() counts only in the note.
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { here } from '../processes.mjs';

const { peerDependencies } = JSON.parse(readFileSync(here('../../package.json'), 'utf8'));

export async function measure({ field, row }) {
  const name = 'bundle loaded at once, gzip';
  if (!field.callm) return row({ name, unit: 'KB', absolute: true, goal: 20, results: {} });
  const { metafile, outputFiles } = await build({
    stdin: {
      contents: "export { completion, embedding } from 'callm';",
      resolveDir: here('../..'),
      sourcefile: 'entry.js',
    },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    splitting: true,
    minify: true,
    metafile: true,
    write: false,
    outdir: 'out',
    // What is the user's to install is not counted.
    external: Object.keys(peerDependencies),
    logLevel: 'silent',
  });
  const outputs = new Map(Object.entries(metafile.outputs));
  const contents = new Map(outputFiles.map((file) => [file.path, file.contents]));
  const sizes = new Map();
  for (const path of outputs.keys()) {
    const bytes = [...contents].find(([full]) => full.replaceAll('\\', '/').endsWith(`/${path}`))[1];
    sizes.set(path, gzipSync(bytes, { level: 9 }).length);
  }
  const loaded = new Set();
  const visit = (path) => {
    if (loaded.has(path)) return;
    loaded.add(path);
    for (const { path: next, kind, external } of outputs.get(path).imports) {
      if (kind === 'import-statement' && !external) visit(next);
    }
  };
  visit([...outputs].find(([, output]) => output.entryPoint)[0]);
  const sum = (paths) => [...paths].reduce((total, path) => total + sizes.get(path), 0) / 1000;
  row({
    name,
    unit: 'KB',
    absolute: true,
    goal: 20,
    results: { callm: { value: sum(loaded) } },
    note: `${loaded.size} of ${outputs.size} files; with all that can be loaded later ${sum(outputs.keys()).toFixed(0)} KB`,
  });
}
