import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { configDefaults, defineConfig } from 'vitest/config';

// These have their own packages or need `dist/`; their own scripts run them.
const elsewhere = [...configDefaults.exclude, 'test/{bench,frameworks,package,runtimes}/**'];

/** Tests that look at their whole process (timers, memory, warnings, the clock), start others, or replace a package. */
const apart = [
  'test/*.test.ts',
  'test/behaviour/{abort,bodies,closing,leaks,proxy,streams-leave,time}.test.ts',
  'test/{docs,middleware,router/fire,store}/**/*.test.ts',
  'test/providers/vertex_ai/library.test.ts',
];

export default defineConfig({
  resolve: {
    alias: { '#transport': fileURLToPath(new URL('src/transport/undici.ts', import.meta.url)) },
  },
  test: {
    testTimeout: 20_000,
    setupFiles: ['test/setup.ts'],
    // On two cores it would be one, and a test that waits would keep the other idle.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    reporters: ['default', 'json'],
    outputFile: { json: 'reports/vitest.json' },
    projects: [
      { extends: true, test: { name: 'apart', include: apart, exclude: elsewhere } },
      {
        extends: true,
        test: {
          name: 'together',
          include: ['test/**/*.test.ts'],
          exclude: [...elsewhere, ...apart],
          // Its files share a process, which loads the library once.
          isolate: false,
        },
      },
    ],
  },
});
