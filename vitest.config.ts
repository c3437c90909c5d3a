import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

export default defineConfig({
  resolve: {
    alias: { '#transport': fileURLToPath(new URL('src/transport/undici.ts', import.meta.url)) },
  },
  test: {
    include: ['test/**/*.test.ts'],
    // These have their own packages or need `dist/`; their own scripts run them.
    exclude: [...configDefaults.exclude, 'test/{bench,frameworks,package,runtimes}/**'],
    testTimeout: 20_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
  },
});
