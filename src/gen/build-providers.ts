/**
 * Last step of the build: gives every provider its subpath `callm/providers/<id>`. A folder's JavaScript is there
 * already; a row of the compatible table gets a module of three lines; both get the types that `exports` points at.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const out = join(root, 'dist/providers');

async function load(id: string): Promise<Record<string, unknown>> {
  return (await import(pathToFileURL(join(out, `${id}.js`)).href)) as Record<string, unknown>;
}

const folders = readdirSync(join(root, 'providers')).filter((id) =>
  existsSync(join(root, 'providers', id, 'index.ts')),
);
for (const id of folders) {
  const source = `../types/providers/${id}/index.js`;
  const withDefault = 'default' in (await load(id)) ? `export { default } from '${source}';\n` : '';
  writeFileSync(join(out, `${id}.d.ts`), `export * from '${source}';\n${withDefault}`);
}
writeFileSync(join(out, 'compatible.d.ts'), `export * from '../types/providers/compatible.js';\n`);

const { compatible, compatibleProvider } = await load('compatible');
if (typeof compatible !== 'object' || compatible === null || typeof compatibleProvider !== 'function') {
  throw new Error('providers/compatible.ts must export `compatible` and `compatibleProvider`');
}
const rows = Object.keys(compatible);
for (const id of rows) {
  if (folders.includes(id)) throw new Error(`row "${id}" has the name of another provider module`);
  writeFileSync(
    join(out, `${id}.js`),
    `import { compatibleProvider } from './compatible.js';
export const provider = /* @__PURE__ */ compatibleProvider('${id}');
export default provider;
`,
  );
  writeFileSync(
    join(out, `${id}.d.ts`),
    `import type { compatibleProvider } from './compatible.js';
export declare const provider: ReturnType<typeof compatibleProvider>;
export default provider;
`,
  );
}
process.stdout.write(`providers: ${folders.length} folders, ${rows.length} rows\n`);
