import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

// The package as it is published; needs `dist/`.
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  test: {
    include: ['test/package/*.test.ts'],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/package.json' },
  },
});
