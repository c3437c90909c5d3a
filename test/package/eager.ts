import { readFileSync } from 'node:fs';

function core(name: string): string {
  return `src/core/${name}.ts`;
}

/**
 * What `import 'callm'` may read at once: the way of a plain call up to the transport. Parsers, retries, schemas, mocks,
 * prices, providers and all dependencies wait for the call that needs them.
 */
export const eager = [
  'src/index.ts',
  'src/registry.gen.ts',
  'src/prices/functions.ts',
  'src/router/router.ts',
  'src/router/settings.ts',
  'src/prices/lazy.ts',
  ...['chat', 'count-tokens', 'embeddings', 'rerank'].map((name) => `src/endpoints/${name}.ts`),
  ...['index', 'call', 'client', 'clock', 'errors', 'io', 'middleware', 'options', 'params', 'paths'].map(core),
  ...['pipeline', 'prepare', 'redact', 'resolve', 'run', 'url', 'unreadable', 'validate'].map(core),
];

/** The source modules in a built file: the bundler writes each one's path above its code. */
export function modulesOf(file: string): string[] {
  const path = /^\/\/ ((?:src|providers)\/\S+\.ts)$/gm;
  return [...readFileSync(file, 'utf8').matchAll(path)].map(([, module]) => module as string);
}
