import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

/** Tests of pure code, which leave nothing behind: their files share a process, and load what they test once. */
const together = 'conformance,core,prices,providers,testing,tokens,usage,vectors';
/** Has a module of its own in the place of a package. */
const mocking = 'library';
// These have their own packages or need `dist/`; their own scripts run them.
const elsewhere = [...configDefaults.exclude, 'test/{bench,frameworks,package,runtimes}/**'];

export default defineConfig({
  resolve: {
    alias: { '#transport': fileURLToPath(new URL('src/transport/undici.ts', import.meta.url)) },
  },
  test: {
    testTimeout: 20_000,
    setupFiles: ['test/setup.ts'],
    // On two cores it would be one: tests that wait would keep a core idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    projects: [
      {
        extends: true,
        test: {
          name: 'together',
          include: [`test/{${together}}/**/*.test.ts`],
          exclude: [...elsewhere, `**/${mocking}.test.ts`],
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'apart',
          include: ['test/**/*.test.ts'],
          exclude: [...elsewhere, `test/{${together}}/**/!(${mocking}).test.ts`],
        },
      },
    ],
  },
});
