import { existsSync, readdirSync } from 'node:fs';
import { defineConfig } from 'tsup';

const entry: Record<string, string> = {
  index: 'src/index.ts',
  core: 'src/core/index.ts',
  errors: 'src/core/errors.ts',
  prices: 'src/prices/index.ts',
  'middleware/budget': 'src/middleware/budget.ts',
  'store/memory': 'src/store/memory.ts',
  'store/redis': 'src/store/redis.ts',
  testing: 'src/testing/index.ts',
  'transport/undici': 'src/transport/undici.ts',
  'transport/fetch': 'src/transport/fetch.ts',
  'providers/compatible': 'providers/compatible.ts',
};
for (const id of readdirSync('providers')) {
  const file = `providers/${id}/index.ts`;
  if (existsSync(file)) entry[`providers/${id}`] = file;
}

export default defineConfig({
  entry,
  format: 'esm',
  target: 'node20',
  platform: 'neutral',
  clean: true,
  splitting: true,
  treeshake: false,
  sourcemap: false,
  minify: false,
  // Bundlers for other runtimes know built-in modules by their prefix.
  removeNodeProtocol: false,
  // Resolved when the package runs, by the conditions in package.json `imports`.
  external: ['#transport', /^node:/],
});
