import { defineConfig } from 'vitest/config';

/** The default of a CommonJS module is all that it exports, as Node has it, and so the bundles. */
const AS_NODE = { interopDefault: false };

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['src/**/*.spec.ts', 'libs/*/src/**/*.spec.ts'],
          deps: AS_NODE,
        },
      },
      {
        test: {
          name: 'e2e',
          deps: AS_NODE,
          include: ['test/**/*.e2e-spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          // Each file starts real processes that compute on every core: one at a time.
          fileParallelism: false,
        },
      },
      {
        test: {
          name: 'soak',
          deps: AS_NODE,
          include: ['test/**/*.soak-spec.ts'],
          testTimeout: 300_000,
          hookTimeout: 60_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
