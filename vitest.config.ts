import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'packages',
          include: ['packages/*/test/**/*.test.ts', 'release/test/**/*.test.ts', 'scripts/test/**/*.test.ts'],
          setupFiles: ['scripts/property-seed.ts'],
          testTimeout: 20_000,
          // More at a time is faster, but starves the programs whose timing some tests are about.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/test/**/*.test.ts'],
          setupFiles: ['scripts/property-seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // Each test starts a whole system and mostly waits for it.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e-executable',
          include: ['e2e/test/**/*.test.ts'],
          // Those are about the sources, the documentation or the client libraries, or make a release themselves.
          exclude: [
            'docs-site',
            'documented-*',
            'npm-*',
            'other-targets',
            'refusals',
            'release',
            'runtimes',
            'getting-started*',
          ].map((name) => `e2e/test/${name}.test.ts`),
          setupFiles: ['scripts/property-seed.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 2,
          globalSetup: ['e2e/src/compile-executable.ts'],
          env: {
            GWE_EXECUTABLES: fileURLToPath(
              new URL('release/build/e2e/package/gateway-engine/bin', import.meta.url),
            ),
          },
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
