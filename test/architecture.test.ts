import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';
import { compatible } from '../providers/compatible.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

interface Import {
  from: string;
  /** A file of the repository, or a package's name as written. */
  to: string;
  kind: 'value' | 'type' | 'dynamic';
}

function sources(folder: string): string[] {
  const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'));
  return files.map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

function importsOf(from: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, kind: Import['kind']): void => {
    if (!specifier || !ts.isStringLiteral(specifier)) return;
    const { text } = specifier;
    const to = text.startsWith('.') ? join(dirname(from), text).replace(/\.js$/, '.ts') : text;
    found.push({ from, to, kind });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings;
      const named = bindings && ts.isNamedImports(bindings) ? bindings.elements : [];
      const typeOnly =
        node.importClause?.isTypeOnly === true ||
        (named.length > 0 && !node.importClause?.name && named.every((each) => each.isTypeOnly));
      add(node.moduleSpecifier, typeOnly ? 'type' : 'value');
    } else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly ? 'type' : 'value');
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, 'type');
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], 'dynamic');
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(from, readFileSync(join(root, from), 'utf8'), ts.ScriptTarget.Latest));
  return found;
}

const files = [...sources('src'), ...sources('providers')];
const imports = files.flatMap(importsOf);

/** The import table: what the files under a path (the longest that fits) may import, beside files of the same path. */
const types = ['src/types/', 'src/core/spec.ts'];
const pureCore = ['src/core/errors.ts', 'src/core/error-body.ts', 'src/core/schema/'];
const table: Record<string, readonly string[]> = {
  'src/types/': [],
  'src/core/spec.ts': ['src/types/'],
  'src/core/': types,
  'src/core/index.ts': [...types, 'src/core/', 'src/endpoints/', 'src/tokens/'],
  'src/endpoints/': [...types, 'src/core/'],
  'src/bridges/': [...types, 'src/core/'],
  'src/tokens/': [...types, 'src/core/'],
  'src/transport/': [...types, 'src/core/'],
  'src/prices/': [...types, 'src/core/errors.ts', 'src/core/pricing.ts'],
  'src/router/': [...types, 'src/core/', 'src/prices/', 'src/store/memory.ts'],
  'src/router/start.ts': [...types, 'src/core/', 'src/prices/', 'src/store/', 'src/router/'],
  'src/middleware/': [...types, 'src/core/', 'src/prices/', 'src/store/memory.ts'],
  'src/store/': [...types, 'src/core/'],
  'src/adapters/': [...types, 'src/core/', 'src/prices/', 'src/bridges/'],
  'src/testing/': [...types, 'src/core/'],
  'src/gateway/': [...types, 'src/core/', 'src/prices/', 'src/router/', 'src/middleware/'],
  'src/gen/': ['src/', 'providers/'],
  'src/index.ts': ['src/', 'providers/'],
  'src/models.ts': [...types, 'src/core/', 'src/models.gen.ts', 'src/registry.gen.ts'],
  'src/registry.gen.ts': ['src/types/', 'src/core/spec.ts', 'providers/'],
  'providers/shared/': [...types, ...pureCore],
  'providers/openai/': [...types, ...pureCore, 'providers/shared/'],
  'providers/compatible': [...types, 'providers/openai/'],
  'providers/': [...types, ...pureCore, 'providers/shared/', 'providers/openai/'],
};
/** Providers that speak another one's protocol. */
const parents: Record<string, readonly string[]> = {
  vertex_ai: ['providers/gemini/', 'providers/anthropic/'],
  bedrock: ['providers/anthropic/'],
  bedrock_mantle: ['providers/bedrock/', 'providers/anthropic/'],
  azure_ai: ['providers/azure/', 'providers/anthropic/'],
  cohere_chat: ['providers/cohere/'],
  ollama_chat: ['providers/ollama/'],
  vertex_ai_beta: ['providers/vertex_ai/'],
};
const io = /^(undici|node:(fs|http|https|http2|net|tls|dns|dgram|child_process|worker_threads|os))\b/;

function allowed({ from, to }: Import): boolean {
  const [row, may] = Object.entries(table)
    .filter(([path]) => from.startsWith(path))
    .sort(([a], [b]) => b.length - a.length)[0] ?? ['', []];
  if (may.some((path) => to.startsWith(path))) return true;
  if (row === 'src/middleware/') return false;
  if (row !== 'providers/') return row !== '' && to.startsWith(row);
  const id = from.split('/')[1] ?? '';
  return [`providers/${id}/`, ...(parents[id] ?? [])].some((path) => to.startsWith(path));
}
const show = ({ from, to, kind }: Import): string => `${from} -> ${to} (${kind})`;

describe('imports', () => {
  const inside = imports.filter(({ to }) => /^(src|providers)\//.test(to));

  test('keep to the table', () => {
    expect(inside.filter((each) => !allowed(each)).map(show)).toEqual([]);
  });

  test('of types and spec are types only; the registry loads providers lazily, for the root alone', () => {
    const isTypes = (file: string): boolean => types.some((path) => file.startsWith(path));
    const eager = inside.filter(({ from, to, kind }) =>
      isTypes(from) || from === 'src/registry.gen.ts' ? kind === 'value' : isTypes(to) && kind === 'dynamic',
    );
    expect(eager.map(show)).toEqual([]);
    const atRoot = /^src\/([^/]+\.ts$|gen\/)/;
    const registry = inside.filter(({ to, from }) => to === 'src/registry.gen.ts' && !atRoot.test(from));
    expect(registry.map(show)).toEqual([]);
  });

  test('of a server for state are made by those who ask for one', () => {
    const eager = inside.filter(({ to, kind }) => to === 'src/store/redis.ts' && kind === 'value');
    expect(eager.map(show)).toEqual([]);
  });

  test('of I/O modules stand in a provider only where it authenticates', () => {
    const found = imports.filter(
      ({ from, to, kind }) =>
        from.startsWith('providers/') && !/auth[^/]*\.ts$/.test(from) && io.test(to) && kind !== 'type',
    );
    expect(found.map(show)).toEqual([]);
  });

  test('have no cycle', () => {
    const next = new Map<string, string[]>();
    for (const { from, to, kind } of inside) if (kind === 'value') next.set(from, [...(next.get(from) ?? []), to]);
    const cycles: string[] = [];
    const done = new Set<string>();
    const walk = (file: string, path: string[]): void => {
      const at = path.indexOf(file);
      if (at >= 0) cycles.push([...path.slice(at), file].join(' -> '));
      if (at >= 0 || done.has(file)) return;
      for (const to of next.get(file) ?? []) walk(to, [...path, file]);
      done.add(file);
    };
    for (const file of files) walk(file, []);
    expect(cycles).toEqual([]);
  });
});

test('shared code names no vendor', () => {
  const folders = readdirSync(join(root, 'providers')).filter((id) => files.includes(`providers/${id}/index.ts`));
  const ids = new Set([...Object.keys(compatible), ...folders]);
  const branch = /(?:[!=]==?\s*|\bcase\s+)(['"`])(\w[\w.-]*)\1/g;
  const shared = files.filter((file) => /^src\/(?!testing\/).*(?<!\.gen)\.ts$/.test(file));
  const found = shared.flatMap((file) =>
    [...readFileSync(join(root, file), 'utf8').matchAll(branch)]
      .filter(([, , id = '']) => ids.has(id))
      .map(([text]) => `${file}: ${text}`),
  );
  expect(found).toEqual([]);
});
